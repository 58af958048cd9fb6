"""Says whose token it is, until when it is valid, where the files are, and what is wrong.

Exit code 0: there is a valid token, or one that can be refreshed; 3: a sign-in is needed; 1 or
2: something else stands in the way. With $WTR_SOCKET: what the token from there says of itself.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import TYPE_CHECKING

from wtr_tui import clock
from wtr_tui.commands.output import Style, as_json, print_data
from wtr_tui.commands.profile import ProfileStatus, chosen_statuses
from wtr_tui.errors import DONE, FAILED, SIGN_IN_NEEDED, UsageError, WtrError
from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth.responses import TokenClaims, claims_of
from wtr_tui.text import on_one_line
from wtr_tui.token_state import GRANT_MORE, TokenState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from wtr_tui.commands.output import Tone

    Fact: TypeAlias = tuple[str, str, Tone]
    """Its name, its text and its tone."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every profile there is, a line each")
    parser.add_argument("-j", "--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--who",
        action=BooleanOptionalAction,
        help="ask Webex whose token it is (default: for one profile, and not with --json)",
    )


def run(options: Namespace) -> int:
    path = os.environ.get("WTR_SOCKET")
    if path:
        return _run_for_socket(path, options)
    now = clock.now()
    asked = not (options.json or options.all) if options.who is None else options.who
    found = chosen_statuses(options, now, who=asked)
    if options.json:
        members = [as_members(each, now) for each in found]
        print_data(as_json(members if options.all else members[0]))
    elif options.all:
        print_data(as_table(found, now, Style.of()))
    else:
        print_data(as_lines(found[0], now, Style.of()))
    codes = {each.exit_code for each in found}
    # A needed sign-in comes first.
    return SIGN_IN_NEEDED if SIGN_IN_NEEDED in codes else max(codes, default=DONE)


def as_members(status: ProfileStatus, now: datetime) -> dict[str, object]:
    """Return the members of the JSON for one profile, without its tokens.

    ``…_in`` are seconds, below zero once it is over.
    """
    token, account = status.token, status.account
    end = token.expires_at if token else None
    refresh_end = token.refresh_expires_at if token else None
    return {
        "profile": status.profile.name,
        "state": status.state.value,
        "valid": token is not None and token.is_valid(now) and not status.is_refused(now),
        "expires_at": clock.iso_if_known(end),
        "expires_in": clock.seconds_until(end, now),
        "refreshable": token is not None and token.refresh_token is not None,
        "refresh_token_expires_at": clock.iso_if_known(refresh_end),
        "refresh_token_expires_in": clock.seconds_until(refresh_end, now),
        "obtained_at": clock.iso_if_known(token.obtained_at) if token else None,
        "scopes": list(token.scopes) if token else [],
        "scopes_not_granted": list(status.not_granted),
        "app_id": status.stored.app_id if status.stored else status.settings.app_id,
        "organization": token.organization if token else None,
        "claims": _claim_members(claims_of(token.access_token)) if token else None,
        "person": account and {"name": account.display_name, "email": account.email},
        "settings_file": str(status.profile.settings_path),
        "token_file": str(status.profile.token_path),
        "problems": list(status.problems),
        "warnings": list(status.settings.warnings),
        "exit_code": status.exit_code,
    }


def as_lines(status: ProfileStatus, now: datetime, style: Style) -> str:
    """Return a line for each fact about one profile; on a terminal below a headline."""
    token = status.token
    state = status.state
    facts: list[Fact] = [("Profile", status.profile.name, "bold")]
    if token is not None:
        access_end = clock.describe_end(token.expires_at, now)
        if status.is_refused(now):
            access_end = "refused by Webex"
        refresh_end = "none"
        if token.refresh_token:
            refresh_end = clock.describe_end(token.refresh_expires_at, now)
        if status.is_grant_lost:
            refresh_end = "no longer accepted by Webex"
        if not style.is_terminal:
            facts.append(("State", f"{state.sign} {state.value}", ""))
        facts += [
            ("Signed in as", _owner(status, token), ""),
            ("Access token", access_end, ""),
            ("Refresh token", refresh_end, ""),
            ("Obtained", clock.local(token.obtained_at), ""),
            ("Scopes", " ".join(token.scopes) or "not known", ""),
        ]
        if status.not_granted:
            count = (
                f"{len(status.not_granted)} of the {len(status.settings.scopes)} scopes asked for"
            )
            text = f"{count}: {' '.join(status.not_granted)}. {GRANT_MORE}"
            facts.append(("Not granted", text, "warn"))
        facts += _claim_facts(_unconfirmed_claims(status, token))
    app_id = status.settings.app_id or (status.stored.app_id if status.stored else "none")
    facts += [
        ("App ID", app_id, ""),
        ("Settings", str(status.profile.settings_path), ""),
        ("Token file", str(status.profile.token_path), ""),
        *(("Problem", problem, "bad") for problem in status.problems),
        *(("Note", warning, "warn") for warning in status.settings.warnings),
    ]
    lines = _join_facts(facts, style)
    if style.is_terminal:
        headline = f"{_sign(state)} {state.value}"
        if token is not None and state in (TokenState.VALID, TokenState.SOON):
            headline += f", {_left(token.expires_at, now)} left"
        lines = f"{style.paint(headline, _tone(state))}\n{lines}"
    return lines


def as_table(found: Sequence[ProfileStatus], now: datetime, style: Style) -> str:
    """Return a table with a line for each profile, and their problems below."""
    if not found:
        return "There is no profile yet."
    rows = [("Profile", "State", "Access token", "Refresh token", "")]
    rows += [_row(status, now) for status in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    heading, *lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    lines = [style.paint(line) for line in lines]
    if style.is_terminal:
        heading = f"  {heading}"
        signs = [style.paint(_sign(status.state), _tone(status.state)) for status in found]
        lines = [f"{sign} {line}" for sign, line in zip(signs, lines, strict=True)]
    heading = style.paint(heading, "dim")
    remarks = [remark for status in found for remark in _remarks(status, style)]
    return "\n".join([heading, *lines, *([""] if remarks else []), *remarks])


def _row(status: ProfileStatus, now: datetime) -> tuple[str, str, str, str, str]:
    token, count = status.token, len(status.problems)
    access = refresh = "none"
    if token is not None:
        access = "refused" if status.is_refused(now) else _left(token.expires_at, now)
        if token.refresh_token is not None:
            refresh = _left(token.refresh_expires_at, now)
    if status.is_grant_lost:
        refresh = "not accepted"
    problems = f"{count} problem{'s'[: count > 1]}" if count else ""
    return status.profile.name, status.state.value, access, refresh, problems


def _remarks(status: ProfileStatus, style: Style) -> Iterator[str]:
    term = f"{status.profile.name}:"
    for problem in status.problems:
        yield style.entry(term, on_one_line(problem), len(term) + 1, "bad")
    for warning in status.settings.warnings:
        yield style.entry(term, on_one_line(warning), len(term) + 1, "warn")


def _join_facts(facts: Sequence[Fact], style: Style) -> str:
    return "\n".join(style.entry(term, text, 15, tone) for term, text, tone in facts)


def _sign(state: TokenState) -> str:
    return "✓" if state.sign == "●" else state.sign


def _tone(state: TokenState) -> Tone:
    if state is TokenState.EXPIRED:
        return "warn"  # a refresh mends it
    tones: dict[str, Tone] = {"●": "good", "▲": "warn"}
    return tones.get(state.sign, "bad")


def _left(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "end unknown"
    return clock.duration(end - now) if end > now else "expired"


def _owner(status: ProfileStatus, token: Token) -> str:
    account = status.account
    if account is None and status.stored is not None and status.stored.account.is_known:
        return status.stored.account.full_label
    if account is not None:
        parts = [account.display_name, account.email]
    elif status.state is TokenState.REFUSED:
        parts = ["not known (Webex refuses the token)"]
    elif status.asked:
        parts = ["not known (the token lacks spark:people_read)"]
    else:
        parts = ["not asked"]
    organization = token.organization or (account.organization if account else "")
    return " · ".join(filter(None, [*parts, organization and f"organisation {organization}"]))


# What a token says of itself: the claims of a JWT.


def _unconfirmed_claims(status: ProfileStatus, token: Token) -> TokenClaims:
    """Return the claims that Webex has not stated as well."""
    claims = claims_of(token.access_token)
    account = status.account or (status.stored.account if status.stored else Account())
    return TokenClaims(
        expires_at=None if token.expires_at else claims.expires_at,
        organization="" if token.organization or account.organization else claims.organization,
        app_id="" if status.stored and status.stored.app_id else claims.app_id,
        user_id="" if account.user_id else claims.user_id,
    )


def _claim_facts(claims: TokenClaims) -> list[Fact]:
    parts = (
        ("organisation", claims.organization),
        ("user", claims.user_id),
        ("App ID", claims.app_id),
        ("valid until", clock.local(claims.expires_at) if claims.expires_at else ""),
    )
    words = " · ".join(f"{name} {text}" for name, text in parts if text)
    return [("The token says", words, "")] if words else []


def _claim_members(claims: TokenClaims) -> dict[str, object] | None:
    if not any(claims):
        return None
    shown: dict[str, object] = {name: value or None for name, value in claims._asdict().items()}
    return shown | {"expires_at": clock.iso_if_known(claims.expires_at)}


def _run_for_socket(path: str, options: Namespace) -> int:
    """Print what the token at ``$WTR_SOCKET`` says of itself; Webex is not asked."""
    from wtr_tui.environment import token_socket

    if options.all or options.who:
        raise UsageError(
            "$WTR_SOCKET is set: of the token from there is only known what it says itself.",
            "Leave --all and --who away, or run it where wtr serve runs.",
        )
    claims, state, code, problems = TokenClaims(), TokenState.NONE, DONE, []
    now = clock.now()
    try:
        claims = claims_of(Secret(token_socket.receive(path)))
        state = TokenState.UNKNOWN_END
    except WtrError as error:
        code, problems = error.exit_code, [str(error)]
    if claims.expires_at is not None:
        state = TokenState.VALID if claims.expires_at > now else TokenState.EXPIRED
        code = DONE if state is TokenState.VALID else FAILED
    if options.json:
        members = {
            "socket": path,
            "state": state.value,
            "valid": code == DONE,
            "expires_at": None,
            "claims": _claim_members(claims),
            "problems": problems,
            "exit_code": code,
        }
        print_data(as_json(members))
        return code
    facts: list[Fact] = [
        ("Socket", f"{path} ($WTR_SOCKET)", "bold"),
        ("State", f"{state.sign} {state.value}", _tone(state)),
    ]
    if not problems:
        said = ", as the token says" if claims.expires_at else ""
        facts.append(("Access token", f"{clock.describe_end(claims.expires_at, now)}{said}", ""))
        facts.append(("Refresh token", "where wtr serve runs", ""))
        facts += _claim_facts(claims._replace(expires_at=None))
    facts += [("Problem", problem, "bad") for problem in problems]
    print_data(_join_facts(facts, Style.of()))
    return code
