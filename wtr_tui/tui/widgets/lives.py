"""How long the access token and the sign-in last: two lives on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from textual.content import Content

from wtr_tui.text import printable
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.quiet import Lines

_NOW = "●"
_USED, _LEFT, _UNKNOWN = "─", "━", "┄"
_LEAST_LINE = 8
_LEAST_PAUSE = timedelta(seconds=20)


class Life(NamedTuple):
    """One line of the grid. Without an end it is dotted, and ``end_text`` says why."""

    label: str
    began: datetime | None
    ends: datetime | None
    end_text: str
    meaning: Meaning = Meaning.CALM
    next_refresh: datetime | None = None

    def share_at(self, instant: datetime) -> float:
        """Where on the line the instant is, 0 to 1; a life of unknown begin counts from now on."""
        if self.ends is None or self.began is None or self.ends <= self.began:
            return 1.0 if self.ends is not None and instant >= self.ends else 0.0
        return min(max((instant - self.began) / (self.ends - self.began), 0.0), 1.0)


class Lives(Lines):
    """Thin what is used, thick what is left, ● now, ◆ the next refresh, the end at the right.

    Painted again when a line has moved by a cell, at most every twenty seconds: of a token that
    lives for minutes it would move every second, and each line is 200 bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lives: tuple[Life, ...] = ()
        self._now: datetime | None = None
        self._before: list[Content] = []

    def show(self, lives: Sequence[Life], now: datetime) -> None:
        """Shows these lives as they are at ``now``; to be called as often as one likes."""
        if tuple(lives) == self._lives and self._now is not None:
            since = now - self._now
            ended = any(life.ends and self._now < life.ends <= now for life in lives)
            if timedelta(0) <= since < _LEAST_PAUSE and not ended:
                return
        self._lives, self._now = tuple(lives), now
        before, self._before = self._before, self.lines(self.content_size.width)
        if len(self._before) != len(before):
            self.refresh(layout=True)
        elif not all(line.is_same(old) for line, old in zip(self._before, before, strict=True)):
            self.refresh()

    def lines(self, width: int) -> list[Content]:
        if self._now is None or not self._lives or width <= 0:
            return []
        labels = max(len(life.label) for life in self._lives) + 2
        ends = max(len(life.end_text) for life in self._lives) + 2
        room = width - labels - ends
        if room < _LEAST_LINE:  # the dates say it without the lines
            return [_label(life, labels) + _end(life, 0) for life in self._lives]
        return [
            _label(life, labels) + _line(life, room, self._now) + _end(life, ends)
            for life in self._lives
        ]


def _label(life: Life, width: int) -> Content:
    return Content.styled(printable(life.label).ljust(width), "$muted")


def _end(life: Life, width: int) -> Content:
    style = life.meaning.colour if life.meaning is Meaning.OVER else "$foreground"
    return Content.styled(printable(life.end_text).rjust(width), style)


def _line(life: Life, width: int, now: datetime) -> Content:
    if life.ends is None:
        return Content.styled(_UNKNOWN * width, "$muted")
    used = life.share_at(now)
    at = round(used * (width - 1))
    line = Content.assemble(
        Content.styled(_USED * at, "$line"),
        Content.styled(_NOW, "bold $foreground" if used < 1 else f"bold {life.meaning.colour}"),
        Content.styled(_LEFT * (width - 1 - at), life.meaning.colour),
    )
    if life.next_refresh is None or not now < life.next_refresh <= life.ends:
        return line
    mark = round(life.share_at(life.next_refresh) * (width - 1))
    if mark <= at:
        return line
    return line[:mark] + Content.styled(Meaning.NEXT.sign, "bold $next") + line[mark + 1 :]
