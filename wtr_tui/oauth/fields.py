"""One member of a JSON answer, judged before anything is built on it (RFC 6749 §10.14).

A member that is absent, ``null`` or an empty string is "not stated" and gives None: whether
that is allowed is for the caller to say. A credential that is stated wrongly raises
:class:`UnusableResponse`, which names the member and never quotes its value. A lifetime that is
stated wrongly is as good as not stated: the token beside it may be the only one that is left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from wtr_tui.clock import UTC
from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.text import is_visible_ascii as is_visible_ascii

LONGEST_LIFETIME = timedelta(days=3653)
"""Ten years: longer is a mistake (milliseconds, an instant), or overflows a date."""

LONGEST_CREDENTIAL = 65_536
"""Characters. Webex's tokens have about 150; of this length two of them, each character escaped,
still fit into the token file (1 MiB)."""

_MOST_DIGITS = 10


def credential(answer: Mapping[str, object], name: str) -> Secret | None:
    """A token or code: visible ASCII without spaces, as an HTTP header can carry it."""
    stated = answer.get(name)
    if stated is None or stated == "":
        return None
    if not isinstance(stated, str) or not is_visible_ascii(stated):
        raise UnusableResponse(f"The {name} in Webex's answer cannot be one.", _TRY_AGAIN)
    if len(stated) > LONGEST_CREDENTIAL:
        raise UnusableResponse(
            f"The {name} in Webex's answer is too long: {len(stated)} characters,"
            f" where {LONGEST_CREDENTIAL} are the most that can be kept.",
            _TRY_AGAIN,
        )
    return Secret(stated)


def lifetime(answer: Mapping[str, object], name: str) -> timedelta | None:
    """A positive number of seconds, as a number or as text, at most ten years; else None."""
    seconds = _seconds(answer.get(name))
    if seconds is None or not 0 < seconds <= LONGEST_LIFETIME.total_seconds():
        return None
    return timedelta(seconds=seconds)


def instant(answer: Mapping[str, object], name: str) -> datetime | None:
    """An instant in milliseconds since 1970; None also where it is none a calendar can show."""
    stated = answer.get(name)
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    try:
        return datetime.fromtimestamp(stated / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(stated: object) -> float | None:
    # In Python True is an int; in an answer it is not a number of seconds.
    if isinstance(stated, bool) or not isinstance(stated, int | float | str):
        return None
    if isinstance(stated, int):
        # A huge integer cannot become a float: it is too long anyway.
        return float(stated) if abs(stated) < 10**_MOST_DIGITS else None
    if isinstance(stated, float):
        return stated if math.isfinite(stated) else None
    # "3600", and "3600.0" as some servers write it.
    found = _DECIMAL.fullmatch(stated)
    return float(stated) if found else None


_DECIMAL = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,{_MOST_DIGITS}}})?")

_TRY_AGAIN = "Try again; if it stays so, tell Webex support."
