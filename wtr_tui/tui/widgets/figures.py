"""Large figures of solid blocks, for the countdown and the device code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from wtr_tui.tui.themes import Meaning

_SEPARATE = 2
"""So many figures at the end, which change every second, have a widget each: Textual repaints a row
from the left edge of the widget to the changed cell."""


class Figures(Horizontal):
    """A text in large figures, three rows high; only rows that have changed are repainted.

    There are digits, ``:``, blanks and the units ``d h m`` of a countdown; any other text is in
    capitals. Where there is no room, it is in bold letters of normal size. ``double`` is for large
    screens: five rows high, and twice as wide.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Figures { height: 3; width: auto; max-width: 100%; }
    Figures.-double { height: 5; }
    Figures.-letters { width: 100%; height: 1; }
    Figures > _Piece { height: 100%; width: auto; }
    Figures.-calm { color: $calm; }
    Figures.-soon { color: $soon; }
    Figures.-urgent { color: $urgent; }
    Figures.-over { color: $over; }
    Figures.-unknown { color: $unknown; }
    Figures.-next { color: $next; }
    Figures.-none { color: $muted; }
    """

    def __init__(
        self,
        text: str = "",
        meaning: Meaning = Meaning.CALM,
        *,
        double: bool = False,
        room: int = 0,
        id: str | None = None,
    ) -> None:
        """Use letters of normal size for more than ``room`` columns; 0: those of the container."""
        super().__init__(id=id)
        self.text = text
        self.meaning = meaning
        self._room = room
        self._double = double
        self._pieces = tuple(_Piece() for _ in range(1 + _SEPARATE))
        self.add_class(meaning.css_class)
        self.set_class(double, "-double")

    def compose(self) -> ComposeResult:
        self._spread()
        yield from self._pieces

    def show(
        self,
        text: str,
        meaning: Meaning | None = None,
        *,
        room: int | None = None,
        double: bool | None = None,
    ) -> None:
        """Replace the text, and what else is given; the same text costs nothing."""
        if meaning is not None and meaning is not self.meaning:
            self.remove_class(self.meaning.css_class)
            self.add_class(meaning.css_class)
            self.meaning = meaning
        before = (self.text, self._room, self._double)
        self.text = text
        self._room = self._room if room is None else room
        self._double = self._double if double is None else double
        if before != (self.text, self._room, self._double):
            self.set_class(self._double, "-double")
            self._spread()

    def on_resize(self) -> None:
        self._spread()

    def _spread(self) -> None:
        """Distribute the figures: one to each of the last pieces, all others to the first."""
        room = self._room or (self.container_size.width if self.is_attached else 0)
        large = not room or width_of(self.text, double=self._double) <= room
        self.set_class(not large, "-letters")
        glyphs = [*_glyphs(self.text, double=self._double)] if large else [(self.text,)]
        separate = glyphs[-_SEPARATE:] if len(glyphs) > _SEPARATE else []
        head = glyphs[: len(glyphs) - len(separate)]
        self._pieces[0].show(["".join(row) for row in zip(*head, strict=True)], bold=not large)
        for index, piece in enumerate(self._pieces[1:]):
            piece.show(list(separate[index]) if index < len(separate) else [])


class _Piece(Widget):
    """Rows of blocks, of which only changed ones are repainted."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[str] = []
        self._bold = False

    def show(self, rows: list[str], *, bold: bool = False) -> None:
        before, self._rows = self._rows, rows
        bolder, self._bold = bold != self._bold, bold
        if [*map(len, before)] != [*map(len, rows)] or bolder:
            self.refresh(layout=True)
            return
        changed = [
            Region(0, y, len(new), 1)
            for y, (old, new) in enumerate(zip(before, rows, strict=True))
            if old != new
        ]
        if changed:
            self.refresh(*changed)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return max(map(len, self._rows), default=0)

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        row = self._rows[y] if y < len(self._rows) else ""
        shown = [Segment(row, style + _BOLD if self._bold else style)] if row else []
        return Strip(shown, len(row)).adjust_cell_length(self.size.width, style)


def width_of(text: str, *, double: bool = False) -> int:
    """Return the columns of a text in figures."""
    return sum(len(glyph[0]) for glyph in _glyphs(text, double=double))


def _glyphs(text: str, *, double: bool) -> Iterator[tuple[str, ...]]:
    """Yield the rows of each character, with a blank column behind all but the last."""
    shapes = text if _COUNTDOWN.fullmatch(text) else text.upper()
    for place, character in enumerate(shapes):
        yield _glyph(character, double=double, last=place + 1 == len(shapes))


@cache
def _glyph(character: str, *, double: bool, last: bool) -> tuple[str, ...]:
    gap = "" if last else "  " if double else " "
    dots = _SHAPES.get(character, _SHAPES["?"]).split()
    return tuple(row + gap for row in (_doubled(dots) if double else _halved(dots)))


_COUNTDOWN = re.compile(r"[\d: dhm]*")
_BOLD = Style(bold=True)


def _halved(dots: list[str]) -> Iterator[str]:
    """Yield five rows of dots as three rows of half blocks."""
    padded = [*dots, "." * len(dots[0])]
    for upper, lower in zip(padded[::2], padded[1::2], strict=True):
        yield "".join(_BLOCKS[two[0] + two[1]] for two in zip(upper, lower, strict=True))


def _doubled(dots: list[str]) -> Iterator[str]:
    """Return five rows with two blocks for each dot, which make it about as wide as high."""
    return ("".join("██" if dot == "#" else "  " for dot in row) for row in dots)


_BLOCKS = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}

_SHAPES = {
    "0": "### #.# #.# #.# ###",
    "1": "##. .#. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    ":": ". # . # .",
    " ": ". . . . .",
    ".": ". . . . #",
    "-": "... ... ### ... ...",
    "?": "### ..# .## ... .#.",
    "!": "# # # . #",
    "d": "..# ..# ### #.# ###",
    "h": "#.. #.. ### #.# #.#",
    "m": "..... ..... ##### #.#.# #.#.#",
    "A": "### #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": "### #.. #.. #.. ###",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": "### #.. #.# #.# ###",
    "H": "#.# #.# ### #.# #.#",
    "I": "# # # # #",
    "J": "..# ..# ..# #.# ###",
    "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": "### #.# #.# #.# ###",
    "P": "### #.# ### #.. #..",
    "Q": "### #.# #.# ### ..#",
    "R": "### #.# ##. #.# #.#",
    "S": "### #.. ### ..# ###",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###",
    "V": "#.# #.# #.# #.# .#.",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# ### .#. .#.",
    "Z": "### ..# .#. #.. ###",
}
