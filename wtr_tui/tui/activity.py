"""What happened to a token, as short as a row of the screens needs it (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtr_tui import clock
from wtr_tui.history import WORDS, Entry, Event
from wtr_tui.tui.widgets.activity_panel import ActivityRow, ActivityTone

_TONES = {
    Event.RETRIEVED: ActivityTone.GOOD,
    Event.REFRESHED: ActivityTone.GOOD,
    Event.SAME_TOKEN: ActivityTone.GOOD,
    Event.FAILED: ActivityTone.WARN,
    Event.REFUSED: ActivityTone.BAD,
    Event.NEEDS_SIGN_IN: ActivityTone.BAD,
    Event.SIGN_IN_SOON: ActivityTone.WARN,
    Event.SIGNED_OUT: ActivityTone.PLAIN,
}


def row(entry: Entry, now: datetime, *, life: bool = True) -> ActivityRow:
    """``11:00 ✓ refreshed, 14 d  wtr refresh``; ``life`` is how long the new token lives."""
    what = WORDS[entry.event]
    if entry.message:
        what = f"{what}: {entry.message}"
    elif life and entry.event is Event.REFRESHED and entry.expires_at is not None:
        what = f"{what}, {clock.duration(max(entry.expires_at - entry.at, timedelta(0)))}"
    by = entry.by if entry.place in {"", "terminal"} else entry.place
    return ActivityRow(when(entry.at, now), _TONES[entry.event], what, by)


def when(instant: datetime, now: datetime) -> str:
    """``11:00`` today, ``Mon`` within a week, ``3 Nov``, ``Nov 2025``."""
    here, today = instant.astimezone(), now.astimezone()
    if here.date() == today.date():
        return f"{here:%H:%M}"
    if abs(today - here) < timedelta(days=7):
        return f"{here:%a}"
    return f"{here.day} {here:%b}" if here.year == today.year else f"{here:%b %Y}"
