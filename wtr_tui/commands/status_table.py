"""Many profiles, a line each (pure)."""

from __future__ import annotations

from wtr_tui import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import TypeAlias

    Row: TypeAlias = tuple[str, str, str, Sequence[str]]
    """The profile, what is left of its tokens, and its problems."""


def table(shown: Sequence[Row]) -> str:
    """A line each, and what is wrong below."""
    if not shown:
        return "There is no profile yet."
    rows = [("Profile", "Access token", "Refresh token", "")]
    rows += [(*row[:3], _count(len(row[3]))) for row in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:{widths[0]}}  {access:{widths[1]}}  {refresh:{widths[2]}}  {problems}".rstrip()
        for name, access, refresh, problems in rows
    ]
    wrong = [f"{name}: {_on_one_line(problem)}" for name, *_, told in shown for problem in told]
    return "\n".join([*lines, *([""] if wrong else []), *wrong])


def left(end: datetime | None, now: datetime) -> str:
    """How long until this end: ``13 d 4 h``, ``ended``, or that nobody knows."""
    if end is None:
        return "end unknown"
    return clock.duration(end - now) if end > now else "ended"


def _count(problems: int) -> str:
    return f"{problems} problem{'s'[: problems > 1]}" if problems else ""


def _on_one_line(problem: str) -> str:
    from wtr_tui.text import on_one_line

    return on_one_line(problem)
