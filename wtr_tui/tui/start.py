"""From the command line's words to a running app."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping

from wtr_tui import secret_source
from wtr_tui.environment import surroundings, token_socket
from wtr_tui.storage import profiles
from wtr_tui.tui.rescue import Give
from wtr_tui.tui.session import RunningSandbox, Session


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
    """Opens the screens on the profile; gives the exit code.

    ``environ`` is read instead of the process's own environment, so that a ``demo`` finds its own
    profile. ``give`` prints a token that nothing keeps, should the screens end by a fault.
    """
    # Nothing made while starting is garbage, and looking for some takes a tenth of the start.
    # The first picture switches it on again.
    gc.disable()
    # The terminal's own size counts, not what a shell or a script once took for it.
    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    # Where the locale is broken Python would print box characters as \\u2500.
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    secret_source.terminal.hint = "Press r: then the command can ask you here."
    environ = dict(environ)
    socket = environ.get(token_socket.VARIABLE, "") if demo is None else ""
    if socket:
        from wtr_tui.tui import from_socket

        found = from_socket.profile(environ)
    else:
        found = profiles.find(name, config, environ)
    session = Session(found, environ, surroundings.look(environ), demo=demo, socket=socket)
    from wtr_tui.tui import app

    return app.run(session, give, mouse=mouse, tour=tour)
