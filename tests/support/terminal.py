"""The real program in a real pseudo-terminal: keys go in, and a screen to read comes out."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

from tests.support import warm
from tests.support.home import PROGRAM
from tests.support.waiting import PATIENCE

COLUMNS, ROWS = 80, 24

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "end": b"\x1b[F",
    "down": b"\x1b[B",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f4": b"\x1bOS",
    **{f"ctrl+{letter}": bytes([ord(letter) & 0x1F]) for letter in "cloqrsuyz"},
}

# What a terminal is asked, and what xterm would say: it knows synchronised output (2026), but
# does not report its size in band (2048).
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;0$y"}
_LONGEST_QUERY = max(map(len, _ANSWERS))

# The keyboard protocol, which pyte takes for text and for a moved cursor.
_KEYBOARD = re.compile(rb"\x1b\[[<>=][\d;]*u")
_BEGUN = re.compile(rb"\x1b(\[([<=>][\d;]*)?)?\Z")
_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_ON_AT_FIRST = {7: True, 25: True}  # lines wrap, the cursor is shown

# Becomes the program; before, it takes the terminal as a login would.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """Runs one command on an 80 by 24 terminal of its own, and kills it in the end.

    Whatever is waited for is given ``PATIENCE`` seconds, then the test fails and shows the screen.
    Without ``controlling`` the command is not told when the terminal goes away. The program itself
    begins as a fork with its libraries loaded, but for the tests of its start: ``cold``.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        cwd: Path | None = None,
        controlling: bool = True,
        cold: bool = False,
    ) -> None:
        self._master, slave = os.openpty()
        self._set_size(COLUMNS, ROWS)
        self._flags_before = self._flags()
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._received = bytearray()
        self._drawn = 0
        self._closed = False
        self._changed = threading.Condition()
        self._stop, self._stopping = os.pipe()
        self.process: subprocess.Popen[bytes] | warm.Process
        if not cold and tuple(command[:3]) == PROGRAM and warm.fits(environ, ""):
            self.process = warm.Process(
                command[3:],
                environ=environ,
                cwd=cwd or Path.cwd(),
                terminal=slave,
                controlling=controlling,
            )
        else:
            launcher = [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL] if controlling else []
            self.process = subprocess.Popen(
                [*launcher, *command],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=dict(environ),
                cwd=cwd,
                start_new_session=True,
            )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, *keys: str) -> None:
        """Each is the name of a key, or text that is typed."""
        os.write(self._master, b"".join(KEYS.get(key) or key.encode() for key in keys))

    def send(self, data: bytes) -> None:
        """What the terminal itself sends: an answer, a paste, a key's sequence."""
        os.write(self._master, data)

    @property
    def text(self) -> str:
        """The screen, its lines without the blanks at their ends."""
        with self._changed:
            return self._text()

    @property
    def received(self) -> bytes:
        """Every byte the program has sent so far."""
        with self._changed:
            return bytes(self._received)

    def wait_for(self, *texts: str) -> str:
        """The screen, once all of the texts are on it, wherever lines are broken."""

        def are_there(screen: str) -> bool:
            unbroken = " ".join(screen.replace("│", " ").split())  # lines stand in frames
            return all(text in screen or text in unbroken for text in texts)

        return self.wait_until(are_there, *texts)

    def wait_for_cursor(self, label: str) -> None:
        """Waits until what is typed goes to the line that begins with the label."""

        def there(screen: str) -> bool:
            for row, line in enumerate(screen.splitlines()):
                if line.lstrip(" │").startswith(label):
                    cells = self._screen.buffer[row]
                    # Those of the screen, of the field, and of the cursor in it.
                    return len({cells[column].bg for column in range(self._screen.columns)}) > 2
            return False

        self.wait_until(there, f"the cursor in the line of {label}")

    def find(self, pattern: str) -> str:
        """What the pattern matches on the screen, once it does."""
        compiled = re.compile(pattern)
        found = compiled.search(self.wait_until(lambda screen: bool(compiled.search(screen))))
        assert found is not None
        return found.group()

    def wait_until(self, condition: Callable[[str], bool], *wanted: object) -> str:
        """The screen, once the condition holds for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or condition(self._text()), PATIENCE)
            assert condition(self._text()), (
                f"waited in vain for {wanted or condition}; the screen:\n{self._text()}"
            )
            return self._text()

    def wait_for_bytes(self, beyond: int) -> None:
        """Waits until more than ``beyond`` bytes were received."""
        self.wait_until(lambda _: len(self._received) > beyond, "more to be drawn")

    def wait_for_output(self, wanted: bytes) -> bytes:
        """Every byte so far, once ``wanted`` is among them."""
        self.wait_until(lambda _: wanted in self._received, wanted)
        return self.received

    def forget_screen(self) -> None:
        """Empties the screen, as something else that was shown in the meantime would."""
        with self._changed:
            self._screen.reset()

    def resize(self, columns: int, rows: int) -> None:
        with self._changed:
            self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def clipboard(self) -> str:
        """The text the program last sent to the terminal's clipboard (OSC 52)."""
        sent = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\a|\x1b\\)", self.received)
        assert sent, "nothing was sent to the clipboard"
        return base64.b64decode(sent[-1], validate=True).decode()

    def not_restored(self) -> list[str]:
        """What of the terminal is not as the program found it; empty is well."""
        modes: dict[int, bool] = {}
        for numbers, letter in _MODE.findall(self.received):
            modes.update(dict.fromkeys(map(int, numbers.split(b";")), letter == b"h"))
        left = [
            f"mode {number} is {'on' if on else 'off'}"
            for number, on in modes.items()
            if on is not _ON_AT_FIRST.get(number, False)
        ]
        keyboards = self.received.count(b"\x1b[>") - self.received.count(b"\x1b[<u")
        left += ["the keyboard protocol is on"] if keyboards else []
        return left + ([] if self._flags() == self._flags_before else ["stty differs"])

    @property
    def in_full_screen(self) -> bool:
        return self.received.rfind(b"\x1b[?1049h") > self.received.rfind(b"\x1b[?1049l")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code, once the program has ended by itself and all it wrote was read."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def hang_up(self) -> None:
        """The terminal goes away, as when a window is closed or the line breaks."""
        if self._reader.is_alive():
            os.write(self._stopping, b".")
            self._reader.join(PATIENCE)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()
        for descriptor in (self._stop, self._stopping):
            os.close(descriptor)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self) -> None:
        try:
            self._read_all()
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()

    def _read_all(self) -> None:
        answered = 0
        while True:
            ready, _, _ = select.select([self._master, self._stop], [], [])
            if self._stop in ready:
                return
            try:
                piece = os.read(self._master, 65_536)
            except OSError:  # Linux: nobody has the other side open any more
                return
            with self._changed:
                self._received += piece
                answered = self._answer(answered)
                self._draw()
                self._changed.notify_all()

    def _answer(self, start: int) -> int:
        """Answers the queries that begin at ``start`` or later; gives where to look next."""
        for found in re.finditer(rb"|".join(map(re.escape, _ANSWERS)), self._received[start:]):
            with contextlib.suppress(OSError):
                os.write(self._master, _ANSWERS[found.group()])
        return max(start, len(self._received) - _LONGEST_QUERY + 1)

    def _draw(self) -> None:
        # A picture is shown when it is complete (mode 2026), as by a terminal.
        begun = self._received.rfind(b"\x1b[?2026h", self._drawn)
        complete = begun < 0 or self._received.find(b"\x1b[?2026l", begun) >= 0
        # What may be the beginning of a sequence that pyte is not to see waits for its rest.
        tail = _BEGUN.search(self._received, self._drawn)
        end = begun if not complete else tail.start() if tail else len(self._received)
        self._stream.feed(_KEYBOARD.sub(b"", bytes(self._received[self._drawn : end])))
        self._drawn = end

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _flags(self) -> list[object]:
        return list(termios.tcgetattr(self._master)[:4])


def python_on_a_terminal(program: str, environ: Mapping[str, str]) -> Terminal:
    """Runs Python text; it finds our ``sys.path`` in ``sys.argv[1:]``."""
    return Terminal([sys.executable, "-I", "-c", program, *filter(None, sys.path)], environ)
