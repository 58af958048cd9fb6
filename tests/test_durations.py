from __future__ import annotations

import pytest

from wtr_tui.clock import parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3d", 259_200),
        ("36h", 129_600),
        ("90m", 5_400),
        ("45s", 45),
        ("45", 45),
        ("0", 0),
        ("1h30m", 5_400),
        ("1d12h", 129_600),
        (" 2W ", 1_209_600),
        ("3650d", 315_360_000),
    ],
)
def test_a_duration_is_numbers_with_units_the_larger_first(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "d", "3x", "-3d", "3d4", "30m1h", "1h1h", "1.5h", "٣d", "3 d", "3651d", "9" * 40],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)
