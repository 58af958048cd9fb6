"""A text on the bare terminal: no borders, no line breaks of ours, so it can be selected whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

_CLEAR = "\x1b[2J\x1b[H"


class PlainPage:
    """Waits for Enter without blocking: a redirect that arrives meanwhile is answered."""

    def __init__(self) -> None:
        self._over: asyncio.Event | None = None

    async def show(self, title: str, text: str) -> None:
        """To be called while the app is suspended; gives back when Enter was pressed.

        The text is left off the screen then: it may be a token.
        """
        loop = asyncio.get_running_loop()
        keyboard = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        self._over = asyncio.Event()
        _write(f"{_CLEAR}{title}\n\n{text}\n\nPress Enter to go back. ")
        loop.add_reader(keyboard, self._over.set)
        try:
            await self._over.wait()
        finally:
            loop.remove_reader(keyboard)
            self._over = None
            _drain(keyboard)
            _write(_CLEAR)

    def close(self) -> None:
        """Goes back without Enter, because something has happened that the screens tell."""
        if self._over is not None:
            self._over.set()


def _write(text: str) -> None:
    # A terminal that is gone meanwhile takes nothing more; its signal ends the program.
    if sys.__stderr__ is not None:
        with contextlib.suppress(OSError):
            sys.__stderr__.write(text)
            sys.__stderr__.flush()


def _drain(keyboard: int) -> None:
    """Takes what was typed, so that it is not taken for keys of the screens."""
    blocking = os.get_blocking(keyboard)
    os.set_blocking(keyboard, False)
    try:
        while os.read(keyboard, 4096):
            continue
    except OSError:
        return
    finally:
        os.set_blocking(keyboard, blocking)
