"""The condition of a profile as lines for a person, as a row of a table, and as JSON (pure)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtr_tui import clock
from wtr_tui.commands import status_json
from wtr_tui.commands.conditions import Condition
from wtr_tui.commands.status_table import left
from wtr_tui.model import Token

if TYPE_CHECKING:
    from wtr_tui.commands.status_table import Row


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
            ("Obtained", clock.local(token.obtained_at)),
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


def row(shown: Condition, now: datetime) -> Row:
    """One profile of many."""
    token = shown.token
    return (
        shown.profile.name,
        left(token.expires_at, now) if token else "none",
        left(token.refresh_expires_at, now) if token and token.refresh_token else "none",
        shown.problems,
    )


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
        "obtained_at": clock.iso(token.obtained_at),
        **({"expires_at": clock.iso(token.expires_at)} if token.expires_at else {}),
        **({"refresh_token": token.refresh_token.reveal()} if token.refresh_token else {}),
        **(
            {"refresh_expires_at": clock.iso(token.refresh_expires_at)}
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
        return f"ended {clock.local(end)}"
    return f"{clock.countdown(end - now)} left, until {clock.local(end)}"
