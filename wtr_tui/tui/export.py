"""How a text gets to the user: into the clipboard, or in one piece onto the bare terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from wtr_tui.background import in_thread
from wtr_tui.storage.settings_table import CLIPBOARD
from wtr_tui.tui import textual_private
from wtr_tui.tui.driver import WIPE
from wtr_tui.tui.terminal_input import TerminalInput
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

_ALTERNATE_SCREEN, _MAIN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_FORGET_SCROLLBACK = "\x1b[3J"
_GO_BACK = "Press Enter, Esc or q to go back. "
_CLOSING = frozenset("\r\n\x1bqQ")
_RESIZE_SECONDS = 0.3


class HandOver:
    """Works in the background and says what it did."""

    def __init__(self, app: WtrApp) -> None:
        self._app = app
        self._page = PlainPage()

    def copy(self, text: str, what: str, otherwise: str) -> None:
        """Copies, and says what and which way; ``otherwise`` ends the advice where none led."""
        self._app.run_worker(self._copy(text, what, otherwise), group="copy", exclusive=True)

    async def _copy(self, text: str, what: str, otherwise: str) -> None:
        from wtr_tui.environment import clipboard

        app = self._app
        session = app.session
        copied = await in_thread(
            lambda: clipboard.copy(
                text,
                session.surroundings,
                lambda sequence: app.call_from_thread(
                    textual_private.write_to_terminal, app, sequence
                ),
                session.settings[CLIPBOARD],
                otherwise=otherwise,
                environ=session.environ,
            )
        )
        if copied.route is None:
            app.tell(" ".join(filter(None, (copied.message, copied.warning))), Tone.WARN)
            return
        said = f"{what[:1].upper()}{what[1:]}: {copied.message[:1].lower()}{copied.message[1:]}"
        words = " ".join(filter(None, (said, copied.warning)))
        app.tell(words, Tone.WARN if copied.warning else Tone.GOOD)

    def print_plainly(self, title: str, text: str) -> None:
        """Shows a long text on the bare terminal, in one piece, so that it can be selected."""
        self._app.run_worker(self._print(title, text), group="plain page", exclusive=True)

    async def _print(self, title: str, text: str) -> None:
        app = self._app
        with app.suspend(), app.batch_update():
            await self._page.show(title, text)
        app.screen.refresh()

    def close_page(self) -> None:
        """Goes back to the screens, because something has happened that they tell."""
        self._page.close()


class PlainPage:
    """A text without borders and line breaks of ours; nothing of it stays on the terminal.

    It stands on the alternate screen, which has no scrollback: tmux keeps in its history what a
    program clears from the main one. Waits for a key without blocking: a redirect that arrives
    meanwhile is answered.
    """

    def __init__(self) -> None:
        self._over: asyncio.Event | None = None

    async def show(self, title: str, text: str) -> None:
        """To be called while the app is suspended; gives back when one of the keys was pressed.

        Nothing that is typed is echoed.
        """
        loop = asyncio.get_running_loop()
        keyboard = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        self._over = over = asyncio.Event()

        keys = TerminalInput(mouse=False)

        def take(pieces: list[str]) -> None:
            if _CLOSING.intersection(pieces):
                over.set()

        def look() -> None:
            now = time.monotonic()
            take(keys.feed(_typed(keyboard), now))
            if keys.deadline is not None:  # Esc, or the beginning of a sequence
                loop.call_later(
                    max(keys.deadline - now, 0), lambda: take(keys.expire(time.monotonic()))
                )

        size = _size()
        # Only the main screen can be scrolled back to the beginning of what is longer.
        overflows = _rows(text, size.columns) + _rows(_GO_BACK, size.columns) > size.lines
        _write((WIPE if overflows else _ALTERNATE_SCREEN) + _page(title, text, size))
        with _one_key_at_a_time(keyboard):
            loop.add_reader(keyboard, look)
            try:
                while not over.is_set():
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(over.wait(), _RESIZE_SECONDS)
                    before, size = size, _size()
                    if size != before and not overflows:  # no terminal wraps this screen anew
                        _write(_page(title, text, size))
            finally:
                loop.remove_reader(keyboard)
                self._over = None
                _typed(keyboard)  # so that it is not taken for keys of the screens
                _write(WIPE + (_FORGET_SCROLLBACK if overflows else _MAIN_SCREEN))

    def close(self) -> None:
        """Goes back without Enter, because something has happened that the screens tell."""
        if self._over is not None:
            self._over.set()


def _page(title: str, text: str, size: os.terminal_size) -> str:
    """As much around the text as there is room for: what scrolled away could not be selected."""
    frames = (f"{title}\n\n{{}}\n\n{_GO_BACK}", f"{{}}\n{_GO_BACK}")
    for frame in frames:
        page = frame.format(text)
        if sum(_rows(line, size.columns) for line in page.split("\n")) <= size.lines:
            break
    return WIPE + page


def _rows(line: str, columns: int) -> int:
    return max(-(-len(line) // columns), 1)


def _size() -> os.terminal_size:
    with suppress(OSError, ValueError, AttributeError):
        assert sys.__stderr__ is not None
        size = os.get_terminal_size(sys.__stderr__.fileno())
        if size.columns > 0 and size.lines > 0:
            return size
    return os.terminal_size((80, 24))


def _write(text: str) -> None:
    # A terminal that is gone meanwhile takes nothing more; its signal ends the program.
    if sys.__stderr__ is not None:
        with suppress(OSError):
            sys.__stderr__.write(text)
            sys.__stderr__.flush()


@contextmanager
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
        with suppress(termios.error):
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
