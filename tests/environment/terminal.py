"""A terminal as a program sees it: a pseudo-terminal whose output is kept."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence

from tests.support.waiting import PATIENCE

_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """Runs one program as the leader of a session on its own 80 by 24 terminal."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", _TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environ),
            start_new_session=True,
        )
        os.close(slave)
        self._output = b""
        self._changed = threading.Condition()
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._master, 65_536)
            except OSError:  # Linux: the other side is closed
                piece = b""
            with self._changed:
                self._output += piece
                self._closed = not piece
                self._changed.notify_all()
            if not piece:
                return

    def received(self, wanted: bytes) -> bytes:
        """Everything so far, once ``wanted`` is in it or the program closed the terminal."""
        with self._changed:
            self._changed.wait_for(lambda: wanted in self._output or self._closed, PATIENCE)
            assert wanted in self._output, f"{wanted!r} did not come: {self._output[-2000:]!r}"
            return self._output

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def close(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE)
        os.close(self._master)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def python_on_a_terminal(program: str, environ: Mapping[str, str]) -> Terminal:
    """Runs Python text; it finds our ``sys.path`` in ``sys.argv[1:]``."""
    return Terminal([sys.executable, "-I", "-c", program, *filter(None, sys.path)], environ)
