import errno
import io
import sys
from pathlib import Path

import pytest

from wtr_tui.text import (
    cause,
    cleaned,
    dotenv_line,
    is_terminal,
    is_visible_ascii,
    on_one_line,
    printable,
    program_name,
    suggest,
    without_invisible,
)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 50, "x" * 50),
        ("x" * 51, "x" * 49 + "…"),
        ("x" * 1_000_000, "x" * 49 + "…"),
        # What is not looked at may hold more.
        ("x" + " " * 198 + "y", "x y"),
        ("x" + " " * 199 + "y", "x…"),
        ("x" * 48 + " yz", "x" * 48 + "…"),
    ],
)
def test_a_long_text_is_cut_and_says_so(text: str, shown: str) -> None:
    assert cleaned(text, limit=50) == shown


def test_three_hundred_characters_are_shown_by_default() -> None:
    assert cleaned("x" * 300) == "x" * 300
    assert cleaned("x" * 301) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("text", "visible"),
    [("!~", True), ("", False), ("a b", False), ("\x7f", False), ("\n", False), ("é", False)],
)
def test_what_an_http_header_can_carry(text: str, visible: bool) -> None:
    assert is_visible_ascii(text) is visible


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("as it is", "as it is"),
        ("é日", "é日"),
        ("a\u200bb\u00adc\u202ed", "abcd"),
        ("a\u3164b\ufe00c\ufe0fd\ufdffe", "abcd\ufdffe"),
    ],
)
def test_what_is_copied_along_unseen_is_removed(text: str, rest: str) -> None:
    assert without_invisible(text) == rest


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "any"), "No space left on device (ENOSPC)"),
        (OSError("no number"), "the system does not say why"),
    ],
)
def test_the_cause_of_a_failed_system_call(error: OSError, words: str) -> None:
    assert cause(error) == words


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("refesh", "Did you mean refresh?"),
        ("refresher", "Did you mean refreshed?"),
        ("x", "There are refresh, refreshed, token."),
    ],
)
def test_the_name_most_like_it_is_suggested(name: str, sentence: str) -> None:
    assert suggest(name, ("refresh", "refreshed", "token")) == sentence


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain-1", "N=plain-1"),
        ("a b", "N='a b'"),
        ("it's", 'N="it\'s"'),
        ("'\"$`\\", 'N="\'\\"\\$\\`\\\\"'),
    ],
)
def test_a_dotenv_value_is_quoted_where_it_has_to_be(value: str, line: str) -> None:
    assert dotenv_line("N", value) == line


@pytest.mark.parametrize(
    ("called", "name"),
    [("/usr/bin/wtr-tui", "wtr-tui"), ("wtr", "wtr"), ("/x/__main__.py", "wtr"), (None, "wtr")],
)
def test_the_program_goes_by_the_name_it_was_called_by(
    monkeypatch: pytest.MonkeyPatch, called: str | None, name: str
) -> None:
    monkeypatch.setattr(sys, "argv", [] if called is None else [called, "token"])
    assert program_name() == name


def test_what_is_no_terminal_or_closed_is_none(tmp_path: Path) -> None:
    closed = io.StringIO()
    closed.close()
    with (tmp_path / "file").open("w") as file:
        assert [is_terminal(each) for each in (None, file, closed)] == [False] * 3


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
