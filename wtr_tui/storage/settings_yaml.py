"""The text of a settings file, read strictly: one mapping, each key once.

Values are taken as they are written, with a word on what YAML would make of them: to it
``secret: 0123`` is the number 83, and ``appid: on`` is true. Aliases are followed but never
multiplied: nothing below the values of the top keys is unfolded.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from wtr_tui.storage import yaml_fault
from wtr_tui.storage.settings_entries import Entry, SettingsFileError
from wtr_tui.storage.settings_keys import NAMES

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NO_TEXTS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
}


def parsed(text: str, name: str) -> Mapping[str, Entry]:
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
            # A key that is not known may be a secret in the wrong place.
            which = key if key in NAMES else "here"
            words = f"the key {which} stands already in line {found[key].line}; keep one of them"
            mark = key_node.start_mark
            raise yaml_fault.at(text, name, words, mark.line, mark.column)
        found[key] = _entry(key, line, value_node)
    return found


class _Loader(yaml.SafeLoader):
    """Knows no tags: ``secret: !x`` is a text without its quotation marks, and so is ``&x``."""

    def compose_scalar_node(self, anchor: dict[str, yaml.Node]) -> yaml.ScalarNode:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # unknown to the stubs
        node = super().compose_scalar_node(anchor)
        marked = event.anchor is not None or event.tag is not None
        if (marked and not node.value) or not node.tag.startswith("tag:yaml.org,2002:"):
            raise yaml_fault.UnquotedSign(event.start_mark)
        return node


def _root(text: str, name: str) -> yaml.Node | None:
    # The causes are left out: their marks hold the whole text, secret and all.
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        raise yaml_fault.of_character(text, name, error.position) from None
    except yaml.MarkedYAMLError as error:
        raise yaml_fault.of_parser(text, name, error) from None
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
        return Entry(key, line, texts, read_as=read_as)
    return Entry(key, line, None, nested=True)


def _is_null(node: yaml.ScalarNode) -> bool:
    return node.style is None and node.value in _NULLS


def _read_as(node: yaml.ScalarNode) -> str:
    kind = node.tag.rpartition(":")[2]
    return _NO_TEXTS.get(kind, "")
