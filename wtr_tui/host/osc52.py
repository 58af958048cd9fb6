"""OSC 52: the escape sequence that hands a text to the terminal's clipboard.

It is the only one that reaches the person's own machine over SSH. A terminal never answers, and
many have it switched off (macOS Terminal, older GNOME Terminals, the old Windows console).
"""

from __future__ import annotations

import base64

# GNU screen passes at most 768 bytes of a string on (measured with 4.9: 736 arrive, 776 do not),
# older ones 256. It passes several strings on as one, so a long sequence is cut up.
_SCREEN_STRING = 254

_SMALL_TERMINALS = 1_024
_MANY_TERMINALS = 4_096


def plain(text: str) -> str:
    """The sequence itself. Ends with BEL: inside screen's strings ``ESC \\`` would end those."""
    return f"\x1b]52;c;{_encoded(text)}\a"


def through_tmux(text: str) -> str:
    """Wrapped so that tmux passes it on unread: needs ``allow-passthrough on`` from 3.3 on."""
    doubled = plain(text).replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(text: str) -> str:
    """Wrapped for GNU screen, in as many strings as it takes."""
    whole = plain(text)
    starts = range(0, len(whole), _SCREEN_STRING)
    return "".join(f"\x1bP{whole[start : start + _SCREEN_STRING]}\x1b\\" for start in starts)


def length_warning(text: str) -> str:
    """A sentence where terminals are known to cut or drop a text of this length; else empty."""
    length = len(_encoded(text))
    if length > _MANY_TERMINALS:
        return f"It is long ({length} bytes): many terminals drop it or paste only a part."
    if length > _SMALL_TERMINALS:
        return f"It is long ({length} bytes): some terminals drop it or paste only a part."
    return ""


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
