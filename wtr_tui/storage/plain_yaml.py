"""YAML that is plainly written, read without a parser of YAML: to load one takes longer than
everything else a command does.

Plain is: comments, lines ``key: value``, and below a key without a value its items, each
``- item`` in a line. A value is a text of ordinary characters, in quotation marks or without,
or a whole number. Whatever is not plain is left to the parser, and so are all faults.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Value: TypeAlias = "str | tuple[str, ...] | None"

# What YAML takes for true, false or nothing, and some more: the parser knows which.
_NO_TEXTS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ORDINARY = frozenset(_LETTERS_AND_DIGITS + " _-./:@+=")
_A_NUMBER = "a number"


def plain_values(text: str) -> Mapping[str, tuple[int, Value, str]] | None:
    """Each key with its line (from 1), its value, and ``"a number"`` where YAML reads one.

    The value is a text, the texts of a list, or None where there is none. Gives None for a text
    that is not plain.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    found: dict[str, tuple[int, Value, str]] = {}
    key = ""
    indented = -1  # how far the items below the key are; -1 before the first
    for number, line in enumerate(lines, 1):
        if not line.isprintable():  # a tab, a line break of another kind
            return None
        content = line.lstrip(" ")
        if not content or content[0] == "#":
            continue
        if content.startswith("- "):
            indent = len(line) - len(content)
            item = _scalar(content[2:].lstrip(" "))
            if item is None or item[0] is None or not key or indented not in (-1, indent):
                return None
            if indented == -1 and found[key][1] is not None:
                return None
            before, items, read_as = found[key]
            items = (*items, item[0]) if isinstance(items, tuple) else (item[0],)
            found[key] = (before, items, read_as or item[1])
            indented = indent
            continue
        key, colon, rest = line.partition(":")
        value = _scalar(rest.strip(" ")) if rest[:1] in ("", " ") else None
        if not (colon and key.isascii() and key.isalpha()) or key in found or value is None:
            return None
        found[key] = (number, *value)
        indented = -1
    return found


def _scalar(written: str) -> tuple[str | None, str] | None:
    """The text, or None for nothing, and how YAML reads it; None for what is not plain."""
    if written[:1] in ("", "#"):
        return None, ""
    if written[0] in "\"'":
        value, closed, rest = written[1:].partition(written[0])
        behind = rest.lstrip(" ")
        is_whole = closed and (not behind or (behind != rest and behind[0] == "#"))
        return (value, "") if is_whole and value.isascii() and "\\" not in value else None
    value = written.partition(" #")[0].rstrip(" ")
    if value.isdigit() and value.isascii() and value[0] != "0":
        return value, _A_NUMBER
    if not _ORDINARY.issuperset(value):
        return None
    if value[0].isalpha():
        is_text = value.lower() not in _NO_TEXTS and value[-1] != ":" and ": " not in value
    else:
        # A secret: letters among the digits, and none of YAML's other ways to write a number.
        is_text = value.isalnum() and not value.isdigit() and value[:2] not in ("0b", "0x")
    return (value, "") if is_text else None
