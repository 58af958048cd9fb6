"""A text that costs nothing while it does not change, and little when it does."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from wtr_tui.text import harmless


class Quiet(Static):
    """A Static without markup or control characters that repaints only on a different text.

    ``show`` keeps the place and size of everything: over a slow line a new layout costs
    kilobytes, a repainted word tens of bytes. Where the size has to follow, use ``reshape``.
    """

    ALLOW_SELECT = False

    def __init__(
        self, text: str | Content = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        shown = _made_harmless(text)
        super().__init__(shown, id=id, classes=classes, markup=False)
        self._shown = shown

    @property
    def shown(self) -> str:
        """What is on the screen, without its styles."""
        return self._shown if isinstance(self._shown, str) else self._shown.plain

    def show(self, text: str | Content) -> None:
        self._put(text, layout=False)

    def reshape(self, text: str | Content) -> None:
        self._put(text, layout=True)

    def fit(self, text: str) -> None:
        """Shows a line in a widget as wide as its text: laid out anew only for another width.

        A text of the same width is one short run of bytes, without blanks to fill up with.
        """
        self._put(text, layout=len(harmless(text)) != len(self.shown))

    def _put(self, text: str | Content, *, layout: bool) -> None:
        shown = _made_harmless(text)
        if _looks_the_same(shown, self._shown):
            return
        self._shown = shown
        self.update(shown, layout=layout)


def _made_harmless(text: str | Content) -> str | Content:
    # Textual passes an escape on to the terminal, and a path or a file may hold one.
    return harmless(text) if isinstance(text, str) else text


def _looks_the_same(one: str | Content, other: str | Content) -> bool:
    if isinstance(one, Content) and isinstance(other, Content):
        return one.is_same(other)  # == compares the letters alone, not their colours
    return type(one) is type(other) and one == other
