"""Instants and durations, as users read and type them. All instants are aware and in UTC.

``wtr token`` imports this module. Importing datetime takes a sixth of its time, so functions import
it themselves.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta


TOLERANCE = 300
"""Seconds by which the clocks of two machines that share a home directory may differ."""


def now() -> datetime:
    """Return the wall clock's instant. Functions that decide take it as an argument instead."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc)


def seconds(count: float) -> timedelta:
    """Return a duration of so many seconds, for callers that do not import datetime."""
    from datetime import timedelta

    return timedelta(seconds=count)


def seconds_until(end: datetime | None, now: datetime) -> int | None:
    """Return the whole seconds left, negative after the end; None without one."""
    return None if end is None else int((end - now).total_seconds())


def iso(instant: datetime) -> str:
    """Format as ``2026-12-07T22:30:00Z``: ISO 8601, UTC, whole seconds."""
    from datetime import timezone

    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_if_known(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def from_iso_if_known(found: object) -> datetime | None:
    """Parse a JSON member where it is a string, else return None. Raise as :func:`from_iso`."""
    return from_iso(found) if isinstance(found, str) else None


def from_iso(text: str) -> datetime:
    """Parse an ISO 8601 instant with an offset: the inverse of :func:`iso`.

    Raise ValueError for anything else; without an offset an instant is ambiguous.
    """
    from datetime import datetime, timezone

    # Python 3.10's fromisoformat does not know the letter Z.
    instant = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(timezone.utc)


def timestamp(text: str) -> float:
    """Return the seconds since 1970 of an ISO 8601 instant. Raise as :func:`from_iso`."""
    found = _plain(text)
    return from_iso(text).timestamp() if found is None else found


def plain_iso(text: str) -> str:
    """Rewrite an ISO 8601 instant in the form of :func:`iso`. Raise as :func:`from_iso`."""
    return text if _plain(text) is not None else iso(from_iso(text))


def timestamp_now() -> float:
    """Return the wall clock's seconds since 1970."""
    return time.time()


_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _plain(text: str) -> int | None:
    """Return the timestamp of an instant in the form of :func:`iso`, without datetime.

    Return None for any other form, which takes datetime to parse.
    """
    digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19]
    if len(text) != 20 or not (digits.isascii() and digits.isdigit()):
        return None
    if (text[4], text[7], text[10], text[13], text[16], text[19]) != tuple("--T::Z"):
        return None
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    if not (year and 1 <= month <= 12 and 1 <= day <= _LONGEST_MONTHS[month - 1]):
        return None
    if (month, day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400)):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    # Years that begin in March have their leap day at the end; the Gregorian calendar's rule.
    years, months = (year, month - 3) if month > 2 else (year - 1, month + 9)
    leap_days = years // 4 - years // 100 + years // 400
    days = 365 * years + leap_days + (153 * months + 2) // 5 + day - 719_469
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def countdown(left: timedelta) -> str:
    """Format the exact time left: ``13d 23:59:12``, ``23:59:12``, ``04:51``; never negative."""
    seconds = max(0, int(left.total_seconds()))
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    if days:
        return f"{days}d {hours:02}:{minutes:02}:{seconds:02}"
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes:02}:{seconds:02}"


def duration(span: timedelta) -> str:
    """Format a duration in its two largest units: ``13 d 4 h``, ``2 h 5 min``, ``45 s``."""
    rest = max(0, round(span.total_seconds()))
    parts = []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        parts.append((rest // size, name))
        rest %= size
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [parts[first], *(part for part in parts[first + 1 : first + 2] if part[0])]
    return " ".join(f"{count} {name}" for count, name in shown)


def local(instant: datetime, *, seconds: bool = False) -> str:
    """Format in the local time zone: ``Mon 7 Dec 2026 22:30 CET``."""
    from datetime import timezone

    try:
        here = instant.astimezone()
    except (OverflowError, ValueError):  # beyond the calendar's end in the local time zone
        here = instant.astimezone(timezone.utc)
    clock = here.strftime("%H:%M:%S" if seconds else "%H:%M")
    zone = "UTC" if unknown_time_zone() else here.tzname() or here.strftime("%z")
    return f"{here:%a} {here.day} {here:%b} {here.year} {clock} {zone}"


def describe_end(end: datetime | None, now: datetime) -> str:
    """Describe what is left: ``13 d 4 h left, until Mon 7 Dec 2026 22:30 CET``.

    Say so where it has expired, or where the end is unknown.
    """
    if end is None:
        return "its end is not known"
    if end <= now:
        return f"expired {local(end)}"
    return f"{duration(end - now)} left, until {local(end)}"


def until_phrase(end: datetime | None) -> str:
    """Return ``until Mon 7 Dec 2026 22:30 CET``, or ``for an unknown time``."""
    return f"until {local(end)}" if end else "for an unknown time"


_ZONES = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_known_zones: dict[str, bool] = {"": True}


def unknown_time_zone() -> str:
    """Return ``$TZ`` where it names a time zone unknown to this system, else "".

    The C library would silently use UTC under that zone's name. A POSIX rule
    (``CET-1CEST,M3.5.0,M10.5.0``) is understood everywhere.
    """
    named = os.environ.get("TZ", "").removeprefix(":")
    if named not in _known_zones:
        _known_zones[named] = _is_zone(named)
    return "" if _known_zones[named] else named


def _is_zone(name: str) -> bool:
    import re

    if re.match(r"(<[\w+-]{3,}>|[A-Za-z]{3,})[+-]?\d", name):
        return True
    folders = [folder for folder in (os.environ.get("TZDIR"), *_ZONES) if folder]
    files = [name] if name.startswith("/") else [f"{folder}/{name}" for folder in folders]
    return any(os.path.isfile(file) for file in files)


_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = 3_650 * 86_400


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as ``1h30m``.

    Each unit may occur once, larger ones first: "30m1h" is more likely a typing error. Raise
    ValueError with a sentence for the user.
    """
    import re

    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        text += "s"
    found = re.fullmatch("".join(rf"(?:(\d+){unit})?" for unit in _UNITS), text, re.ASCII)
    if found is None or not text:
        raise ValueError(
            "A duration is a number with a unit: 3d, 36h, 90m, 1h30m, or seconds without one."
        )
    counts = [count or "0" for count in found.groups()]
    if max(map(len, counts)) < 10:
        total = sum(int(count) * size for count, size in zip(counts, _UNITS.values(), strict=True))
        if total <= _LONGEST:
            return total
    raise ValueError("A duration is at most ten years.")
