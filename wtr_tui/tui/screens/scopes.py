"""Picking scopes: type to filter the known ones, Enter to take or drop the one marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wtr_tui.storage.settings_values import known_scopes, parse_scopes
from wtr_tui.tui.screens.base import Box
from wtr_tui.tui.screens.chooser import Chooser, group


def grouped(words: str, first: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The scopes that match, in groups with a title each; pure.

    Without words: those of ``first``, then the others by what stands before their colon. Every
    word has to be in the name, or else in name and meaning: those matches come last.
    """
    known = known_scopes()
    names = list(dict.fromkeys((*first, *known)))
    wanted = words.lower().split()
    if not wanted:
        others = sorted((name for name in known if name not in first), key=_family)
        families = groupby(others, key=_family)
        return [("chosen", list(first))] * bool(first) + [
            (family, list(members)) for family, members in families
        ]
    named = [name for name in names if all(word in name.lower() for word in wanted)]
    named.sort(key=lambda name: (name.lower() != words.strip().lower(), name not in first))
    described = [
        name
        for name in names
        if name not in named
        and all(word in f"{name} {known.get(name, '')}".lower() for word in wanted)
    ]
    found = [("in the name", named), ("in the description", described)]
    return [(title, members) for title, members in found if members]


def _family(name: str) -> str:
    family, colon, _ = name.partition(":")
    return family.lower() if colon else "others"


class ScopesScreen(Chooser["tuple[str, ...] | None"]):
    """Gives the chosen scopes, or None when the user leaves without changing anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "done", "Done", priority=True, id="save")
    ]
    PLACEHOLDER = "type to filter, or a scope that is not in the list"
    KEYS = (("Enter", "takes or drops"), ("↑ ↓", "move"), ("{save:^s}", "done"), ("Esc", "cancels"))

    def __init__(self, chosen: tuple[str, ...]) -> None:
        super().__init__()
        self._chosen = chosen
        # What is dropped keeps its place in the list, so that it can be taken again.
        self._first = chosen

    def options(self, words: str) -> Iterable[Option]:
        known = known_scopes()
        own = [name for name in self._chosen if name not in known]
        every = tuple(dict.fromkeys((*self._first, *own)))
        groups = grouped(words, every)
        count = len(known) + sum(name not in known for name in every)
        self.query_one(Box).show_title(f"Scopes · {len(self._chosen)} of {count} chosen")
        if not groups:
            self.say(f"Not a known scope. Enter takes “{words.strip()}” as it is.")
        for title, members in groups:
            yield group(title)
            for name in members:
                yield Option(self._prompt(name), id=name)

    def _prompt(self, name: str) -> Content:
        taken = name in self._chosen
        return Content.assemble(
            Content.styled("✓ " if taken else "  ", "$calm"),
            Content.styled(name, "bold" if taken else ""),
        )

    @on(OptionList.OptionHighlighted)
    def _marked(self, event: OptionList.OptionHighlighted) -> None:
        name = event.option.id or ""
        self.say(known_scopes().get(name, "Not in the list of known scopes."))

    def choose(self, name: str, words: str) -> None:
        if not name:
            try:
                (name,) = parse_scopes(words)
            except ValueError as error:
                self.say(str(error))
                return
        if name in self._chosen:
            self._chosen = tuple(scope for scope in self._chosen if scope != name)
        else:
            self._chosen = (*self._chosen, name)
        self.list_for(words, keep=name)

    def action_done(self) -> None:
        self.dismiss(self._chosen)
