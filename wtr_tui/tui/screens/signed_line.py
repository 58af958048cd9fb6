"""A line that begins with a sign or a number."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from wtr_tui.tui.widgets.quiet import Quiet


class SignedLine(Horizontal):
    """A sentence with a sign in front; where it needs more lines, they stand under its words."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sign = Quiet("", classes="sign")
        self._sentence = Quiet("", classes="wrapped")

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._sentence

    def tell(self, line: str) -> None:
        """``line`` begins with the sign, or a blank, and a space."""
        # What is not to be done now stays in the background.
        self.set_class(line[:1] in {" ", "○"}, "muted")
        self._sign.show(line[:1])
        self._sentence.reshape(line[2:])
