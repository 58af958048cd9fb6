"""Opening an address in a graphical browser, without harm to the terminal we draw on."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from wtr_tui.host.surroundings import Surroundings

LIMIT_SECONDS = 5.0

# A program that still runs after this long is the browser itself, not one that fails to find one.
_PATIENCE_SECONDS = 2.0

TEXT_BROWSERS = frozenset(
    {
        *("browsh", "carbonyl", "cha", "edbrowse", "elinks", "links", "links2", "lynx"),
        *("netrik", "retawq", "w3m", "www-browser"),
    }
)

_DESKTOP = (
    "xdg-open",
    "gio open",
    "x-www-browser",
    "firefox",
    "google-chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "brave-browser",
    "epiphany",
    "konqueror",
)
_MACOS = ("open",)
# Not cmd.exe or powershell.exe, which read the & of an address as their own.
_WSL = ("wslview", "rundll32.exe url.dll,FileProtocolHandler")


class LaunchOutcome(Enum):
    OPENED = auto()
    """A program took the address. Whether a window came up is not known."""
    NONE = auto()
    """There is no browser to ask."""
    FAILED = auto()
    """There is one, and it said no."""


@dataclass(frozen=True)
class Launch:
    outcome: LaunchOutcome
    words: str
    """A sentence; it does not repeat the address, which may hold a state."""


def open_browser(
    url: str,
    environ: Mapping[str, str],
    surroundings: Surroundings,
    *,
    limit: float = LIMIT_SECONDS,
) -> Launch:
    """Asks ``$BROWSER``, or else the desktop, to open ``url``; never raises.

    Blocks up to ``limit`` seconds, so call it in a thread. What it starts gets the address as one
    argument, no shell, nothing of our terminal, and lives on when we end.
    """
    if not _is_web_address(url):
        words = "Not opened: a browser is only given addresses that begin with http or https."
        return Launch(LaunchOutcome.FAILED, words)
    deadline = time.monotonic() + limit
    refused: list[str] = []
    for command in commands(url, environ, surroundings):
        name = Path(command[0]).name
        left = deadline - time.monotonic()
        if left <= 0:
            break
        failure = _start(command, environ, min(left, _PATIENCE_SECONDS))
        if failure is None:
            words = f"Asked {name} to open the page. If nothing opened, open the address yourself."
            return Launch(LaunchOutcome.OPENED, words)
        refused.append(f"{name} {failure}")
    if refused:
        words = f"No browser opened ({', '.join(refused)}): open the address yourself."
        return Launch(LaunchOutcome.FAILED, words)
    return Launch(LaunchOutcome.NONE, "No browser was found here: open the address yourself.")


def commands(
    url: str, environ: Mapping[str, str], surroundings: Surroundings
) -> Iterator[tuple[str, ...]]:
    """The commands to try, in order: what ``$BROWSER`` lists, then what the desktop has.

    A text browser is never among them: it would need the terminal we draw on.
    """
    path = environ.get("PATH")
    wanted = [entry for entry in environ.get("BROWSER", "").split(":") if entry.strip()]
    for entry in [*wanted, *_desktop(surroundings)]:
        command = _command(entry, url, path)
        if command is not None and not _is_text_browser(command[0]):
            yield command


def _desktop(surroundings: Surroundings) -> tuple[str, ...]:
    if surroundings.macos:
        return _MACOS
    # Without a display xdg-open looks for text browsers.
    return (_WSL if surroundings.wsl else ()) + (_DESKTOP if surroundings.display else ())


def _command(entry: str, url: str, path: str | None) -> tuple[str, ...] | None:
    """The entry as a command with the address as one argument; None where it cannot be run.

    As in xdg-open and Python's webbrowser, ``%s`` stands for the address, else it comes last.
    """
    whole = shutil.which(entry, path=path)
    if whole is not None:  # a path that may hold blanks
        return whole, url
    try:
        words = shlex.split(entry)
    except ValueError:  # a quotation without an end
        return None
    if words[-1:] == ["&"]:
        words.pop()
    program = shutil.which(words[0], path=path) if words else None
    if program is None:
        return None
    arguments = words[1:]
    if any("%s" in argument and len(argument.split()) > 1 for argument in arguments):
        return None  # sh -c "firefox %s": the address would be read as shell text
    if not any("%s" in argument for argument in arguments):
        arguments.append("%s")
    return program, *(argument.replace("%s", url) for argument in arguments)


def _is_text_browser(program: str) -> bool:
    # x-www-browser and www-browser are links to whichever browser is installed.
    return not TEXT_BROWSERS.isdisjoint({Path(program).name, Path(program).resolve().name})


def _is_web_address(url: str) -> bool:
    scheme, separator, rest = url.partition("://")
    known = scheme.lower() in {"http", "https"} and bool(separator and rest)
    return known and url.isascii() and url.isprintable() and " " not in url


def _start(command: tuple[str, ...], environ: Mapping[str, str], patience: float) -> str | None:
    """None where the program took the address, else what it did instead."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,  # no controlling terminal: /dev/tty is closed to it too
        )
    except OSError as error:
        return f"could not be started: {error.strerror}"
    try:
        code = process.wait(patience)
    except subprocess.TimeoutExpired:
        # Waited for by somebody, or it would stay a zombie once closed.
        threading.Thread(target=process.wait, name="browser", daemon=True).start()
        return None
    return None if code == 0 else f"ended with exit code {code}"
