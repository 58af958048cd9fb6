"""What is listed beside a token: profiles, what happened, scopes, facts. Each list makes its lines
for the columns there are.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Size

from wtr_tui.text import printable
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import Lines, clickable, truncate, truncate_middle

_BAR, _LEAST_BAR = 12, 4
"""Columns. The bar gives way to what is wrong, down to its least width, and then goes."""
_MOST_NAME, _LEAST_NAME = 18, 14
_ABOUT_FROM = 12
"""Columns: with fewer, the owner goes, and what is wrong stands where the time left would."""


class ProfileRow(NamedTuple):
    """One profile. ``about`` is what is wrong, if anything is that ``left`` does not say."""

    name: str
    meaning: Meaning
    about: str
    left: str
    """``13 d 23 h``, ``expired``, ``-``."""
    share_left: float = 0.0
    """0 to 1, for the bar."""
    current: bool = False
    owner: str = ""

    @property
    def beside(self) -> str:
        """What stands beside its name: what is wrong before whose it is."""
        return self.about or self.owner


class ProfileRows(Lines):
    """State, owner or what is wrong, and how much is left; how many there is no room for.

    A click on a row goes on with that profile.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ProfileRow, ...] = ()
        self._most = 6
        self._spaced = False

    def show(self, rows: Sequence[ProfileRow], *, most: int, spaced: bool) -> None:
        """Show the first ``most`` of these, ``spaced`` by blank lines or not."""
        self._rows, self._most, self._spaced = tuple(rows), most, spaced
        self.update_lines()

    def _shown(self) -> tuple[ProfileRow, ...]:
        if len(self._rows) <= self._most:
            return self._rows
        return self._rows[: self._most - 1]

    def lines(self, width: int) -> list[Content]:
        rows = self._shown()
        if not rows:
            return [Content.styled("none", "$muted")]
        names = min(max(len(row.name) for row in rows), _MOST_NAME)
        lefts = max(len(row.left) for row in rows)
        room = width - 2 - names - 2 - 2 - lefts
        bar = min(room - max(len(row.beside) for row in rows) - 2, _BAR)
        bar = bar if bar >= _LEAST_BAR else 0
        about = room - bar - 2 * bool(bar)
        if about < _ABOUT_FROM:
            names = min(names, _LEAST_NAME)
            about, bar = 0, min(width - 2 - names - 2 - lefts - 2, _BAR)
        lines = [_profile_line(row, names, about, lefts, bar) for row in rows]
        hidden = len(self._rows) - len(rows)
        if hidden:
            lines.append(Content.styled(f"  and {hidden} more", "$muted"))
        if self._spaced:
            lines = [line for each in lines for line in (each, Content())][:-1]
        return lines


def _profile_line(row: ProfileRow, names: int, about: int, lefts: int, bar: int) -> Content:
    fine = row.meaning is Meaning.CALM
    colour = row.meaning.colour
    parts: list[str | Content] = [
        Content.styled(row.meaning.sign, f"bold {colour}"),
        " ",
        Content.styled(
            truncate_middle(row.name, names), "bold $foreground" if row.current else "$foreground"
        ),
        " " * (names - min(len(row.name), names) + 2),
    ]
    if not (about or fine):
        room = lefts + (bar + 2 if bar > 0 else 0)
        wrong = row.about if 0 < len(row.about) <= room else row.left
        return Content.assemble(*parts, Content.styled(wrong.rjust(room), colour))
    if about:
        parts.append(
            Content.styled(truncate(row.beside, about).ljust(about), "$muted" if fine else colour)
        )
    parts.append(
        Content.styled(f"  {row.left.rjust(lefts)}" if about else row.left.rjust(lefts), colour)
    )
    if bar > 0:
        filled = min(max(round(row.share_left * bar), 1 if row.share_left > 0 else 0), bar)
        parts += [
            "  ",
            Content.styled("━" * filled, colour),
            Content.styled("─" * (bar - filled), "$line"),
        ]
    return clickable(Content.assemble(*parts), f"screen.use({row.name!r})")


_BY_FROM = 44
"""Columns: with fewer, who did it has no column, and stands where the line leaves room."""


class ActivityRow(NamedTuple):
    """``when`` as short as it is clear: ``11:00``, ``Mon``, ``3 Nov``."""

    when: str
    tone: Tone
    what: str
    by: str = ""


class ActivityRows(Lines):
    """What happened: when, what, and by whom; the latest first, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ActivityRow, ...] = ()

    def show(self, rows: Sequence[ActivityRow]) -> None:
        """Shows the first of these; painted anew only if they differ."""
        before, self._rows = self._rows, tuple(rows)
        if self._rows != before:
            self.refresh(layout=len(before) != len(self._rows))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(self._rows[:_MOST_UNFRAMED]), 1)

    def lines(self, width: int) -> list[Content]:
        height = self.content_size.height
        rows = self._rows[: height or _MOST_UNFRAMED]
        if not rows:
            return [Content.styled("nothing yet", "$muted")]
        whens = max(len(row.when) for row in rows)
        bys = max(len(row.by) for row in rows) if width >= _BY_FROM else 0
        what = max(width - whens - 3 - (bys + 2 if bys else 0), 1)
        lines: list[Content] = []
        spare, overflows = height - len(rows), len(self._rows) > height
        for row in rows:
            wrapped = [row.what]
            if len(row.what) > what and height:
                # Whole where there is room for it. Of more rows than fit, the latest such one is
                # worth more than the oldest that would be shown.
                whole = textwrap.wrap(printable(row.what), what)
                if overflows or len(whole) - 1 <= spare:
                    wrapped, overflows = whole, False
                    spare -= len(whole) - 1
            lines.append(_activity_line(row._replace(what=wrapped[0]), whens, what, bys))
            lines += [
                Content(" " * (whens + 3)) + Content.styled(more, row.tone.colour)
                for more in wrapped[1:]
            ]
        return lines[: height or None]


_MOST_UNFRAMED = 8
"""Rows where the layout gives none."""


def _activity_line(row: ActivityRow, whens: int, what: int, bys: int) -> Content:
    parts = [
        Content.styled(row.when.ljust(whens), "$muted"),
        Content.styled(f" {row.tone.sign} ", f"bold {row.tone.colour}"),
        Content.styled(truncate(row.what, what).ljust(what if bys else 0), row.tone.colour),
    ]
    by = printable(row.by)
    if bys:
        parts.append(Content.styled(f"  {by}", "$muted"))
    elif len(row.what) + 2 + len(by) <= what:
        parts.append(Content.styled(by.rjust(what - len(row.what)), "$muted"))
    return Content.assemble(*parts)


_LEAST_MEANING = 24
_UNFRAMED_ROWS = 5
"""Rows where the layout gives none: the list is then as high as it needs to be, up to these."""


class ScopeList(Lines):
    """One a line with what it allows, with blank lines between where there is much room; else in
    columns. What has no room is counted. ``note`` stands below, about what is missing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: tuple[str, ...] | None = None
        self._note = ""
        self._meanings: Mapping[str, str] = {}

    def show(self, names: Sequence[str] | None, note: str = "") -> None:
        """Shows these names, and a sentence on those that are missing; None: there is no token."""
        now = None if names is None else tuple(names)
        if (now, note) != (self._names, self._note):
            self._names, self._note = now, note
            self.refresh(layout=True)

    def set_meanings(self, meanings: Mapping[str, str]) -> None:
        """What each of them allows, where that is known."""
        if meanings != self._meanings:
            self._meanings = meanings
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width, _UNFRAMED_ROWS))

    def lines(self, width: int) -> list[Content]:
        return self._lines(width, self.content_size.height)

    def _lines(self, width: int, height: int) -> list[Content]:
        names = self._names
        if names is None:
            return [Content.styled("none yet", "$muted")]
        if not names:
            return [Content("Webex did not say which")]
        note = Content.styled(self._note, "$soon").wrap(width) if self._note else []
        room = max(height - len(note), 1)
        column = max(map(len, names)) + 2
        if len(names) > room or width - column < _LEAST_MEANING:
            return [*self._columns(names, column, max(width // column, 1), room), *note]
        rows = [self._row(name, column, width) for name in names]
        used = sum(map(len, rows))
        if used <= room:
            gap = [Content()] if used + len(rows) <= room else []
            return [*(line for row in rows for line in (*row, *gap)), *note]
        return [*(row[0] if len(row) == 1 else row[0] + "…" for row in rows), *note]

    def _row(self, name: str, column: int, width: int) -> list[Content]:
        meaning = Content.styled(self._meanings.get(name, ""), "$muted")
        first, *more = meaning.wrap(width - column - 1) or [Content()]
        return [
            Content(printable(name).ljust(column)) + first,
            *(Content(" " * column) + line for line in more),
        ]

    def _columns(
        self, names: tuple[str, ...], column: int, across: int, room: int
    ) -> list[Content]:
        down = min(-(-len(names) // across), room)
        shown = names[: down * across]
        if len(shown) < len(names):
            shown = shown[:-1]
        cells = [*map(printable, shown)]
        rows = [cells[row::down] for row in range(down)]
        lines = [Content("".join(cell.ljust(column) for cell in row)) for row in rows]
        hidden = len(names) - len(shown)
        if hidden:
            lines[-1] += Content.styled(f"and {hidden} more", "$muted")
        return lines


_NAME_WIDTH = 16
_LEAST_WIDTH = 10


class Facts(Lines):
    """Names and what they stand for, in two columns; a long fact goes on below the second one.

    A fact that is "" is not shown. One with styles is cut to one line, between names.
    """

    def __init__(self, names: tuple[str, ...], *, id: str) -> None:
        super().__init__(id=id)
        self._facts: dict[str, str | Content] = dict.fromkeys(names, "")
        self._spaced = False

    def set_fact(self, name: str, fact: str | Content) -> None:
        """Says what ``name`` stands for from now on; the same fact costs nothing."""
        shown = self._facts[name]
        if (
            shown.is_same(fact)
            if isinstance(shown, Content) and isinstance(fact, Content)
            else (shown == fact)
        ):
            return
        self._facts[name] = fact
        self.update_lines()

    def set_spaced(self, spaced: bool) -> None:
        """Whether blank lines stand between the facts."""
        self._spaced = spaced
        self.update_lines()

    def lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        room = max(width - _NAME_WIDTH, _LEAST_WIDTH)
        for name, fact in self._facts.items():
            if not fact:
                continue
            if self._spaced and lines:
                lines.append(Content())
            label = Content.styled(name.ljust(_NAME_WIDTH), "$muted")
            if isinstance(fact, Content):
                lines.append(label + _whole_names(fact, room))
                continue
            parts = _wrapped(printable(fact), room)
            lines.append(label + parts[0])
            lines += [Content(" " * _NAME_WIDTH + part) for part in parts[1:]]
        return lines


def _wrapped(fact: str, room: int) -> list[str]:
    """Ended at a ``·`` where it can be, else between words, and a long word behind a sign."""
    lines: list[str] = []
    for part in fact.split(" · "):
        joined = f"{lines[-1]} · {part}" if lines else part
        if len(joined) <= room:
            lines[-1:] = [joined]
        else:
            words = " ".join(piece for word in part.split() for piece in _pieces(word, room))
            lines += textwrap.wrap(words, room, break_on_hyphens=False)
    return lines or [""]


def _pieces(word: str, room: int) -> Iterator[str]:
    """A word for which a line is too short, parted behind its slashes, hyphens and underscores."""
    while len(word) > room:
        at = max(word.rfind(sign, 1, room) for sign in "/-_") + 1 or room
        yield word[:at]
        word = word[at:]
    yield word


def _whole_names(fact: Content, room: int) -> Content:
    """As many of the names behind its first words as fit, two blanks apart, and how many more."""
    shown, hidden = fact, 0
    while shown.cell_length > room - len(more := f"  and {hidden} more") * bool(hidden):
        at = shown.plain.rfind("  ")
        if at <= fact.plain.find("  "):
            return fact[: room - 1] + "…"
        shown, hidden = shown[:at], hidden + 1
    return shown + Content.styled(more, "$muted") if hidden else shown


_NOW = "●"
_USED, _LEFT, _UNKNOWN = "─", "━", "┄"
_LEAST_LINE = 8
_LEAST_PAUSE = timedelta(seconds=20)


class Lifetime(NamedTuple):
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


class LifetimeBars(Lines):
    """Thin what is used, thick what is left, ● now, ◆ the next refresh, the end at the right.

    Painted again when a line has moved by a cell, at most every twenty seconds: of a token that
    lives for minutes it would move every second, and each line is 200 bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lives: tuple[Lifetime, ...] = ()
        self._now: datetime | None = None

    def show(self, lives: Sequence[Lifetime], now: datetime) -> None:
        """Shows these lives as they are at ``now``; to be called as often as one likes."""
        if tuple(lives) == self._lives and self._now is not None:
            since = now - self._now
            ended = any(life.ends and self._now < life.ends <= now for life in lives)
            if timedelta(0) <= since < _LEAST_PAUSE and not ended:
                return
        self._lives, self._now = tuple(lives), now
        self.update_lines()

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


def _label(life: Lifetime, width: int) -> Content:
    return Content.styled(printable(life.label).ljust(width), "$muted")


def _end(life: Lifetime, width: int) -> Content:
    style = life.meaning.colour if life.meaning is Meaning.OVER else "$foreground"
    return Content.styled(printable(life.end_text).rjust(width), style)


def _line(life: Lifetime, width: int, now: datetime) -> Content:
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
