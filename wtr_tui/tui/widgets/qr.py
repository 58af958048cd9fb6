"""A QR code in half blocks, two modules a cell."""

from __future__ import annotations

from textual.content import Content

_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
_BORDER = 1
"""Modules of quiet around it. The standard says four; cameras manage with one, and 24 lines
are not enough for more."""


def qr_lines(text: str) -> list[str]:
    """The code with its border, a dark module as a block; as small as the text allows."""
    import segno

    code = segno.make(text, error="l", boost_error=False, micro=False)
    rows = [list(row) for row in code.matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    return [
        "".join(_BLOCKS[above, below] for above, below in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def qr_content(lines: list[str]) -> Content:
    """Always black on white, whatever the theme: some cameras do not read it the other way."""
    return Content.styled("\n".join(lines), "#000000 on #ffffff")
