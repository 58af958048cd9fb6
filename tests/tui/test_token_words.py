from datetime import timedelta

import pytest

from wtr_tui.tui.token_words import large_left, left_words, masked, share
from wtr_tui.tui.widgets.bar import bar

HEAD = "ZDA4" + "x" * 60


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{HEAD}_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f", "ZDA4••••••••••••_PF84_1eb6…"),
        (HEAD, "ZDA4••••••••••••"),
        ("short", "••••••••••••"),
        ("a_PF84_b", "••••••••••••"),
        ("", "••••••••••••"),
    ],
)
def test_a_masked_token_is_recognised_but_not_usable(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(days=13, hours=3), "13d 03h"),
        (timedelta(hours=23, minutes=5), "23h 05m"),
        (timedelta(minutes=59, seconds=59), "59m"),
        (timedelta(seconds=59), "<1m"),
        (timedelta(0), "0m"),
        (timedelta(seconds=-1), "0m"),
        (None, "- -"),
    ],
)
def test_the_large_figures_are_the_two_largest_units(left: timedelta | None, shown: str) -> None:
    assert large_left(left) == shown


@pytest.mark.parametrize(
    ("left", "exact", "coarse"),
    [
        (timedelta(days=89, hours=23, seconds=5), "89d 23:00:05", "89d 23:00"),
        (timedelta(hours=5, minutes=3, seconds=59), "5:03:59", "5 h 3 min"),
        (timedelta(minutes=10), "10:00", "10 min"),
        (timedelta(minutes=9, seconds=59), "09:59", "09:59"),
        (timedelta(hours=-5), "expired 5 h ago", "expired 5 h ago"),
        (None, "end unknown", "end unknown"),
    ],
)
def test_seconds_are_counted_where_they_matter(
    left: timedelta | None, exact: str, coarse: str
) -> None:
    assert left_words(left) == exact
    assert left_words(left, coarse=True) == coarse


@pytest.mark.parametrize(
    ("left", "life", "expected"),
    [
        (timedelta(days=7), timedelta(days=14), 0.5),
        (timedelta(days=20), timedelta(days=14), 1.0),
        (timedelta(days=-1), timedelta(days=14), 0.0),
        (None, None, 0.0),
        (timedelta(days=1), None, 1.0),
        (timedelta(days=-1), None, 0.0),
    ],
)
def test_the_share_stays_between_nothing_and_all(
    left: timedelta | None, life: timedelta | None, expected: float
) -> None:
    assert share(left, life) == expected


@pytest.mark.parametrize(
    ("part", "drawn"),
    [(1.0, "━━━━"), (0.5, "━━┄┄"), (0.6, "━━╸┄"), (0.0, "┄┄┄┄"), (0.0001, "╸┄┄┄"), (2.0, "━━━━")],
)
def test_a_bar_is_empty_only_when_nothing_is_left(part: float, drawn: str) -> None:
    assert bar(part, 4) == drawn
