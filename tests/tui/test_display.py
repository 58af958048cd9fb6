"""From when on what is left of a token is urgent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wtr_tui.tui.display import is_urgent

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("left", "lifetime", "urgent"),
    [
        (14 * DAY, 14 * DAY, False),
        (7 * HOUR, 14 * DAY, False),
        (6 * HOUR, 14 * DAY, True),
        (timedelta(seconds=1), 14 * DAY, True),
        (6 * MINUTE, None, False),
        (5 * MINUTE, None, True),
        (None, None, False),
    ],
)
def test_the_last_fiftieth_of_the_lifetime_is_urgent(
    left: timedelta | None, lifetime: timedelta | None, urgent: bool
) -> None:
    assert is_urgent(left, lifetime) is urgent
