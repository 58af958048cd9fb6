"""One setting on the configuration screen: its name, its value, where that comes from."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.quiet import Quiet


class Field(Vertical):
    """``check`` gives a sentence for a wrong value, or None; it is asked at every key."""

    def __init__(
        self, label: str, key: str, entry: QuietInput, check: Callable[[str], str | None]
    ) -> None:
        super().__init__(id=f"field-{key.lower()}")
        self.key = key
        self.entry = entry
        self._label = label
        self._check = check
        self.problem = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Quiet(self._label, classes="label")
            yield self.entry
            yield Quiet("", classes="source")
        yield Quiet("", classes="problem")

    def fill(self, value: str, source: str, *, fixed: bool) -> None:
        """Shows a value and its source; a ``fixed`` one is the environment's, not to be edited."""
        self.entry.value = value
        self.entry.disabled = fixed
        self.query_one(".source", Quiet).show(source)
        self.judge()

    @on(Input.Changed)
    def judge(self) -> None:
        self.problem = self._check(self.entry.value) or ""
        # What is merely missing yet is told calmly.
        self.set_class(bool(self.problem), "-told")
        self.set_class(bool(self.problem and self.entry.value), "-wrong")
        self.query_one(".problem", Quiet).reshape(self.problem)

    def tell_source(self, source: str) -> None:
        self.query_one(".source", Quiet).show(source)
