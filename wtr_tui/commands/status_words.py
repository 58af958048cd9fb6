"""The condition of a profile as lines for a person, as a row of a table, and as JSON (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from wtr_tui import instants
from wtr_tui.commands import status_json
from wtr_tui.commands.conditions import Condition
from wtr_tui.oauth.token import Token
from wtr_tui.text import on_one_line


def told(shown: Condition, now: datetime) -> str:
    """One profile, a line each fact."""
    token = shown.token
    lines = [("Profile", shown.profile.name)]
    if token is not None:
        lines += [
            ("Signed in as", _owner(shown, token)),
            ("Access token", _until(token.expires_at, now)),
            (
                "Refresh token",
                _until(token.refresh_expires_at, now) if token.refresh_token else "none",
            ),
            ("Obtained", instants.local(token.obtained_at)),
            ("Scopes", " ".join(token.scopes) or "not known"),
        ]
    lines += [
        ("App ID", shown.settings.app_id or (shown.stored.app_id if shown.stored else "none")),
        ("Settings", str(shown.profile.settings_path)),
        ("Token file", str(shown.profile.token_path)),
        *(("Problem", problem) for problem in shown.problems),
    ]
    return "\n".join(f"{title:13}  {_hanging(words)}" for title, words in lines)


def _hanging(words: str) -> str:
    """Further lines, of an error that has some, below the first one."""
    return f"\n{'':15}".join(words.splitlines())


def table(conditions: Sequence[Condition], now: datetime) -> str:
    """Many profiles, a line each, and what is wrong below."""
    if not conditions:
        return "There is no profile yet."
    rows = [("Profile", "Access token", "Refresh token", "")]
    for each in conditions:
        token = each.token
        rows.append(
            (
                each.profile.name,
                _left(token.expires_at, now) if token else "none",
                _left(token.refresh_expires_at, now) if token and token.refresh_token else "none",
                f"{len(each.problems)} problem{'s'[: len(each.problems) > 1]}"
                if each.problems
                else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    wrong = [
        f"{each.profile.name}: {on_one_line(problem)}"
        for each in conditions
        for problem in each.problems
    ]
    return "\n".join([*(line.rstrip() for line in lines), *([""] if wrong else []), *wrong])


def members(shown: Condition, now: datetime) -> dict[str, object]:
    """One profile for programs."""
    token, person = shown.token, shown.person
    return status_json.members(
        shown.profile.name,
        (str(shown.profile.settings_path), str(shown.profile.token_path)),
        shown.stored.app_id if shown.stored else shown.settings.app_id,
        _texts(token) if token else {},
        now,
        person=None if person is None else {"name": person.display_name, "email": person.email},
        problems=shown.problems,
        exit_code=shown.exit_code,
    )


def _texts(token: Token) -> dict[str, str]:
    """The token by the names of its file, without what is not there."""
    return {
        "access_token": token.access_token.reveal(),
        "scope": " ".join(token.scopes),
        "obtained_at": instants.iso(token.obtained_at),
        **({"expires_at": instants.iso(token.expires_at)} if token.expires_at else {}),
        **({"refresh_token": token.refresh_token.reveal()} if token.refresh_token else {}),
        **(
            {"refresh_expires_at": instants.iso(token.refresh_expires_at)}
            if token.refresh_expires_at
            else {}
        ),
    }


def _owner(shown: Condition, token: Token) -> str:
    person = shown.person
    if person is not None:
        organization = token.organization or person.organization
        parts = [person.display_name, person.email]
    else:
        organization = token.organization or ""
        parts = ["not known (the token lacks spark:people_read)" if shown.asked else "not asked"]
    return " · ".join(filter(None, [*parts, organization and f"organisation {organization}"]))


def _until(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "its end is not known"
    if end <= now:
        return f"ended {instants.local(end)}"
    return f"{instants.countdown(end - now)} left, until {instants.local(end)}"


def _left(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "end unknown"
    return instants.duration(end - now) if end - now > timedelta(0) else "ended"
