"""How pressing the end of a token is: a word, and a level that colours may follow."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum


class Urgency(Enum):
    """The value is the word that stands beside the colour."""

    CALM = "valid"
    SOON = "ends soon"
    URGENT = "about to end"
    EXPIRED = "expired"
    UNKNOWN = "end unknown"


def urgency(left: timedelta | None, lifetime: timedelta | None) -> Urgency:
    """Soon in the last tenth of the lifetime, urgent in the last fiftieth.

    Where the lifetime is unknown, soon means an hour and urgent five minutes.
    """
    if left is None:
        return Urgency.UNKNOWN
    if left <= timedelta(0):
        return Urgency.EXPIRED
    soon = timedelta(hours=1) if lifetime is None else lifetime / 10
    urgent = timedelta(minutes=5) if lifetime is None else lifetime / 50
    if left <= urgent:
        return Urgency.URGENT
    return Urgency.SOON if left <= soon else Urgency.CALM
