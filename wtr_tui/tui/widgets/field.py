"""One setting: its name, its value, where that comes from, and what it is for."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.quiet import Quiet

_NOT_SAVED = Content.styled("● not saved yet", "$soon")


class Field(Vertical):
    """``check`` gives a sentence for a wrong value, or None; it is asked at every key.

    ``meaning`` says what the value is for, below the field while it has the focus.
    """

    def __init__(
        self,
        label: str,
        key: str,
        entry: QuietInput,
        check: Callable[[str], str | None],
        meaning: str = "",
    ) -> None:
        super().__init__(id=f"field-{key.lower()}")
        self.key = key
        self.entry = entry
        self._label = label
        self._check = check
        self._meaning = meaning
        self._filled = ""
        self._source = ""
        self.problem = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Quiet(self._label, classes="label")
            yield self.entry
            yield Quiet("", classes="source")
        yield Quiet("", classes="problem")
        yield Quiet(self._meaning, classes="meaning")

    @property
    def changed(self) -> bool:
        """Whether it holds something else than it was filled with."""
        return self.entry.value != self._filled

    @property
    def before(self) -> str:
        """What it was filled with."""
        return self._filled

    def fill(self, value: str, source: str, *, fixed: bool) -> None:
        """Shows a value and its source; a ``fixed`` one is the environment's, not to be edited."""
        self._filled = value
        self.entry.value = value
        self.entry.disabled = fixed
        self.tell_source(source)
        self.judge()

    @on(Input.Changed)
    def judge(self) -> None:
        self.problem = self._check(self.entry.value) or ""
        # What is merely missing so far is said calmly.
        self.set_class(bool(self.problem), "-shown")
        self.set_class(bool(self.problem and self.entry.value), "-wrong")
        self.query_one(".problem", Quiet).reshape(self.problem)
        self._show_source()

    def on_descendant_focus(self) -> None:
        self.set_class(bool(self._meaning), "-explained")

    def on_descendant_blur(self) -> None:
        self.set_class(False, "-explained")

    def tell_source(self, source: str) -> None:
        """Where the value comes from that it was filled with."""
        self._source = source
        self._show_source()

    def _show_source(self) -> None:
        self.query_one(".source", Quiet).show(_NOT_SAVED if self.changed else self._source)
