"""One thing that was looked at, and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from wtr_tui.errors import WtrError
from wtr_tui.text import on_one_line


class Level(Enum):
    """The value is the mark before the line; with BAD something will not work."""

    GOOD = "✓"
    WARN = "!"
    BAD = "✗"


@dataclass(frozen=True)
class Finding:
    """``subject`` is what was looked at, in a word or two; ``words`` never hold a secret."""

    level: Level
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.level.value} {self.subject}: {self.words}"


def good(subject: str, words: str) -> Finding:
    return Finding(Level.GOOD, subject, words)


def warn(subject: str, words: str) -> Finding:
    return Finding(Level.WARN, subject, words)


def bad(subject: str, words: str | WtrError) -> Finding:
    return Finding(Level.BAD, subject, on_one_line(str(words)))
