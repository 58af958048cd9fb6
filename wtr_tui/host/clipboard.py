"""Copying to the clipboard the person pastes from, which may be on another machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wtr_tui.host import bounded, osc52, tmux
from wtr_tui.host.surroundings import Surroundings

LIMIT_SECONDS = 2.0
REVEAL = "press v to show the token"


class Way(Enum):
    """A way to a clipboard."""

    PYPERCLIP = "this machine's clipboard"
    TMUX = "tmux load-buffer -w"
    OSC52_TMUX_PASSTHROUGH = "OSC 52 through tmux"
    OSC52_SCREEN = "OSC 52 through screen"
    OSC52 = "OSC 52"


_SEQUENCES: Mapping[Way, Callable[[str], str]] = {
    Way.OSC52: osc52.plain,
    Way.OSC52_TMUX_PASSTHROUGH: osc52.through_tmux,
    Way.OSC52_SCREEN: osc52.through_screen,
}


@dataclass(frozen=True)
class Copied:
    """What happened. Never holds the text itself."""

    way: Way | None
    """None: nowhere."""
    words: str
    """One or two sentences which claim no more than is known."""
    warning: str = ""


def ways(surroundings: Surroundings, setting: str = "auto") -> tuple[Way, ...]:
    """The ways worth trying here, best first; ``setting`` is auto, local, terminal or tmux.

    Over SSH this machine's own clipboard is one nobody pastes from. In tmux its own command comes
    first, because by default tmux drops the sequences without a word.
    """
    local = (Way.PYPERCLIP,)
    if setting == "local":
        return local
    commands = (Way.TMUX,) if surroundings.tmux_commands else ()
    terminal = _terminal_ways(surroundings)
    if setting == "terminal":
        return terminal
    if setting == "tmux":
        return commands + terminal
    here = not surroundings.remote and (surroundings.display or surroundings.wsl)
    return (local if here else ()) + commands + terminal


def _terminal_ways(surroundings: Surroundings) -> tuple[Way, ...]:
    if not surroundings.terminal:
        return ()
    if surroundings.tmux:
        # Which of the two gets through depends on allow-passthrough and set-clipboard.
        return (Way.OSC52_TMUX_PASSTHROUGH, Way.OSC52)
    return (Way.OSC52_SCREEN,) if surroundings.screen else (Way.OSC52,)


def sequence(way: Way, text: str) -> str:
    """The bytes to write to the terminal; empty for the ways that go through a program."""
    wrap = _SEQUENCES.get(way)
    return wrap(text) if wrap else ""


def copy(
    text: str,
    surroundings: Surroundings,
    write_terminal: Callable[[str], None],
    setting: str = "auto",
    *,
    otherwise: str = REVEAL,
    environ: Mapping[str, str] | None = None,
    limit: float = LIMIT_SECONDS,
) -> Copied:
    """Copies ``text`` by the first way that does not fail.

    Blocks up to ``limit`` seconds a program, so call it in a thread; ``write_terminal`` is called
    in that thread too. ``otherwise`` ends the sentence on what to do when paste gives nothing.
    """
    environ = os.environ if environ is None else environ
    possible = ways(surroundings, setting)
    for way in possible:
        if way is Way.PYPERCLIP and _copy_here(text, environ, limit):
            return Copied(way, "Copied to this machine's clipboard.")
        if way is Way.TMUX and tmux.to_terminal_clipboard(text, environ, limit):
            return _sent(way, "through tmux", otherwise, text)
    written = [way for way in possible if way in _SEQUENCES]
    for way in written:
        # Nothing tells which of them gets through: all are sent, and one that does not is dropped.
        write_terminal(sequence(way, text))
    if written:
        return _sent(written[0], "OSC 52", otherwise, text)
    return Copied(None, f"Not copied: no clipboard can be reached from here. Instead {otherwise}.")


def _sent(way: Way, how: str, otherwise: str, text: str) -> Copied:
    words = (
        f"Sent to your terminal's clipboard ({how}). "
        f"If paste gives nothing, your terminal does not allow it: {otherwise}."
    )
    return Copied(way, words, osc52.length_warning(text))


def _copy_here(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Whether pyperclip, in a process of its own, put the text into this machine's clipboard."""
    program = Path(__file__).with_name("local_copy.py")
    # Not the current directory (empty): a pyperclip.py there would be given the token.
    places = [place for place in sys.path if place]
    command = [sys.executable, "-I", str(program), *places]
    return bounded.feed(command, text, limit=limit, environ=environ) == 0
