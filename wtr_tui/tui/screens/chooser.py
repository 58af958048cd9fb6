"""A list that is filtered by typing: for the scopes, and for the commands of the palette."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ScreenResultType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.quiet import Quiet

_AROUND = 11
"""Rows of the dialog that are not the list."""
_MOST_ROWS = 28


class Chooser(Dialog[ScreenResultType]):
    """The field has the focus; the arrows move the mark in the list; a click chooses as Enter does.

    Subclasses give :meth:`options` and :meth:`choose`, and what is said around the list.
    """

    DEFAULT_CSS = """
    Chooser OptionList {
        height: auto; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    Chooser Input { width: 100%; margin: 0 0 1 0; background: $panel; }
    Chooser #meaning { height: 2; color: $muted; padding: 0 2; margin: 1 0 0 0; }
    Chooser.-short #meaning { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("down", "mark('cursor_down')", show=False, priority=True),
        Binding("up", "mark('cursor_up')", show=False, priority=True),
        Binding("pagedown", "mark('page_down')", show=False, priority=True),
        Binding("pageup", "mark('page_up')", show=False, priority=True),
    ]
    PLACEHOLDER: ClassVar[str]
    KEYS: ClassVar[tuple[tuple[str, str], ...]]

    def compose(self) -> ComposeResult:
        with Box("", *self.KEYS):
            yield QuietInput(placeholder=self.PLACEHOLDER)
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed
            yield Quiet("", id="meaning")

    def on_mount(self) -> None:
        self.list_for("")
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        rows = min(max(self.size.height - _AROUND, 3), _MOST_ROWS)
        self.query_one(OptionList).styles.max_height = rows

    def options(self, words: str) -> Iterable[Option]:
        """What is listed for what was typed; a group's title is an option that is disabled."""
        raise NotImplementedError

    def choose(self, name: str, words: str) -> None:
        """Enter or a click on the option of this id; "" where nothing is listed."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Says what the marked option means, or what is wrong, below the list."""
        self.query_one("#meaning", Quiet).show(text)

    def list_for(self, words: str, *, keep: str = "") -> None:
        """Lists anew; the option ``keep`` is marked, else the first."""
        listed = self.query_one(OptionList)
        options = list(self.options(words))
        listed.clear_options()
        listed.add_options(options)
        able = [at for at, option in enumerate(options) if not option.disabled]
        kept = [at for at in able if keep and options[at].id == keep]
        if able:
            listed.highlighted = (kept or able)[0]
        if able and not kept:
            listed.scroll_home(animate=False)  # the title of the first group, too

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self.list_for(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        listed = self.query_one(OptionList)
        marked = listed.highlighted
        name = ""
        if marked is not None and listed.option_count:
            name = listed.get_option_at_index(marked).id or ""
        self.choose(name, event.value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.choose(event.option.id or "", self.query_one(Input).value)

    def action_mark(self, where: str) -> None:
        getattr(self.query_one(OptionList), f"action_{where}")()

    def action_leave(self) -> None:
        self.dismiss(None)


def group(title: str) -> Option:
    """The title of a group, which cannot be chosen."""
    return Option(Content.styled(title, "$muted"), disabled=True)
