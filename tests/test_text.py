import pytest

from wtr_tui.text import cleaned, on_one_line, printable


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
    assert cleaned(text) == shown


def test_a_megabyte_is_cut_and_says_so() -> None:
    shown = cleaned("x" * 1_000_000, limit=50)
    assert len(shown) == 50
    assert shown.endswith("…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is", "as it is"),
        ("two\n\n lines\tand  blanks ", "two\n\n lines and  blanks "),
        ("\x1b]0;evil\x07title\r\x9b2J", "]0;eviltitle2J"),
        ("\u202eright to left\ud800", "right to left"),
        ("日本 é\u00a0●", "日本 é\u00a0●"),
        ("", ""),
    ],
)
def test_lines_and_blanks_are_kept_where_they_are_wanted(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_list_shows_the_sentences_and_not_the_lines_of_a_file() -> None:
    words = "x.yaml, line 2: never closed.\n  secret: [•\n          ^\nCorrect it there."
    assert on_one_line(words) == "x.yaml, line 2: never closed. Correct it there."
    assert on_one_line("The App ID is missing.\nSet it.") == "The App ID is missing. Set it."
