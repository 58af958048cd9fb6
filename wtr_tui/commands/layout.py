"""The layout of what a user reads: wrapped at words, and on a terminal with colours and signs."""

from __future__ import annotations

import os
import re
import sys

from wtr_tui.text import escaped, is_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TextIO, TypeAlias

    Tone: TypeAlias = Literal["", "bold", "dim", "good", "warn", "bad"]

_WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""

_CODE_INDENT = "    "
_ENTRY_INDENT = "  "
_NARROWEST_COLUMN = 28
"""Columns; where the text beside a term would get fewer, it goes below the term."""


def columns() -> int:
    """The width to write help at: ``$COLUMNS``, the terminal's, or 80 where there is none."""
    try:
        # argparse itself would import shutil for this, at each option that is declared.
        width = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):
        width = 80
    return min(max(width, 20), _WIDEST)


# Of the terminal's own sixteen, so that they fit its ground. SGR, ECMA-48 §8.3.117.
_COLOURS = {"bold": "1", "dim": "2", "good": "32", "warn": "33", "bad": "31"}


SIGNS: dict[Tone, str] = {"good": "✓", "warn": "!", "bad": "✗"}


class Look:
    """How lines for a user are written to standard output.

    ``is_terminal`` allows signs and alignment. Text is written as it is elsewhere: what is piped
    is read by a program, or pasted into a mail.
    """

    def __init__(self, *, is_terminal: bool, coloured: bool, width: int) -> None:
        self.is_terminal = is_terminal
        self._coloured = coloured
        self._width = width

    @classmethod
    def of_output(cls) -> Look:
        """For standard output as it is now."""
        return cls.of(sys.stdout)

    @classmethod
    def of(cls, stream: TextIO | None) -> Look:
        """For a stream as it is now. ``$NO_COLOR`` and ``TERM=dumb`` take the colours."""
        terminal = is_terminal(stream)
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        return cls(is_terminal=terminal, coloured=terminal and not plain, width=columns())

    def paint(self, text: str, tone: Tone = "") -> str:
        """The text in its colour; control characters in it are shown and not obeyed."""
        text = escaped(text)
        if not tone or not self._coloured or not text:
            return text
        return f"\x1b[{_COLOURS[tone]}m{text}\x1b[0m"

    def entry(self, term: str, text: str, column: int, tone: Tone = "", sign: str = "") -> str:
        """A term and its text from ``column`` on, which goes on below itself.

        ``sign`` is put before the term and has the tone; without it the text has it.
        """
        head = f"{sign} {term}" if sign else term
        gap = " " * max(column - len(head), 1)
        lines = [escaped(line) for line in text.splitlines() or [""]]
        if self.is_terminal and self._width - column >= _NARROWEST_COLUMN:
            lines = [part for line in lines for part in _filled(line, self._width - column)]
        body = f"\n{' ' * column}".join(self.paint(line, "" if sign else tone) for line in lines)
        if sign:
            return f"{self.paint(sign, tone)} {self.paint(term, 'bold')}{gap}{body}"
        return f"{self.paint(term, 'dim')}{gap}{body}"


def laid_out(text: str, width: int) -> str:
    """The text with no line longer than ``width``, where words and code allow it.

    Lines without an indent are paragraphs, those in capitals alone are headings. Two blanks begin
    an entry, a term and its text with at least two blanks between them, which goes on in lines that
    are indented deeper. Elsewhere four blanks begin a line of code, which is never broken: it is
    there to be copied.
    """
    return "\n".join(line for block in _blocks(text) for line in _lines_of(block, width))


def _blocks(text: str) -> list[list[str]]:
    """Source lines that belong together: a paragraph, an entry, one line of code, an empty line."""
    blocks: list[list[str]] = []
    for line in text.strip("\n").splitlines():
        before = blocks[-1] if blocks else [""]
        if not line.strip():
            blocks.append([""])
        elif line.startswith(_CODE_INDENT):
            if _is_entry(before[0]):
                before.append(line)
            else:
                blocks.append([line])
        elif _is_running(line) and _is_running(before[0]):
            before.append(line)
        else:
            blocks.append([line])
    return blocks


def _is_running(line: str) -> bool:
    return bool(line) and not line.startswith(" ") and not line.isupper()


def _is_entry(line: str) -> bool:
    return line.startswith(_ENTRY_INDENT) and not line.startswith(_CODE_INDENT)


def _lines_of(block: list[str], width: int) -> list[str]:
    if block == [""] or block[0].startswith(_CODE_INDENT):
        return block
    if not _is_entry(block[0]):
        return _filled(" ".join(block), width)
    term, gap, rest = _parts(block[0])
    words = " ".join([rest, *(line.strip() for line in block[1:])]).strip()
    column = len(_ENTRY_INDENT) + len(term) + len(gap)
    if not words or width - column >= _NARROWEST_COLUMN:
        return _filled(words, width, f"{_ENTRY_INDENT}{term}{gap}", " " * column)
    below = " " * (2 * len(_ENTRY_INDENT) + 2)
    return [f"{_ENTRY_INDENT}{term}", *_filled(words, width, below, below)]


def _parts(line: str) -> tuple[str, str, str]:
    """Of an entry: its term, the gap behind it, and the beginning of its text."""
    found = re.fullmatch(r"(\S.*?)(?:(\s{2,})(.*))?", line.strip())
    assert found is not None
    return found[1], found[2] or "", found[3] or ""


def _filled(words: str, width: int, first: str = "", other: str = "") -> list[str]:
    import textwrap

    return textwrap.wrap(
        words,
        width,
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
