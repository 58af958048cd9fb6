"""The texts of the token view."""

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from wtr_tui.tui.display import format_date
from wtr_tui.tui.screens.token import curl_line, granted_count, masked

HEAD = "ZDA4" + "x" * 60


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{HEAD}_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f", "ZDA4••••••••_PF84_1eb6…"),
        (f"{HEAD[:40]}_PF84_1eb65fdf", "ZDA4••••••••_PF84_1eb6…"),
        (f"{HEAD[:39]}_PF84_1eb65fdf", "ZDA4••••••••"),
        (HEAD, "ZDA4••••••••"),
        (HEAD[:40], "ZDA4••••••••"),
        (HEAD[:39], "••••••••"),
        ("short", "••••••••"),
        ("a_PF84_b", "••••••••"),
        ("", "••••••••"),
    ],
)
def test_a_masked_token_is_recognised_but_not_usable(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(minutes=59), "12:59:00"),
        (timedelta(hours=3), "Tue 24 Nov 15:00"),
        (timedelta(days=13), "Mon 7 Dec 12:00"),
        (timedelta(days=40), "Sun 3 Jan 12:00"),
        (timedelta(days=90), "Mon 22 Feb 2027"),
        (timedelta(days=-200), "Fri 8 May 12:00"),
    ],
)
def test_a_date_says_as_much_as_it_takes(ahead: timedelta, shown: str) -> None:
    assert format_date(NOON + ahead, NOON) == shown


@pytest.mark.parametrize(
    ("granted", "asked", "shown"),
    [
        (("a", "b"), ("a", "b"), "2 of 2 ✓"),
        (("a",), ("a", "b"), "1 of 2 ▲"),
        (("a", "c"), ("a",), "1 of 1 ✓"),
        (("a",), (), "1 granted"),
        ((), ("a",), "not stated"),
    ],
)
def test_it_is_counted_how_many_of_the_scopes_asked_for_were_granted(
    granted: tuple[str, ...], asked: tuple[str, ...], shown: str
) -> None:
    assert granted_count(granted, asked).plain == shown


def test_what_a_token_holds_is_quoted_for_the_shell() -> None:
    assert curl_line("a;touch${IFS}x;#'", "https://webexapis.com/v1") == (
        """curl -sS -H 'Authorization: Bearer a;touch${IFS}x;#'"'"''"""
        " https://webexapis.com/v1/people/me"
    )
