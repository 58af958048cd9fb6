"""Output that sends no colour twice: over a slow line most of a picture is colours.

Textual ends each run of a style with a reset and begins the next one from nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest

_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_MOVES = re.compile(r"(?:\x1b\[\d+;\d+H|\n|\r)*")
_NEEDLESS_MOVES = re.compile(r"(?:\x1b\[\d+;\d+H|\n)+(?=\x1b\[\d+;\d+H)")
_COLOUR = re.compile(r"(?:^|;)((?:38|48);(?:2;\d+;\d+;\d+|5;\d+)|[34][0-79]|9[0-7]|10[0-7])(?=;|$)")
_RESET = "\x1b[0m"


def spared(data: str) -> str:
    """The output without what holds already and moves to nowhere: the picture is the same.

    A reset is kept back as long as the cursor only moves; of the style that follows only what
    differs is sent. It ends as it began, with nothing set.
    """
    if _RESET not in data:
        return data
    data = _NEEDLESS_MOVES.sub("", data)
    parts = _STYLE.split(data)
    kept = [parts[0]]
    set_now, reset_waits = "", False
    for style, text in zip_longest(parts[1::2], parts[2::2], fillvalue=""):
        if style in ("0", ""):
            reset_waits = bool(set_now)
            if not set_now:  # what came before did not begin with nothing set
                kept.append(_RESET)
        elif reset_waits or not set_now:
            kept.append(_change(set_now, style))
            set_now, reset_waits = style, False
        else:  # added to what is set: not from Textual, so it is left as it is
            return data
        if reset_waits and not _MOVES.fullmatch(text):
            kept.append(_RESET)
            set_now, reset_waits = "", False
        kept.append(text)
    if reset_waits:
        kept.append(_RESET)
    return "".join(kept)


@lru_cache(maxsize=512)
def _change(before: str, after: str) -> str:
    """What turns one style into another."""
    if before == after:
        return ""
    if not before:
        return f"\x1b[{after}m"
    old, new = _COLOUR.findall(before), _COLOUR.findall(after)
    rest_before, rest_after = _COLOUR.sub("", before), _COLOUR.sub("", after)
    same_kinds = [each[0] in "39" for each in old] == [each[0] in "39" for each in new]
    if rest_before == rest_after and same_kinds:
        return f"\x1b[{';'.join(each for each in new if each not in old)}m"
    return f"\x1b[0;{after}m"
