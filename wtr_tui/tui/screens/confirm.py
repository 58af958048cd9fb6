"""A question before something that cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.quiet import Quiet

_WIDEST = 64
_KEYS = (("y", "yes"), ("n", "no"))


class ConfirmScreen(Dialog["bool | None"]):
    """Gives True for yes, False for no, and None for neither: the question stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("escape", "answer(None)", "Later"),
    ]

    def __init__(self, what: str, question: str, keys: Sequence[tuple[str, str]] = _KEYS) -> None:
        super().__init__()
        self._what = what
        self._question = question
        self._keys = keys

    def compose(self) -> ComposeResult:
        keys = sum(len(key) + len(word) + 4 for key, word in self._keys)
        columns = max(min(len(self._what), _WIDEST), len(self._question) + 4, keys)
        with Box(self._question, *self._keys, columns=columns):
            yield Quiet(self._what)

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)
