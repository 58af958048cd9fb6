"""How long the access token and the sign-in last: two lives on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget

from wtr_tui.text import printable
from wtr_tui.tui.themes import Meaning

NOW = "●"
NEXT_REFRESH = Meaning.NEXT.sign
_USED, _LEFT, _UNKNOWN = "─", "━", "┄"
_LEGEND_FROM = 64
"""Columns: below that the legend would be wider than the lines it explains."""
_LEAST_LINE = 8
_LEAST_PAUSE = timedelta(seconds=20)
_SMALL_MOVE = 0.08


@dataclass(frozen=True)
class Life:
    """One line of the grid. Without an end it is dotted, and ``end_text`` says why."""

    label: str
    began: datetime | None
    ends: datetime | None
    end_text: str
    meaning: Meaning = Meaning.CALM
    next_refresh: datetime | None = None

    def share_used(self, now: datetime) -> float | None:
        """0 at its begin, 1 at its end; None where the end is unknown."""
        if self.ends is None:
            return None
        return self.share_at(now)

    def share_at(self, instant: datetime) -> float:
        """Where on the line the instant is; a life of unknown begin counts from now on."""
        if self.ends is None or self.began is None or self.ends <= self.began:
            return 1.0 if self.ends is not None and instant >= self.ends else 0.0
        return min(max((instant - self.began) / (self.ends - self.began), 0.0), 1.0)

    def shows_refresh(self, now: datetime) -> bool:
        """Whether the next refresh is still to come, and within this life."""
        return (
            self.next_refresh is not None
            and self.ends is not None
            and now < self.next_refresh <= self.ends
        )


class Lives(Widget):
    """Thin what is used, thick what is left, ● now, ◆ the next refresh, the end at the right.

    A line is painted again when it has moved by a cell. A small move may wait twenty seconds: of
    a token that lives for minutes it would move every second, and each line is 200 bytes.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Lives { height: auto; width: 100%; }"

    def __init__(
        self, *, legend: bool = True, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._legend = legend
        self._lives: tuple[Life, ...] = ()
        self._now: datetime | None = None
        self._painted: list[Content] = []

    def show(self, lives: Sequence[Life], now: datetime) -> None:
        """Shows these lives as they are at ``now``; to be called as often as one likes."""
        same = tuple(lives) == self._lives
        if same and self._now is not None and self._may_wait(self._now, now):
            return
        self._lives, self._now = tuple(lives), now
        lines = self._lines(self.content_size.width)
        if len(lines) != len(self._painted):
            self.refresh(layout=True)
            return
        changed = [
            Region(0, y, self.content_size.width, 1)
            for y, line in enumerate(lines)
            if not line.is_same(self._painted[y])
        ]
        if changed:
            self._painted = lines
            self.refresh(*changed)

    def _may_wait(self, painted_at: datetime, now: datetime) -> bool:
        moved = max(
            (abs(life.share_at(now) - life.share_at(painted_at)) for life in self._lives),
            default=0.0,
        )
        over = any(life.ends is not None and painted_at < life.ends <= now for life in self._lives)
        return moved < _SMALL_MOVE and not over and timedelta(0) <= now - painted_at < _LEAST_PAUSE

    def render(self) -> Content:
        self._painted = self._lines(self.content_size.width)
        return Content("\n").join(self._painted)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Content]:
        if self._now is None or not self._lives or width <= 0:
            return []
        labels = max(len(life.label) for life in self._lives) + 2
        ends = max(len(life.end_text) for life in self._lives)
        room = width - labels - ends - 2
        if room < _LEAST_LINE:  # the dates say it without the lines
            return [_label(life, labels) + _end(life, 0) for life in self._lives]
        lines = [
            _label(life, labels) + _line(life, room, self._now) + _end(life, ends + 2)
            for life in self._lives
        ]
        ends_known = any(life.ends for life in self._lives)
        if self._legend and ends_known and width >= _LEGEND_FROM:
            lines.append(Content(" " * labels) + self._legend_line(self._now))
        return lines

    def _legend_line(self, now: datetime) -> Content:
        parts = [Content.styled(NOW, "bold $foreground"), Content.styled(" now", "$muted")]
        if any(life.shows_refresh(now) for life in self._lives):
            parts.append(Content.styled(f"   {NEXT_REFRESH}", "bold $next"))
            parts.append(Content.styled(" next refresh", "$muted"))
        return Content.assemble(*parts)


def _label(life: Life, width: int) -> Content:
    return Content.styled(printable(life.label).ljust(width), "$muted")


def _end(life: Life, width: int) -> Content:
    style = life.meaning.colour if life.meaning is Meaning.OVER else "$foreground"
    return Content.styled(printable(life.end_text).rjust(width), style)


def _line(life: Life, width: int, now: datetime) -> Content:
    used = life.share_used(now)
    if used is None:
        return Content.styled(_UNKNOWN * width, "$muted")
    at = round(used * (width - 1))
    line = Content.assemble(
        Content.styled(_USED * at, "$line"),
        Content.styled(NOW, "bold $foreground" if used < 1 else f"bold {life.meaning.colour}"),
        Content.styled(_LEFT * (width - 1 - at), life.meaning.colour),
    )
    if life.next_refresh is None or not life.shows_refresh(now):
        return line
    mark = round(life.share_at(life.next_refresh) * (width - 1))
    if mark <= at:
        return line
    return line[:mark] + Content.styled(NEXT_REFRESH, "bold $next") + line[mark + 1 :]
