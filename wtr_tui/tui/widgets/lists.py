"""The lists about a token: profiles, activity, scopes, facts, and lifetimes as bars."""

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
"""Columns. The bar shrinks to its least width for what is wrong, then it is omitted."""
_MOST_NAME, _LEAST_NAME = 18, 14
_BESIDE_FROM = 12
"""Columns. With fewer, the owner is omitted, and what is wrong replaces the time left."""


class ProfileRow(NamedTuple):
    """A profile in :class:`ProfileRows`."""

    name: str
    meaning: Meaning
    about: str
    """What is wrong beyond ``left``, or ""."""
    left: str
    """``13 d 23 h``, ``expired``, ``-``."""
    share_left: float = 0.0
    """The share of the lifetime that is left, 0 to 1, for the bar."""
    current: bool = False
    owner: str = ""

    @property
    def beside(self) -> str:
        """What stands beside the name: what is wrong, else the owner."""
        return self.about or self.owner


class ProfileRows(Lines):
    """The profiles with state, owner or what is wrong, and time left; a click switches to one.

    The last line counts those there is no room for.
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

    def lines(self, width: int) -> list[Content]:
        if not self._rows:
            return [Content.styled("none", "$muted")]
        is_complete = len(self._rows) <= self._most
        rows = self._rows if is_complete else self._rows[: self._most - 1]
        columns = _profile_columns(rows, width)
        lines = [_profile_line(row, columns) for row in rows]
        if not is_complete:
            lines.append(Content.styled(f"  and {len(self._rows) - len(rows)} more", "$muted"))
        if self._spaced:
            lines = [line for each in lines for line in (each, Content())][:-1]
        return lines


class _ProfileColumns(NamedTuple):
    """The widths of the columns behind the sign; 0 for one that is omitted."""

    name: int
    beside: int
    left: int
    bar: int


def _profile_columns(rows: Sequence[ProfileRow], width: int) -> _ProfileColumns:
    name = min(max(len(row.name) for row in rows), _MOST_NAME)
    left = max(len(row.left) for row in rows)
    room = width - 2 - name - 2 - 2 - left
    bar = min(room - max(len(row.beside) for row in rows) - 2, _BAR)
    bar = bar if bar >= _LEAST_BAR else 0
    beside = room - bar - 2 * bool(bar)
    if beside >= _BESIDE_FROM:
        return _ProfileColumns(name, beside, left, bar)
    name = min(name, _LEAST_NAME)
    bar = max(min(width - 2 - name - 2 - left - 2, _BAR), 0)
    return _ProfileColumns(name, 0, left, bar)


def _profile_line(row: ProfileRow, columns: _ProfileColumns) -> Content:
    is_fine = row.meaning is Meaning.CALM
    colour = row.meaning.colour
    name = truncate_middle(row.name, columns.name)
    parts: list[str | Content] = [
        Content.styled(row.meaning.sign, f"bold {colour}"),
        " ",
        Content.styled(name, "bold $foreground" if row.current else "$foreground"),
        " " * (columns.name - len(name) + 2),
    ]
    if columns.beside or is_fine:
        if columns.beside:
            beside = truncate(row.beside, columns.beside).ljust(columns.beside)
            parts.append(Content.styled(beside, "$muted" if is_fine else colour))
        gap = "  " if columns.beside else ""
        parts.append(Content.styled(f"{gap}{row.left.rjust(columns.left)}", colour))
        parts += _bar(row, columns.bar)
    else:
        room = columns.left + (columns.bar + 2 if columns.bar else 0)
        wrong = row.about if 0 < len(row.about) <= room else row.left
        parts.append(Content.styled(wrong.rjust(room), colour))
    return clickable(Content.assemble(*parts), f"screen.use({row.name!r})")


def _bar(row: ProfileRow, width: int) -> list[str | Content]:
    if not width:
        return []
    filled = min(max(round(row.share_left * width), 1 if row.share_left > 0 else 0), width)
    return [
        "  ",
        Content.styled("━" * filled, row.meaning.colour),
        Content.styled("─" * (width - filled), "$line"),
    ]


_BY_FROM = 44
"""Columns. With fewer, ``by`` has no column of its own, and stands where a line has room for it."""


class ActivityRow(NamedTuple):
    """An event in :class:`ActivityRows`; ``when`` is short: ``11:00``, ``Mon``, ``3 Nov``."""

    when: str
    tone: Tone
    what: str
    by: str = ""


class ActivityRows(Lines):
    """Events: when, what, and by whom; the latest first, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ActivityRow, ...] = ()

    def show(self, rows: Sequence[ActivityRow]) -> None:
        """Replace the events; the same ones cost nothing."""
        before, self._rows = self._rows, tuple(rows)
        if self._rows != before:
            self.refresh(layout=len(before) != len(self._rows))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(self._rows[:_MAX_EVENTS]), 1)

    def lines(self, width: int) -> list[Content]:
        height = self.content_size.height
        rows = self._rows[: height or _MAX_EVENTS]
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


_MAX_EVENTS = 8
"""Rows where the layout sets no height."""


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
_MAX_SCOPE_ROWS = 5
"""The most rows where the layout sets no height."""


class ScopeList(Lines):
    """Scopes: one a line with its meaning, or in columns where there is no room for that.

    Those there is no room for are counted. A note below tells which are missing.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: tuple[str, ...] | None = None
        self._note = ""
        self._meanings: Mapping[str, str] = {}

    def show(self, names: Sequence[str] | None, note: str = "") -> None:
        """Replace the names (None: no token) and the note; the same ones cost nothing."""
        now = None if names is None else tuple(names)
        if (now, note) != (self._names, self._note):
            self._names, self._note = now, note
            self.refresh(layout=True)

    def set_meanings(self, meanings: Mapping[str, str]) -> None:
        """Set what scopes allow, by name."""
        if meanings != self._meanings:
            self._meanings = meanings
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width, _MAX_SCOPE_ROWS))

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
    """Labels and values in two columns; a long value is wrapped within the second one.

    A value "" is not shown. One with styles is a list of names, cut to one line between them.
    """

    def __init__(self, names: tuple[str, ...], *, id: str) -> None:
        super().__init__(id=id)
        self._facts: dict[str, str | Content] = dict.fromkeys(names, "")
        self._spaced = False

    def set_fact(self, name: str, fact: str | Content) -> None:
        """Replace a value; the same one costs nothing."""
        before, self._facts[name] = self._facts[name], fact
        if not _is_same(before, fact):
            self.update_lines()

    def set_spaced(self, spaced: bool) -> None:
        """Set whether blank lines separate the facts."""
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


def _is_same(one: str | Content, other: str | Content) -> bool:
    if isinstance(one, Content) and isinstance(other, Content):
        return one.is_same(other)  # == ignores the styles
    return one == other


def _wrapped(fact: str, room: int) -> list[str]:
    """Return lines broken at ``·`` if possible, else between words or behind a sign in a word."""
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
    """Yield a word that is too long for a line in pieces, a path broken behind a slash."""
    while len(word) > room:
        slash = word.rfind("/", room // 2, room) + 1
        at = slash or max(word.rfind(sign, 1, room) for sign in "/-_") + 1 or room
        yield word[:at]
        word = word[at:]
    yield word


def _whole_names(fact: Content, room: int) -> Content:
    """Return the first words and as many of the names behind them as fit; count the rest.

    Names are separated by two blanks.
    """
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
    """A lifetime from its begin to its end; without an end, ``end_text`` says why."""

    label: str
    began: datetime | None
    ends: datetime | None
    end_text: str
    meaning: Meaning = Meaning.CALM
    next_refresh: datetime | None = None

    def share_at(self, instant: datetime) -> float:
        """Return where in the lifetime an instant is, 0 to 1; 0 for an unknown begin."""
        if self.ends is None or self.began is None or self.ends <= self.began:
            return 1.0 if self.ends is not None and instant >= self.ends else 0.0
        return min(max((instant - self.began) / (self.ends - self.began), 0.0), 1.0)


class LifetimeBars(Lines):
    """Lifetimes as bars: thin what is over, thick what is left, ● now, ◆ the next refresh.

    Repainted when a bar has moved by a cell, but at most every twenty seconds: that of a token
    with a lifetime of minutes moves every second, and each bar is 200 bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lifetimes: tuple[Lifetime, ...] = ()
        self._now: datetime | None = None

    def show(self, lifetimes: Sequence[Lifetime], now: datetime) -> None:
        """Show these lifetimes as they are at ``now``; cheap to call every second."""
        if tuple(lifetimes) == self._lifetimes and self._now is not None:
            since = now - self._now
            ended = any(
                lifetime.ends and self._now < lifetime.ends <= now for lifetime in lifetimes
            )
            if timedelta(0) <= since < _LEAST_PAUSE and not ended:
                return
        self._lifetimes, self._now = tuple(lifetimes), now
        self.update_lines()

    def lines(self, width: int) -> list[Content]:
        if self._now is None or not self._lifetimes or width <= 0:
            return []
        labels = max(len(lifetime.label) for lifetime in self._lifetimes) + 2
        ends = max(len(lifetime.end_text) for lifetime in self._lifetimes) + 2
        room = width - labels - ends
        if room < _LEAST_LINE:  # the dates suffice
            return [_label(lifetime, labels) + _end(lifetime, 0) for lifetime in self._lifetimes]
        return [
            _label(lifetime, labels) + _line(lifetime, room, self._now) + _end(lifetime, ends)
            for lifetime in self._lifetimes
        ]


def _label(lifetime: Lifetime, width: int) -> Content:
    return Content.styled(printable(lifetime.label).ljust(width), "$muted")


def _end(lifetime: Lifetime, width: int) -> Content:
    style = lifetime.meaning.colour if lifetime.meaning is Meaning.OVER else "$foreground"
    return Content.styled(printable(lifetime.end_text).rjust(width), style)


def _line(lifetime: Lifetime, width: int, now: datetime) -> Content:
    if lifetime.ends is None:
        return Content.styled(_UNKNOWN * width, "$muted")
    used = lifetime.share_at(now)
    at = round(used * (width - 1))
    line = Content.assemble(
        Content.styled(_USED * at, "$line"),
        Content.styled(_NOW, "bold $foreground" if used < 1 else f"bold {lifetime.meaning.colour}"),
        Content.styled(_LEFT * (width - 1 - at), lifetime.meaning.colour),
    )
    if lifetime.next_refresh is None or not now < lifetime.next_refresh <= lifetime.ends:
        return line
    mark = round(lifetime.share_at(lifetime.next_refresh) * (width - 1))
    if mark <= at:
        return line
    return line[:mark] + Content.styled(Meaning.NEXT.sign, "bold $next") + line[mark + 1 :]
