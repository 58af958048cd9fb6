"""The text of a settings file: read strictly, and its faults told with line, column and caret."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest

from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings_file import parse

FILE = "/home/ann/default.yaml"


def refusal(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        parse(text, FILE)
    assert refused.value.__cause__ is None
    return refused.value


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "---\n", "---\n...\n", "~\n", "{}\n", "\n\n"]
)
def test_nothing_is_no_settings(text: str) -> None:
    assert not parse(text, FILE)


def test_keys_keep_their_order_and_lines() -> None:
    found = parse("# c\nsecret: s\n\nappid: C1\nscopes:\n- a:b\n- 'c:d'\nx: {y: 1}\n", FILE)
    assert [(each.key, each.line, each.value, each.nested) for each in found.values()] == [
        ("secret", 2, "s", False),
        ("appid", 4, "C1", False),
        ("scopes", 5, ("a:b", "c:d"), False),
        ("x", 8, None, True),
    ]


@pytest.mark.parametrize(
    ("written", "value", "read_as"),
    [
        ("C1", "C1", ""),
        ("'0123'", "0123", ""),
        ("0123", "0123", "a number"),
        ("12", "12", "a number"),
        ("1_2", "1_2", "a number"),
        ("12:30", "12:30", "a number"),
        ("1.50", "1.50", "a number"),
        (".inf", ".inf", "a number"),
        ("on", "on", "true or false"),
        ("No", "No", "true or false"),
        ("2026-01-01", "2026-01-01", "a date"),
        ("", None, ""),
        ("~", None, ""),
        ("null", None, ""),
        ("''", "", ""),
        ("'null'", "null", ""),
        ("[]", (), ""),
        ("[a, 1]", ("a", "1"), "a number"),
        ("!!str 0123", "0123", ""),
        ("&here C1", "C1", ""),
        ("|\n  a\n  b", "a\nb\n", ""),
        ("  # a comment", None, ""),
        ("a # b", "a", ""),
        ("a#b", "a#b", ""),
    ],
)
def test_a_value_is_the_text_a_person_sees(written: str, value: object, read_as: str) -> None:
    found = parse(f"secret: {written}\n", FILE)["secret"]
    assert (found.value, found.read_as, found.nested) == (value, read_as, False)


@pytest.mark.parametrize("text", ["C1", "- a\n- b\n", "appid:C1\nsecret:s\n", "[a]", "'x'", "12"])
def test_what_is_no_mapping_is_told_with_an_example(text: str) -> None:
    found = refusal(text)
    assert found.message == f"{FILE} does not hold settings."
    assert "appid: C1234" in found.hint


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("appid: [a, b\n", 1, 8, "never closed"),
        ("appid: C1\nscopes: [a:b,\n  c:d\nredirectPort: 1\n", 4, 13, "never closed"),
        ("x: 1\nscopes: 'a\nappid: C\n", 2, 9, "never closed"),
        ('x: 1\nscopes: "a\n', 2, 9, "never closed"),
        ("x: 1\n\tappid: C1\n", 2, 1, "a tab stands where"),
        ("appid:\n\tC1\n", 2, 1, "a tab stands where"),
        ("appid: C1: C2\n", 1, 10, "needs quotation marks"),
        ("appid:C1\nscopes: a\n", 2, 7, "a colon with a space behind it"),
        ("scopes: a\nappid:C1\n", 2, 1, "a colon with a space behind it"),
        ("appid: C1\n  scopes: a\n", 2, 9, "needs quotation marks"),
        ("  appid: C1\nscopes: a\n", 2, 1, "like its neighbours"),
        ("appid: C1\n- a\n", 2, 1, "like its neighbours"),
        ("appid: 'C1' C2\n", 1, 13, "lacks a quote"),
        ("appid: @C1\n", 1, 8, "must be in quotation marks"),
        ("appid: `C1`\n", 1, 8, "must be in quotation marks"),
        ("appid: %C1\n", 1, 8, "must be in quotation marks"),
        ("appid: *C1\n", 1, 8, "must be in quotation marks"),
        ("appid: &C1\n", 1, 8, "must be in quotation marks"),
        ("appid: !C1\n", 1, 8, "must be in quotation marks"),
        ("appid: !C1 x\n", 1, 8, "must be in quotation marks"),
        ("appid: !a!C1 x\n", 1, 8, "must be in quotation marks"),
        ("appid: |C1\n", 1, 9, "must be in quotation marks"),
        ("appid: ]\n", 1, 8, "must be in quotation marks"),
        ('appid: "C\\1"\n', 1, 11, "a backslash means something else"),
        ("appid: C1\n---\nappid: C2\n", 2, 1, "a second document begins here"),
        ("appid: C1\nx: 1\nappid: C1\n", 3, 1, "the key appid stands already in line 1"),
        ("appid: C\x001\n", 1, 9, "U+0000 is not allowed"),
        ("x: 1\r\nappid: C\x071\r\n", 2, 9, "U+0007 is not allowed"),
        ("appid: \ud800\n", 1, 8, "U+D800 is not allowed"),
        ("x: 1\r\ny: 2\r\nappid: [a\r\n", 3, 8, "never closed"),
        ("x: 1\r\ny: 2\r\nappid: [\r\n", 4, 1, "never closed"),
    ],
)
def test_a_fault_is_told_where_it_is(text: str, line: int, column: int, words: str) -> None:
    found = refusal(text)
    first, excerpt, caret = found.message.split("\n")
    assert first.startswith(f"{FILE}, line {line}, column {column}: ")
    assert words in first
    assert caret == " " * (1 + column) + "^"
    assert len(excerpt) <= 72
    assert str(found).endswith("\nCorrect it there; the file is left as it is.")


@pytest.mark.parametrize(
    ("text", "excerpt", "under"),
    [
        ("redirectPort: 6855: x\n", "  redirectPort: ••••: •", ":"),
        ("scopes: [a:b\n", "  scopes: [•:•", "["),
        ("scopes: [日本\n", "  scopes: [••", "["),
        ("scopes: a\u0301: @\n", "  scopes: ••: @", ":"),
        ("secret: S\x1b~$: x\n", "  secret: ••••: •", "•"),
        ("\tappid: C1\n", "   appid: ••", " "),
        (f"scopes: {'a:b ' * 60}: x\n", None, ":"),
    ],
)
def test_the_caret_points_at_the_sign_and_no_value_is_shown(
    text: str, excerpt: str | None, under: str
) -> None:
    _, shown, caret = refusal(text).message.split("\n")
    assert excerpt is None or shown == excerpt
    assert shown[caret.index("^")] == under


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
            for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=False)
        ),
        "a: &a [*a]\n",
        "scopes: &a [*a]\n",
        "? &a [*a]\n: b\n",
        "a: &a\n  b: *a\n",
    ],
    ids=["aliases", "itself", "scopes", "key", "group"],
)
def test_no_file_takes_memory_or_time_without_end(text: str) -> None:
    begun = time.process_time()
    with suppress(SettingsError):
        parse(text, FILE)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "text", ["[" * 3_000, "- " * 3_000, "a: " + "{b: " * 3_000], ids=["[", "-", "{"]
)
def test_brackets_in_brackets_are_not_followed_for_ever(text: str) -> None:
    assert re.search(
        "too many to follow|does not hold settings|never closed", refusal(text).message
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000 + "]" * 100_000,
        "a: " + "{b: " * 100_000 + "}" * 100_000,
        "- " * 100_000 + "a",
        "? " * 100_000 + "a",
        "\n".join(" " * depth + "a:" for depth in range(1_000)),
    ],
    ids=["[]", "{}", "-", "?", "indented"],
)
def test_no_depth_overflows_the_stack_of_the_parser(text: str) -> None:
    assert "too many to follow" in refusal(text).message
    assert parse("a: " + "[" * 90 + "]" * 90, FILE)["a"].nested


def test_a_merge_is_only_another_unknown_key() -> None:
    found = parse("x: &x {secret: theirs}\n<<: *x\nappid: C1\n", FILE)
    assert list(found) == ["x", "<<", "appid"]
