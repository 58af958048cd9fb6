"""The time left, on a line of its own at the bottom of the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime

from wtr_tui import clock
from wtr_tui.commands.output import is_terminal, say


class Waiting:
    """Counts down on standard error while it is entered, where that is a terminal."""

    def __init__(
        self, deadline: Callable[[], datetime], now: Callable[[], datetime] = clock.now
    ) -> None:
        self._deadline = deadline
        self._now = now
        self._shown = ""
        self._tick: asyncio.TimerHandle | None = None

    def __enter__(self) -> Waiting:
        if is_terminal(sys.stderr):
            self._show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._tick is not None:
            self._tick.cancel()
        self.clear()

    def clear(self) -> None:
        """Makes room for a line of words; the countdown comes back by itself."""
        if self._shown:
            self._write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""

    def _show(self) -> None:
        words = f"Waiting; {clock.countdown(self._deadline() - self._now())} left."
        self._write("\r" + words.ljust(len(self._shown)))
        self._shown = words
        self._tick = asyncio.get_running_loop().call_later(1.0, self._show)

    def _write(self, text: str) -> None:
        say(text)
