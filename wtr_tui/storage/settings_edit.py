"""Changes values in the text of a settings file and leaves all else as the user wrote it.

PyYAML writes a file anew and drops its comments. Here its parser only says where in the text a
value stands; what is put there instead is read again and compared before it counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from wtr_tui.errors import SettingsError, StorageError, UnsafeFile
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
    the file, for the sentences. Raises SettingsError where the text cannot be understood,
    SettingsNotEditable where a change would reach further than it should.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    result = text.removeprefix(_BYTE_ORDER_MARK)
    before = parsed(result, name)
    other_names = {setting.name: setting.names for setting in SETTINGS}
    for known, value in changes.items():
        for key in [each for each in other_names.get(known, ()) if each in before] or [known]:
            if _says(before.get(key), value):
                continue
            changed = _with_value(result, key, value)
            if changed is None or not _is_safe(result, changed, key, value):
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


def _says(entry: SettingsEntry | None, value: Wanted | None) -> bool:
    if entry is None or value is None:
        return entry is None and value is None
    if entry.nested or entry.value is None or (entry.read_as and isinstance(value, str)):
        return False
    if isinstance(entry.value, tuple):  # the order in a list means nothing
        return sorted(entry.value) == sorted(_joined(value).split())
    return entry.value == _joined(value)


def _joined(value: Wanted) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else " ".join(value)


def _written(value: Wanted) -> str:
    """Numbers and flags as they are; a text in quotes where it could be taken for one."""
    return _joined(value) if isinstance(value, int) else scalar(_joined(value))


def _with_value(text: str, key: str, value: Wanted | None) -> str | None:
    """The text with the value; None where it takes a hand that knows what is meant."""
    root = yaml.compose(text, Loader=LOADER)
    in_lines = isinstance(root, yaml.MappingNode) and not root.flow_style
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((pair for pair in pairs if pair[0].value == key), None)
    if found is None:
        return None if value is None else _added(text, root, f"{key}: {_written(value)}")
    name, node = found
    start, end = node.start_mark.index, _end(text, node)
    if start < name.end_mark.index:
        return None  # an alias: its node stands where the anchor is
    if value is None:
        first = _line_start(text, name.start_mark.index)
        return text[:first] + text[_line_end(text, end) :] if in_lines else None
    items = _joined(value).split()
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _with_items(text, node, items)
    if "\n" in text[start:end] and "#" in text[start:end]:
        return None  # what may be a comment in the value would be lost with it
    is_list = isinstance(node, yaml.SequenceNode)
    written = f"[{', '.join(map(scalar, items))}]" if is_list else _written(value)
    space = "" if text[start - 1].isspace() else " "
    return f"{text[:start]}{space}{written}{text[end:]}"


def _added(text: str, root: yaml.Node | None, written: str) -> str | None:
    indent = ""
    if not isinstance(root, yaml.MappingNode):
        document_end = re.search(r"^\.\.\.", text, re.MULTILINE)
        at = document_end.start() if document_end else len(text)
    elif root.flow_style:
        return None
    else:
        indent = text[_line_start(text, root.start_mark.index) : root.start_mark.index]
        at = _line_end(text, _end(text, root))
    gap = "" if at == 0 or text[at - 1] == "\n" else _newline(text)
    return f"{text[:at]}{gap}{indent}{written}{_newline(text)}{text[at:]}"


def _with_items(text: str, node: yaml.Node, wanted: Sequence[str]) -> str:
    """A list in lines: what stays keeps its line, with its comment; what is new comes last."""
    start = node.start_mark.index
    indent, newline = text[_line_start(text, start) : start], _newline(text)
    end = _line_end(text, _end(text, node))
    head = text[:end] + ("" if text[end - 1] == "\n" else newline)
    there = [item.value for item in node.value]
    for item in wanted:
        if item not in there:
            head += f"{indent}- {scalar(item)}{newline}"
    for item in reversed(node.value):
        if item.value not in wanted:
            at = item.start_mark.index
            head = head[: _line_start(head, at)] + head[_line_end(head, at) :]
    return head + text[end:]


def _is_safe(old: str, new: str, key: str, value: Wanted | None) -> bool:
    """Whether the new text says this about the key, and about the others what the old one did."""
    try:
        before, after = parsed(old, ""), parsed(new, "")
    except SettingsError:
        return False
    kept = [(name, _meaning(entry)) for name, entry in before.items() if name != key]
    others = [(name, _meaning(entry)) for name, entry in after.items() if name != key]
    return _says(after.get(key), value) and kept == others


def _meaning(entry: SettingsEntry) -> object:
    """What a reader gets, however it is written; an alias may mean something else now."""
    try:
        return entry.unfolded()
    except ValueError as error:
        return str(error)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _end(text: str, node: yaml.Node) -> int:
    """Behind the last character: for the parser a list in lines reaches to the next key."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        # An alias ends where its key does: what it stands for is written before it.
        return max(_end(text, each) for each in (last if isinstance(last, tuple) else (last,)))
    return start + len(text[start:end].rstrip())


# Everything else is quoted: what begins with a digit is a number to some readers of YAML.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./:-]*[A-Za-z0-9_/-])?")
_SINGLE_LETTER_TRUTH = frozenset({"y", "n"})  # YAML 1.1 says so, PyYAML does not


def scalar(text: str) -> str:
    """``text`` as a plain scalar, or in double quotes with what cannot be seen escaped."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _SINGLE_LETTER_TRUTH
    if is_plain and ": " not in text and yaml.load(text, LOADER) == text:  # noqa: S506 - safe
        return text
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return str(quoted).rstrip("\n")
