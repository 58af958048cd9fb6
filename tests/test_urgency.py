from datetime import timedelta

import pytest

from wtr_tui.urgency import Urgency, urgency

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("left", "lifetime", "level"),
    [
        (14 * DAY, 14 * DAY, Urgency.CALM),
        (1.5 * DAY, 14 * DAY, Urgency.CALM),
        (1.4 * DAY, 14 * DAY, Urgency.SOON),
        (6 * HOUR, 14 * DAY, Urgency.URGENT),
        (timedelta(seconds=1), 14 * DAY, Urgency.URGENT),
        (timedelta(0), 14 * DAY, Urgency.EXPIRED),
        (-DAY, 14 * DAY, Urgency.EXPIRED),
        (None, None, Urgency.UNKNOWN),
        (2 * HOUR, None, Urgency.CALM),
        (HOUR, None, Urgency.SOON),
        (5 * MINUTE, None, Urgency.URGENT),
        (20 * timedelta(seconds=1), 180 * timedelta(seconds=1), Urgency.CALM),
        (18 * timedelta(seconds=1), 180 * timedelta(seconds=1), Urgency.SOON),
    ],
)
def test_urgency_follows_the_share_that_is_left(
    left: timedelta | None, lifetime: timedelta | None, level: Urgency
) -> None:
    assert urgency(left, lifetime) is level
