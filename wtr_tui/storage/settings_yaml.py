"""The text of a settings file, read strictly: one mapping, each key once.

Values are taken as they are written, with a word on what YAML would make of them: to it
``secret: 0123`` is the number 83, and ``appid: on`` is true. Aliases are followed but never
multiplied: what is below the values of the top keys is unfolded only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from wtr_tui.errors import SettingsFileError
from wtr_tui.storage import yaml_fault
from wtr_tui.storage.settings_table import NAMES, Nested

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


@dataclass(frozen=True)
class Entry:
    """One key of the file. ``value`` is its text, its texts (a list), or None where it has none.

    A text in quotation marks and a list are values also when they are empty. ``nested`` marks a
    value that is a group of keys, or a list of anything but texts: :meth:`unfolded` gives it.
    ``read_as`` is what any reader of YAML makes of it where that is no text: "a number".
    """

    key: str
    line: int
    value: str | tuple[str, ...] | None = field(repr=False)
    nested: bool = False
    read_as: str = ""
    node: yaml.Node | None = field(default=None, repr=False, compare=False)

    def unfolded(self) -> Nested:
        """The value with all that is below it. Raises ValueError where that is without end."""
        return None if self.node is None else _Unfolding().of(self.node)


def parsed(text: str, name: str) -> Mapping[str, Entry]:
    """The keys of the file in their order. ``name`` is the file, for the messages.

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
        mark = key_node.start_mark
        if key in found:
            # A key that is not known may be a secret in the wrong place.
            which = key if key in NAMES else "here"
            fault = f"the key {which} stands already in line {found[key].line}; keep one of them"
            raise yaml_fault.at(text, name, fault, mark.line, mark.column)
        for node in (key_node, value_node):
            if _is_unquoted_sign(node):
                # ``secret: !x`` is a text without its quotation marks, and so is ``&x``.
                start = node.start_mark
                raise yaml_fault.unquoted_sign(text, name, start.line, start.column)
        found[key] = _entry(key, mark.line + 1, value_node)
    return found


def _root(text: str, name: str) -> yaml.Node | None:
    # The causes are left out: their marks hold the whole text, secret and all.
    try:
        return _composed(text)
    except yaml.reader.ReaderError as error:
        raise yaml_fault.of_character(text, name, error.position) from None
    except yaml.MarkedYAMLError as error:
        raise yaml_fault.of_parser(text, name, error) from None
    except (RecursionError, UnicodeEncodeError):
        raise SettingsFileError(
            f"{name} has brackets in brackets, too many to follow.", "Settings need none."
        ) from None


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=LOADER)
    except (yaml.YAMLError, UnicodeEncodeError):
        # PyYAML's own parser says better what is wrong.
        yaml.compose(text, Loader=yaml.SafeLoader)
        raise


def _entry(key: str, line: int, node: yaml.Node) -> Entry:
    if isinstance(node, yaml.ScalarNode):
        value = None if _is_null(node) else node.value
        return Entry(key, line, value, read_as=_read_as(node), node=node)
    if isinstance(node, yaml.SequenceNode) and all(
        isinstance(item, yaml.ScalarNode) for item in node.value
    ):
        texts = tuple(item.value for item in node.value if not _is_null(item))
        read_as = next(filter(None, map(_read_as, node.value)), "")
        return Entry(key, line, texts, read_as=read_as, node=node)
    return Entry(key, line, None, nested=True, node=node)


class _Unfolding:
    """Follows aliases, but not for ever."""

    def __init__(self) -> None:
        self.nodes = 0

    def of(self, node: yaml.Node) -> Nested:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise ValueError("This has more in it than any setting.")
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.of(item) for item in node.value]
            if isinstance(node, yaml.MappingNode):
                return self.group(node)
        except RecursionError:
            raise ValueError("This holds itself.") from None
        assert isinstance(node, yaml.ScalarNode)
        if _is_unquoted_sign(node):
            raise ValueError("A text that begins with a sign of YAML must be in quotation marks.")
        return None if _is_null(node) else str(node.value)

    def group(self, node: yaml.MappingNode) -> Mapping[str, Nested]:
        found: dict[str, Nested] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError("A key in this group is no text.")
            if key.value in found:
                raise ValueError("This group has a key twice; keep one of them.")
            found[key.value] = self.of(value)
        return found


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


def _read_as(node: yaml.ScalarNode) -> str:
    kind = node.tag.rpartition(":")[2]
    return _NO_TEXTS.get(kind, "")
