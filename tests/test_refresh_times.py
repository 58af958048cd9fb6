"""When a token is refreshed, and how long is waited after a failure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from wtr_tui.auto_refresh import backoff, next_refresh_at
from wtr_tui.model import Secret, Token
from wtr_tui.storage.state import State

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=timezone.utc)


def token_of(
    life: timedelta | None, *, refresh_token: str | None = "refresh", access: str = "access"
) -> Token:
    return Token(
        access_token=Secret(access),
        obtained_at=NOW,
        expires_at=None if life is None else NOW + life,
        refresh_token=None if refresh_token is None else Secret(refresh_token),
    )


@pytest.mark.parametrize(
    ("life", "lead"),
    [
        (timedelta(days=14), timedelta(days=1)),
        (timedelta(days=10), timedelta(days=1)),
        (timedelta(days=5), timedelta(hours=12)),
        (timedelta(seconds=64_800), timedelta(seconds=6_480)),
        (timedelta(hours=1), timedelta(minutes=6)),
        (timedelta(minutes=50), timedelta(minutes=5)),
        (timedelta(minutes=20), timedelta(minutes=5)),
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta(seconds=180), timedelta(seconds=90)),
        (timedelta(seconds=30), timedelta(seconds=15)),
    ],
)
def test_a_tenth_of_the_lifetime_is_left_within_limits(life: timedelta, lead: timedelta) -> None:
    assert next_refresh_at(token_of(life), State()) == NOW + life - lead


@pytest.mark.parametrize("seconds", [-60, 0, 1, 10])
def test_a_token_that_hardly_lives_is_not_refreshed_without_a_gap(seconds: float) -> None:
    assert next_refresh_at(token_of(timedelta(seconds=seconds)), State()) == NOW + timedelta(
        seconds=10
    )


def test_a_token_without_a_known_end_or_refresh_token_is_never_due() -> None:
    assert next_refresh_at(token_of(None), State()) is None
    assert next_refresh_at(token_of(timedelta(hours=1), refresh_token=None), State()) is None


@pytest.mark.parametrize(
    ("refresh_life", "stays", "refreshed_after", "planned"),
    [
        (timedelta(days=90), None, None, timedelta(days=13)),
        (timedelta(days=14), None, None, timedelta(days=13)),
        (timedelta(days=10), None, None, timedelta(days=9)),
        # Refreshing moves the end: in time for each of them.
        (timedelta(hours=12), False, None, timedelta(hours=6)),
        # It does not: for the last access token there is to be had, once.
        (timedelta(days=10), True, None, timedelta(days=9)),
        (timedelta(days=10), True, timedelta(days=9), None),
        (timedelta(days=13), True, timedelta(days=13), None),
        (timedelta(days=13, hours=12), True, timedelta(days=13), timedelta(days=13)),
    ],
)
def test_no_refresh_is_planned_after_the_end_of_the_refresh_token(
    refresh_life: timedelta,
    stays: bool | None,
    refreshed_after: timedelta | None,
    planned: timedelta | None,
) -> None:
    end, known = NOW + refresh_life, State()
    known.end, known.end_stays = end, stays
    known.refreshed_at = None if refreshed_after is None else NOW + refreshed_after
    token = token_of(timedelta(days=14))._replace(refresh_expires_at=end)
    assert next_refresh_at(token, known) == (None if planned is None else NOW + planned)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "jitter", "seconds"),
    [
        (1, None, 0, 15),
        (2, None, 0, 30),
        (3, None, 0, 60),
        (6, None, 0, 480),
        (7, None, 0, 900),
        (10**9, None, 0, 900),
        (0, None, 0, 15),
        (2, None, 1, 22.5),
        (7, None, 0.5, 787.5),
        (5, 3, 1, 3),
        (1, 600, 0, 600),
        (1, 5000, 0, 900),
        (1, 0, 0, 1),
    ],
)
def test_the_pause_doubles_unless_the_server_wishes_another(
    attempt: int, retry_after: float | None, jitter: float, seconds: float
) -> None:
    wish = None if retry_after is None else timedelta(seconds=retry_after)
    assert backoff(attempt, wish, jitter) == timedelta(seconds=seconds)


def test_the_pause_varies_when_no_jitter_is_given() -> None:
    pauses = {backoff(1) for _ in range(20)}
    assert len(pauses) > 1
    assert all(timedelta(seconds=11.25) <= pause <= timedelta(seconds=15) for pause in pauses)
