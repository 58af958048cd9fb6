"""A list in a frame, to be scrolled and closed: all scopes, the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.quiet import Quiet


class Listing(Dialog[None]):
    """As wide as its lines, up to the screen; Esc, q and Enter close it."""

    DEFAULT_CSS = "Listing Box { width: auto; min-width: 40; } Listing Quiet { width: auto; }"
    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[Content]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        count = len(self._lines)
        with Box():
            yield Quiet(f"{self._title} · {count}" if count else self._title, classes="heading")
            with VerticalScroll(can_focus=False):
                yield Quiet(Content("\n").join(self._lines) if count else "nothing yet")
            yield Quiet("↑ ↓ scroll   Esc closes", classes="keys")

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
