"""A token as text and as JSON, in the shapes that the original program's users know (pure)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from wtr_tui.clock import iso
from wtr_tui.model import Token


def original_json(token: Token, now: datetime) -> dict[str, object]:
    """The members Webex and the original give (seconds left, from now), and the clock."""
    return {
        "access_token": token.access_token.reveal(),
        "expires_in": _seconds(token.left(now)),
        "expires_at": _iso(token.expires_at),
        "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
        "refresh_token_expires_in": _seconds(token.refresh_left(now)),
        "refresh_token_expires_at": _iso(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
    }


def original_text(token: Token, now: datetime) -> str:
    """What the original's ``-o`` prints, line by line, and the clock."""
    members = original_json(token, now)
    lines = (
        ("Token", "access_token"),
        ("ExpiresIn", "expires_in"),
        ("RefreshToken", "refresh_token"),
        ("RefreshTokenExpiresIn", "refresh_token_expires_in"),
        ("ExpiresAt", "expires_at"),
        ("RefreshTokenExpiresAt", "refresh_token_expires_at"),
    )
    shown = ((title, members[name]) for title, name in lines)
    return "\n".join(f"{title}: {'' if value is None else value}" for title, value in shown)


def outputs(token: Token, now: datetime, *, text: bool, as_json: bool) -> list[str]:
    """What ``-o`` and ``-j`` ask for, in the original's order; both may be."""
    given = [original_text(token, now)] if text else []
    return given + ([as_text(original_json(token, now))] if as_json else [])


def as_text(members: object) -> str:
    """JSON for people and programs: two blanks deep, as the original indents it."""
    return json.dumps(members, indent=2)


def _seconds(left: timedelta | None) -> int | None:
    return None if left is None else max(0, int(left.total_seconds()))


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)
