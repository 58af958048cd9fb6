"""Picking scopes: type to filter the known ones, Enter to take or drop the one marked."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wtr_tui.oauth.scopes import known_scopes
from wtr_tui.storage.settings_table import parse_scopes
from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.quiet import Quiet


def matching(words: str, first: tuple[str, ...]) -> list[str]:
    """The scopes whose name or meaning holds every word, those of ``first`` first; pure."""
    known = known_scopes()
    names = [*first, *(name for name in known if name not in first)]
    wanted = words.lower().split()
    return [
        name
        for name in names
        if all(word in f"{name} {known.get(name, '')}".lower() for word in wanted)
    ]


class ScopesScreen(Dialog[tuple[str, ...] | None]):
    """Gives the chosen scopes, or None when the person leaves without changing anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave as it was"),
        Binding("ctrl+s", "done", "Done", priority=True),
        Binding("down", "mark('down')", show=False, priority=True),
        Binding("up", "mark('up')", show=False, priority=True),
        Binding("pagedown", "mark('page_down')", show=False, priority=True),
        Binding("pageup", "mark('page_up')", show=False, priority=True),
    ]

    def __init__(self, chosen: tuple[str, ...]) -> None:
        super().__init__()
        self._chosen = chosen
        # What is dropped keeps its place in the list, so that it can be taken again.
        self._first = chosen

    def compose(self) -> ComposeResult:
        with Box():
            yield Quiet("", id="count", classes="heading")
            yield QuietInput(placeholder="type to filter, or a scope that is not in the list")
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed
            yield Quiet("", id="meaning")
            yield Quiet(
                "Enter takes or drops   ↑ ↓ move   ^s done   Esc cancels",
                classes="keys",
            )

    def on_mount(self) -> None:
        self._list("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, words: str, keep: str = "") -> None:
        added = (name for name in self._chosen if name not in known_scopes())
        names = matching(words, tuple(dict.fromkeys((*self._first, *added))))
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(self._prompt(name), id=name) for name in names])
        if names:
            listed.highlighted = names.index(keep) if keep in names else 0
        self.query_one("#count", Quiet).show(f"Scopes · {len(self._chosen)} chosen")
        if not names:
            self._tell_free_text(words)

    def _prompt(self, name: str) -> Content:
        taken = name in self._chosen
        return Content.assemble(
            Content.styled("✓ " if taken else "  ", "$success"),
            Content.styled(name, "bold" if taken else ""),
        )

    def _tell_free_text(self, words: str) -> None:
        self.query_one("#meaning", Quiet).show(
            f"Not a known scope. Enter takes “{words.strip()}” as it is."
        )

    @on(OptionList.OptionHighlighted)
    def _marked(self, event: OptionList.OptionHighlighted) -> None:
        name = event.option.id or ""
        self.query_one("#meaning", Quiet).show(
            known_scopes().get(name, "Not in the list of known scopes.")
        )

    @on(Input.Submitted)
    def _take_or_drop(self, event: Input.Submitted) -> None:
        listed = self.query_one(OptionList)
        marked = listed.highlighted
        if marked is not None and listed.option_count:
            name = listed.get_option_at_index(marked).id or ""
        else:
            try:
                (name,) = parse_scopes(event.value)
            except ValueError as error:
                self.query_one("#meaning", Quiet).show(str(error))
                return
        if name in self._chosen:
            self._chosen = tuple(scope for scope in self._chosen if scope != name)
        else:
            self._chosen = (*self._chosen, name)
        self._list(event.value, keep=name)

    def action_mark(self, where: str) -> None:
        listed = self.query_one(OptionList)
        getattr(listed, f"action_{'cursor_' if where in {'up', 'down'} else ''}{where}")()

    def action_done(self) -> None:
        self.dismiss(self._chosen)

    def action_leave(self) -> None:
        self.dismiss(None)
