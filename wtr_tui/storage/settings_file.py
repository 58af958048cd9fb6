"""The settings file: one YAML mapping, read strictly and edited as a user may keep it.

Values are taken as they are written, with a note on what YAML would make of them: to it
``secret: 0123`` is the number 83, and ``appid: on`` is true. Aliases are followed but never
multiplied: what is below the values of the top keys is unfolded only when it is asked for.

What is wrong with the text is reported with its line and column, and a caret below the place. No
word of it is repeated but the names of settings, for the secret may stand anywhere: PyYAML's own
messages quote the text, so none of them is used.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from wtr_tui.errors import SettingsError, StorageError, UnsafeFile
from wtr_tui.storage.private_file import LARGEST, read_all, read_regular, write_private
from wtr_tui.storage.settings_table import NAMES, SETTINGS
from wtr_tui.storage.settings_values import Nested
from wtr_tui.text import cause

_BYTE_ORDER_MARK = "\ufeff"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NO_TEXTS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
}
_MOST_NODES = 10_000
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser, ten times as fast, where PyYAML has it."""


class SettingsEntry(NamedTuple):
    """One key of the file. ``value`` is its text, its texts (a list), or None where it has none.

    A text in quotation marks and a list are values also when they are empty. ``nested`` marks a
    value that is a group of keys, or a list of anything but texts: :meth:`unfolded` gives it.
    ``read_as`` is what any reader of YAML makes of it where that is no text: "a number".
    """

    key: str
    line: int
    value: str | tuple[str, ...] | None
    nested: bool
    read_as: str
    node: yaml.Node

    def __repr__(self) -> str:
        return "SettingsEntry(…)"  # a secret may be in it

    def unfolded(self) -> Nested:
        """The value with all that is below it. Raises ValueError where that is without end."""
        return _unfolded(self.node, count())


class SettingsFile(NamedTuple):
    """What was read: the keys, the bytes and the text (None: no file), mode, owner and group."""

    entries: Mapping[str, SettingsEntry] = {}
    content: bytes | None = None
    text: str | None = None
    mode: int = 0o600
    owner: int = 0
    group: int = 0

    def __repr__(self) -> str:
        return "SettingsFile(…)"  # a secret may be in it


def read_mapping(path: Path) -> SettingsFile:
    """Reads the file. A symbolic link is followed, and the mode is left alone: a user's own file.

    A file that does not exist has no keys. Raises SettingsError where it cannot be read, is
    too large, or is not one YAML mapping in UTF-8 with each key once.
    """
    try:
        content, facts = _content(path)
    except FileNotFoundError:
        return SettingsFile()
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {cause(error)}.",
            "Correct its owner or its mode; nothing is written to it.",
        ) from error
    if len(content) > LARGEST:
        raise SettingsError(f"{path} is larger than 1 MiB, so it is not a settings file.")
    text = _text(path, content)
    found = parsed(text.removeprefix(_BYTE_ORDER_MARK), str(path))
    mode = stat.S_IMODE(facts.st_mode)
    return SettingsFile(found, content, text, mode, facts.st_uid, facts.st_gid)


def _content(path: Path) -> tuple[bytes, os.stat_result]:
    number = descriptor_number(path)
    if number is not None:
        return _of_descriptor(number)
    try:
        return read_regular(str(path))
    except UnsafeFile:
        raise SettingsError(f"{path} is not a regular file, so settings are not read.") from None


def descriptor_number(path: Path) -> int | None:
    """The number in ``/dev/fd/63``, which is what a shell makes of ``<(command)``."""
    folder, _, number = str(path).rpartition("/")
    is_one = folder in ("/dev/fd", "/proc/self/fd") and number.isascii() and number.isdigit()
    return int(number) if is_one else None


@cache
def _of_descriptor(number: int) -> tuple[bytes, os.stat_result]:
    """What can be read from an open descriptor. It can be read once, so it is kept."""
    facts = os.fstat(number)
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISFIFO(facts.st_mode)):
        raise SettingsError(f"/dev/fd/{number} is neither a file nor a pipe.")
    return read_all(number), facts


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # The cause is left out: it carries the whole content, secret and all.
        raise SettingsError(
            f"{path}: line {line} holds a byte that is not UTF-8.", "Save it as UTF-8."
        ) from None


def parsed(text: str, name: str) -> Mapping[str, SettingsEntry]:
    """The keys of the file in their order. ``name`` is the file, for the messages.

    Raises SettingsError, with line and column in its message.
    """
    root = _root(text, name)
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
            # A key that is not known may be a secret in the wrong place.
            which = key if key in NAMES else "here"
            fault = f"the key {which} stands already in line {found[key].line}; keep one of them"
            raise _fault(text, name, fault, mark.line, mark.column)
        for node in (key_node, value_node):
            if _is_unquoted_sign(node):
                # ``secret: !x`` is a text without its quotation marks, and so is ``&x``.
                start = node.start_mark
                raise _fault(text, name, _QUOTE_IT, start.line, start.column)
        found[key] = _entry(key, mark.line + 1, value_node)
    return found


def _root(text: str, name: str) -> yaml.Node | None:
    # The causes are left out: their marks hold the whole text, secret and all.
    try:
        try:
            return yaml.compose(text, Loader=LOADER)
        except (yaml.YAMLError, UnicodeEncodeError):
            # PyYAML's own parser says better what is wrong.
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
    kinds = (_NO_TEXTS.get(item.tag.rpartition(":")[2], "") for item in items)
    read_as = next(filter(None, kinds), "")
    return SettingsEntry(key, line, value, nested=False, read_as=read_as, node=node)


def _unfolded(node: yaml.Node, seen: Iterator[int]) -> Nested:
    """Follows aliases, but not for ever: ``seen`` counts the nodes."""
    if next(seen) >= _MOST_NODES:
        raise ValueError("This has more in it than any setting.")
    try:
        if isinstance(node, yaml.SequenceNode):
            return [_unfolded(item, seen) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            group: dict[str, Nested] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise ValueError("A key in this group is no text.")
                if key.value in group:
                    raise ValueError("This group has a key twice; keep one of them.")
                group[key.value] = _unfolded(value, seen)
            return group
    except RecursionError:
        raise ValueError("This holds itself.") from None
    assert isinstance(node, yaml.ScalarNode)
    if _is_unquoted_sign(node):
        raise ValueError("A text that begins with a sign of YAML must be in quotation marks.")
    return None if _is_null(node) else str(node.value)


def _is_unquoted_sign(node: yaml.Node) -> bool:
    """Whether a scalar was meant as a text but begins with a sign of YAML: a tag, an anchor."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    if not node.tag.startswith("tag:yaml.org,2002:"):
        return True
    bare = not node.style and not node.value
    return bare and node.end_mark.index > node.start_mark.index


def _is_null(node: yaml.ScalarNode) -> bool:
    return not node.style and node.value in _NULLS


_QUOTE_IT = "a value that begins so must be in quotation marks"
# What a user who writes settings can do, and the parts of PyYAML's words that it is the answer to.
_CURES = {
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
    _QUOTE_IT: (
        *("while scanning an a", "undefined alias", "tag", "that cannot start any token"),
        *("chomping or indentation", "expected the node content"),
    ),
}
_NO_CURE = "this does not belong here, is not indented like its neighbours, or lacks a quote"
# The parser notices these only later: the place that matters is where it all began.
_NOTICED_LATE = ("unexpected end of", "unexpected document", "simple key", "<stream end>")


def _parser_fault(text: str, name: str, error: yaml.MarkedYAMLError) -> SettingsError:
    said = f"{error.context} {error.problem}"
    late = error.context_mark if any(part in said for part in _NOTICED_LATE) else None
    mark = late or error.problem_mark or error.context_mark
    cures = (cure for cure, parts in _CURES.items() if any(part in said for part in parts))
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return _fault(text, name, next(cures, _NO_CURE), line, column)


def _fault(text: str, name: str, what: str, line: int, column: int) -> SettingsError:
    """Any fault, with the line and the column (both from 0) it is in, and a caret below it."""
    start = max(0, column - _EXCERPT // 2)
    lines = re.split(_LINE_BREAK, text)
    shown = _without_words(lines[line])[start : start + _EXCERPT] if line < len(lines) else ""
    error = SettingsError(
        f"{name}, line {line + 1}, column {column + 1}: {what}.\n"
        f"  {shown}\n  {' ' * (column - start)}^",
        "Correct it there; the file is left as it is.",
    )
    error.line = line + 1
    return error


_LINE_BREAK = "\r\n|[\r\n\x85\u2028\u2029]"
_EXCERPT = 70
_SIGNS = re.escape(" :,-[]{}'\"#&*!|>%@`\\")  # those of YAML, by which a fault is recognised


def _without_words(line: str) -> str:
    """The line with a dot for each character but YAML's signs and the names of settings."""
    return re.sub(
        rf"\w+|[^\w{_SIGNS}]",
        lambda found: (
            " " if found[0] == "\t" else found[0] if found[0] in NAMES else "•" * len(found[0])
        ),
        line,
    )


# Editing. PyYAML writes a file anew and drops its comments: here its parser only says where in the
# text a value stands, and what is put there instead is read again and compared before it counts.

Wanted = str | int | tuple[str, ...]  # bool is an int
"""What a key can be set to."""


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
_PLAIN = r"[A-Za-z](?:[A-Za-z0-9 _./:-]*[A-Za-z0-9_/-])?"
_SINGLE_LETTER_TRUTH = frozenset({"y", "n"})  # YAML 1.1 says so, PyYAML does not


def scalar(text: str) -> str:
    """``text`` as a plain scalar, or in double quotes with what cannot be seen escaped."""
    is_plain = re.fullmatch(_PLAIN, text) and text.lower() not in _SINGLE_LETTER_TRUTH
    if is_plain and ": " not in text and yaml.load(text, LOADER) == text:  # noqa: S506 - safe
        return text
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30)
    return str(quoted).rstrip("\n")
