"""Opening a URL in a graphical browser, without a trace on the terminal we draw on."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from wtr_tui import process
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.text import cleaned, is_visible_ascii

LIMIT_SECONDS = 5.0

# A program that still runs after this long is the browser itself and has not failed.
_PATIENCE_SECONDS = 2.0

TEXT_BROWSERS = frozenset(
    {
        *("browsh", "carbonyl", "cha", "edbrowse", "elinks", "links", "links2", "lynx"),
        *("netrik", "retawq", "w3m", "www-browser"),
    }
)
_DESKTOP = (
    *("xdg-open", "gio open", "x-www-browser", "firefox", "google-chrome", "chromium"),
    *("chromium-browser", "microsoft-edge", "brave-browser"),
)
# Not cmd.exe or powershell.exe, to which the & of a URL is an operator.
_WSL = ("wslview", "rundll32.exe url.dll,FileProtocolHandler")


def open_browser(
    url: str,
    environ: Mapping[str, str],
    surroundings: Surroundings,
    *,
    limit: float = LIMIT_SECONDS,
) -> str:
    """Open ``url`` with ``$BROWSER``, or else the desktop's browser; never raises.

    Return a sentence on the outcome, without the URL, as that may hold a state; whether a window
    opened is not known. Blocks up to ``limit`` seconds, so call it in a thread. The program gets
    the URL as one argument, without a shell and without our terminal, and outlives us.
    """
    if not _is_web_address(url):
        return "Not opened: a browser is only given addresses that begin with http or https."
    deadline = time.monotonic() + limit
    failures: list[str] = []
    for command in commands(url, environ, surroundings):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        name = cleaned(Path(command[0]).name)
        patience = min(left, _PATIENCE_SECONDS)
        result = process.run(command, limit=patience, environ=environ, keep_running=True)
        if result.ok:
            return f"Asked {name} to open the page. If nothing opened, open the address yourself."
        failures.append(f"{name} {result.problem}")
    if failures:
        return f"No browser opened ({', '.join(failures)}): open the address yourself."
    return "No browser was found here: open the address yourself."


def commands(
    url: str, environ: Mapping[str, str], surroundings: Surroundings
) -> Iterator[tuple[str, ...]]:
    """Yield the commands to try, in order: those in ``$BROWSER``, then the desktop's.

    Text browsers are left out: they would need the terminal we draw on.
    """
    path = environ.get("PATH")
    entries = [entry for entry in environ.get("BROWSER", "").split(":") if entry.strip()]
    if surroundings.macos:
        entries.append("open")
    else:
        entries += _WSL if surroundings.wsl else ()
        # Without a display xdg-open would look for text browsers.
        entries += _DESKTOP if surroundings.display else ()
    for entry in entries:
        command = _command(entry, url, path)
        if command is not None and not _is_text_browser(command[0]):
            yield command


def _command(entry: str, url: str, path: str | None) -> tuple[str, ...] | None:
    """Return an entry of ``$BROWSER`` as a command with the URL; None where it cannot be run.

    As in xdg-open and Python's webbrowser, ``%s`` stands for the URL, else it comes last.
    """
    whole = shutil.which(entry, path=path)
    if whole is not None:  # a path that may contain spaces
        return whole, url
    try:
        words = shlex.split(entry)
    except ValueError:  # an unclosed quotation mark
        return None
    if words[-1:] == ["&"]:
        words.pop()
    program = shutil.which(words[0], path=path) if words else None
    if program is None:
        return None
    arguments = words[1:]
    if any("%s" in argument and len(argument.split()) > 1 for argument in arguments):
        return None  # sh -c "firefox %s": a shell would parse the URL
    if not any("%s" in argument for argument in arguments):
        arguments.append("%s")
    return program, *(argument.replace("%s", url) for argument in arguments)


def _is_text_browser(program: str) -> bool:
    # x-www-browser and www-browser are links to whichever browser is installed.
    return not TEXT_BROWSERS.isdisjoint({Path(program).name, Path(program).resolve().name})


def _is_web_address(url: str) -> bool:
    scheme, separator, rest = url.partition("://")
    return (
        scheme.lower() in {"http", "https"} and bool(separator and rest) and is_visible_ascii(url)
    )
