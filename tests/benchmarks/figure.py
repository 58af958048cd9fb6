"""What is measured: a value, what it is held against, and the goal; and the table of them all."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

_SHAKY = 0.15
_HEADINGS = ("figure", "wtr-tui", "baseline", "ratio", "goal", "")


class Against(Enum):
    """What a goal limits: value ÷ baseline, value − baseline, or the value alone."""

    RATIO = "×"
    DIFFERENCE = "more"
    VALUE = ""


@dataclass(frozen=True)
class Goal:
    limit: float
    against: Against = Against.RATIO

    def words(self, unit: str) -> str:
        if self.against is Against.RATIO:
            return f"≤ {self.limit:g} ×"
        return f"≤ {self.limit:g} {unit} {self.against.value}".rstrip()


@dataclass(frozen=True)
class Sample:
    """The same thing measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The median of the lower half: what it takes while nobody else wants the machine."""
        return statistics.median(sorted(self.values)[: (len(self.values) + 1) // 2])


def once(value: float) -> Sample:
    """For what is counted, or needs a whole minute: one measurement."""
    return Sample((value,))


@dataclass(frozen=True)
class Figure:
    """``baseline`` is None where only the value itself is limited; ``goal`` where nothing is."""

    name: str
    unit: str
    ours: Sample
    baseline: Sample | None
    goal: Goal | None

    @property
    def ratio(self) -> float | None:
        if self.baseline is None or self.baseline.median <= 0:
            return None
        return self.ours.median / self.baseline.median

    @property
    def met(self) -> bool | None:
        """Whether the value is within the goal, to the precision that is shown."""
        if self.goal is None:
            return None
        base = self.baseline.median if self.baseline is not None else 0.0
        reached = {
            Against.RATIO: self.ratio,
            Against.DIFFERENCE: self.ours.median - base,
            Against.VALUE: self.ours.median,
        }[self.goal.against]
        return None if reached is None else round(reached, 2) <= self.goal.limit

    @property
    def shaky(self) -> bool:
        """Whether the ratio depends on how busy the machine was."""
        if self.baseline is None or not self.ratio or self.baseline.low <= 0:
            return False
        calm = self.ours.low / self.baseline.low
        return abs(calm / self.ratio - 1) > _SHAKY

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{'~ ' if self.shaky else ''}{self.ratio:.2f}"
        met = {True: "met", False: "MISSED", None: ""}[self.met]
        base = "" if self.baseline is None else f"{_short(self.baseline.median)} {self.unit}"
        return (
            self.name,
            f"{_short(self.ours.median)} {self.unit}",
            base,
            ratio,
            "" if self.goal is None else self.goal.words(self.unit),
            met,
        )

    def members(self) -> dict[str, object]:
        return {
            "figure": self.name,
            "unit": self.unit,
            "value": self.ours.median,
            "baseline": None if self.baseline is None else self.baseline.median,
            "ratio": self.ratio,
            "goal": None if self.goal is None else self.goal.words(self.unit),
            "met": self.met,
            "stable": not self.shaky,
        }


def table(figures: Sequence[Figure], *, judged: bool = True) -> str:
    """In Markdown, as CONTRIBUTING.md shows it. ``~`` marks a ratio that depends on the load."""
    width = len(_HEADINGS) if judged else len(_HEADINGS) - 1
    rows = [_HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(width)]
    lines = [_line(row, widths) for row in rows]
    rule = ["-" * widths[0], *("-" * (cells - 1) + ":" for cells in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)]
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
