"""When to refresh a token, and how long to wait after a failure (pure)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from wtr_tui.model import Token

LEAST_LEAD = timedelta(minutes=5)
MOST_LEAD = timedelta(days=1)
LEAST_GAP = timedelta(seconds=10)
"""Between two refreshes: Webex may give the same token back, with ever less time left."""

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)


def next_refresh_at(token: Token) -> datetime | None:
    """When to refresh: at a tenth of the lifetime left, at least 5 min, at most 1 day before.

    A token that lives for minutes is refreshed at half its life. None for a token without a
    known end or without a refresh token.
    """
    if token.expires_at is None or token.refresh_token is None:
        return None
    life = token.expires_at - token.obtained_at
    lead = min(max(life / 10, LEAST_LEAD), MOST_LEAD, max(life / 2, timedelta(0)))
    return max(token.expires_at - lead, token.obtained_at + LEAST_GAP)


def backoff(
    attempt: int, retry_after: timedelta | None = None, jitter: float | None = None
) -> timedelta:
    """How long to wait after the ``attempt``-th failure in a row (from 1).

    What the server wishes, else 15 s doubling to 15 min, less up to a quarter by ``jitter``
    (0 to 1; drawn where it is not given), so that many programs do not come back at once.
    """
    if retry_after is not None:
        return min(max(retry_after, timedelta(seconds=1)), LONGEST_PAUSE)
    if jitter is None:
        jitter = random.random()  # noqa: S311 - spreads load, protects nothing
    doublings = min(max(attempt, 1) - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE) * (1 - jitter / 4)
