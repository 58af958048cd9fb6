"""The settings' file: read strictly, and changed without losing what a person wrote in it."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from pathlib import Path

import yaml

from wtr_tui.errors import SettingsError, StorageError
from wtr_tui.storage import private_file
from wtr_tui.text import plain


class SettingsFileError(SettingsError):
    """The file cannot be read or understood; it is left alone."""


class SettingsFileChanged(SettingsError):
    """Somebody else wrote the file since it was read."""


class _StrictLoader(yaml.SafeLoader):
    """Refuses what a settings file has no use for: a key twice, references, other types."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            # A few lines of references can unfold to gigabytes.
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
            raise yaml.MarkedYAMLError(
                problem="references (*name) have no use here", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {plain(str(key.value), 40)} is there twice",
                    problem_mark=key.start_mark,
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read(path: Path) -> tuple[dict[str, object], dict[str, int], str | None]:
    """The mapping, the line of each key, and the text itself (None without a file).

    Raises SettingsFileError with file, line and column where it cannot be read or understood.
    """
    try:
        content = private_file.read_shared(path)
    except StorageError as error:
        raise SettingsFileError(error.sentence, error.advice) from error
    if content is None:
        return {}, {}, None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsFileError(f"{path} is not UTF-8 text (byte {error.start}).") from None
    mapping, lines = parsed(text, str(path))
    return mapping, lines, content.decode("utf-8")


def parsed(text: str, name: str) -> tuple[dict[str, object], dict[str, int]]:
    """The top mapping and the line of each of its keys. ``name`` is the file, for sentences."""
    try:
        loader = _StrictLoader(text)
        try:
            node = loader.get_single_node()
            value = loader.construct_document(node) if node is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise SettingsFileError(_where(error, text, name)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsFileError(f"{name} is not YAML: {plain(str(error), 120)}.") from None
    if value is None:
        value = {}
    if not isinstance(value, dict) or not isinstance(node, (yaml.MappingNode, type(None))):
        raise SettingsFileError(
            f"{name} does not hold settings: each line has to look like  appid: C1234."
        )
    lines = {key.value: key.start_mark.line + 1 for key, _ in node.value} if node else {}
    return {str(key): item for key, item in value.items()}, lines


def _where(error: yaml.MarkedYAMLError, text: str, name: str) -> str:
    mark = error.problem_mark or error.context_mark
    problem = plain(error.problem or error.context or "it cannot be understood", 120)
    if mark is None:
        return f"{name} is not YAML: {problem}."
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    shown = _without_secret(line).expandtabs(1)[:76]
    return (
        f"{name}, line {mark.line + 1}, column {mark.column + 1}: {problem}.\n"
        f"  {shown}\n  {' ' * min(mark.column, 76)}^"
    )


def _without_secret(line: str) -> str:
    key, colon, _ = line.partition(":")
    return f"{key}: ••••••" if colon and "secret" in key.lower() else line


def edited(text: str, changes: Mapping[str, object | None]) -> str:
    """The text with these values changed, added at the end, or (None) taken out.

    Comments, order, other keys, line ends and a byte order mark stay as they are. Raises
    SettingsFileError where the text cannot be understood.
    """
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix("\ufeff")
    before, _ = parsed(body, "The file")
    newline = "\r\n" if "\r\n" in body else "\n"
    result = body
    for key, value in changes.items():
        result = _changed(result, key, value, newline)
    wanted = {**before, **{key: value for key, value in changes.items() if value is not None}}
    for key, value in changes.items():
        if value is None:
            wanted.pop(key, None)
    after, _ = parsed(result, "The file")
    if after != wanted:
        raise SettingsFileError("The file is written in a way that cannot be changed safely.")
    return bom + result


def _changed(text: str, key: str, value: object | None, newline: str) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key_node, value_node in pairs:
        if key_node.value != key:
            continue
        if value is None:
            start = text.rfind("\n", 0, key_node.start_mark.index) + 1
            end = text.find("\n", value_node.end_mark.index)
            return text[:start] + (text[end + 1 :] if end >= 0 else "")
        start, end = value_node.start_mark.index, value_node.end_mark.index
        written = _scalar(value)
        if not isinstance(value_node, yaml.ScalarNode) and not value_node.flow_style:
            # A block list ends where the next key begins: what stands between is kept.
            tail = text[start:end]
            end = start + len(tail.rstrip())
            start = key_node.end_mark.index
            colon = text.index(":", start)
            comment = text[colon + 1 : text.find("\n", colon)].strip()
            written = f": {written}" + (f"  {comment}" if comment.startswith("#") else "")
        elif start == end or text[start - 1] not in " \t":
            written = " " + written
        if isinstance(value_node, yaml.ScalarNode) and value_node.style in {"|", ">"}:
            written += newline
        return text[:start] + written + text[end:]
    if value is None:
        return text
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        closing = node.end_mark.index - 1
        comma = ", " if pairs else ""
        return text[:closing].rstrip() + f"{comma}{key}: {_scalar(value)}" + text[closing:]
    gap = "" if not text or text.endswith("\n") else newline
    at = _end_of_document(text)
    return text[:at] + gap + f"{key}: {_scalar(value)}{newline}" + text[at:]


def _end_of_document(text: str) -> int:
    mark = re.search(r"(?m)^\.\.\.\s*$", text)
    return mark.start() if mark else len(text)


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./:+-]*(?: [A-Za-z][A-Za-z0-9_./:+-]*)*")


def _scalar(value: object) -> str:
    """A value as YAML, quoted where plain text would become something else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and not text.endswith(":") and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else json.dumps(text)


def save(path: Path, changes: Mapping[str, object | None], *, expected: str | None) -> None:
    """Changes the file, mode 0600, at once or not at all. A link is followed to its file.

    ``expected`` is the text the form was filled from (None: there was no file). Raises
    SettingsFileChanged where the file is another one by now, SettingsFileError or StorageError
    where it cannot be understood or written.
    """
    target = path.resolve() if path.is_symlink() else path
    _, _, text = read(target)
    if text != expected:
        raise SettingsFileChanged(
            f"{path} was changed by another program since it was read.",
            "ctrl+l reads it again; what you typed is lost then.",
        )
    result = edited(text or "", changes)
    try:
        private_file.write(target, result.encode("utf-8"))
    except OSError as error:
        raise StorageError(
            f"{path} could not be written: {error.strerror}.", "The old file is unchanged."
        ) from error
