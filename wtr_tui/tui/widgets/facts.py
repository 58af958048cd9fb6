"""Names and what they stand for, in two columns."""

from __future__ import annotations

import textwrap

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wtr_tui.text import printable

_NAME_WIDTH = 16
_LEAST_WIDTH = 10


class Facts(Widget):
    """One line for each fact, or as many as it takes: they go on below the second column.

    A fact that is "" is not shown. One with styles is cut to one line.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Facts { height: auto; width: 100%; }"

    def __init__(self, names: tuple[str, ...], *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._facts: dict[str, str | Content] = dict.fromkeys(names, "")
        self._spaced = False

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def state(self, name: str, fact: str | Content) -> None:
        """Says what ``name`` stands for from now on; the same fact costs nothing."""
        shown = self._facts[name]
        if (
            shown.is_same(fact)
            if isinstance(shown, Content) and isinstance(fact, Content)
            else (shown == fact)
        ):
            return
        width = self.content_size.width
        before = len(self._lines(width))
        self._facts[name] = fact
        self.refresh(layout=len(self._lines(width)) != before)

    def space(self, spaced: bool) -> None:
        """Whether blank lines stand between the facts."""
        if spaced != self._spaced:
            self._spaced = spaced
            self.refresh(layout=True)

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        room = max(width - _NAME_WIDTH, _LEAST_WIDTH)
        for name, fact in self._facts.items():
            if not fact:
                continue
            if self._spaced and lines:
                lines.append(Content())
            label = Content.styled(name.ljust(_NAME_WIDTH), "$muted")
            if isinstance(fact, Content):
                cut = fact if fact.cell_length <= room else fact[: room - 1] + "…"
                lines.append(label + cut)
                continue
            parts = textwrap.wrap(printable(fact), room, break_on_hyphens=False) or [""]
            lines.append(label + parts[0])
            lines += [Content(" " * _NAME_WIDTH + part) for part in parts[1:]]
        return lines
