"""What a colour and a sign mean: the same on every screen, and never two with one colour."""

from __future__ import annotations

from enum import Enum


class Meaning(Enum):
    """The value is the theme variable that holds its colour, without the ``$``."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    OVER = "over"
    """Expired, refused, failed: it has to be done again."""
    UNKNOWN = "unknown"
    NEXT = "next"
    """What comes next, and what can be pressed."""
    NONE = "muted"

    @property
    def sign(self) -> str:
        """Stands beside the colour, which never says it alone."""
        return _SIGNS[self]

    @property
    def colour(self) -> str:
        """For ``Content.styled`` and style sheets: ``$calm``."""
        return f"${self.value}"

    @property
    def css_class(self) -> str:
        """``-calm``: set on a widget whose style sheet colours itself by it."""
        return f"-{self.name.lower()}"


_SIGNS = {
    Meaning.CALM: "●",
    Meaning.SOON: "▲",
    Meaning.URGENT: "▲",
    Meaning.OVER: "✗",
    Meaning.UNKNOWN: "?",
    Meaning.NEXT: "◆",
    Meaning.NONE: "○",
}
