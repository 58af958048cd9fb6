"""A question before something that cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from wtr_tui.tui.screens.base import Box, Dialog
from wtr_tui.tui.widgets.quiet import Quiet


class ConfirmScreen(Dialog[bool]):
    """Gives True for yes; everything else means no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, what: str, question: str) -> None:
        super().__init__()
        self._what = what
        self._question = question

    def compose(self) -> ComposeResult:
        with Box():
            yield Quiet(self._question, classes="heading")
            yield Quiet(self._what)
            yield Quiet("y yes   n no", classes="keys")

    def action_answer(self, sure: bool) -> None:
        self.dismiss(sure)


class DecideScreen(Dialog["bool | None"]):
    """Gives True for yes, False for no, and None for neither: the question stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("escape", "answer(None)", "Later"),
    ]

    def __init__(self, what: str, question: str, keys: str) -> None:
        super().__init__()
        self._what = what
        self._question = question
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Box():
            yield Quiet(self._question, classes="heading")
            yield Quiet(self._what)
            yield Quiet(self._keys, classes="keys")

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)
