"""When auto-refresh acts next, in the words of the token view."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.tui.keys import key
from wtr_tui.tui.state import date


def next_refresh(keeper: AutoRefresh, now: datetime) -> str:
    """``on, next Sun 6 Dec 21:42``, or why there is no next one."""
    if keeper.is_refreshed_elsewhere:
        return "where wtr serve runs"
    if not keeper.auto:
        return "off"
    if keeper.settings is not None and keeper.settings.unread:
        return "on, but the settings cannot be read"
    if keeper.stopped:
        return "stopped: " + keeper.stopped
    if keeper.is_lost:
        return "stopped: " + keeper.known.message
    if keeper.unsaved:
        return "on, once the token is saved"
    if keeper.other_base_url:
        return "on, but another base URL's token is left alone"
    if keeper.foreign:
        return "on, but another App ID's token is left alone"
    at = keeper.next_at()
    if at is None and keeper.stored is not None and keeper.stored.token.refresh_token is not None:
        return f"on, but the token's end is unknown: {key('refresh', 'r')} refreshes it"
    if at is None:
        return "on, but this token cannot be refreshed"
    if at <= now:
        return "on, refreshing now"
    return f"on, next {date(at, now)}"


def next_refresh_in_short(keeper: AutoRefresh, now: datetime) -> str:
    """``Sun 6 Dec 21:42``, ``21:42:07`` within the day, ``off``, ``stopped``, ``-`` for none."""
    if not keeper.auto:
        return "off"
    if keeper.stopped or keeper.is_lost:
        return "stopped"
    at = keeper.next_at()
    if at is None:
        return "-"
    if at <= now:
        return "now"
    here = at.astimezone()
    return f"{here:%H:%M:%S}" if at - now < _SAME_DAY else f"{here:%a} {here.day} {here:%b %H:%M}"


_SAME_DAY = timedelta(hours=12)
