"""Copying to the clipboard the user pastes from, which may be on another machine.

OSC 52 is the escape sequence that hands a text to the terminal's clipboard: the only way that
reaches the user's own machine over SSH. A terminal never answers, and many have it switched off
(macOS Terminal, older GNOME Terminals, the old Windows console).
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wtr_tui import process
from wtr_tui.environment.surroundings import Surroundings

LIMIT_SECONDS = 2.0

# GNU screen passes at most 768 bytes of a string on (measured with 4.9: 736 arrive, 776 do not),
# older ones 256. It passes several strings on as one, so a long sequence is cut up.
_SCREEN_STRING = 254

# mosh sends how the screen differs, clipboard included, at most 250 ms apart: a text equal to the
# last one is no difference, unless a frame with another one has come in between.
_ANOTHER_TEXT = " "
_MOSH_FRAME = 0.5

_SMALL_TERMINALS = 1_024


def osc52(text: str) -> str:
    """The sequence itself. Ends with BEL: inside screen's strings ``ESC \\`` would end those."""
    return f"\x1b]52;c;{_encoded(text)}\a"


def through_tmux(sequence: str) -> str:
    """Wrapped so that tmux passes it on unread: needs ``allow-passthrough on`` from 3.3 on."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(sequence: str) -> str:
    """Wrapped for GNU screen, in as many strings as it takes."""
    starts = range(0, len(sequence), _SCREEN_STRING)
    return "".join(f"\x1bP{sequence[start : start + _SCREEN_STRING]}\x1b\\" for start in starts)


def length_warning(text: str) -> str:
    """A sentence where terminals are known to cut or drop a text of this length; else empty."""
    length = len(_encoded(text))
    long = f"It is long ({length} bytes): many terminals drop it or paste only a part."
    return long if length > _SMALL_TERMINALS else ""


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


class Route(Enum):
    """A route to a clipboard; the value is its name for the user."""

    PYPERCLIP = "this machine's clipboard"
    TMUX = "tmux load-buffer -w"
    OSC52_TMUX_PASSTHROUGH = "OSC 52 through tmux"
    OSC52_SCREEN = "OSC 52 through screen"
    OSC52 = "OSC 52"


SEQUENCES: Mapping[Route, Callable[[str], str]] = {
    Route.OSC52: osc52,
    Route.OSC52_TMUX_PASSTHROUGH: lambda text: through_tmux(osc52(text)),
    Route.OSC52_SCREEN: lambda text: through_screen(osc52(text)),
}


@dataclass(frozen=True)
class Copied:
    """What happened. Never holds the text itself."""

    route: Route | None
    """None: nowhere."""
    message: str
    """One or two sentences which claim no more than is known."""
    warning: str = ""


def routes(surroundings: Surroundings, setting: str = "auto") -> tuple[Route, ...]:
    """The routes worth trying here, best first; ``setting`` is auto, local, terminal or tmux.

    Over SSH this machine's own clipboard is one nobody pastes from. In tmux its own command comes
    first, because by default tmux drops the sequences without a word.
    """
    local = (Route.PYPERCLIP,)
    if setting == "local":
        return local
    commands = (Route.TMUX,) if surroundings.tmux_commands else ()
    terminal: tuple[Route, ...] = ()
    if surroundings.terminal and surroundings.tmux:
        # Which of the two gets through depends on allow-passthrough and set-clipboard.
        terminal = (Route.OSC52_TMUX_PASSTHROUGH, Route.OSC52)
    elif surroundings.terminal:
        terminal = (Route.OSC52_SCREEN if surroundings.screen else Route.OSC52,)
    if setting == "terminal":
        return terminal
    if setting == "tmux":
        return commands + terminal
    here = not surroundings.remote and (surroundings.display or surroundings.wsl)
    return (local if here else ()) + commands + terminal


def copy(
    text: str,
    surroundings: Surroundings,
    write_terminal: Callable[[str], None],
    setting: str = "auto",
    *,
    otherwise: str,
    environ: Mapping[str, str] | None = None,
    limit: float = LIMIT_SECONDS,
) -> Copied:
    """Copies ``text`` by the first route that does not fail.

    Blocks up to ``limit`` seconds a program, so call it in a thread; ``write_terminal`` is called
    in that thread too. ``otherwise`` ends the sentence on what to do when paste gives nothing.
    """
    environ = os.environ if environ is None else environ
    possible = routes(surroundings, setting)
    if Route.PYPERCLIP in possible and _pyperclip_copy(text, environ, limit):
        return Copied(Route.PYPERCLIP, "It is in this machine's clipboard.")

    def send(text: str) -> Route | None:
        if Route.TMUX in possible and copy_by_tmux(text, environ, limit):
            return Route.TMUX
        written = [route for route in possible if route in SEQUENCES]
        for route in written:
            # Nothing tells which of them gets through: all are sent; one that does not is dropped.
            write_terminal(SEQUENCES[route](text))
        return written[0] if written else None

    if surroundings.mosh and send(_ANOTHER_TEXT) is not None:
        time.sleep(_MOSH_FRAME)
    route = send(text)
    if route is None:
        return Copied(
            None, f"Not copied: no clipboard can be reached from here. Instead {otherwise}."
        )
    how = "through tmux" if route is Route.TMUX else "OSC 52"
    message = (
        f"Sent to your terminal's clipboard ({how}). "
        f"If paste gives nothing, your terminal does not allow it: {otherwise}."
    )
    return Copied(route, message, length_warning(text))


def _pyperclip_copy(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Whether pyperclip, in a process of its own, put the text into this machine's clipboard."""
    program = Path(__file__).with_name("pyperclip_copy.py")
    # Not the current directory (empty): a pyperclip.py there would be given the token.
    import_path = [folder for folder in sys.path if folder]
    command = [sys.executable, "-I", str(program), *import_path]
    return process.run(command, limit=limit, environ=environ, stdin=text.encode()).ok


def copy_by_tmux(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Has tmux send ``text`` to the clipboard of the terminal it runs in.

    True where tmux took it: it cannot say whether the terminal did. Works with every value of
    set-clipboard and allow-passthrough, where a sequence of our own is dropped by default.
    Needs tmux 3.2 (load-buffer -w). Blocks up to ``limit`` seconds, and as long again to clean up.
    """
    name = f"wtr-tui-{os.getpid()}"
    # One client for both commands: if we are killed meanwhile, tmux still removes the buffer.
    load = ("load-buffer", "-w", "-b", name, "-")
    delete = ("delete-buffer", "-b", name)
    command = ["tmux", *load, ";", *delete]
    result = process.run(command, limit=limit, environ=environ, stdin=text.encode())
    if result.timed_out:
        process.run(["tmux", *delete], limit=limit, environ=environ)
    return result.ok
