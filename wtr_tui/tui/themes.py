"""The program's colours: what each of them means, in every theme, readable on all its grounds."""

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
    """The theme variable that holds its colour, and the sign beside it: a colour never says it
    alone. What is to be seen to first stands first.
    """

    OVER = ("over", "✗")
    """Expired, refused, failed: it has to be done again."""
    URGENT = ("urgent", "▲")
    SOON = ("soon", "▲")
    UNKNOWN = ("unknown", "?")
    NONE = ("muted", "○")
    NEXT = ("next", "◆")
    """What comes next, and what can be pressed."""
    CALM = ("calm", "●")

    def __init__(self, variable: str, sign: str) -> None:
        self.colour = f"${variable}"
        """For ``Content.styled`` and style sheets: ``$calm``."""
        self.sign = sign

    @property
    def urgency(self) -> int:
        """0 for what is to be seen to first."""
        return list(Meaning).index(self)

    @property
    def css_class(self) -> str:
        """``-calm``: set on a widget whose style sheet colours itself by it."""
        return f"-{self.name.lower()}"


class Tone(Enum):
    """How something is meant: its sign, as a colour never says it alone, and its colour."""

    PLAIN = ("·", "$foreground")
    GOOD = ("✓", "$calm")
    WARN = ("!", "$soon")
    BAD = ("✗", "$over")

    def __init__(self, sign: str, colour: str) -> None:
        self.sign = sign
        self.colour = colour


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
        "marked": "ansi_blue",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
    },
)

OWN = (DARK, LIGHT, ANSI)

WITHOUT_COLOUR = "ansi-dark"
"""Under $NO_COLOR: the terminal's own colours are all that is left of it."""

NAMES = {"auto": "wtr-dark", "dark": "wtr-dark", "light": "wtr-light", "ansi": "wtr-ansi"}
"""The setting ``theme`` to the name of a theme; any other name is one of Textual's own."""


CHOICES = {
    "auto": "dark or light, as the terminal's background is",
    "dark": "WTR²'s own",
    "light": "WTR²'s own",
    "ansi": "the terminal's own sixteen colours",
}
"""The settings that are not just the name of a theme, and what they mean."""


def named(setting: str, *, light: bool = False, few_colours: bool = False) -> str:
    """The name of the theme that the setting ``theme`` means on such a terminal.

    With sixteen colours (``few_colours``) there is but one way to tell the meanings apart.
    """
    if few_colours and not setting.startswith("ansi-"):
        return ANSI.name
    return LIGHT.name if setting == "auto" and light else NAMES.get(setting, setting)


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
    foreground, background = colours["foreground"], colours["background"]
    marked = background.blend(colours["primary"], 0.2)
    grounds = (*(colours[name] for name in ("background", "surface", "panel")), marked)
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
    variables["marked"] = marked.hex
    return variables


GROUNDS = ("background", "surface", "panel", "marked")
"""The variables that hold the colours behind texts."""


def of_256(theme: Theme, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables in colours of a terminal that has 256: those of WTR²'s own theme, dark or
    light as this one is.

    By itself Textual makes a dark bluish grey navy there, or teal, and no text can be read on it.
    """
    found = _OF_256[theme.dark]
    bars = {
        name: found["background" if name.endswith(_BEHIND) or "-background-" in name else "line"]
        for name in variables
        if name.startswith("scrollbar")
    }
    return {**variables, **found, **bars}


_BEHIND = ("background", "corner-color")
# Rich sends light greys as the next darker one.
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
    end = max(_ENDS, key=lambda each: min(contrast(each, ground) for ground in grounds))
    for share in range(0, 101, 2):
        moved = colour.blend(end, share / 100)
        if min(contrast(moved, ground) for ground in grounds) >= LEAST_CONTRAST:
            return moved
    return end


# The ground of the terminal, for the theme ``auto``. The terminal is asked once, with the first
# bytes it gets, and nothing waits for it. An answer that comes before the first picture counts at
# once; a later one would repaint all of it, so it is kept for the next start.

QUERY = "\x1b]11;?\x1b\\"
"""OSC 11, for the colour of the ground (xterm, "Control Sequences")."""

_ANSWER = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?")
_WITHOUT_OSC = ("dumb", "linux", "vt", "ansi", "cons")
"""``$TERM`` of terminals that might show such a sequence, or what begins so."""
_MOST_KEPT = 20
"""Terminals."""


class Ground:
    """What is known of the ground of the terminal that this process draws on.

    ``from_address`` is where the user's terminal is: over SSH all have the same ``$TERM``.
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
        """The terminal's answer, else ``$COLORFGBG``, else its answer of an earlier start."""
        return bool(self._is_kept if self._known is None else self._known)

    def learn(self, answer: str) -> None:
        """Takes the terminal's answer, and keeps it for the next start."""
        light = light_by_answer(answer)
        if light is None or not self.query:
            return
        self._known = light
        if light is not self._is_kept:
            self._is_kept = light
            with suppress(WtrError, OSError):  # it is asked again at each start
                kept = {**self._kept(), self._name: light}
                latest = dict(list(kept.items())[-_MOST_KEPT:])
                write_private(self._path, json.dumps(latest).encode(), flush=False)

    @property
    def _path(self) -> str:
        # To version 0.1.0 each ``.json`` here is the token of a profile.
        return f"{state_dir(self._environ)}/light-terminals"

    def _kept(self) -> dict[str, bool]:
        try:
            members = json.loads(read_private(self._path, repair=False)[0])
        except (WtrError, OSError, ValueError):
            return {}
        kept = members.items() if isinstance(members, dict) else ()
        return {name: light for name, light in kept if isinstance(light, bool)}


def knows_osc(environ: Mapping[str, str]) -> bool:
    """Whether the terminal takes operating system commands, or at least leaves them out."""
    term = environ.get("TERM", "")
    return bool(term) and not term.startswith(_WITHOUT_OSC)


def light_by_answer(answer: str) -> bool | None:
    """What follows ``11;`` in a terminal's answer: ``rgb:ffff/ffff/ffff``; None for none."""
    found = _ANSWER.fullmatch(answer.lower())
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    # The luma of ITU-R BT.601: near enough to tell paper from ink.
    return bool(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)


def light_by_variable(colours: str) -> bool | None:
    """``$COLORFGBG`` of rxvt and Konsole, ``0;15`` or ``0;default;15``; None where it says none."""
    ground = colours.rpartition(";")[2]
    if not colours or not (ground.isascii() and ground.isdigit()):
        return None
    return int(ground) in (7, *range(9, 16))
