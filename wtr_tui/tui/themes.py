"""Themes: a colour for each meaning, readable on all backgrounds of every theme.

:class:`TerminalBackground` finds out whether the terminal is dark or light.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from wtr_tui import ACCENT_ON_DARK, ACCENT_ON_LIGHT
from wtr_tui.errors import WtrError
from wtr_tui.storage.paths import state_dir
from wtr_tui.storage.private_file import read_private, write_private


class Meaning(Enum):
    """What a colour means: the theme variable with the colour, and a sign that always goes with it.

    The most urgent comes first.
    """

    OVER = ("over", "✗")
    """Expired, refused, failed."""
    URGENT = ("urgent", "▲")
    SOON = ("soon", "▲")
    UNKNOWN = ("unknown", "?")
    NONE = ("muted", "○")
    NEXT = ("next", "◆")
    """What comes next, and keys to press."""
    CALM = ("calm", "●")

    def __init__(self, variable: str, sign: str) -> None:
        self.colour = f"${variable}"
        """For ``Content.styled`` and style sheets: ``$calm``."""
        self.sign = sign

    @property
    def urgency(self) -> int:
        """Its rank; 0 is the most urgent."""
        return list(Meaning).index(self)

    @property
    def css_class(self) -> str:
        """``-calm``: the class of a widget that is coloured by its style sheet."""
        return f"-{self.name.lower()}"


class Tone(Enum):
    """The tone of a message: a sign and a colour, as a colour alone must not carry a meaning."""

    PLAIN = ("·", "$foreground")
    GOOD = ("✓", "$calm")
    WARN = ("!", "$soon")
    BAD = ("✗", "$over")

    def __init__(self, sign: str, colour: str) -> None:
        self.sign = sign
        self.colour = colour


LEAST_CONTRAST = 4.5
"""Of a text on its background (WCAG 2.2, 1.4.3)."""

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
        "marked": "#1a3140",
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
        "marked": "#d7e8f3",
        "input-selection-background": f"{ACCENT_ON_LIGHT} 30%",
    },
)

# On black instead of the default background, which may be white: in most palettes green and yellow
# are unreadable on it, and not every terminal says which it is.
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
        "marked": "ansi_blue",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
    },
)

OWN = (DARK, LIGHT, ANSI)

WITHOUT_COLOUR = "ansi-dark"
"""The theme under $NO_COLOR, which leaves only the terminal's default colours."""

NAMES = {"auto": "wtr-dark", "dark": "wtr-dark", "light": "wtr-light", "ansi": "wtr-ansi"}
"""From the setting ``theme`` to the name of a theme; other names are Textual's own."""


CHOICES = {
    "auto": "dark or light, as the terminal's background is",
    "dark": "WTR²'s own",
    "light": "WTR²'s own",
    "ansi": "the terminal's own sixteen colours",
}
"""The values of the setting that need an explanation, with it."""


def theme_name(setting: str, *, light: bool = False, few_colours: bool = False) -> str:
    """Return the name of the theme for the setting ``theme`` on such a terminal.

    With sixteen colours (``few_colours``) only one theme tells all meanings apart.
    """
    if few_colours and not setting.startswith("ansi-"):
        return ANSI.name
    return LIGHT.name if setting == "auto" and light else NAMES.get(setting, setting)


def variables_for(theme: Theme) -> Mapping[str, str]:
    """Return the variables that the widgets use, also for one of Textual's own themes.

    They are then derived from the theme's colours, with enough contrast to all its backgrounds.
    That includes the foreground, too faint in some themes: apply them over Textual's variables.
    """
    if "calm" in theme.variables:
        return theme.variables
    if theme.ansi:
        return ANSI.variables
    generated = theme.to_color_system().generate()
    colours = {name: Color.parse(generated[name]) for name in _SOURCES}
    foreground, background = colours["foreground"], colours["background"]
    marked = background.blend(colours["primary"], 0.2)
    backgrounds = (*(colours[name] for name in ("background", "surface", "panel")), marked)
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
    variables = {name: readable(colour, backgrounds).hex for name, colour in wanted.items()}
    variables["on-next"] = readable(background, (Color.parse(variables["next"]),)).hex
    variables["line"] = background.blend(foreground, 0.3).hex
    variables["marked"] = marked.hex
    return variables


def of_256(theme: Theme, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables in the colours of 256-colour terminals, for a dark or a light theme.

    Converted by Textual, a dark bluish grey becomes navy or teal, on which no text is readable.
    """
    found = _OF_256[theme.dark]
    bars = {
        name: found["background" if name.endswith(_BEHIND) or "-background-" in name else "line"]
        for name in variables
        if name.startswith("scrollbar")
    }
    return {**variables, **found, **bars}


_BEHIND = ("background", "corner-color")
# Chosen with Rich in mind, which sends light greys as the next darker one.
_OF_256 = {
    True: {
        "background": "#121212", "surface": "#1c1c1c", "panel": "#262626", "marked": "#00005f",
        "foreground": "#dadada", "calm": "#87d787", "soon": "#ffd75f", "urgent": "#ff8700",
        "over": "#ff5f5f", "unknown": "#af87ff", "next": "#5fafd7", "muted": "#9e9e9e",
        "on-next": "#121212", "line": "#444444",
    },
    False: {
        "background": "#ffffff", "surface": "#f4f4f4", "panel": "#eeeeee", "marked": "#d7d7ff",
        "foreground": "#262626", "calm": "#005f00", "soon": "#5f5f00", "urgent": "#af0000",
        "over": "#af005f", "unknown": "#5f00af", "next": "#005f87", "muted": "#585858",
        "on-next": "#ffffff", "line": "#bcbcbc",
    },
}  # fmt: skip


_ENDS = (Color(255, 255, 255), Color(0, 0, 0))
_SOURCES = (
    "background", "surface", "panel", "foreground", "success", "warning", "error", "primary",
)  # fmt: skip


def _hue(colour: Color, degrees: float) -> Color:
    """Return the colour in the hue of its meaning, saturated enough to be told apart."""
    _, saturation, lightness = colour.hsl
    return Color.from_hsl(degrees / 360, max(saturation, 0.7), min(lightness, 0.72))


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def readable(colour: Color, backgrounds: Sequence[Color]) -> Color:
    """Return the colour, lightened or darkened until it is readable on all of the backgrounds."""
    end = max(_ENDS, key=lambda each: min(contrast(each, background) for background in backgrounds))
    for share in range(0, 101, 2):
        moved = colour.blend(end, share / 100)
        if min(contrast(moved, background) for background in backgrounds) >= LEAST_CONTRAST:
            return moved
    return end


QUERY = "\x1b]11;?\x1b\\"
"""OSC 11, which asks for the background colour (xterm, "Control Sequences")."""

_ANSWER = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?")
_WITHOUT_OSC = ("dumb", "linux", "vt", "ansi", "cons")
"""Prefixes of ``$TERM`` for terminals that might print such a sequence."""
_MAX_REMEMBERED = 20
"""Terminals."""


class TerminalBackground:
    """Whether the terminal's background is dark or light, for the theme ``auto``.

    The driver sends ``query`` with its first output. An answer before the first picture counts at
    once. A later one is remembered for the next start, as a new theme repaints everything.
    ``from_address`` is the SSH client's, as all its terminals have the same ``$TERM``.
    """

    def __init__(self, environ: Mapping[str, str], from_address: str = "") -> None:
        self._environ = environ
        term = environ.get("TERM", "")
        self._name = " ".join(
            filter(None, (term, environ.get("TERM_PROGRAM"), from_address or None))
        )
        self._known = light_by_variable(environ.get("COLORFGBG", ""))
        self._is_kept = self._kept().get(self._name)
        self.query = QUERY if knows_osc(environ) else ""

    @property
    def is_light(self) -> bool:
        """The terminal's answer, else ``$COLORFGBG``, else its answer at an earlier start."""
        return bool(self._is_kept if self._known is None else self._known)

    def learn(self, answer: str) -> None:
        """Apply the terminal's answer, and remember it for the next start."""
        light = light_by_answer(answer)
        if light is None or not self.query:
            return
        self._known = light
        if light is not self._is_kept:
            self._is_kept = light
            with suppress(WtrError, OSError):  # the next start asks again
                kept = {**self._kept(), self._name: light}
                latest = dict(list(kept.items())[-_MAX_REMEMBERED:])
                write_private(self._path, json.dumps(latest).encode(), flush=False)

    @property
    def _path(self) -> str:
        # Not ``.json``: version 0.1.0 takes each of those for the token of a profile.
        return f"{state_dir(self._environ)}/light-terminals"

    def _kept(self) -> dict[str, bool]:
        try:
            members = json.loads(read_private(self._path, repair=False)[0])
        except (WtrError, OSError, ValueError, RecursionError):
            return {}
        kept = members.items() if isinstance(members, dict) else ()
        return {name: light for name, light in kept if isinstance(light, bool)}


def knows_osc(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal executes OSC sequences, or at least does not print them."""
    term = environ.get("TERM", "")
    return bool(term) and not term.startswith(_WITHOUT_OSC)


def light_by_answer(answer: str) -> bool | None:
    """Return whether the answer to :data:`QUERY`, ``rgb:ffff/ffff/ffff``, is light; or None."""
    found = _ANSWER.fullmatch(answer.lower())
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    # The luma of ITU-R BT.601 is precise enough for this.
    return bool(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)


def light_by_variable(colours: str) -> bool | None:
    """Return whether ``$COLORFGBG`` (rxvt, Konsole: ``0;15``) is light; None if it does not say."""
    background = colours.rpartition(";")[2]
    if not re.fullmatch("[0-9]{1,3}", background):
        return None
    return int(background) in (7, *range(9, 16))
