"""From the command line's words to a running app."""

from __future__ import annotations

import gc
import os
import sys

from wtr_tui.environment import surroundings
from wtr_tui.storage import profile
from wtr_tui.tui.session import Session


def start(name: str | None, config: str | None, *, sandbox: bool, mouse: bool) -> int:
    """Opens the screens on the profile, or on a sandbox of its own; gives the exit code."""
    # Nothing made while starting is garbage, and looking for some takes a tenth of the start.
    # The first picture switches it on again.
    gc.disable()
    # Where the locale is broken Python would print box characters as \\u2500.
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    if not sandbox:
        environ = dict(os.environ)
        found = profile.find(name, config, environ)
        return _run(Session(found, environ, surroundings.look(environ)), mouse)
    from wtr_tui.sandbox import demo

    with demo.demo() as running:
        environ = running.profile.environ(os.environ)
        found = profile.find(None, None, environ)
        here = surroundings.look(environ)
        return _run(Session(found, environ, here, demo=running), mouse)


def _run(session: Session, mouse: bool) -> int:
    from wtr_tui.tui import app

    return app.run(session, mouse=mouse)
