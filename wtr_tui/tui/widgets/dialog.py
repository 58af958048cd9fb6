"""The frame of whatever opens above a screen."""

from __future__ import annotations

from textual.containers import Vertical


class Dialog(Vertical, can_focus=False):
    """A bordered box in the middle; its look is in app.tcss."""
