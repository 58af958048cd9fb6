"""Durations as a person types them: ``3d``, ``36h``, ``90m``, ``1h30m``, ``45`` (seconds)."""

from __future__ import annotations

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = 3_650 * 86_400
_WORDS = "A duration is a number with a unit: 3d, 36h, 90m, 1h30m, or seconds without one."


def seconds(text: str) -> int:
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
            raise ValueError(_WORDS)
    if number and unit_before == "_":
        total, number = _size(number), ""
    if number or not text.strip():
        raise ValueError(_WORDS)
    if total > _LONGEST:
        raise ValueError("A duration is at most ten years.")
    return total


def _size(number: str) -> int:
    if len(number) > 9:
        raise ValueError("A duration is at most ten years.")
    return int(number)


def duration(text: str) -> int:
    """The same as the type of an option."""
    from argparse import ArgumentTypeError

    try:
        return seconds(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
