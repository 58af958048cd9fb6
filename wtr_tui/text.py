"""Text that came from elsewhere (a server, a browser, a file), made fit to be shown."""

from __future__ import annotations

import unicodedata

_ELLIPSIS = "…"


def plain(text: str, limit: int = 300) -> str:
    """The text on one line, without control, format or surrogate characters, cut at ``limit``.

    What remains cannot move the cursor, change colours, hide or reorder other text
    (RFC 6749 §10.14 for a terminal). Markup is not touched: whoever shows it turns markup off.
    Only the first ``4 × limit`` characters are looked at: a megabyte of error text costs nothing.
    """
    seen = text[: 4 * limit]
    spaced = "".join(" " if character.isspace() else character for character in seen)
    shown = "".join(
        character for character in spaced if unicodedata.category(character) not in _UNSHOWABLE
    )
    joined = " ".join(shown.split())
    if len(joined) > limit or len(seen) < len(text):
        return joined[: limit - 1].rstrip() + _ELLIPSIS
    return joined


def on_one_line(words: str) -> str:
    """The sentences on one line, without the lines of a file that stand indented among them."""
    kept = (line for line in words.splitlines() if not line.startswith(" "))
    return " ".join(" ".join(kept).split())


def harmless(text: str) -> str:
    """The text with its lines and blanks, but without what :func:`plain` takes out of it.

    For whatever is about to be drawn, wherever it came from: a path, a file, another program.
    """
    # Nearly every text is, and looking at each character takes fifty times as long.
    if text.isprintable():
        return text
    return "".join(
        character
        for character in text.replace("\t", " ")
        if character == "\n" or unicodedata.category(character) not in _UNSHOWABLE
    )


# Cc control, Cf format (bidirectional overrides, zero width), Cs surrogate, Co private use,
# Cn unassigned, Zl/Zp line and paragraph separators.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
