"""From the command line's words to the screens, and what is left to do once they are gone."""

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

Give = Callable[[Token, str], None]
"""Prints the token of the profile on the terminal."""


def start(
    name: str | None,
    config: str | None,
    give: Give,
    *,
    mouse: bool,
    tour: bool = False,
    environ: Mapping[str, str] = os.environ,
    demo: RunningSandbox | None = None,
) -> int:
    """Shows the screens of the profile until the user leaves; gives the exit code.

    ``environ`` is read instead of the process's own environment, so that a ``demo`` finds its own
    profile. ``give`` prints a token that nothing keeps, should the screens end by a fault. Without
    the mouse (the default) the terminal's own selection works as everywhere else.
    """
    # The terminal's own size counts, not what a shell or a script once took for it.
    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    # Where the locale is broken Python would print box characters as \\u2500.
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
    _forget_lost_terminal()
    if app.crash_sentence:
        _offer_unsaved(session, give)
    return app.return_code or DONE


def refused_keys(wanted: Mapping[str, str]) -> list[str]:
    """Return what the screens refuse of the setting ``keys``, for ``wtr doctor``."""
    from wtr_tui.tui import keys
    from wtr_tui.tui.app import WtrApp

    return keys.refused_keys(wanted, WtrApp.bindings_by_screen())


def _forget_lost_terminal() -> None:
    """What could not be written any more would turn the exit code into 120 at the very end."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


def _offer_unsaved(session: Session, give: Give) -> None:
    """Tries once more to save what is unsaved, else asks on the bare terminal whether to print it.

    Nobody may be there to answer.
    """
    for each in session.watched:
        stored = each.auto_refresh.stored
        if stored is None or not each.auto_refresh.unsaved:
            continue
        try:
            each.save()
        except WtrError as error:
            _tell(f"\nThe token is NOT SAVED: {error}\nEnter prints it here, Ctrl+C drops it. ")
            if _is_wanted():
                give(stored.token, each.profile.name)
        else:
            _tell("The token that could not be saved before is saved now.\n")


def _is_wanted() -> bool:
    try:
        return bool(sys.stdin.readline())
    except (KeyboardInterrupt, OSError):
        return False


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
