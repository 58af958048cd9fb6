"""A list in a frame, to be scrolled and closed: all scopes, the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from wtr_tui.tui.screens.base import SCROLL_KEYS, Box, Dialog
from wtr_tui.tui.widgets.quiet import Quiet


class Listing(Dialog[None]):
    """As wide as its lines, up to the screen; what does not fit goes on below column ``hang``."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[Content], *, hang: int = 0) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._hang = hang

    def compose(self) -> ComposeResult:
        count = len(self._lines)
        widest = max((line.cell_length for line in self._lines), default=30)
        title = f"{self._title} · {count}" if count else self._title
        with Box(title, *SCROLL_KEYS, columns=max(widest, 30)):
            yield Quiet("nothing yet")

    def on_resize(self) -> None:
        if self._lines:
            width = self.query_one(Box).content_size.width or self.size.width
            gap = "\n" + " " * self._hang
            lines = [
                line[: self._hang] + Content(gap).join(line[self._hang :].wrap(width - self._hang))
                for line in self._lines
            ]
            self.query_one(Quiet).reshape(Content("\n").join(lines))
