"""Output beside the screens: clipboard, plain page, terminal title and notifications.

No secret may be in a title or a notification: window managers show and log them.
"""

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

from wtr_tui import MARK
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.settings_table import CLIPBOARD, NOTIFY, TITLE
from wtr_tui.text import printable
from wtr_tui.tui import driver
from wtr_tui.tui.display import header_state
from wtr_tui.tui.themes import Tone, knows_osc

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

_ALTERNATE_SCREEN, _MAIN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_CLEAR_SCROLLBACK = "\x1b[3J"
_GO_BACK = "Press Enter, Esc or q to go back. "
_CLOSING = frozenset("\r\n\x1bqQ")
_RESIZE_SECONDS = 0.3
_BELL = "\a"
_NOTIFICATIONS = {
    "osc9": "\x1b]9;{}\a",  # iTerm2, Windows Terminal, WezTerm, Ghostty
    "osc777": f"\x1b]777;notify;{MARK};{{}}\a",  # urxvt, foot, VTE
    "osc99": "\x1b]99;;{}\x1b\\",  # kitty, foot
}


async def copy(app: WtrApp, text: str, what: str, otherwise: str, caveat: str) -> None:
    """Copy and report it: see :meth:`WtrApp.copy`."""
    from wtr_tui.environment import clipboard

    session = app.session
    copied = await in_thread(
        lambda: clipboard.copy(
            text,
            session.surroundings,
            lambda sequence: app.call_from_thread(driver.write_to_terminal, app, sequence),
            session.settings[CLIPBOARD],
            otherwise=otherwise,
            environ=session.environ,
        )
    )
    message = copied.message
    if copied.route is not None:
        message = f"Copied {what}: {message[:1].lower()}{message[1:]}"
    is_good = copied.route is not None and not copied.warning and not caveat
    sentences = " ".join(filter(None, (message, copied.warning, caveat)))
    app.show_message(sentences, Tone.GOOD if is_good else Tone.WARN)


async def plain_page(title: str, text: str, closed: asyncio.Event) -> None:
    """Show a text without borders or added line breaks until a key, or until ``closed`` is set.

    Call it while the app is suspended. The event loop keeps running, so that a redirect is still
    answered. Nothing that is typed is echoed, and nothing shown stays on the terminal: it is on
    the alternate screen, as tmux keeps in its history what a program clears from the main one.
    """
    loop = asyncio.get_running_loop()
    keyboard = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    keys = driver.terminal_input(mouse=False)

    def handle(pieces: list[str]) -> None:
        if _CLOSING.intersection(pieces):
            closed.set()

    def read() -> None:
        now = time.monotonic()
        handle(keys.feed(_read_typed(keyboard), now))
        if keys.deadline is not None:  # Esc, or the beginning of a sequence
            loop.call_later(
                max(keys.deadline - now, 0), lambda: handle(keys.expire(time.monotonic()))
            )

    size = _terminal_size()
    # Only the main screen can be scrolled back to the beginning of a long text.
    overflows = _rows(text, size.columns) + _rows(_GO_BACK, size.columns) > size.lines
    with _cbreak_mode(keyboard):  # before the page is there, as the user may type at once
        _write((driver.CLEAR if overflows else _ALTERNATE_SCREEN) + _page(title, text, size))
        loop.add_reader(keyboard, read)
        try:
            while not closed.is_set():
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(closed.wait(), _RESIZE_SECONDS)
                before, size = size, _terminal_size()
                if size != before and not overflows:  # terminals do not rewrap this screen
                    _write(_page(title, text, size))
        finally:
            loop.remove_reader(keyboard)
            _read_typed(keyboard)  # else the screens would take it for their keys
            _write(driver.CLEAR + (_CLEAR_SCROLLBACK if overflows else _MAIN_SCREEN))


def _page(title: str, text: str, size: os.terminal_size) -> str:
    """Return the text with as much around it as fits: what scrolls away cannot be selected."""
    frames = (f"{title}\n\n{{}}\n\n{_GO_BACK}", f"{{}}\n{_GO_BACK}")
    for frame in frames:
        page = frame.format(text)
        if sum(_rows(line, size.columns) for line in page.split("\n")) <= size.lines:
            break
    return driver.CLEAR + page


def _rows(line: str, columns: int) -> int:
    return max(-(-len(line) // columns), 1)


def _terminal_size() -> os.terminal_size:
    with suppress(OSError, ValueError, AttributeError):
        assert sys.__stderr__ is not None
        size = os.get_terminal_size(sys.__stderr__.fileno())
        if size.columns > 0 and size.lines > 0:
            return size
    return os.terminal_size((80, 24))


def _write(text: str) -> None:
    # On a terminal that is gone this fails; its signal ends the program.
    if sys.__stderr__ is not None:
        with suppress(OSError):
            sys.__stderr__.write(text)
            sys.__stderr__.flush()


@contextmanager
def _cbreak_mode(keyboard: int) -> Iterator[None]:
    """Have keys delivered at once and not echoed; restore the terminal's mode afterwards."""
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


def _read_typed(keyboard: int) -> bytes:
    """Return what has been typed so far; Enter if the terminal is closed."""
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


def update_title(app: WtrApp) -> None:
    """Set the terminal's title, ``WTR² 13 d default``, as the setting ``title`` says."""
    title = ""
    if app.session.settings[TITLE] and knows_osc(app.session.environ):
        state = header_state(app.session)
        title = printable(f"{MARK} {state.short_left} {state.profile}")
    driver.set_title(app, title)


def notify(app: WtrApp, sentence: str) -> None:
    """Send a notification as the setting ``notify`` says, for a user in another window."""
    how = app.session.settings[NOTIFY]
    if how != "off":
        driver.write_to_terminal(app, notification(how, sentence, app.session.surroundings))


def notification(how: str, sentence: str, surroundings: Surroundings) -> str:
    """Return what to send for ``bell``, ``osc9``, ``osc777`` or ``osc99``.

    In tmux with the bell: tmux passes a sequence on only with ``allow-passthrough``.
    """
    from wtr_tui.environment.clipboard import through_screen, through_tmux

    if how == "bell":
        return _BELL
    sequence = _NOTIFICATIONS[how].format(printable(sentence).replace(";", ","))
    if surroundings.tmux:
        return f"{through_tmux(sequence)}{_BELL}"
    return through_screen(sequence) if surroundings.screen else sequence
