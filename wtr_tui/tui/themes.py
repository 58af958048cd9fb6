"""The program's colours: what each of them means, in every theme, readable on all its grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from wtr_tui.brand import ACCENT_ON_DARK, ACCENT_ON_LIGHT

LEAST_CONTRAST = 4.5
"""Of a text and what is behind it (WCAG 2.2, 1.4.3)."""

DARK = Theme(
    name="wtr-dark",
    primary=ACCENT_ON_DARK,
    secondary="#8a9bb0",
    accent=ACCENT_ON_DARK,
    foreground="#d5dbe3",
    background="#11161d",
    surface="#1a212b",
    panel="#222b37",
    success="#6fbf8b",
    warning="#e0b050",
    error="#ef7d6d",
    dark=True,
    variables={
        "calm": "#6fbf8b",
        "soon": "#e8c858",
        "urgent": "#f59a4c",
        "over": "#f0737f",
        "unknown": "#b79be6",
        "next": ACCENT_ON_DARK,
        "on-next": "#11161d",
        "muted": "#8d9bad",
        "line": "#3b4858",
        "input-selection-background": f"{ACCENT_ON_DARK} 40%",
    },
)

LIGHT = Theme(
    name="wtr-light",
    primary=ACCENT_ON_LIGHT,
    secondary="#5b6b7d",
    accent=ACCENT_ON_LIGHT,
    foreground="#1d2733",
    background="#fbfcfd",
    surface="#eef2f6",
    panel="#e0e7ee",
    success="#1d7a46",
    warning="#8f6400",
    error="#b3372a",
    dark=False,
    variables={
        "calm": "#176f3d",
        "soon": "#735c00",
        "urgent": "#a84300",
        "over": "#b3123f",
        "unknown": "#6a48b3",
        "next": "#0a668e",
        "on-next": "#fbfcfd",
        "muted": "#566576",
        "line": "#b4c0cc",
        "input-selection-background": f"{ACCENT_ON_LIGHT} 30%",
    },
)

# On the terminal's black and not on its default ground: green and yellow cannot be read on the
# white of most palettes, and which of both the default is, a terminal need not say.
ANSI = Theme(
    name="wtr-ansi",
    ansi=True,
    primary="ansi_bright_cyan",
    secondary="ansi_white",
    accent="ansi_bright_cyan",
    foreground="ansi_bright_white",
    background="ansi_black",
    surface="ansi_black",
    panel="ansi_black",
    success="ansi_bright_green",
    warning="ansi_bright_yellow",
    error="ansi_bright_red",
    dark=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "calm": "ansi_bright_green",
        "soon": "ansi_bright_yellow",
        "urgent": "ansi_bright_magenta",
        "over": "ansi_bright_red",
        "unknown": "ansi_green",
        "next": "ansi_bright_cyan",
        "on-next": "ansi_black",
        "muted": "ansi_white",
        "line": "ansi_bright_black",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
    },
)

OWN = (DARK, LIGHT, ANSI)

WITHOUT_COLOUR = "ansi-dark"
"""Under $NO_COLOR: the terminal's own colours are all that is left of it."""

NAMES = {"auto": "wtr-dark", "dark": "wtr-dark", "light": "wtr-light", "ansi": "wtr-ansi"}
"""The setting ``theme`` to the name of a theme; any other name is one of Textual's own."""


def named(setting: str) -> str:
    """The name of the theme that the setting ``theme`` means."""
    return NAMES.get(setting, setting)


MEANINGS = ("calm", "soon", "urgent", "over", "unknown", "next", "muted")
"""The variables that hold the colour of a text; all of them differ, in every theme."""


def variables_for(theme: Theme) -> Mapping[str, str]:
    """The variables that the widgets use, for one of Textual's themes, too.

    There they are made of the theme's own colours, each moved away from its grounds until it can
    be read on all of them. They come last in ``App.get_css_variables``: the foreground of some
    themes is too faint.
    """
    if "calm" in theme.variables:
        return theme.variables
    if theme.ansi:
        return ANSI.variables
    generated = theme.to_color_system().generate()
    colours = {name: Color.parse(generated[name]) for name in _SOURCES}
    grounds = tuple(colours[name] for name in ("background", "surface", "panel"))
    foreground, background = colours["foreground"], colours["background"]
    wanted = {
        "foreground": foreground,
        "calm": _hue(colours["success"], 140),
        "soon": _hue(colours["warning"], 50),
        "urgent": _hue(colours["warning"], 25),
        "over": _hue(colours["error"], 350),
        "unknown": _hue(colours["warning"], 275),
        "next": _hue(colours["primary"], 200),
        "muted": background.blend(foreground, 0.65),
    }
    variables = {name: readable(colour, grounds).hex for name, colour in wanted.items()}
    variables["on-next"] = readable(background, (Color.parse(variables["next"]),)).hex
    variables["line"] = background.blend(foreground, 0.3).hex
    return variables


_SOURCES = (
    "background", "surface", "panel", "foreground", "success", "warning", "error", "primary",
)  # fmt: skip


def _hue(colour: Color, degrees: float) -> Color:
    """The colour in the hue that its meaning has everywhere, strong enough to be distinguished."""
    _, saturation, lightness = colour.hsl
    return Color.from_hsl(degrees / 360, max(saturation, 0.7), min(lightness, 0.72))


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def readable(colour: Color, grounds: Sequence[Color]) -> Color:
    """The colour, lightened or darkened as little as it takes to be read on all the grounds."""
    ends = (Color(255, 255, 255), Color(0, 0, 0))
    end = max(ends, key=lambda each: min(contrast(each, ground) for ground in grounds))
    for share in range(0, 101, 2):
        moved = colour.blend(end, share / 100)
        if min(contrast(moved, ground) for ground in grounds) >= LEAST_CONTRAST:
            return moved
    return end
