"""Ending well: signals, a terminal that went away, and coming back from the background."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

# Textual handles none of these: it would die at once and leave the terminal in its full-screen
# mode, or, where SIGHUP is ignored (nohup), spin for ever on a terminal that is gone.
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def end_on_signals(app: WtrApp) -> None:
    """Each of the signals ends the program orderly, with 128 plus its number as exit code."""
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, _ending(app, number))


def repaint_after_suspension(app: WtrApp) -> None:
    """After ``fg`` the terminal is empty, and Textual repaints only what changes."""
    app.app_resume_signal.subscribe(app, lambda _: app.screen.refresh())


def _ending(app: WtrApp, number: signal.Signals) -> Callable[[], None]:
    def end() -> None:
        app.exit(return_code=128 + number, result=128 + number)

    return end
