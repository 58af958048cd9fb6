"""The settings file, a YAML mapping: read strictly, and edited without touching anything else.

Values are kept as they are written, with a note on their YAML type: to YAML, ``secret: 0123`` is
the number 83, and ``appid: on`` is true. Nested values are built on demand and limited in size, so
that aliases cannot exhaust the memory.

A fault is reported with line and column, and a caret below its place. As the secret may be
anywhere, no text but the names of settings is repeated, and no message of PyYAML, which quotes the
text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from wtr_tui.errors import SettingsError, StorageError, UnsafeFile
from wtr_tui.storage.private_file import LARGEST, read_all, read_regular, write_private
from wtr_tui.storage.settings_table import NAMES, SETTINGS
from wtr_tui.storage.settings_values import Nested
from wtr_tui.text import cause

_BYTE_ORDER_MARK = "\ufeff"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NON_TEXT_TAGS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
}
_MOST_NODES = 10_000
_DEEPEST = 100  # lists and mappings in each other

if TYPE_CHECKING:
    from yaml import SafeLoader as _FastestLoader
else:
    # libyaml's parser, ten times as fast, where PyYAML has it.
    _FastestLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_FastestLoader):
    """A safe loader that limits how deep lists and mappings are nested.

    libyaml's binding composes them recursively without a limit: too many overflow the stack, which
    ends the process. Raises RecursionError.
    """

    _depth = 0

    # Called by both parsers before and after each node.

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RecursionError

    def ascend_resolver(self) -> None:
        self._depth -= 1


class SettingsEntry(NamedTuple):
    """A key of the file. ``value`` is its text, the texts of a list, or None for no value.

    An empty text in quotation marks and an empty list are values. ``nested`` marks a mapping, or a
    list of anything but texts: :meth:`nested_value` returns it. ``read_as`` is the YAML type of a
    value that is no text, "a number"; else "".
    """

    key: str
    line: int
    value: str | tuple[str, ...] | None
    nested: bool
    read_as: str
    node: yaml.Node

    def __repr__(self) -> str:
        return "SettingsEntry(…)"  # a secret may be in it

    def nested_value(self) -> Nested:
        """Return the value with its lists and mappings. Raise ValueError where it is invalid."""
        return _to_nested(self.node, count())


class SettingsFile(NamedTuple):
    """A file as read: its keys, bytes and text (None: no file), mode, owner and group."""

    entries: Mapping[str, SettingsEntry] = {}
    content: bytes | None = None
    text: str | None = None
    mode: int = 0o600
    owner: int = 0
    group: int = 0

    def __repr__(self) -> str:
        return "SettingsFile(…)"  # a secret may be in it


def read(path: Path) -> SettingsFile:
    """Read the file, following symbolic links. A file that does not exist has no keys.

    Raise SettingsError where it cannot be read, is too large, or is not one YAML mapping in UTF-8
    with each key once.
    """
    try:
        content, facts = _read_content(path)
    except FileNotFoundError:
        return SettingsFile()
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {cause(error)}.",
            "Correct its owner or its mode; nothing is written to it.",
        ) from error
    if len(content) > LARGEST:
        raise SettingsError(f"{path} is larger than 1 MiB, so it is not a settings file.")
    text = _decode(path, content)
    found = parse(text.removeprefix(_BYTE_ORDER_MARK), str(path))
    mode = stat.S_IMODE(facts.st_mode)
    return SettingsFile(found, content, text, mode, facts.st_uid, facts.st_gid)


def _read_content(path: Path) -> tuple[bytes, os.stat_result]:
    number = descriptor_number(path)
    if number is not None:
        return _read_descriptor(number)
    try:
        return read_regular(str(path))
    except UnsafeFile:
        raise SettingsError(f"{path} is not a regular file, so settings are not read.") from None


def descriptor_number(path: Path) -> int | None:
    """Return the number in ``/dev/fd/63``, which a shell makes of ``<(command)``; else None."""
    folder, _, number = str(path).rpartition("/")
    is_one = folder in ("/dev/fd", "/proc/self/fd") and number.isascii() and number.isdigit()
    return int(number[:9]) if is_one else None  # with more digits none is open either


@cache
def _read_descriptor(number: int) -> tuple[bytes, os.stat_result]:
    """Read from an open descriptor. It can be read only once, so the result is cached."""
    facts = os.fstat(number)
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISFIFO(facts.st_mode)):
        raise SettingsError(f"/dev/fd/{number} is neither a file nor a pipe.")
    return read_all(number), facts


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # No cause: it carries the whole content with the secret.
        raise SettingsError(
            f"{path}: line {line} holds a byte that is not UTF-8.", "Save it as UTF-8."
        ) from None


def parse(text: str, name: str) -> Mapping[str, SettingsEntry]:
    """Parse the keys in their order; ``name`` is the file, for the messages.

    Raise SettingsError, with line and column in its message.
    """
    root = _compose(text, name)
    if root is None or (isinstance(root, yaml.ScalarNode) and _is_null(root)):
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SettingsError(
            f"{name} does not hold settings.", "Each line has to look like this: appid: C1234"
        )
    found: dict[str, SettingsEntry] = {}
    for key_node, value_node in root.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a list or group)"
        mark = key_node.start_mark
        if key in found:
            # An unknown key may be a misplaced secret.
            which = key if key in NAMES else "here"
            fault = f"the key {which} stands already in line {found[key].line}; keep one of them"
            raise _fault(text, name, fault, mark.line, mark.column)
        for node in (key_node, value_node):
            if _is_unquoted_indicator(node):
                # ``secret: !x`` and ``secret: &x`` lack their quotation marks.
                start = node.start_mark
                raise _fault(text, name, _NEEDS_QUOTES, start.line, start.column)
        found[key] = _entry(key, mark.line + 1, value_node)
    return found


def _compose(text: str, name: str) -> yaml.Node | None:
    # No causes: their marks hold the whole text with the secret.
    try:
        try:
            return yaml.compose(text, Loader=Loader)
        except (yaml.YAMLError, UnicodeEncodeError):
            # PyYAML's own parser reports better than libyaml what is wrong.
            yaml.compose(text, Loader=yaml.SafeLoader)
            raise
    except yaml.reader.ReaderError as error:
        before = re.split(_LINE_BREAK, text[: error.position])
        words = f"the character U+{ord(text[error.position]):04X} is not allowed"
        raise _fault(text, name, words, len(before) - 1, len(before[-1])) from None
    except yaml.MarkedYAMLError as error:
        raise _parser_fault(text, name, error) from None
    except (RecursionError, UnicodeEncodeError):
        raise SettingsError(
            f"{name} has brackets in brackets, too many to follow.", "Settings need none."
        ) from None


def _entry(key: str, line: int, node: yaml.Node) -> SettingsEntry:
    items: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not all(isinstance(item, yaml.ScalarNode) for item in items):
        return SettingsEntry(key, line, None, nested=True, read_as="", node=node)
    texts = tuple(item.value for item in items if not _is_null(item))
    value = texts if isinstance(node, yaml.SequenceNode) else next(iter(texts), None)
    kinds = (_NON_TEXT_TAGS.get(item.tag.rpartition(":")[2], "") for item in items)
    read_as = next(filter(None, kinds), "")
    return SettingsEntry(key, line, value, nested=False, read_as=read_as, node=node)


def _to_nested(node: yaml.Node, seen: Iterator[int]) -> Nested:
    """Convert a node, following aliases; ``seen`` counts the nodes, to limit them."""
    if next(seen) >= _MOST_NODES:
        raise ValueError("This has more in it than any setting.")
    try:
        if isinstance(node, yaml.SequenceNode):
            return [_to_nested(item, seen) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            group: dict[str, Nested] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise ValueError("A key in this group is no text.")
                if key.value in group:
                    raise ValueError("This group has a key twice; keep one of them.")
                group[key.value] = _to_nested(value, seen)
            return group
    except RecursionError:
        raise ValueError("This holds itself.") from None
    assert isinstance(node, yaml.ScalarNode)
    if _is_unquoted_indicator(node):
        raise ValueError("A text that begins with a sign of YAML must be in quotation marks.")
    return None if _is_null(node) else str(node.value)


def _is_unquoted_indicator(node: yaml.Node) -> bool:
    """Return whether a scalar begins with a YAML indicator, as a tag or an anchor does."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    if not node.tag.startswith("tag:yaml.org,2002:"):
        return True
    bare = not node.style and not node.value
    return bare and node.end_mark.index > node.start_mark.index


def _is_null(node: yaml.ScalarNode) -> bool:
    return not node.style and node.value in _NULLS


_NEEDS_QUOTES = "a value that begins so must be in quotation marks"
# What a user can do about a fault, and the parts of PyYAML's messages that it applies to.
_ADVICE = {
    "a tab stands where only spaces may: indent with spaces": (r"'\t'",),
    "a backslash means something else in double quotation marks: use single ones": ("escape",),
    "a second document begins here; one is all that is read": ("single document",),
    "a bracket or a quotation mark is never closed": (
        *("<stream end>", "unexpected end of stream", "unexpected document", "parsing a flow"),
    ),
    "a value with a colon needs quotation marks, and a key a colon with a space behind it": (
        "mapping values are not allowed",
        "could not find expected ':'",
    ),
    _NEEDS_QUOTES: (
        *("while scanning an a", "undefined alias", "tag", "that cannot start any token"),
        *("chomping or indentation", "expected the node content"),
    ),
}
_NO_ADVICE = "this does not belong here, is not indented like its neighbours, or lacks a quote"
# The parser detects these late: what has to be corrected is where the construct began.
_DETECTED_LATE = ("unexpected end of", "unexpected document", "simple key", "<stream end>")


def _parser_fault(text: str, name: str, error: yaml.MarkedYAMLError) -> SettingsError:
    said = f"{error.context} {error.problem}"
    late = error.context_mark if any(part in said for part in _DETECTED_LATE) else None
    mark = late or error.problem_mark or error.context_mark
    advice = (each for each, parts in _ADVICE.items() if any(part in said for part in parts))
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return _fault(text, name, next(advice, _NO_ADVICE), line, column)


def _fault(text: str, name: str, what: str, line: int, column: int) -> SettingsError:
    """Return an error with the line and column of a fault (counted from 0), and a caret there."""
    start = max(0, column - _EXCERPT // 2)
    lines = re.split(_LINE_BREAK, text)
    shown = _masked(lines[line])[start : start + _EXCERPT] if line < len(lines) else ""
    error = SettingsError(
        f"{name}, line {line + 1}, column {column + 1}: {what}.\n"
        f"  {shown}\n  {' ' * (column - start)}^",
        "Correct it there; the file is left as it is.",
    )
    error.line = line + 1
    return error


_LINE_BREAK = "\r\n|[\r\n\x85\u2028\u2029]"
_EXCERPT = 70
_INDICATORS = re.escape(" :,-[]{}'\"#&*!|>%@`\\")  # YAML's own, by which a user finds a fault


def _masked(line: str) -> str:
    """Return the line with a dot for each character but indicators and the names of settings."""
    return re.sub(
        rf"\w+|[^\w{_INDICATORS}]",
        lambda found: (
            " " if found[0] == "\t" else found[0] if found[0] in NAMES else "•" * len(found[0])
        ),
        line,
    )


# Editing. PyYAML would rewrite the file without its comments. So its parser only locates a value in
# the text, and the changed text is parsed again and compared before it is accepted.

Wanted = str | int | tuple[str, ...]  # bool is an int
"""The values a key can be set to."""


class SettingsNotEditable(SettingsError):
    """A value that cannot be changed without touching others, as the file is written."""


def save(path: Path, changes: Mapping[str, Wanted | None], *, expected: str | None) -> None:
    """Set or remove (None) these keys in the file, atomically, and set its mode to 0600.

    ``expected`` is the text the changes were made for (``SettingsFile.text``; None: there was no
    file). Where ``path`` is a symbolic link, the file it leads to is replaced and the link stays.
    Raise SettingsError where the file has changed meanwhile, or cannot be changed safely;
    StorageError where it cannot be written.
    """
    if descriptor_number(path) is not None:
        raise StorageError(
            f"{path} can be read, but nothing can be saved there.",
            "Name a file with --config, or leave it out.",
        )
    found = read(path)
    if found.text != expected:
        raise SettingsError(
            f"{path} was changed by somebody else since it was read, so it was not overwritten.",
            "Read it again, then make your changes once more.",
        )
    text = edit(found.text or "", changes, str(path))
    try:
        write_private(os.path.realpath(path), text.encode("utf-8"))
    except (OSError, UnsafeFile) as error:
        reason = error.message if isinstance(error, UnsafeFile) else f"{cause(error)}."
        raise StorageError(
            f"The settings were not saved to {path}: {reason}", "The file is as it was."
        ) from error


def edit(text: str, changes: Mapping[str, Wanted | None], name: str = "The file") -> str:
    """Return the text with these keys set or removed (None).

    Comments, order, unknown keys, line ends and a byte order mark stay. A key that the file has
    under its alias is changed there; a new one is added below the last. ``name`` is the file, for
    the messages. Raise SettingsError where the text cannot be parsed, SettingsNotEditable where a
    change would affect anything else.
    """
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    result = text.removeprefix(_BYTE_ORDER_MARK)
    before = parse(result, name)
    aliases = {setting.name: setting.names for setting in SETTINGS}
    for setting_name, value in changes.items():
        present = [key for key in aliases.get(setting_name, ()) if key in before]
        for key in present or [setting_name]:
            if _has_value(before.get(key), value):
                continue
            changed = _set_value(result, key, value)
            if changed is None or not _changes_only(result, changed, key, value):
                line = f", line {before[key].line}" if key in before else ""
                raise SettingsNotEditable(
                    f"{name}{line}: {key} cannot be changed without touching something else; the"
                    " file is left as it is.",
                    _manual_hint(key, value),
                )
            result = changed
    return mark + result


def _manual_hint(key: str, value: Wanted | None) -> str:
    """Return the hint on how to make the change by hand; a secret is not shown."""
    if value is None:
        return f"Remove {key} there with an editor."
    hidden = any(key in setting.names for setting in SETTINGS if setting.is_hidden)
    written = "…" if hidden else _to_yaml(value)
    return f"Change it there with an editor. This is the line to write:\n  {key}: {written}"


def _has_value(entry: SettingsEntry | None, value: Wanted | None) -> bool:
    if entry is None or value is None:
        return entry is None and value is None
    if entry.nested or entry.value is None or (entry.read_as and isinstance(value, str)):
        return False
    if isinstance(entry.value, tuple):  # the order in a list does not matter
        return sorted(entry.value) == sorted(_to_text(value).split())
    return entry.value == _to_text(value)


def _to_text(value: Wanted) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else " ".join(value)


def _to_yaml(value: Wanted) -> str:
    """Return the value as YAML; a text that could be taken for another type is quoted."""
    return _to_text(value) if isinstance(value, int) else to_scalar(_to_text(value))


def _set_value(text: str, key: str, value: Wanted | None) -> str | None:
    """Return the text with the value; None where that cannot be done safely."""
    root = yaml.compose(text, Loader=Loader)
    in_lines = isinstance(root, yaml.MappingNode) and not root.flow_style
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((pair for pair in pairs if pair[0].value == key), None)
    if found is None:
        return None if value is None else _append_key(text, root, f"{key}: {_to_yaml(value)}")
    name, node = found
    start, end = node.start_mark.index, _end(text, node)
    if start < name.end_mark.index:
        return None  # an alias: its node is where the anchor is
    if value is None:
        first = _line_start(text, name.start_mark.index)
        return text[:first] + text[_line_end(text, end) :] if in_lines else None
    items = _to_text(value).split()
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _set_items(text, node, items)
    if "\n" in text[start:end] and "#" in text[start:end]:
        return None  # there may be a comment within the value
    is_list = isinstance(node, yaml.SequenceNode)
    written = f"[{', '.join(map(to_scalar, items))}]" if is_list else _to_yaml(value)
    space = "" if text[start - 1].isspace() else " "
    return f"{text[:start]}{space}{written}{text[end:]}"


def _append_key(text: str, root: yaml.Node | None, written: str) -> str | None:
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


def _set_items(text: str, node: yaml.Node, wanted: Sequence[str]) -> str:
    """Edit a block list: items that stay keep their line and comment, new ones are appended."""
    start = node.start_mark.index
    indent, newline = text[_line_start(text, start) : start], _newline(text)
    end = _line_end(text, _end(text, node))
    head = text[:end] + ("" if text[end - 1] == "\n" else newline)
    there = [item.value for item in node.value]
    for item in wanted:
        if item not in there:
            head += f"{indent}- {to_scalar(item)}{newline}"
    for item in reversed(node.value):
        if item.value not in wanted:
            at = item.start_mark.index
            head = head[: _line_start(head, at)] + head[_line_end(head, at) :]
    return head + text[end:]


def _changes_only(old: str, new: str, key: str, value: Wanted | None) -> bool:
    """Return whether the new text has this value for the key and the old ones for all others."""
    try:
        before, after = parse(old, ""), parse(new, "")
    except SettingsError:
        return False
    kept = [(name, _comparable(entry)) for name, entry in before.items() if name != key]
    others = [(name, _comparable(entry)) for name, entry in after.items() if name != key]
    return _has_value(after.get(key), value) and kept == others


def _comparable(entry: SettingsEntry) -> object:
    """Return the value independent of its notation; an alias may have another one now."""
    try:
        return entry.nested_value()
    except ValueError as error:
        return str(error)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _end(text: str, node: yaml.Node) -> int:
    """Return where a node's text ends: to the parser a block list extends to the next key."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        # An alias ends with its key: its node is located before it.
        return max(_end(text, each) for each in (last if isinstance(last, tuple) else (last,)))
    return start + len(text[start:end].rstrip())


# Everything else is quoted: a word that begins with a digit is a number to some parsers.
_PLAIN = r"[A-Za-z](?:[A-Za-z0-9 _./:-]*[A-Za-z0-9_/-])?"
_SINGLE_LETTER_BOOLEANS = frozenset({"y", "n"})  # of YAML 1.1, but not of PyYAML


def to_scalar(text: str) -> str:
    """Return the text as a plain scalar, or in double quotes with invisible characters escaped."""
    is_plain = re.fullmatch(_PLAIN, text) and text.lower() not in _SINGLE_LETTER_BOOLEANS
    if is_plain and ": " not in text and yaml.load(text, Loader) == text:  # noqa: S506 - safe
        return text
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return str(quoted).rstrip("\n")
