from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wtr_tui import clock
from wtr_tui.clock import from_iso, iso, plain_iso, timestamp

NOON = datetime(2026, 12, 7, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=13, hours=23, minutes=59, seconds=12), "13d 23:59:12"),
        (timedelta(hours=23, minutes=59, seconds=12), "23:59:12"),
        (timedelta(minutes=4, seconds=51, milliseconds=900), "04:51"),
        (timedelta(seconds=0), "00:00"),
        (timedelta(seconds=-5), "00:00"),
        (timedelta(days=3650), "3650d 00:00:00"),
    ],
)
def test_the_countdown_is_exact_and_never_below_zero(left: timedelta, words: str) -> None:
    assert clock.countdown(left) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=13, hours=4, minutes=59), "13 d 4 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(minutes=3), "3 min"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(0), "0 s"),
        (timedelta(seconds=-9), "0 s"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(span: timedelta, words: str) -> None:
    assert clock.duration(span) == words


@pytest.mark.parametrize(
    "text", ["2026-12-07T12:00:00Z", "2026-12-07T12:00:00+00:00", "2026-12-07T13:00:00+01:00"]
)
def test_any_offset_names_the_same_instant(text: str) -> None:
    assert clock.from_iso(text) == NOON


def test_what_is_written_is_read_back() -> None:
    assert clock.from_iso(clock.iso(NOON)) == NOON


@pytest.mark.parametrize("text", ["2026-12-07T12:00:00", "tomorrow", "", "2026-13-01T00:00:00Z"])
def test_an_instant_without_an_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.from_iso(text)


@given(
    st.datetimes(timezones=st.just(timezone.utc)).map(iso)
    | st.from_regex(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\dZ", fullmatch=True)
    | st.text(max_size=24)
)
@example("2024-02-29T23:59:59Z")
@example("2023-02-29T00:00:00Z")
@example("1900-02-29T00:00:00Z")
@example("2000-02-29T00:00:00Z")
@example("0000-01-01T00:00:00Z")
@example("0001-01-01T00:00:00Z")
@example("2027-02-30T00:00:00Z")
@example("2026-12-31T24:00:00Z")
@example("2026-12-07T22:30:00+01:00")
@example("２026-12-07T22:30:00Z")
def test_the_short_way_to_a_timestamp_agrees_with_datetime(text: str) -> None:
    try:
        instant = from_iso(text)
    except (ValueError, OverflowError):
        with pytest.raises((ValueError, OverflowError)):
            timestamp(text)
        with pytest.raises((ValueError, OverflowError)):
            plain_iso(text)
    else:
        assert timestamp(text) == instant.timestamp()
        assert from_iso(plain_iso(text)) == instant.replace(microsecond=0)


@pytest.mark.parametrize("year", [1, 1900, 2000, 2023, 2024, 2100, 9999])
def test_each_month_has_the_days_it_has(year: int) -> None:
    for month in range(14):
        for day in range(33):
            text = f"{year:04}-{month:02}-{day:02}T23:59:59Z"
            try:
                expected = datetime(year, month, day, 23, 59, 59, tzinfo=timezone.utc).timestamp()
            except ValueError:
                with pytest.raises(ValueError):
                    timestamp(text)
            else:
                assert timestamp(text) == expected
