"""The program's colours: one accent, and four that mean how pressing something is."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="wtr-dark",
    primary="#4fb3d9",
    secondary="#8a9bb0",
    accent="#4fb3d9",
    foreground="#d5dbe3",
    background="#11161d",
    surface="#1a212b",
    panel="#222b37",
    success="#6fbf8b",
    warning="#e0b050",
    error="#ef7d6d",
    dark=True,
    variables={"muted": "#8594a6", "input-selection-background": "#4fb3d9 40%"},
)

LIGHT = Theme(
    name="wtr-light",
    primary="#0b6e99",
    secondary="#5b6b7d",
    accent="#0b6e99",
    foreground="#1d2733",
    background="#fbfcfd",
    surface="#eef2f6",
    panel="#e0e7ee",
    success="#1d7a46",
    warning="#8f6400",
    error="#b3372a",
    dark=False,
    variables={"muted": "#5b6b7d", "input-selection-background": "#0b6e99 30%"},
)

WITHOUT_COLOUR = "ansi-dark"
"""Under $NO_COLOR: the terminal's own colours are all that is left of it."""

NAMES = {"auto": "wtr-dark", "dark": "wtr-dark", "light": "wtr-light", "ansi": "ansi-dark"}
"""The setting ``theme`` to the name of a theme; any other name is one of Textual's own."""
