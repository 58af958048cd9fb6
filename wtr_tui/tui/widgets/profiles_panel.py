"""The profiles at a glance: state, owner or what is wrong, and how much is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from wtr_tui.tui.keys import key
from wtr_tui.tui.meaning import Meaning
from wtr_tui.tui.widgets.panel import Panel, cut, pressable

_BAR, _LEAST_BAR = 12, 4
"""Columns. The bar gives way to what is wrong, down to its least width, and then goes."""
_MOST_NAME = 18
_ABOUT_FROM = 12
"""Columns: with fewer, the owner goes, too."""


@dataclass(frozen=True)
class ProfileRow:
    """One profile. ``about`` is its owner, or in another meaning than calm what is wrong."""

    name: str
    meaning: Meaning
    about: str
    left: str
    """``13 d 23 h``, ``expired``, ``-``."""
    share_left: float = 0.0
    """0 to 1, for the bar."""
    current: bool = False


class ProfileRows(Widget):
    """The rows alone: as many as there may be, and how many more there are."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ProfileRows { height: auto; width: 100%; }"

    @dataclass
    class RowPressed(Message):
        """A row was clicked."""

        name: str

    def __init__(self, *, most: int = 6, spaced: bool = False) -> None:
        super().__init__()
        self._rows: tuple[ProfileRow, ...] = ()
        self._most = most
        self._spaced = spaced

    @property
    def rows(self) -> tuple[ProfileRow, ...]:
        """All rows, also those there is no room for."""
        return self._rows

    def show(self, rows: Sequence[ProfileRow]) -> None:
        """Shows these; painted anew only if something that is shown differs."""
        before, self._rows = self._rows, tuple(rows)
        if self._rows != before:
            self.refresh(layout=len(before) != len(self._rows))

    def fit(self, *, most: int, spaced: bool) -> None:
        """At most so many rows, with a blank line between them or none."""
        if (most, spaced) != (self._most, self._spaced):
            self._most, self._spaced = most, spaced
            self.refresh(layout=True)

    def on_click(self, event: Click) -> None:
        rows = self._shown()
        index, between = divmod(event.y, 2) if self._spaced else (event.y, 0)
        if index < len(rows) and not between:
            event.stop()
            self.post_message(self.RowPressed(rows[index].name))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(self._lines(width)), 1)

    def _shown(self) -> tuple[ProfileRow, ...]:
        if len(self._rows) <= self._most:
            return self._rows
        return self._rows[: self._most - 1]

    def _lines(self, width: int) -> list[Content]:
        rows = self._shown()
        if not rows:
            return [Content.styled("none", "$muted")]
        names = min(max(len(row.name) for row in rows), _MOST_NAME)
        lefts = max(len(row.left) for row in rows)
        room = width - 2 - names - 2 - 2 - lefts
        bar = min(room - max(len(row.about) for row in rows) - 2, _BAR)
        bar = bar if bar >= _LEAST_BAR else 0
        about = room - bar - 2 * bool(bar)
        if about < _ABOUT_FROM:
            about = 0
        lines = [_line(row, names, about, lefts, bar) for row in rows]
        hidden = len(self._rows) - len(rows)
        if hidden:
            lines.append(Content.styled(f"  and {hidden} more", "$muted"))
        if self._spaced:
            lines = [line for each in lines for line in (each, Content())][:-1]
        return lines


class ProfilesPanel(Panel):
    """``Profiles ───── F5 all``, with a row for each profile.

    Gives :class:`ProfileRows.RowPressed` for a row and :class:`Panel.TitlePressed` for the title.
    """

    def __init__(self, *, id: str | None = None, most: int = 6, spaced: bool = False) -> None:
        self.rows = ProfileRows(most=most, spaced=spaced)
        super().__init__(
            "Profiles", self.rows, right=pressable(key("go-profiles", "f5"), "all"), id=id
        )

    def show(self, rows: Sequence[ProfileRow]) -> None:
        """Shows these profiles, in this order."""
        self.rows.show(rows)


def _line(row: ProfileRow, names: int, about: int, lefts: int, bar: int) -> Content:
    fine = row.meaning is Meaning.CALM
    colour = row.meaning.colour
    parts: list[str | Content] = [
        Content.styled(row.meaning.sign, f"bold {colour}"),
        " ",
        Content.styled(cut(row.name, names), "bold $foreground" if row.current else "$foreground"),
        " " * (names - min(len(row.name), names) + 2),
    ]
    if about:
        parts.append(
            Content.styled(cut(row.about, about).ljust(about), "$muted" if fine else colour)
        )
    parts.append(
        Content.styled(f"  {row.left.rjust(lefts)}" if about else row.left.rjust(lefts), colour)
    )
    if bar:
        filled = min(max(round(row.share_left * bar), 1 if row.share_left > 0 else 0), bar)
        parts += [
            "  ",
            Content.styled("━" * filled, colour),
            Content.styled("─" * (bar - filled), "$line"),
        ]
    return Content.assemble(*parts)
