"""One of a few values, picked and not typed: for settings that have only so many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.widgets.option_list import Option

from wtr_tui.tui.screens.base import Box
from wtr_tui.tui.screens.chooser import Chooser


class ChoiceScreen(Chooser["str | None"]):
    """Gives the value that was chosen; None for none. ``current`` is marked."""

    DEFAULT_CSS = "ChoiceScreen #meaning { display: none; }"
    PLACEHOLDER: ClassVar[str] = "type a part of its name"
    KEYS = (("Enter", "takes it"), ("↑ ↓", "move"), ("Esc", "closes"))

    def __init__(self, title: str, choices: Sequence[str], current: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current

    def on_mount(self) -> None:
        super().on_mount()
        self.list_for("", keep=self._current)

    def options(self, words: str) -> Iterable[Option]:
        found = [each for each in self._choices if words.strip().lower() in each]
        self.query_one(Box).show_title(f"{self._title} · {len(found)} of {len(self._choices)}")
        for each in found:
            sign = Content.styled("● ", "$next") if each == self._current else "  "
            yield Option(Content.assemble(sign, each), id=each)

    def choose(self, name: str, words: str) -> None:
        if name:
            self.dismiss(name)
