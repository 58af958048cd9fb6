"""What is wrong with the text of a settings file: in words, with its line and a caret.

Nothing that could be the secret is repeated. PyYAML's own words quote the text, so none of them
is used; of the line, a value is shown only where it cannot belong to the secret.
"""

from __future__ import annotations

import re
import unicodedata

import yaml

from wtr_tui.errors import SettingsFileError
from wtr_tui.storage.settings_table import NAMES, SETTINGS

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_EXCERPT = 70

_QUOTE_IT = "a value that begins so must be in quotation marks"
_NEVER_CLOSED = "this is never closed"
_NEIGHBOURS = "this does not belong here: is it indented like its neighbours, or a quote missing?"
# What PyYAML says (a part of it), and what a person who writes settings can do about it.
_WORDS = (
    (r"'\t'", "a tab stands where only spaces may: indent with spaces"),
    (
        "mapping values are not allowed",
        "this colon does not belong here: does the value need quotation marks, or the colon in"
        " the line above a space behind it?",
    ),
    ("could not find expected ':'", "there is no colon after this word, or no space after it"),
    ("while scanning an a", _QUOTE_IT),  # an anchor, an alias
    ("undefined alias", _QUOTE_IT),
    ("tag", _QUOTE_IT),
    ("that cannot start any token", _QUOTE_IT),
    ("chomping or indentation", _QUOTE_IT),
    ("node content, but found '<stream end>'", "a bracket above is never closed"),
    ("expected the node content", _QUOTE_IT),
    ("single document", "a second document begins here; one is all that is read"),
    ("unexpected end of stream", _NEVER_CLOSED),
    ("unexpected document separator", _NEVER_CLOSED),
    ("<stream end>", _NEVER_CLOSED),
    ("while parsing a flow", "a comma is missing before this, or the bracket is never closed"),
    ("escape", "a backslash means something else in double quotation marks: use single ones"),
    ("<block end>", _NEIGHBOURS),
    ("<document start>", _NEIGHBOURS),
)
# The parser notices these only later: the place that matters is where it all began.
_NOTICED_LATE = ("unexpected end of", "unexpected document", "simple key", "<stream end>")

_HARMLESS = frozenset(
    name for setting in SETTINGS if not setting.is_hidden for name in setting.names
)
_KEY_OF_LINE = re.compile(r"([A-Za-z]+):(?!\S)")
_WORD = re.compile(r"\w+")
# A secret whose quotation mark or bracket is not closed in its line goes on in the next ones.
_OPEN_SECRET = re.compile(
    r""".*secret\W*:\s*(?:[\[{|>&*!?]|"(?!.*"\s*(?:#.*)?$)|'(?!.*'\s*(?:#.*)?$))""", re.IGNORECASE
)


def of_parser(text: str, name: str, error: yaml.MarkedYAMLError) -> SettingsFileError:
    """What the parser found."""
    said = f"{error.context} {error.problem}"
    late = error.context_mark if any(part in said for part in _NOTICED_LATE) else None
    mark = late or error.problem_mark or error.context_mark
    words = next((words for part, words in _WORDS if part in said), "this cannot be understood")
    return at(text, name, words, mark.line if mark else 0, mark.column if mark else 0)


def unquoted_sign(text: str, name: str, line: int, column: int) -> SettingsFileError:
    """A value that was meant as a text, but begins with a sign of YAML; from 0."""
    return at(text, name, _QUOTE_IT, line, column)


def of_character(text: str, name: str, position: int) -> SettingsFileError:
    """A character no YAML file may hold, at this index of the text."""
    before = _LINE_BREAK.split(text[:position])
    words = f"the character U+{ord(text[position]):04X} is not allowed"
    return at(text, name, words, len(before) - 1, len(before[-1]))


def at(text: str, name: str, words: str, line: int, column: int) -> SettingsFileError:
    """Any fault, with the line (from 0) it is in and a caret under its column (from 0)."""
    lines = _LINE_BREAK.split(text)
    shown = _without_secrets(lines, line) if line < len(lines) else ""
    start = max(0, column - _EXCERPT // 2)
    excerpt = shown[start : start + _EXCERPT]
    return SettingsFileError(
        f"{name}, line {line + 1}, column {column + 1}: {words}.\n"
        f"  {excerpt}\n  {' ' * (column - start)}^",
        "Correct it there; the file is left as it is.",
        line=line + 1,
        column=column + 1,
    )


def _without_secrets(lines: list[str], number: int) -> str:
    """The line, one column for each character, so that a caret can point into it."""
    line = lines[number]
    clean = "".join(character if _is_one_column(character) else " " for character in line)
    key = _KEY_OF_LINE.match(line)
    if (
        key is not None
        and key[1] in _HARMLESS
        and "secret" not in line.lower()
        and not any(_OPEN_SECRET.match(above) for above in lines[:number])
    ):
        return clean
    return _WORD.sub(lambda word: word[0] if word[0] in NAMES else "•" * len(word[0]), clean)


def _is_one_column(character: str) -> bool:
    return (
        character.isprintable()
        and not unicodedata.combining(character)
        and unicodedata.east_asian_width(character) not in "WF"
    )
