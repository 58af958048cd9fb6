"""The condition of a profile as JSON members; nothing of the tokens themselves is in them."""

from __future__ import annotations

from wtr_tui import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


def members(
    profile: str,
    files: tuple[str, str],
    app_id: str,
    token: Mapping[str, str],
    now: datetime,
    *,
    person: Mapping[str, str] | None = None,
    problems: Sequence[str] = (),
    exit_code: int = 0,
) -> dict[str, object]:
    """``files`` are settings and token file; ``token`` has the names of the token file, and is
    empty without a token. ``…_in`` are seconds, below zero once it is over."""
    end = token.get("expires_at")
    refresh_end = token.get("refresh_expires_at")
    return {
        "profile": profile,
        "valid": bool(token) and (end is None or clock.from_iso(end) > now),
        "expires_at": end,
        "expires_in": _seconds(end, now),
        "refreshable": "refresh_token" in token,
        "refresh_token_expires_at": refresh_end,
        "refresh_token_expires_in": _seconds(refresh_end, now),
        "obtained_at": token.get("obtained_at"),
        "scopes": token.get("scope", "").split(),
        "app_id": app_id,
        "organization": _organization(token.get("access_token", "")),
        "person": person,
        "settings_file": files[0],
        "token_file": files[1],
        "problems": list(problems),
        "exit_code": exit_code,
    }


def _seconds(end: str | None, now: datetime) -> int | None:
    return None if end is None else int((clock.from_iso(end) - now).total_seconds())


def _organization(token: str) -> str | None:
    _, mark, uuid = token.rpartition("_PF84_")
    is_uuid = [len(part) for part in uuid.split("-")] == [8, 4, 4, 4, 12]
    return uuid.lower() if mark and is_uuid else None
