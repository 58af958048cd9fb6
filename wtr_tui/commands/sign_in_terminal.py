"""The terminal while a sign-in waits: what is pasted on it, and the time that is left.

The terminal is taken out of its line mode: that would cut a line at 4096 characters, end a
wrapped address at its first line, and leave the code on the screen.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable
from datetime import datetime

from wtr_tui import clock
from wtr_tui.commands.output import say
from wtr_tui.text import is_terminal

_PAUSE = 0.3
"""Seconds of silence after a line end that make the paste complete: more lines may follow."""

_PASTE_END = "\x1b[201~"
_BRACKETED = "\x1b[?2004h"
_UNBRACKETED = "\x1b[?2004l"
_LARGEST = 65_536


class Pasting:
    """Gives each complete paste to ``take``, while it is entered and the terminal is ours."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._text = ""
        self._timer: asyncio.TimerHandle | None = None
        self._before: list[int | list[bytes | int]] | None = None
        self.possible = _is_ours()

    def __enter__(self) -> Pasting:
        if self.possible:
            self._before = termios.tcgetattr(0)
            self._begin()
            # After Ctrl+Z the shell has set the terminal its own way.
            asyncio.get_running_loop().add_signal_handler(signal.SIGCONT, self._begin)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_reader(0)
        if self._timer is not None:
            self._timer.cancel()
        if _is_ours():
            _write(_UNBRACKETED)
            # What was typed after the paste is not for the shell to run.
            termios.tcsetattr(0, termios.TCSAFLUSH, self._before)

    def _begin(self) -> None:
        if not _is_ours():
            return
        try:
            tty.setcbreak(0, termios.TCSANOW)
        except termios.error:
            return
        _write(_BRACKETED)
        asyncio.get_running_loop().add_reader(0, self._read)

    def _read(self) -> None:
        # In the background reading would stop the whole program.
        try:
            received = os.read(0, 65_536) if _is_ours() else b""
        except OSError:
            received = b""
        if not received:
            asyncio.get_running_loop().remove_reader(0)
            return
        text = self._text + received.decode("utf-8", "replace")
        self._text = _typed(text)[-_LARGEST:]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if _PASTE_END in self._text or "\n" in self._text or "\r" in self._text:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self._complete)

    def _complete(self) -> None:
        text, self._text = self._text, ""
        if text.replace("\r", "").strip():
            self._take(text)


def _typed(text: str) -> str:
    """The text with the keys done that correct it: backspace, and Ctrl+U for all."""
    kept: list[str] = []
    for letter in text:
        if letter == "\x15":
            kept.clear()
        elif letter not in "\x7f\x08":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def _is_ours() -> bool:
    """Whether standard input is a terminal, and this program in its foreground."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _write(sequence: str) -> None:
    if is_terminal(sys.stderr):
        say(sequence)


class TimeLeft:
    """Counts down on standard error while it is entered, where that is a terminal."""

    def __init__(self, deadline: Callable[[], datetime]) -> None:
        self._deadline = deadline
        self._shown = ""
        self._tick: asyncio.TimerHandle | None = None

    def __enter__(self) -> TimeLeft:
        if is_terminal(sys.stderr):
            self._show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._tick is not None:
            self._tick.cancel()
        self.clear()

    def clear(self) -> None:
        """Makes room for a line of text; the countdown comes back by itself."""
        if self._shown:
            say("\r" + " " * len(self._shown) + "\r")
            self._shown = ""

    def _show(self) -> None:
        text = f"Waiting; {clock.countdown(self._deadline() - clock.now())} left."
        say("\r" + text.ljust(len(self._shown)))
        self._shown = text
        self._tick = asyncio.get_running_loop().call_later(1.0, self._show)
