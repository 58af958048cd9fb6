"""The full-screen program: :func:`run` starts it, and does what is left to do once it has ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from wtr_tui.environment import surroundings, token_socket
from wtr_tui.errors import DONE, WtrError
from wtr_tui.model import Token
from wtr_tui.storage import profiles, secret_source
from wtr_tui.storage.settings_table import MOUSE
from wtr_tui.tui.session import RunningSandbox, Session, WatchedSocket

PrintToken = Callable[[Token, str], None]
"""Print a profile's token on the terminal."""


def run(
    name: str | None,
    config: str | None,
    print_token: PrintToken,
    *,
    mouse: bool,
    tour: bool = False,
    environ: Mapping[str, str] = os.environ,
    demo: RunningSandbox | None = None,
) -> int:
    """Show the screens of the profile until the user leaves; return the exit code.

    ``environ`` replaces the process's environment: a ``demo`` has a profile of its own.
    ``print_token`` prints a token that could not be saved, should the screens end by a fault.
    Without ``mouse`` the terminal's own text selection works as usual.
    """
    # Textual prefers these to the real size of the terminal.
    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    # In a broken locale Python would print box characters as \\u2500.
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    secret_source.terminal.hint = "Press r: then the command can ask you here."
    environ = dict(environ)
    socket = None
    if demo is None and (path := environ.get(token_socket.VARIABLE, "")):
        socket = WatchedSocket(environ, path)
    found = profiles.find(name, config, environ) if socket is None else socket.profile
    session = Session(found, environ, surroundings.detect(environ), demo=demo, socket=socket)
    from wtr_tui.tui.app import WtrApp

    app = WtrApp(session, tour=tour)
    app.run(mouse=mouse or session.settings[MOUSE])
    _discard_unwritable_output()
    if app.crash_sentence:
        _offer_unsaved(session, print_token)
    return app.return_code or DONE


def refused_keys(wanted: Mapping[str, str]) -> list[str]:
    """Return what the screens refuse of the setting ``keys``, for ``wtr doctor``."""
    from wtr_tui.tui import keys
    from wtr_tui.tui.app import WtrApp

    return keys.refused_keys(wanted, WtrApp.bindings_by_screen())


def _discard_unwritable_output() -> None:
    """Drop output for a terminal that is gone: Python would exit with 120 because of it."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def _offer_unsaved(session: Session, print_token: PrintToken) -> None:
    """Try once more to save each unsaved token; else offer to print it on the bare terminal."""
    for each in session.watched:
        stored = each.auto_refresh.stored
        if stored is None or not each.auto_refresh.unsaved:
            continue
        try:
            each.save()
        except WtrError as error:
            _write(f"\nThe token is NOT SAVED: {error}\nEnter prints it here, Ctrl+C drops it. ")
            if _enter_pressed():
                print_token(stored.token, each.profile.name)
        else:
            _write("The token that could not be saved before is saved now.\n")


def _enter_pressed() -> bool:
    """Wait for a line; return False at the end of input (nobody may be there) or for Ctrl+C."""
    try:
        return bool(sys.stdin.readline())
    except (KeyboardInterrupt, OSError):
        return False


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
