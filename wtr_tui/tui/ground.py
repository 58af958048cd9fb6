"""Whether the terminal's ground is light, for the theme ``auto``.

The terminal is asked once, with the first bytes it gets, and nothing waits for it. An answer that
comes before the first picture counts at once; a later one would repaint all of it, so it is kept
for the next start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress

from wtr_tui.errors import WtrError
from wtr_tui.storage.paths import state_dir
from wtr_tui.storage.private_file import read_private, write_private

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
