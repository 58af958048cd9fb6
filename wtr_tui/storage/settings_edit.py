"""Changes values in the text of a settings file and leaves all else as the user wrote it.

PyYAML writes a file anew and drops its comments. Here its parser only says where in the text a
value stands; what is put there instead is read again and compared before it counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import yaml

from wtr_tui.errors import SettingsError, SettingsFileError, StorageError, UnsafeFile
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.settings_file import (
    LOADER,
    SettingsEntry,
    descriptor_number,
    parsed,
    read_mapping,
)
from wtr_tui.storage.settings_table import SETTINGS
from wtr_tui.text import cause

Wanted = str | int | tuple[str, ...]  # bool is an int
"""What a key can be set to."""

_BYTE_ORDER_MARK = "\ufeff"
_NEWLINE = re.compile(r"\r\n|\n|\r")
_DOCUMENT_END = re.compile(r"^\.\.\.", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")


class SettingsNotEditable(SettingsError):
    """The file is written in a way in which a value cannot be changed without touching others."""


def save(path: Path, changes: Mapping[str, Wanted | None], *, expected: str | None) -> None:
    """Writes the file with these keys set or removed (None), mode 0600, at once or not at all.

    ``expected`` is the text the changes were made for (``SettingsFile.text``; None: there was no
    file). Where ``path`` is a symbolic link, the file it leads to is replaced and the link stays.
    Raises SettingsError where the file is another one by now, or cannot be changed safely;
    StorageError where it cannot be written.
    """
    if descriptor_number(path) is not None:
        raise StorageError(
            f"{path} can be read, but nothing can be saved there.",
            "Name a file with --config, or leave it out.",
        )
    found = read_mapping(path)
    if found.text != expected:
        raise SettingsError(
            f"{path} was changed by somebody else since it was read, so it was not overwritten.",
            "Read it again, then make your changes once more.",
        )
    text = edited(found.text or "", changes, str(path))
    try:
        write_private(os.path.realpath(path), text.encode("utf-8"))
    except (OSError, UnsafeFile) as error:
        reason = error.message if isinstance(error, UnsafeFile) else f"{cause(error)}."
        raise StorageError(
            f"The settings were not saved to {path}: {reason}", "The file is as it was."
        ) from error


def edited(text: str, changes: Mapping[str, Wanted | None], name: str = "The file") -> str:
    """The text with these keys set, to a text, number, flag or list of texts, or removed (None).

    Comments, order, unknown keys, line ends and a byte order mark stay. A key that the file
    has under its other name is changed there; a new one is added below the last. ``name`` is
    the file, for the sentences. Raises SettingsFileError where the text cannot be understood,
    SettingsNotEditable where a change would reach further than it should.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    body = text.removeprefix(_BYTE_ORDER_MARK)
    before = parsed(body, name)
    wanted = _wanted(changes, before)
    result = body
    for key, value in wanted.items():
        if _differs(before.get(key), value):
            candidates = _with_value(result, key, value)
            changed = next(
                (text for text in candidates if _is_safe(result, text, key, value)), None
            )
            if changed is None:
                line = f", line {before[key].line}" if key in before else ""
                raise SettingsNotEditable(
                    f"{name}{line}: {key} cannot be changed without touching something else; the"
                    " file is left as it is.",
                    _by_hand(key, value),
                )
            result = changed
    return mark + result


def _by_hand(key: str, value: Wanted | None) -> str:
    """What the user is to do instead; a secret is not shown."""
    if value is None:
        return f"Remove {key} there with an editor."
    hidden = any(key in setting.names for setting in SETTINGS if setting.is_hidden)
    written = "…" if hidden else _written(value)
    return f"Change it there with an editor. This is the line to write:\n  {key}: {written}"


def _wanted(
    changes: Mapping[str, Wanted | None], before: Mapping[str, SettingsEntry]
) -> dict[str, Wanted | None]:
    other_names = {key.name: key.names for key in SETTINGS}
    wanted: dict[str, Wanted | None] = {}
    for key, value in changes.items():
        present = [name for name in other_names.get(key, (key,)) if name in before]
        for name in present or [key]:
            wanted[name] = value
    return wanted


def _differs(entry: SettingsEntry | None, value: Wanted | None) -> bool:
    if entry is None or value is None:
        return entry is not None or value is not None
    if isinstance(value, str) and entry.read_as:
        return True
    return entry.nested or entry.value is None or _joined(entry.value) != _joined(value)


def _joined(value: Wanted) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else " ".join(value)


def _written(value: Wanted) -> str:
    """Numbers and flags as they are; a text in quotes where it could be taken for one."""
    return _joined(value) if isinstance(value, int) else scalar(_joined(value))


def _with_value(text: str, key: str, value: Wanted | None) -> Iterator[str]:
    """The text with the value, in each way there is to write it, the best first."""
    now = layout(text)
    pair = now.pairs.get(key)
    if value is None:
        if pair is not None:
            if not now.braces:
                yield text[: _line_start(text, pair.key_start)] + text[_line_end(text, pair.end) :]
            yield _replaced(text, pair, "null")
    elif pair is None:
        yield from _added(text, now, f"{key}: {_written(value)}")
    elif not isinstance(pair.value, yaml.SequenceNode):
        yield _replaced(text, pair, _written(value))
    else:
        items = value if isinstance(value, tuple) else _joined(value).split()
        if not pair.value.flow_style:
            yield from _with_items(text, pair, items)
        yield _replaced(text, pair, f"[{', '.join(map(scalar, items))}]")


def _added(text: str, now: Layout, written: str) -> Iterator[str]:
    head, tail = text[: now.start], text[now.start :]
    if now.braces:
        begun = text[: now.end].rstrip()
        comma = "" if begun.endswith(("{", ",")) else ","
        space = "" if begun.endswith("{") else " "
        yield f"{begun}{comma}{space}{written}{text[now.end :]}"
        # Where the last line is a comment, that would have been a part of it.
        yield f"{head}{written}{', ' if now.pairs else ''}{tail}"
        return
    newline = _newline(text)
    at = _line_end(text, now.end) if now.pairs else now.end
    gap = "" if at == 0 or text[at - 1] in "\r\n" else newline
    yield f"{text[:at]}{gap}{now.indent}{written}{newline}{text[at:]}"
    # Where the last value is a text in lines, the line breaks behind it belong to it.
    yield f"{head}{now.indent}{written}{newline}{tail}"


def _replaced(text: str, pair: Pair, written: str) -> str:
    space = "" if text[pair.start - 1].isspace() else " "
    result = f"{text[: pair.start]}{space}{written}{text[pair.end :]}"
    # Comments inside the old value move above the key, so that none is lost.
    at = _line_start(text, pair.key_start)
    indent = text[at : pair.key_start]
    above = "".join(f"{indent}{comment}{_newline(text)}" for comment in _comments(text, pair))
    return result[:at] + above + result[at:]


def _with_items(text: str, pair: Pair, wanted: Sequence[str]) -> Iterator[str]:
    """A list in lines: a line stays with its item and that item's comment; other lines stay."""
    start = _line_start(text, pair.start)
    end = _line_end(text, pair.end)
    indent = text[start : pair.start]
    newline = _newline(text)
    places = [(node.start_mark.index, node) for node in _scalars(pair.value)]
    if indent.strip() or any("\n" in text[at : node.end_mark.index] for at, node in places):
        return
    lines: dict[str, str] = {}
    above: dict[str, list[str]] = {}
    waiting: list[str] = []
    at = start
    while at < end:
        after = _line_end(text, at)
        line = text[at:after].rstrip("\r\n")
        found = [node.value for begin, node in places if at <= begin < after]
        if found and found[0] in wanted and found[0] not in lines:
            lines[found[0]] = line
            above[found[0]] = waiting
            waiting = []
        elif not found:
            waiting.append(line)
        at = after
    result: list[str] = []
    for item in wanted:
        result += above.get(item, [])
        result.append(lines.get(item, f"{indent}- {scalar(item)}"))
    last = newline if text[end - 1] in "\r\n" else ""
    yield text[:start] + newline.join([*result, *waiting]) + last + text[end:]


def _is_safe(old: str, new: str, key: str, value: Wanted | None) -> bool:
    """Whether the new text says this about the key, and about the others what the old one did."""
    try:
        before, after = parsed(old, ""), parsed(new, "")
        was, now = layout(old).pairs, layout(new).pairs
    except (SettingsFileError, yaml.YAMLError):
        return False
    if value is None:
        said = key not in after or after[key].value is None
    else:
        said = key in after and not _differs(after[key], value)
    kept = [name for name in was if name != key]
    return (
        said
        and kept == [name for name in now if name != key]
        and all(was[name].of(old) == now[name].of(new) for name in kept)
        and all(_meaning(before[name]) == _meaning(after[name]) for name in kept)
    )


def _meaning(entry: SettingsEntry) -> object:
    """What a reader gets, however it is written; an alias may mean something else now."""
    try:
        return entry.unfolded()
    except ValueError as error:
        return str(error)


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    found = _NEWLINE.search(text, at)
    return found.end() if found else len(text)


def _newline(text: str) -> str:
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"


@dataclass(frozen=True)
class Pair:
    """A key and its value, as places in the text; ``end`` is behind the last character."""

    key_start: int
    start: int
    end: int
    value: yaml.Node

    def of(self, text: str) -> str:
        """The pair as it is written."""
        return text[self.key_start : self.end]


@dataclass(frozen=True)
class Layout:
    """The pairs by key, from ``start`` to ``end``, where others can be added.

    ``braces``: the whole is ``{…}``; ``start`` is behind the first brace, ``end`` at the last.
    """

    pairs: Mapping[str, Pair]
    braces: bool
    start: int
    end: int
    indent: str


def layout(text: str) -> Layout:
    """Takes a text that is known to be one mapping of texts, or empty, apart."""
    root = yaml.compose(text, Loader=LOADER)
    if not isinstance(root, yaml.MappingNode):
        document_end = _DOCUMENT_END.search(text)
        end = document_end.start() if document_end else len(text)
        return Layout({}, braces=False, start=end, end=end, indent="")
    pairs = {
        key.value: _pair(text, key, value)
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode)
    }
    first = root.start_mark.index
    if root.flow_style:
        return Layout(pairs, braces=True, start=first + 1, end=root.end_mark.index - 1, indent="")
    line = _line_start(text, first)
    end = max((pair.end for pair in pairs.values()), default=first)
    return Layout(pairs, braces=False, start=line, end=end, indent=text[line:first])


def _pair(text: str, key: yaml.Node, value: yaml.Node) -> Pair:
    key_start, key_end = key.start_mark.index, key.end_mark.index
    if value.start_mark.index < key_end:  # an alias: its node stands where the anchor is
        return Pair(key_start, key_end, key_end, value)
    return Pair(key_start, value.start_mark.index, _end(text, value), value)


def _own(node: yaml.Node) -> Iterator[yaml.Node]:
    """The nodes in a list or group, without aliases, which stand elsewhere."""
    at = node.start_mark.index
    children = node.value if isinstance(node, yaml.SequenceNode) else chain(*node.value)
    for child in children:
        if child.start_mark.index >= at:
            yield child
            at = child.end_mark.index


def _end(text: str, node: yaml.Node) -> int:
    """Behind the last character: for the parser a list in lines reaches to the next key."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.CollectionNode):
        return (
            end
            if node.flow_style
            else max((_end(text, each) for each in _own(node)), default=start)
        )
    return start + len(text[start:end].rstrip())


def _comments(text: str, pair: Pair) -> list[str]:
    """The comments of a value: what looks like one in a text is a part of the text."""
    bare = list(text[: pair.end])
    for node in _scalars(pair.value):
        first, last = node.start_mark.index, min(node.end_mark.index, pair.end)
        if node.style in ("|", ">"):
            # Its first line may have a comment, the others are its text.
            first = text.find("\n", first) + 1 or last
        bare[first:last] = " " * (last - first)
    return [comment.rstrip() for comment in _COMMENT.findall("".join(bare[pair.start :]))]


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    else:
        for each in _own(node):
            yield from _scalars(each)


# Everything else is quoted: what begins with a digit is a number to some readers of YAML.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./:-]*[A-Za-z0-9_/-])?")
_SINGLE_LETTER_TRUTH = frozenset({"y", "n"})  # YAML 1.1 says so, PyYAML does not


def scalar(text: str) -> str:
    """``text`` as a plain scalar, or in double quotes with what cannot be seen escaped."""
    return text if _stays_itself(text) else f'"{"".join(map(_escaped, text))}"'


def _stays_itself(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or ": " in text or text.lower() in _SINGLE_LETTER_TRUTH:
        return False
    node = yaml.compose(text, Loader=LOADER)
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") and node.value == text


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
