"""The profiles as the rows of a table, as wide as there is room for (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from textual.content import Content

from wtr_tui.tui import overview
from wtr_tui.tui.session import Followed
from wtr_tui.tui.state import coarse, next_refresh_in_short, sign_in_by, state_of_profile
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.panel import cut

_GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column: its title, and the least and the most characters it is given."""

    title: str
    least: int
    most: int
    rank: int
    """Where there is no room for all, those with the highest go first."""


NAME, STATE, OWNER, ACCESS, SIGN_IN, NEXT, LAST = COLUMNS = (
    Column("Profile", 7, 24, 0),
    Column("State", 8, 22, 1),
    Column("Owner", 12, 28, 5),
    Column("Access", 7, 12, 2),
    Column("Sign-in", 7, 12, 3),
    Column("Next refresh", 12, 18, 6),
    Column("Last", 18, 60, 4),
)


@dataclass(frozen=True)
class Row:
    """The cells of one profile, in the order of :data:`COLUMNS`; painted anew where it differs."""

    meaning: Meaning
    cells: tuple[str, ...]
    tone: Tone
    """Of what happened last."""
    used: bool
    sign_in_soon: bool = False


def row_of(each: Followed, now: datetime, *, used: bool) -> Row:
    """What there is to say of a profile now."""
    state = state_of_profile(each, now)
    stored = each.keeper.stored
    token = stored.token if stored is not None else None
    owner = stored.account.named if stored is not None and stored.account.known else "-"
    last, tone = _last(each, now)
    soon = sign_in_by(each, now) is not None
    meaning = Meaning.SOON if soon and state.meaning is Meaning.CALM else state.meaning
    cells = (
        each.profile.name,
        state.word,
        owner,
        _left(token.left(now)) if token else "-",
        _sign_in(each, now),
        next_refresh_in_short(each.keeper, now),
        last,
    )
    return Row(meaning, cells, tone, used, soon)


def widths(rows: Sequence[Row], room: int) -> dict[Column, int]:
    """How wide each column that fits is; those that do not fit are not in it."""
    wanted = {
        column: min(
            max([len(column.title), column.least, *(len(row.cells[at]) for row in rows)])
            + 2 * (column is LAST),
            column.most,
        )
        for at, column in enumerate(COLUMNS)
    }
    shown: dict[Column, int] = {}
    left = room - 2  # the sign
    for column in sorted(COLUMNS, key=lambda each: each.rank):
        width = wanted[column]
        if left < width + len(_GAP) and column is LAST:
            width = min(width, left - len(_GAP))
        if width < column.least or left < width + len(_GAP):
            break
        shown[column] = width
        left -= width + len(_GAP)
    return {column: shown[column] for column in COLUMNS if column in shown}


def heading(columns: dict[Column, int]) -> Content:
    """The titles above the columns."""
    titles = _GAP.join(column.title.ljust(width) for column, width in columns.items())
    return Content.styled(f"  {titles}".rstrip(), "$muted")


def line(row: Row, columns: dict[Column, int]) -> Content:
    """``● default  valid  Ann Example  13 d 23 h  89 d 4 h  Mon 7 Dec 11:00  11:00 refreshed``."""
    sign, colour = row.meaning.sign, row.meaning.colour
    tone_sign, tone = row.tone.value
    parts = [Content.styled(f"{sign} ", f"bold {colour}")]
    for column, width in columns.items():
        text = row.cells[COLUMNS.index(column)]
        cell = cut(f"{tone_sign} {text}" if column is LAST and text else text, width).ljust(width)
        style = {
            NAME: "bold $foreground" if row.used else "$foreground",
            STATE: colour,
            SIGN_IN: "$soon" if row.sign_in_soon else "$foreground",
            LAST: tone,
        }.get(column, "$foreground")
        parts.append(Content.styled(f"{cell}{_GAP}", style))
    return Content.assemble(*parts)


def _last(each: Followed, now: datetime) -> tuple[str, Tone]:
    if each.refreshing:
        return "refreshing …", Tone.PLAIN
    if each.failure:
        return each.failure, Tone.WARN if each.keeper.next_at() else Tone.BAD
    latest = each.latest()
    if latest is None:
        return "", Tone.PLAIN
    row = overview.activity_row(latest, now, life=False)
    return f"{row.when} {row.what}", row.tone


def _sign_in(each: Followed, now: datetime) -> str:
    stored = each.keeper.stored
    if stored is None or stored.token.refresh_token is None:
        return "-"
    return "refused" if each.keeper.is_lost else _left(stored.token.refresh_left(now))


def _left(left: timedelta | None) -> str:
    if left is None:
        return "unknown"
    return coarse(left) if left > timedelta(0) else "expired"
