"""Copying to the clipboard of the user's machine, which may be at the other end of SSH.

OSC 52 is the escape sequence that puts a text into the terminal's clipboard: the only route to the
user's machine over SSH. A terminal never confirms it, and many have it switched off (macOS
Terminal, older GNOME Terminals, the old Windows console).
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from wtr_tui import process
from wtr_tui.environment.surroundings import Surroundings

LIMIT_SECONDS = 2.0

# GNU screen passes on at most 768 bytes of a string (measured with 4.9: 736 arrive, 776 do not),
# older ones 256. It joins consecutive strings, so a long sequence is split.
_SCREEN_STRING = 254

# mosh sends the differences of the screen, clipboard included, at most 250 ms apart: copying the
# same text again makes no difference, unless a frame with another text came in between.
_ANOTHER_TEXT = " "
_MOSH_FRAME = 0.5

_SMALL_TERMINALS = 1_024

# What pyperclip might choose but we do not: klipper takes the text as an argument, which every user
# of the machine can read; what Qt copied is gone when its process ends.
_UNUSABLE = frozenset({"copy_klipper", "copy_qt"})


def osc52(text: str) -> str:
    """Return the sequence. It ends with BEL: ``ESC \\`` would end the strings of screen."""
    return f"\x1b]52;c;{_encoded(text)}\a"


def through_tmux(sequence: str) -> str:
    """Wrap a sequence so that tmux passes it on; 3.3 and newer need ``allow-passthrough on``."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(sequence: str) -> str:
    """Wrap a sequence for GNU screen, in as many strings as needed."""
    starts = range(0, len(sequence), _SCREEN_STRING)
    return "".join(f"\x1bP{sequence[start : start + _SCREEN_STRING]}\x1b\\" for start in starts)


def length_warning(text: str) -> str:
    """Return a sentence where terminals are known to cut or drop a text of this length, else ""."""
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
class CopyResult:
    """The outcome of :func:`copy`, without the text itself."""

    route: Route | None
    """None where it was not copied."""
    message: str
    """One or two sentences that claim no more than is known."""
    warning: str = ""


def routes(surroundings: Surroundings, setting: str = "auto") -> tuple[Route, ...]:
    """Return the routes to try, best first; ``setting`` is auto, local, terminal or tmux.

    Over SSH this machine's own clipboard is of no use. In tmux its own command comes first, because
    by default tmux silently drops the sequences.
    """
    local = (Route.PYPERCLIP,)
    if setting == "local":
        return local
    commands = (Route.TMUX,) if surroundings.tmux_commands else ()
    terminal: tuple[Route, ...] = ()
    if surroundings.terminal and surroundings.tmux:
        # Which of the two works depends on allow-passthrough and set-clipboard.
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
) -> CopyResult:
    """Copy ``text`` by the first route that does not fail.

    Blocks up to ``limit`` seconds per program, so call it in a thread; ``write_terminal`` is called
    in that thread too. ``otherwise`` is the end of the sentence on what to do if nothing can be
    pasted.
    """
    environ = os.environ if environ is None else environ
    possible = routes(surroundings, setting)
    if Route.PYPERCLIP in possible and copy_by_pyperclip(text, environ, limit):
        return CopyResult(Route.PYPERCLIP, "It is in this machine's clipboard.")

    def send(text: str) -> Route | None:
        if Route.TMUX in possible and copy_by_tmux(text, environ, limit):
            return Route.TMUX
        written = [route for route in possible if route in SEQUENCES]
        for route in written:
            # All are sent, as nothing tells which one works; the others are dropped.
            write_terminal(SEQUENCES[route](text))
        return written[0] if written else None

    if surroundings.mosh and send(_ANOTHER_TEXT) is not None:
        time.sleep(_MOSH_FRAME)
    route = send(text)
    if route is None:
        return CopyResult(
            None, f"Not copied: no clipboard can be reached from here. Instead {otherwise}."
        )
    how = "through tmux" if route is Route.TMUX else "OSC 52"
    message = (
        f"Sent to your terminal's clipboard ({how}). "
        f"If paste gives nothing, your terminal does not allow it: {otherwise}."
    )
    return CopyResult(route, message, length_warning(text))


# Run isolated (-I) with our sys.path, as pyperclip may be installed where Python does not look.
_PYPERCLIP_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " from wtr_tui.environment import clipboard; sys.exit(clipboard.pyperclip_main())"
)


def copy_by_pyperclip(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Put ``text`` into this machine's clipboard, and return whether that worked.

    In a process of its own, with a time limit: pyperclip starts xclip and the like with our
    standard error, which is the screen Textual draws on; and Qt without a display aborts the
    process.
    """
    # Not the current directory (empty): a pyperclip.py there would be given the token.
    import_path = [folder for folder in sys.path if folder]
    command = [sys.executable, "-I", "-c", _PYPERCLIP_PROGRAM, *import_path]
    return process.run(command, limit=limit, environ=environ, stdin=text.encode()).ok


def pyperclip_main() -> int:
    """Copy standard input by pyperclip; return 0 where every program it started succeeded."""
    import subprocess

    import pyperclip

    class WatchedPopen(subprocess.Popen[bytes]):
        """A Popen that keeps its instances, as pyperclip ignores their exit codes."""

        started: ClassVar[list[subprocess.Popen[bytes]]] = []

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]  # passed on
            self.started.append(self)

    copy, _ = pyperclip.determine_clipboard()
    if getattr(copy, "__name__", "") in _UNUSABLE:
        return 1
    subprocess.Popen = WatchedPopen  # type: ignore[assignment,misc]  # watched
    copy(sys.stdin.buffer.read().decode())
    return int(any(program.returncode for program in WatchedPopen.started))


def copy_by_tmux(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Have tmux send ``text`` to the clipboard of its terminal; return whether tmux accepted it.

    Whether the terminal accepts it is not known. Works with every value of set-clipboard and
    allow-passthrough, unlike our own sequences. Needs tmux 3.2 (load-buffer -w). Blocks up to
    ``limit`` seconds, and as long again to clean up.
    """
    name = f"wtr-tui-{os.getpid()}"
    # One client for both commands: tmux removes the buffer even if we are killed meanwhile.
    load = ("load-buffer", "-w", "-b", name, "-")
    delete = ("delete-buffer", "-b", name)
    command = ["tmux", *load, ";", *delete]
    result = process.run(command, limit=limit, environ=environ, stdin=text.encode())
    if result.timed_out:
        process.run(["tmux", *delete], limit=limit, environ=environ)
    return result.ok
