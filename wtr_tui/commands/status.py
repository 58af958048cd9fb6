"""Says whose token it is, until when it is valid, where the files are, and what is wrong.

Exit code 0: there is a valid token, or one that can be refreshed; 3: a sign-in is needed; 1 or
2: something else stands in the way. With $WTR_SOCKET: what the token from there says of itself.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from wtr_tui import clock
from wtr_tui.commands.output import Look, as_json, give
from wtr_tui.commands.parsers import refuse_all_of_one
from wtr_tui.commands.profile import Condition, of_all, of_one
from wtr_tui.errors import (
    DONE,
    FAILED,
    SIGN_IN_NEEDED,
    UsageError,
    WtrError,
)
from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth.responses import TokenClaims, claims_of
from wtr_tui.text import on_one_line
from wtr_tui.token_state import GRANT_MORE, TokenState

if TYPE_CHECKING:
    from wtr_tui.commands.output import Tone


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
        return _of_socket(path, options)
    refuse_all_of_one(options)
    now = clock.now()
    if options.all:
        found = of_all(os.environ, now, who=bool(options.who))
        if options.json:
            give(as_json([as_members(each, now) for each in found]))
        else:
            give(as_table(found, now, Look.of_output()))
        codes = {each.exit_code for each in found}
        # A sign-in is needed before all else.
        return SIGN_IN_NEEDED if SIGN_IN_NEEDED in codes else max(codes, default=DONE)
    asked = not options.json if options.who is None else options.who
    one = of_one(options.profile, options.config, os.environ, now, who=asked)
    if options.json:
        give(as_json(as_members(one, now)))
    else:
        give(as_lines(one, now, Look.of_output()))
    return one.exit_code


def as_members(shown: Condition, now: datetime) -> dict[str, object]:
    """One profile for programs; nothing of the tokens themselves is in it.

    ``…_in`` are seconds, below zero once it is over.
    """
    token, account = shown.token, shown.account
    end = token.expires_at if token else None
    refresh_end = token.refresh_expires_at if token else None
    return {
        "profile": shown.profile.name,
        "state": shown.state.value,
        "valid": token is not None
        and token.is_valid(now)
        and shown.state is not TokenState.REFUSED,
        "expires_at": clock.iso_if_known(end),
        "expires_in": clock.seconds_until(end, now),
        "refreshable": token is not None and token.refresh_token is not None,
        "refresh_token_expires_at": clock.iso_if_known(refresh_end),
        "refresh_token_expires_in": clock.seconds_until(refresh_end, now),
        "obtained_at": clock.iso_if_known(token.obtained_at) if token else None,
        "scopes": list(token.scopes) if token else [],
        "scopes_not_granted": list(shown.not_granted),
        "app_id": shown.stored.app_id if shown.stored else shown.settings.app_id,
        "organization": token.organization if token else None,
        "claims": _claim_members(claims_of(token.access_token)) if token else None,
        "person": account and {"name": account.display_name, "email": account.email},
        "settings_file": str(shown.profile.settings_path),
        "token_file": str(shown.profile.token_path),
        "problems": list(shown.problems),
        "warnings": list(shown.settings.warnings),
        "exit_code": shown.exit_code,
    }


def as_lines(shown: Condition, now: datetime, look: Look) -> str:
    """One profile for a user, a line each fact; on a terminal below its state."""
    token = shown.token
    state = shown.state
    facts: list[tuple[str, str, Tone]] = [("Profile", shown.profile.name, "bold")]
    if token is not None:
        refresh_end = _until(token.refresh_expires_at, now) if token.refresh_token else "none"
        if shown.is_lost:
            refresh_end = "no longer accepted by Webex"
        if not look.is_terminal:
            facts.append(("State", f"{state.sign} {state.value}", ""))
        facts += [
            ("Signed in as", _owner(shown, token), ""),
            ("Access token", _until(token.expires_at, now), ""),
            ("Refresh token", refresh_end, ""),
            ("Obtained", clock.local(token.obtained_at), ""),
            ("Scopes", " ".join(token.scopes) or "not known", ""),
            *_not_granted(shown),
            *_claimed(shown, token),
        ]
    app_id = shown.settings.app_id or (shown.stored.app_id if shown.stored else "none")
    facts += [
        ("App ID", app_id, ""),
        ("Settings", str(shown.profile.settings_path), ""),
        ("Token file", str(shown.profile.token_path), ""),
        *(("Problem", problem, "bad") for problem in shown.problems),
        *(("Note", warning, "warn") for warning in shown.settings.warnings),
    ]
    lines = [look.entry(term, text, _COLUMN, tone) for term, text, tone in facts]
    if look.is_terminal:
        headline = f"{_SIGNS.get(state, state.sign)} {state.value}"
        if token is not None and state in (TokenState.VALID, TokenState.SOON):
            headline += f", {_left(token.expires_at, now)} left"
        lines = [look.paint(headline, _tone(state)), *lines]
    return "\n".join(lines)


def as_table(found: Sequence[Condition], now: datetime, look: Look) -> str:
    """Many profiles, a line each, and what is wrong below."""
    if not found:
        return "There is no profile yet."
    rows = [("Profile", "State", "Access token", "Refresh token", "")]
    for shown in found:
        token = shown.token
        access = _left(token.expires_at, now) if token else "none"
        refreshable = token is not None and token.refresh_token is not None
        refresh = _left(token.refresh_expires_at, now) if token and refreshable else "none"
        if shown.is_lost:
            refresh = "not accepted"
        count = len(shown.problems)
        problems = f"{count} problem{'s'[: count > 1]}" if count else ""
        rows.append((shown.profile.name, shown.state.value, access, refresh, problems))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if look.is_terminal:
        states = [shown.state for shown in found]
        signs = [look.paint(_SIGNS.get(state, state.sign), _tone(state)) for state in states]
        heading, *others = texts
        lines = [look.paint(f"  {heading}", "dim")]
        lines += [f"{sign} {look.paint(text)}" for sign, text in zip(signs, others, strict=True)]
    else:
        lines = [look.paint(text) for text in texts]
    wrong: list[str] = []
    for shown in found:
        remarks: list[tuple[str, Tone]] = [(each, "bad") for each in shown.problems]
        remarks += [(each, "warn") for each in shown.settings.warnings]
        term = f"{shown.profile.name}:"
        for text, tone in remarks:
            wrong.append(look.entry(term, on_one_line(text), len(term) + 1, tone))
    return "\n".join([*lines, *([""] if wrong else []), *wrong])


_COLUMN = 15
_SIGNS = {TokenState.VALID: "✓", TokenState.UNKNOWN_END: "✓"}


def _tone(state: TokenState) -> Tone:
    if state is TokenState.EXPIRED:
        return "warn"  # a refresh mends it
    tones: dict[str, Tone] = {"●": "good", "▲": "warn"}
    return tones.get(state.sign, "bad")


def _not_granted(shown: Condition) -> list[tuple[str, str, Tone]]:
    if not shown.not_granted:
        return []
    asked = len(shown.settings.scopes)
    count = f"{len(shown.not_granted)} of the {asked} scopes asked for"
    text = f"{count}: {' '.join(shown.not_granted)}. {GRANT_MORE}"
    return [("Not granted", text, "warn")]


def _claimed(shown: Condition, token: Token) -> list[tuple[str, str, Tone]]:
    """What the token says of itself and Webex did not say."""
    claims = claims_of(token.access_token)
    stored = shown.stored.account if shown.stored else Account()
    account = shown.account or stored
    known_organization = token.organization or account.organization
    unsaid = TokenClaims(
        expires_at=None if token.expires_at else claims.expires_at,
        organization="" if known_organization else claims.organization,
        app_id="" if shown.stored and shown.stored.app_id else claims.app_id,
        user_id="" if account.user_id else claims.user_id,
    )
    words = _claim_words(unsaid)
    return [("The token says", words, "")] if words else []


def _claim_words(claims: TokenClaims) -> str:
    parts = (
        ("organisation", claims.organization),
        ("user", claims.user_id),
        ("App ID", claims.app_id),
        ("valid until", clock.local(claims.expires_at) if claims.expires_at else ""),
    )
    return " · ".join(f"{name} {text}" for name, text in parts if text)


def _claim_members(claims: TokenClaims) -> dict[str, object] | None:
    if claims == TokenClaims():
        return None
    return {
        "expires_at": clock.iso_if_known(claims.expires_at),
        "organization": claims.organization or None,
        "app_id": claims.app_id or None,
        "user_id": claims.user_id or None,
    }


def _owner(shown: Condition, token: Token) -> str:
    account = shown.account
    if account is not None:
        organization = token.organization or account.organization
        parts = [account.display_name, account.email]
    elif shown.stored is not None and shown.stored.account.known:
        return shown.stored.account.named
    else:
        organization = token.organization or ""
        parts = ["not asked"]
        if shown.state is TokenState.REFUSED:
            parts = ["not known (Webex refuses the token)"]
        elif shown.asked:
            parts = ["not known (the token lacks spark:people_read)"]
    return " · ".join(filter(None, [*parts, organization and f"organisation {organization}"]))


def _until(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "its end is not known"
    if end <= now:
        return f"expired {clock.local(end)}"
    return f"{clock.duration(end - now)} left, until {clock.local(end)}"


def _left(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "end unknown"
    return clock.duration(end - now) if end > now else "expired"


# What a socket gives.


def _of_socket(path: str, options: Namespace) -> int:
    """Of the token at ``$WTR_SOCKET`` is known what it says itself; Webex is not asked."""
    from wtr_tui.environment import token_socket

    if options.all or options.who:
        raise UsageError(
            "$WTR_SOCKET is set: of the token from there is only known what it says itself.",
            "Leave --all and --who away, or run it where wtr serve runs.",
        )
    claims, state, problem = TokenClaims(), TokenState.NONE, None
    now = clock.now()
    try:
        access_token = Secret(token_socket.receive(path))
    except WtrError as error:
        problem = error
    else:
        claims = claims_of(access_token)
        state = TokenState.UNKNOWN_END
        if claims.expires_at is not None:
            state = TokenState.VALID if claims.expires_at > now else TokenState.EXPIRED
    expired = FAILED if state is TokenState.EXPIRED else DONE
    code = problem.exit_code if problem else expired
    if options.json:
        members = {
            "socket": path,
            "state": state.value,
            "valid": code == DONE,
            "expires_at": None,
            "claims": _claim_members(claims),
            "problems": [str(problem)] if problem else [],
            "exit_code": code,
        }
        give(as_json(members))
        return code
    facts: list[tuple[str, str, Tone]] = [
        ("Socket", f"{path} ($WTR_SOCKET)", "bold"),
        ("State", f"{state.sign} {state.value}", _tone(state)),
    ]
    if problem is None:
        end = f"{_until(claims.expires_at, now)}, as the token says"
        facts.append(("Access token", end if claims.expires_at else _until(None, now), ""))
        facts.append(("Refresh token", "where wtr serve runs", ""))
        words = _claim_words(replace(claims, expires_at=None))
        facts += [("The token says", words, "")] if words else []
    else:
        facts.append(("Problem", str(problem), "bad"))
    look = Look.of_output()
    give("\n".join(look.entry(term, text, _COLUMN, tone) for term, text, tone in facts))
    return code
