"""A program on a pseudo-terminal of 80 by 24, and the instants at which its pictures were whole.

What arrives is only kept, with its instant. It is drawn afterwards: a terminal that draws would
take the processor from the program that is measured.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0
_CALM = 0.15
"""Seconds without output after which a picture counts as finished."""

# What a terminal is asked, and what xterm says: it knows synchronised output (2026), and does
# not report its size in band (2048).
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;0$y"}
_KEYBOARD = re.compile(rb"\x1b\[[<>=][\d;]*u")  # pyte takes it for text
_BEGUN = re.compile(rb"\x1b(\[[<>=?\d;]*)?\Z")


class Screen:
    """Runs from construction; killed in the end. Nothing is read unless somebody waits."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self.process, self.terminal = os.forkpty()
        if self.process == 0:
            size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(command[0], list(command), dict(environ))
        self.pieces: list[tuple[float, bytes]] = []
        self._picture = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._picture)
        self._drawn = 0
        self._waiting = b""

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._picture.display)

    def press(self, key: bytes) -> float:
        """Gives the instant at which it was pressed."""
        pressed = time.perf_counter()
        os.write(self.terminal, key)
        return pressed

    def wait_for(self, *texts: str) -> float:
        """The instant at which all of the texts first stood on the screen, complete."""
        return self.wait_until(lambda shown: all(text in shown for text in texts), texts)

    def wait_until(self, condition: Callable[[str], bool], wanted: object) -> float:
        """The instant of the first complete picture of which the condition holds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while self._drawn < len(self.pieces):
                arrived = self._draw()
                if condition(self.text):
                    self.catch_up()
                    return arrived
            watch([self], end - time.monotonic(), calm=_CALM)
        raise RuntimeError(f"waited in vain for {wanted}; the screen:\n{self.text}")

    def catch_up(self) -> None:
        """Draws whatever has arrived."""
        while self._drawn < len(self.pieces):
            self._draw()

    def read(self) -> None:
        """Keeps what has arrived, and answers what the terminal is asked."""
        try:
            piece = os.read(self.terminal, 65_536)
        except OSError:  # nobody has the other side open any more
            self.catch_up()
            raise RuntimeError(f"the program ended; the screen:\n{self.text}") from None
        self.pieces.append((time.perf_counter(), piece))
        for query, answer in _ANSWERS.items():
            if query in piece:
                os.write(self.terminal, answer)

    def _draw(self) -> float:
        """Draws one more piece, up to the last picture in it that is whole; gives its instant."""
        arrived, piece = self.pieces[self._drawn]
        self._drawn += 1
        self._waiting = _KEYBOARD.sub(b"", self._waiting + piece)
        cut = _BEGUN.search(self._waiting)
        end = cut.start() if cut else len(self._waiting)
        begun = self._waiting.rfind(b"\x1b[?2026h")
        if begun > self._waiting.rfind(b"\x1b[?2026l"):
            end = min(end, begun)
        self._stream.feed(self._waiting[:end])
        self._waiting = self._waiting[end:]
        return arrived


def watch(screens: Sequence[Screen], seconds: float, calm: float | None = None) -> None:
    """Reads what they send for so long; with ``calm`` until something came and then nothing."""
    by_terminal = {screen.terminal: screen for screen in screens}
    end = time.monotonic() + seconds
    heard = False
    while (left := end - time.monotonic()) > 0:
        pause = min(left, calm) if calm is not None and heard else left
        ready, _, _ = select.select(list(by_terminal), [], [], pause)
        if not ready:
            return
        heard = True
        for terminal in ready:
            by_terminal[terminal].read()
