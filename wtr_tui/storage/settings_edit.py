"""Changes values in the text of a settings file and leaves all else as a person wrote it.

PyYAML writes a file anew and drops its comments. Here its parser only says where in the text a
value stands; what is put there instead is read again and compared before it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from wtr_tui.errors import SettingsError, SettingsFileError
from wtr_tui.storage.settings_layout import Layout, Pair, layout
from wtr_tui.storage.settings_table import SETTINGS
from wtr_tui.storage.settings_yaml import Entry, parsed
from wtr_tui.storage.yaml_scalar import scalar

_Wanted = str | int | tuple[str, ...]  # bool is an int

_BYTE_ORDER_MARK = "\ufeff"
_NEWLINE = re.compile(r"\r\n|\n|\r")


class SettingsNotEditable(SettingsError):
    """The file is written in a way in which a value cannot be changed without touching others."""


def edited(text: str, changes: Mapping[str, object | None], name: str = "The file") -> str:
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
                    f"Change {key} there with an editor.",
                )
            result = changed
    return mark + result


def _wanted(
    changes: Mapping[str, object | None], before: Mapping[str, Entry]
) -> dict[str, _Wanted | None]:
    """The changes under the names the file uses."""
    other_names = {key.name: key.names for key in SETTINGS}
    wanted: dict[str, _Wanted | None] = {}
    for key, value in changes.items():
        present = [name for name in other_names.get(key, (key,)) if name in before]
        for name in present or [key]:
            wanted[name] = None if value is None else _judged(value)
    return wanted


def _judged(value: object) -> _Wanted:
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, Sequence):
        return tuple(str(item) for item in value)
    raise TypeError(f"a setting is no {type(value).__name__}")


def _differs(entry: Entry | None, value: _Wanted | None) -> bool:
    if entry is None or value is None:
        return entry is not None or value is not None
    if isinstance(value, str) and entry.read_as:
        return True
    return entry.nested or entry.value is None or _joined(entry.value) != _joined(value)


def _joined(value: _Wanted) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else " ".join(value)


def _written(value: _Wanted) -> str:
    """Numbers and flags as they are; a text in quotes where it could be taken for one."""
    return _joined(value) if isinstance(value, int) else scalar(_joined(value))


def _with_value(text: str, key: str, value: _Wanted | None) -> Iterator[str]:
    """The text with the value, in each way there is to write it, the best first."""
    now = layout(text)
    pair = now.pairs.get(key)
    if value is None:
        if pair is not None:
            if not now.braces:
                yield _removed(text, pair)
            yield _replaced(text, pair, "null")
    elif pair is None:
        yield from _added(text, now, f"{key}: {_written(value)}")
    elif pair.items is None:
        yield _replaced(text, pair, _written(value))
    else:
        items = value if isinstance(value, tuple) else _joined(value).split()
        if not pair.brackets:
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


def _removed(text: str, pair: Pair) -> str:
    return text[: _line_start(text, pair.key_start)] + text[_line_end(text, pair.end) :]


def _replaced(text: str, pair: Pair, written: str) -> str:
    space = "" if text[pair.start - 1].isspace() else " "
    result = f"{text[: pair.start]}{space}{written}{text[pair.end :]}"
    # Comments inside the old value move above the key, so that none is lost.
    at = _line_start(text, pair.key_start)
    indent = text[at : pair.key_start]
    above = "".join(f"{indent}{comment}{_newline(text)}" for comment in pair.comments)
    return result[:at] + above + result[at:]


def _with_items(text: str, pair: Pair, wanted: Sequence[str]) -> Iterator[str]:
    """A list in lines: a line stays with its item and that item's comment; other lines stay."""
    assert pair.items is not None
    start = _line_start(text, pair.start)
    end = _line_end(text, pair.end)
    indent = text[start : pair.start]
    newline = _newline(text)
    if indent.strip() or any("\n" in text[first:last] for first, last, _ in pair.items):
        return
    lines: dict[str, str] = {}
    above: dict[str, list[str]] = {}
    waiting: list[str] = []
    at = start
    while at < end:
        after = _line_end(text, at)
        line = text[at:after].rstrip("\r\n")
        found = [value for first, _, value in pair.items if at <= first < after]
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


def _is_safe(old: str, new: str, key: str, value: _Wanted | None) -> bool:
    """Whether the new text says this about the key, and about the others what the old one did."""
    try:
        after = parsed(new, "")
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
        and all(
            was[name].meaning == now[name].meaning and was[name].of(old) == now[name].of(new)
            for name in kept
        )
    )


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    """Behind the line break that ends the line."""
    found = _NEWLINE.search(text, at)
    return found.end() if found else len(text)


def _newline(text: str) -> str:
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"
