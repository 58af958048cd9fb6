"""A text on the bare terminal: no borders, no line breaks of ours, so it can be selected whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Iterator

_CLEAR = "\x1b[2J\x1b[H"
_CLOSING = frozenset(b"\r\n\x1bqQ")


class PlainPage:
    """Waits for Enter, Esc or q without blocking: a redirect that arrives meanwhile is answered."""

    def __init__(self) -> None:
        self._over: asyncio.Event | None = None

    async def show(self, title: str, text: str) -> None:
        """To be called while the app is suspended; gives back when one of the keys was pressed.

        Nothing that is typed is echoed. The text is left off the screen then: it may be a token.
        """
        loop = asyncio.get_running_loop()
        keyboard = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        self._over = asyncio.Event()
        over = self._over
        _write(f"{_CLEAR}{title}\n\n{text}\n\nPress Enter, Esc or q to go back. ")

        def look() -> None:
            if _CLOSING.intersection(_typed(keyboard)):
                over.set()

        with _one_key_at_a_time(keyboard):
            loop.add_reader(keyboard, look)
            try:
                await over.wait()
            finally:
                loop.remove_reader(keyboard)
                self._over = None
                _typed(keyboard)  # so that it is not taken for keys of the screens
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


@contextlib.contextmanager
def _one_key_at_a_time(keyboard: int) -> Iterator[None]:
    """Keys come at once and are not echoed, until the terminal is as it was before."""
    try:
        before = termios.tcgetattr(keyboard)
    except termios.error:  # no terminal, or one that is gone
        yield
        return
    tty.setcbreak(keyboard, termios.TCSANOW)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(keyboard, termios.TCSANOW, before)


def _typed(keyboard: int) -> bytes:
    """What has been typed by now; Enter where nobody is there any more."""
    blocking = os.get_blocking(keyboard)
    os.set_blocking(keyboard, False)
    typed = b""
    try:
        while piece := os.read(keyboard, 4096):
            typed += piece
        return typed or b"\n"
    except BlockingIOError:
        return typed
    except OSError:
        return b"\n"
    finally:
        os.set_blocking(keyboard, blocking)
