"""A token in the words and figures of its view (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtr_tui import clock

_LAST_MINUTES = timedelta(minutes=10)


def masked(text: str) -> str:
    """Enough to recognise a token, never enough to use it: ``ZDA4••••••••••_PF84_1eb6…``."""
    start = text[:4] if len(text) >= 40 else ""
    head, mark, end = text.rpartition("_PF84_")
    tail = f"{mark}{end[:4]}…" if mark and len(head) >= 40 else ""
    return f"{start}{'•' * 12}{tail}"


def share(left: timedelta | None, life: timedelta | None) -> float:
    """How much of the life is left, 0 to 1; 0 where the end is unknown: a bar claims nothing."""
    if left is None:
        return 0.0
    if life is None:
        return 0.0 if left <= timedelta(0) else 1.0
    return min(max(left / life, 0.0), 1.0)


def large_left(left: timedelta | None) -> str:
    """The time left in its two largest units above the second, for the large figures.

    They change once a minute at most: large figures are costly over a slow line, and the exact
    countdown stands beside them.
    """
    if left is None:
        return "- -"
    seconds = max(0, int(left.total_seconds()))
    minutes = seconds // 60
    hours = minutes // 60
    if hours >= 24:
        return f"{hours // 24}d {hours % 24:02}h"
    if hours:
        return f"{hours}h {minutes % 60:02}m"
    return f"{minutes}m" if minutes or not seconds else "<1m"


def left_words(left: timedelta | None, *, coarse: bool = False) -> str:
    """The countdown, or that it is over. ``coarse``: seconds in its last ten minutes alone."""
    if left is None:
        return "end unknown"
    if left <= timedelta(0):
        return f"expired {clock.duration(-left)} ago"
    if not coarse or left < _LAST_MINUTES:
        return clock.countdown(left)
    if left >= timedelta(days=1):
        return clock.countdown(left).rpartition(":")[0]
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def end_words(end: datetime | None, now: datetime) -> str:
    """``until Mon 7 Dec 2026 22:30 CET``; with seconds when it is within the hour."""
    if end is None:
        return "Webex did not say until when"
    soon = abs(end - now) < timedelta(hours=1)
    word = "until" if end > now else "ended"
    return f"{word} {clock.local(end, seconds=soon)}"
