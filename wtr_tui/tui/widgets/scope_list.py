"""The scopes of a token, as many and as much of each as there is room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wtr_tui.text import printable

_LEAST_MEANING = 24
_UNFRAMED_ROWS = 5
"""Rows where the layout gives none: the list is then as high as it needs to be, up to these."""


class ScopeList(Widget):
    """One a line with what it allows, with blank lines between where there is much room; else in
    columns. What has no room is counted. ``note`` stands below, about what is missing."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ScopeList { height: auto; width: 100%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: tuple[str, ...] = ()
        self._note = ""
        self._meanings: Mapping[str, str] = {}

    def show(self, names: Sequence[str], note: str = "") -> None:
        """Shows these names, and a sentence on those that are missing."""
        if (tuple(names), note) != (self._names, self._note):
            self._names, self._note = tuple(names), note
            self.refresh(layout=True)

    def explain(self, meanings: Mapping[str, str]) -> None:
        """What each of them allows, where that is known."""
        if meanings != self._meanings:
            self._meanings = meanings
            self.refresh()

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width, self.content_size.height))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width, _UNFRAMED_ROWS))

    def _lines(self, width: int, height: int) -> list[Content]:
        if not self._names:
            return [Content("Webex did not say which")]
        note = Content.styled(self._note, "$soon").wrap(width) if self._note else []
        room = max(height - len(note), 1)
        column = max(map(len, self._names)) + 2
        if len(self._names) > room or width - column < _LEAST_MEANING:
            return [*self._columns(column, max(width // column, 1), room), *note]
        rows = [self._row(name, column, width) for name in self._names]
        if sum(map(len, rows)) + len(rows) <= room:
            return [*(line for row in rows for line in (*row, Content())), *note]
        return [*(row[0] if len(row) == 1 else row[0] + "…" for row in rows), *note]

    def _row(self, name: str, column: int, width: int) -> list[Content]:
        meaning = Content.styled(self._meanings.get(name, ""), "$muted")
        first, *more = meaning.wrap(width - column - 1) or [Content()]
        return [
            Content(printable(name).ljust(column)) + first,
            *(Content(" " * column) + line for line in more),
        ]

    def _columns(self, column: int, across: int, room: int) -> list[Content]:
        down = min(-(-len(self._names) // across), room)
        shown = self._names[: down * across]
        if len(shown) < len(self._names):
            shown = shown[:-1]
        cells = [*map(printable, shown)]
        rows = [cells[row::down] for row in range(down)]
        lines = [Content("".join(cell.ljust(column) for cell in row)) for row in rows]
        hidden = len(self._names) - len(shown)
        if hidden:
            lines[-1] += Content.styled(f"and {hidden} more", "$muted")
        return lines
