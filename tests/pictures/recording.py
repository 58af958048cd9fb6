"""Several pictures as one: an SVG that shows one after the other, without any script."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPENING = re.compile(r"<svg\b[^>]*viewBox=\"0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)\"[^>]*>")


def recording(frames: Sequence[tuple[str, float]]) -> str:
    """``frames`` are SVG pictures of one size with the seconds each is shown."""
    total = sum(seconds for _, seconds in frames)
    first = _OPENING.search(frames[0][0])
    assert first is not None
    rules, groups = [], []
    begin = 0.0
    for place, (picture, seconds) in enumerate(frames):
        start, end = 100 * begin / total, 100 * (begin + seconds) / total
        begin += seconds
        hidden = "" if place == 0 else f"0%,{start:.3f}%{{visibility:hidden}}"
        rules.append(
            f"@keyframes f{place}{{{hidden}{start:.3f}%,{end:.3f}%{{visibility:visible}}"
            f"{end:.3f}%,100%{{visibility:hidden}}}}"
            f".f{place}{{visibility:hidden;animation:f{place} {total:g}s step-end infinite}}"
        )
        opening = _OPENING.search(picture)
        assert opening is not None
        body = picture[opening.end() : picture.rindex("</svg>")]
        groups.append(f'<g class="f{place}">{body}</g>')
    size = f"0 0 {first['width']} {first['height']}"
    style = "\n".join(rules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">\n<style>\n{style}\n</style>\n'
        + "\n".join(groups)
        + "\n</svg>\n"
    )
