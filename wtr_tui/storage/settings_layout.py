"""Where in the text of a settings file each key and value stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from wtr_tui.storage.settings_yaml import LOADER

_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")


@dataclass(frozen=True)
class Pair:
    """A key and its value, as places in the text; ``end`` is behind the last character.

    ``items`` are the texts of a list with their places, and None where the value is no list;
    ``brackets`` tells ``[a, b]`` from a list in lines. ``comments`` are inside the value.
    ``meaning`` is what a reader gets, however it is written; aliases are not followed.
    """

    key_start: int
    start: int
    end: int
    items: tuple[tuple[int, int, str], ...] | None
    brackets: bool
    comments: tuple[str, ...]
    meaning: tuple[tuple[type[yaml.Event], str | None, str | None], ...]

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
    events = list(yaml.parse(text, Loader=LOADER))
    openings = (
        (at, event) for at, event in enumerate(events) if isinstance(event, yaml.MappingStartEvent)
    )
    at, opening = next(openings, (0, None))
    if opening is None:
        end = len(text)
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent) and event.explicit:
                end = _begin(event)
        return Layout({}, braces=False, start=end, end=end, indent="")
    pairs: dict[str, Pair] = {}
    at += 1
    while not isinstance(events[at], yaml.MappingEndEvent):
        key, at = _node(events, at)
        value, at = _node(events, at)
        if isinstance(key[0], yaml.ScalarEvent):
            pairs[key[0].value] = _pair(text, key[0], value)
    first = _begin(opening)
    if opening.flow_style:
        return Layout(pairs, braces=True, start=first + 1, end=_begin(events[at]), indent="")
    line = max(text.rfind("\n", 0, first), text.rfind("\r", 0, first)) + 1
    end = max((pair.end for pair in pairs.values()), default=first)
    return Layout(pairs, braces=False, start=line, end=end, indent=text[line:first])


def _node(events: Sequence[yaml.Event], at: int) -> tuple[list[yaml.Event], int]:
    """The events of the node that begins here, and where the next one begins."""
    depth = 0
    node = []
    while True:
        event = events[at]
        node.append(event)
        at += 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth == 0:
            return node, at


def _pair(text: str, key: yaml.ScalarEvent, value: Sequence[yaml.Event]) -> Pair:
    first = value[0]
    start = _begin(first)
    end = _end(text, value)
    items = None
    if isinstance(first, yaml.SequenceStartEvent):
        items = tuple(
            (_begin(event), _behind(event), event.value)
            for event in value
            if isinstance(event, yaml.ScalarEvent)
        )
    return Pair(
        key_start=_begin(key),
        start=start,
        end=end,
        items=items,
        brackets=isinstance(first, yaml.SequenceStartEvent) and bool(first.flow_style),
        comments=_comments(text[start:end], start, value),
        meaning=tuple(
            (type(event), getattr(event, "anchor", None), getattr(event, "value", None))
            for event in value
        ),
    )


def _end(text: str, value: Sequence[yaml.Event]) -> int:
    """Behind the last character: for the parser a list in lines reaches to the next key."""
    starts: list[yaml.CollectionStartEvent] = []
    end = _begin(value[0])
    for event in value:
        if isinstance(event, yaml.CollectionStartEvent):
            starts.append(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            if starts.pop().flow_style:
                end = _behind(event)
        else:
            last = _behind(event)
            begin = _begin(event)
            end = begin + len(text[begin:last].rstrip())
    return end


def _comments(written: str, start: int, value: Sequence[yaml.Event]) -> tuple[str, ...]:
    """The comments of a value: what looks like one in a text is a part of the text."""
    bare = list(written)
    for event in value:
        if not isinstance(event, yaml.ScalarEvent):
            continue
        first = _begin(event) - start
        last = _behind(event) - start
        if event.style in ("|", ">"):
            # Its first line may have a comment, the others are its text.
            first = written.find("\n", first) + 1 or last
        bare[first:last] = " " * (min(last, len(bare)) - first)
    return tuple(comment.rstrip() for comment in _COMMENT.findall("".join(bare)))


def _begin(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _behind(event: yaml.Event) -> int:
    return event.end_mark.index if event.end_mark else 0
