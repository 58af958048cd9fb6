"""Ending well: signals, a terminal that went away, and coming back from the background."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

# Textual handles none of these: it would die at once and leave the terminal in its full-screen
# mode, or, where SIGHUP is ignored (nohup), spin for ever on a terminal that is gone.
#
# The value: how many seconds a refresh under way may still take. A terminal that is gone has
# nobody left who waits for its program.
_PATIENCE = {signal.SIGTERM: 5.0, signal.SIGINT: 5.0, signal.SIGHUP: 0.7}


def end_on_signals(app: WtrApp) -> None:
    """Each of the signals ends the program orderly, with 128 plus its number as exit code."""
    loop = asyncio.get_running_loop()
    for number in _PATIENCE:
        loop.add_signal_handler(number, _ending(app, number))


def terminal_is_gone() -> bool:
    """Whether nobody will ever see or type anything again.

    The kernel tells only the leader of the session (SIGHUP); in a container, say, that is
    somebody else, and Textual would go on asking a closed terminal as fast as it can.
    """
    assert sys.__stdin__ is not None
    try:
        termios.tcgetattr(sys.__stdin__.fileno())
    except termios.error:
        return True
    return False


def forget_lost_terminal() -> None:
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


def repaint_after_suspension(app: WtrApp) -> None:
    """After ``fg`` the terminal is empty, and Textual repaints only what changes."""
    app.app_resume_signal.subscribe(app, lambda _: app.screen.refresh())


def _ending(app: WtrApp, number: signal.Signals) -> Callable[[], None]:
    def end() -> None:
        app.leave(128 + number, patience=_PATIENCE[number])

    return end
