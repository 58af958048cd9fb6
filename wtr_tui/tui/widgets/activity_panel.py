"""What happened to the token: when, what, and by whom."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wtr_tui.text import printable
from wtr_tui.tui.keys import key
from wtr_tui.tui.widgets.panel import Panel, cut, pressable

_BY_FROM = 44
"""Columns: with fewer, who did it goes."""


class ActivityTone(Enum):
    """The value is the sign and the style of the row."""

    GOOD = ("✓", "$calm")
    PLAIN = ("·", "$foreground")
    WARN = ("!", "$soon")
    BAD = ("✗", "$over")


@dataclass(frozen=True)
class ActivityRow:
    """``when`` as short as it is clear: ``11:00``, ``Mon``, ``3 Nov``."""

    when: str
    tone: ActivityTone
    what: str
    by: str = ""


class ActivityRows(Widget):
    """The rows alone, the latest first; as many as the layout gives it room for, or ``most``."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ActivityRows { height: auto; width: 100%; }"

    def __init__(self, *, most: int = 8) -> None:
        super().__init__()
        self._rows: tuple[ActivityRow, ...] = ()
        self._most = most

    def show(self, rows: Sequence[ActivityRow]) -> None:
        """Shows the first of these; painted anew only if they differ."""
        before, self._rows = self._rows, tuple(rows)
        if self._rows != before:
            self.refresh(layout=len(before) != len(self._rows))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(self._rows[: self._most]), 1)

    def _lines(self, width: int) -> list[Content]:
        rows = self._rows[: self.content_size.height or self._most]
        if not rows:
            return [Content.styled("nothing yet", "$muted")]
        whens = max(len(row.when) for row in rows)
        bys = max(len(row.by) for row in rows) if width >= _BY_FROM else 0
        what = max(width - whens - 3 - (bys + 2 if bys else 0), 1)
        lines = []
        for row in rows:
            # What failed is shown in full where there is room for it.
            wrapped = (
                textwrap.wrap(printable(row.what), what) if len(row.what) > what else [row.what]
            )
            if len(wrapped) - 1 + len(rows) > self.content_size.height:
                wrapped = [row.what]
            lines.append(_line(replace(row, what=wrapped[0]), whens, what, bys))
            lines += [
                Content(" " * (whens + 3)) + Content.styled(more, row.tone.value[1])
                for more in wrapped[1:]
            ]
        return lines[: self.content_size.height or None]


class ActivityPanel(Panel):
    """``Activity ───── H more``, the latest first; :class:`Panel.TitlePressed` for the rest."""

    def __init__(self, *, id: str | None = None, most: int = 8) -> None:
        self.rows = ActivityRows(most=most)
        super().__init__("Activity", self.rows, right=pressable(key("history", "H"), "more"), id=id)

    def show(self, rows: Sequence[ActivityRow]) -> None:
        """Shows what happened, the latest first."""
        self.rows.show(rows)


def _line(row: ActivityRow, whens: int, what: int, bys: int) -> Content:
    sign, style = row.tone.value
    parts = [
        Content.styled(row.when.ljust(whens), "$muted"),
        Content.styled(f" {sign} ", f"bold {style}"),
        Content.styled(cut(row.what, what).ljust(what if bys else 0), style),
    ]
    if bys:
        parts.append(Content.styled(f"  {printable(row.by)}", "$muted"))
    return Content.assemble(*parts)
