"""Several pictures as one: an SVG that shows one after the other, without any script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_OPENING = re.compile(r"<svg\b[^>]*viewBox=\"0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)\"[^>]*>")
_GAP, _CAPTION = 8, 48


@dataclass(frozen=True)
class Frame:
    """A picture as SVG, for how long it is shown, and what is said below it.

    ``key`` is the one that was pressed. The ``poster`` is what is seen where nothing moves: in a
    viewer without animation, and by whoever asked for less motion.
    """

    picture: str
    seconds: float
    words: str
    key: str = ""
    poster: bool = False


def recording(frames: Sequence[Frame]) -> str:
    """``frames`` are of one size; they are shown in their order, over and over."""
    total = sum(frame.seconds for frame in frames)
    first = _OPENING.search(frames[0].picture)
    assert first is not None
    width, height = round(float(first["width"])), round(float(first["height"]))
    rules, groups = [], []
    begin = 0.0
    for place, frame in enumerate(frames):
        end = begin + frame.seconds
        rules.append(_rules(place, 100 * begin / total, 100 * end / total))
        begin = end
        opening = _OPENING.search(frame.picture)
        assert opening is not None
        body = frame.picture[opening.end() : frame.picture.rindex("</svg>")]
        still = "visible" if frame.poster else "hidden"
        caption = _caption(frame, place + 1, len(frames), width, height + _GAP)
        groups.append(f'<g class="f{place}" visibility="{still}">{body}{caption}</g>')
    style = "\n".join(
        (
            ".said{font:20px system-ui,sans-serif;fill:#d5dbe3}",
            ".key{font:bold 18px ui-monospace,monospace;fill:#11161d;text-anchor:middle}",
            ".count{font:16px system-ui,sans-serif;fill:#8594a6;text-anchor:end}",
            "@media (prefers-reduced-motion:no-preference){",
            f"[class^=f]{{animation-duration:{total:g}s;animation-iteration-count:infinite;"
            "animation-timing-function:step-end}",
            *rules,
            "}",
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _GAP + _CAPTION}">'
        f"\n<style>\n{style}\n</style>\n" + "\n".join(groups) + "\n</svg>\n"
    )


def _rules(place: int, start: float, end: float) -> str:
    before = "" if place == 0 else "0%{visibility:hidden}"
    return (
        f"@keyframes f{place}{{{before}{start:.3f}%{{visibility:visible}}"
        f"{end:.3f}%,100%{{visibility:{'hidden' if end < 100 else 'visible'}}}}}"
        f".f{place}{{animation-name:f{place}}}"
    )


def _caption(frame: Frame, number: int, count: int, width: int, top: int) -> str:
    """A bar below the window: the key as a cap, what happens in words, and how far it is."""
    middle = top + _CAPTION / 2
    parts = [f'<rect x="1" y="{top}" width="{width - 2}" height="{_CAPTION - 1}" rx="8"']
    parts.append(' fill="#222b37"/>')
    left = 20.0
    if frame.key:
        cap = 20 + 11 * len(frame.key)
        parts.append(
            f'<rect x="{left:g}" y="{middle - 15:g}" width="{cap}" height="30" rx="5"'
            f' fill="#4fb3d9"/><text class="key" x="{left + cap / 2:g}" y="{middle + 6:g}">'
            f"{escape(frame.key)}</text>"
        )
        left += cap + 14
    parts.append(
        f'<text class="said" x="{left:g}" y="{middle + 7:g}">{escape(frame.words)}</text>'
        f'<text class="count" x="{width - 20}" y="{middle + 6:g}">{number} / {count}</text>'
    )
    return "".join(parts)
