"""Instants and durations, as users read and type them. Everything inside is UTC and aware."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

UTC = timezone.utc


def now() -> datetime:
    """The wall clock, aware, in UTC. Functions that decide take the instant as an argument."""
    return datetime.now(UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def iso(instant: datetime) -> str:
    """``2026-12-07T22:30:00Z``: ISO 8601, UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """The inverse of :func:`iso`; takes any ISO 8601 instant with an offset.

    Raises ValueError where the text is none, or has no offset (it would be ambiguous).
    """
    # Python 3.10's fromisoformat does not know the letter Z.
    instant = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(UTC)


def countdown(left: timedelta) -> str:
    """The exact time left: ``13d 23:59:12``, ``23:59:12``, ``04:51``; never below zero."""
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
    """A span in its two largest units: ``13 d 4 h``, ``2 h 5 min``, ``45 s``."""
    seconds = max(0, round(span.total_seconds()))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for place, (name, size) in enumerate(units):
        if seconds >= size or size == 1:
            first = f"{seconds // size} {name}"
            rest = seconds % size
            if place + 1 < len(units) and rest >= units[place + 1][1]:
                next_name, next_size = units[place + 1]
                return f"{first} {rest // next_size} {next_name}"
            return first
    raise AssertionError("seconds is the last unit")


def local(instant: datetime, *, seconds: bool = False) -> str:
    """The instant on the person's own clock: ``Mon 7 Dec 2026 22:30 CET``."""
    try:
        here = instant.astimezone()
    except (OverflowError, ValueError):
        here = instant.astimezone(UTC)  # the calendar ends before this clock would get there
    clock = here.strftime("%H:%M:%S" if seconds else "%H:%M")
    zone = "UTC" if unknown_time_zone() else here.tzname() or here.strftime("%z")
    return f"{here:%a} {here.day} {here:%b} {here.year} {clock} {zone}"


_ZONES = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_known_zones: dict[str, bool] = {"": True}


def unknown_time_zone() -> str:
    """``$TZ`` where it names no zone that this system knows, else "".

    The C library takes it for UTC then, under the name that was meant. What POSIX spells as a rule
    (``CET-1CEST,M3.5.0,M10.5.0``) is known everywhere.
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
    return any(os.path.isfile(file) for file in files)  # noqa: PTH113 - without pathlib


_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = 3_650 * 86_400
_DURATION = "A duration is a number with a unit: 3d, 36h, 90m, 1h30m, or seconds without one."


def parse_duration(text: str) -> int:
    """The duration in seconds; raises ValueError with a sentence where it is none."""
    total, number, unit_before = 0, "", "_"
    for letter in text.strip().lower():
        if letter.isascii() and letter.isdigit():
            number += letter
        # Each unit once, the larger first: "30m1h" is more likely a slip than a wish.
        elif letter in _UNITS and number and _UNITS[letter] < _UNITS.get(unit_before, _LONGEST):
            total += _size(number) * _UNITS[letter]
            number, unit_before = "", letter
        else:
            raise ValueError(_DURATION)
    if number and unit_before == "_":
        total, number = _size(number), ""
    if number or not text.strip():
        raise ValueError(_DURATION)
    if total > _LONGEST:
        raise ValueError("A duration is at most ten years.")
    return total


def _size(number: str) -> int:
    if len(number) > 9:
        raise ValueError("A duration is at most ten years.")
    return int(number)
