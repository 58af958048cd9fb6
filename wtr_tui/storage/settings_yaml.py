"""The text of a settings file, read strictly: one mapping, each key once.

Values are taken as they are written, with a word on what YAML would make of them: to it
``secret: 0123`` is the number 83, and ``appid: on`` is true. Aliases are followed but never
multiplied: nothing below the values of the top keys is unfolded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from wtr_tui.errors import SettingsError
from wtr_tui.storage.settings_keys import NAMES
from wtr_tui.text import plain

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NO_TEXTS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
}
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_EXCERPT = 70
# The line an error is in is shown, but a value only where it cannot be, or hold, a secret.
_HARMLESS = frozenset(NAMES) - {"secret", "onToken"}
_KEY_OF_LINE = re.compile(r"\s*([A-Za-z]+)\s*:")
_QUOTED_WORDS = re.compile(r"\s*'(?!<)[^']{2,}'")
_IN_OTHER_WORDS = (
    (r"'\t'", "a tab stands where only spaces may: indent with spaces"),
    ("mapping values are not allowed", "a colon too many, or a key indented unlike the others"),
    ("could not find expected ':'", "there is no colon after this word, or no space after it"),
    ("undefined alias", "a value that begins with * must be in quotation marks"),
    ("that cannot start any token", "a value that begins so must be in quotation marks"),
    ("single document", "a second document begins here; one is all that is read"),
    ("unexpected end of stream", "this quotation mark is never closed"),
    ("<block end>", "this does not belong here: is it indented like its neighbours?"),
)


class SettingsFileError(SettingsError):
    """The settings file cannot be read or understood; it is left as it is.

    ``line`` and ``column`` count from 1 and are 0 where the trouble has no place. ``sentence``
    has the line itself below it, and a caret below that, in lines of their own.
    """

    def __init__(self, sentence: str, advice: str = "", *, line: int = 0, column: int = 0) -> None:
        super().__init__(sentence, advice)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        gap = "\n" if "\n" in self.sentence else " "
        return f"{self.sentence}{gap}{self.advice}".rstrip()


@dataclass(frozen=True)
class Entry:
    """One key of the file. ``value`` is its text, its texts (a list), or None where it has none.

    ``nested`` marks a value that is a group of keys, or a list of anything but texts.
    ``read_as`` is what any reader of YAML makes of it where that is no text: "a number".
    """

    key: str
    line: int
    value: str | tuple[str, ...] | None = field(repr=False)
    nested: bool = False
    read_as: str = ""


def entries(text: str, name: str) -> Mapping[str, Entry]:
    """The keys of the file in their order. ``name`` is the file, for the sentences.

    Raises SettingsFileError with line and column.
    """
    root = _root(text, name)
    if root is None or (isinstance(root, yaml.ScalarNode) and _is_null(root)):
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SettingsFileError(
            f"{name} does not hold settings.", "Each line has to look like this: appid: C1234"
        )
    found: dict[str, Entry] = {}
    for key_node, value_node in root.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a list or group)"
        line = key_node.start_mark.line + 1
        if key in found:
            raise _at(
                text,
                name,
                f"the key {plain(key, 40)} stands already in line {found[key].line}",
                key_node.start_mark.line,
                key_node.start_mark.column,
            )
        found[key] = _entry(key, line, value_node)
    return found


def _root(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        before = _LINE_BREAK.split(text[: error.position])
        fault = f"the character U+{ord(text[error.position]):04X} is not allowed"
        raise _at(text, name, fault, len(before) - 1, len(before[-1])) from None
    except yaml.MarkedYAMLError as error:
        never_closed = "quoted scalar" in (error.context or "")
        mark = (error.context_mark if never_closed else None) or error.problem_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        # The cause is left out: its marks hold the whole text, secret and all.
        raise _at(text, name, _fault(error), line, column) from None
    except RecursionError:
        raise SettingsFileError(
            f"{name} has brackets in brackets, too many to follow.", "Settings need none."
        ) from None


def _entry(key: str, line: int, node: yaml.Node) -> Entry:
    if isinstance(node, yaml.ScalarNode):
        value = None if _is_null(node) else node.value
        return Entry(key, line, value, read_as=_read_as(node))
    if isinstance(node, yaml.SequenceNode) and all(
        isinstance(item, yaml.ScalarNode) for item in node.value
    ):
        texts = tuple(item.value for item in node.value if not _is_null(item))
        read_as = next(filter(None, map(_read_as, node.value)), "")
        return Entry(key, line, texts or None, read_as=read_as)
    return Entry(key, line, None, nested=True)


def _is_null(node: yaml.ScalarNode) -> bool:
    return node.value == "" or (node.style is None and node.value in _NULLS)


def _read_as(node: yaml.ScalarNode) -> str:
    kind = node.tag.rpartition(":")[2]
    return "" if _is_null(node) else _NO_TEXTS.get(kind, "")


def _fault(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be understood"
    for part, words in _IN_OTHER_WORDS:
        if part in problem:
            return words
    # What PyYAML quotes is taken from the file, and may be a part of the secret.
    return plain(_QUOTED_WORDS.sub("", problem), 120)


def _at(text: str, name: str, fault: str, line: int, column: int) -> SettingsFileError:
    lines = _LINE_BREAK.split(text)
    shown = _without_secrets(lines[line]) if line < len(lines) else ""
    start = max(0, column - _EXCERPT // 2)
    excerpt = shown[start : start + _EXCERPT]
    return SettingsFileError(
        f"{name}, line {line + 1}, column {column + 1}: {fault}.\n"
        f"  {excerpt}\n  {' ' * (column - start)}^",
        "Correct it there; the file is left as it is.",
        line=line + 1,
        column=column + 1,
    )


def _without_secrets(line: str) -> str:
    """The line, character for character, so that a caret can point into it."""
    clean = "".join(character if character.isprintable() else " " for character in line)
    key = _KEY_OF_LINE.match(clean)
    if key and key[1] in _HARMLESS and "secret" not in clean.lower():
        return clean
    start = key.end() if key else 0
    hidden = "".join("•" if character.isalnum() else character for character in clean[start:])
    return clean[:start] + hidden
