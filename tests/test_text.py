import pytest

from wtr_tui.text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is", "as it is"),
        ("two\nlines\tand  blanks ", "two lines and blanks"),
        ("\x1b]0;evil\x07title", "]0;eviltitle"),
        ("[red]markup[/] stays", "[red]markup[/] stays"),
        ("\u202eright to left", "right to left"),
        ("zero\u200bwidth", "zerowidth"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("日本 é", "日本 é"),
        ("", ""),
    ],
)
def test_only_what_can_be_shown_on_one_line_remains(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_megabyte_is_cut_and_says_so() -> None:
    shown = plain("x" * 1_000_000, limit=50)
    assert len(shown) == 50
    assert shown.endswith("…")
