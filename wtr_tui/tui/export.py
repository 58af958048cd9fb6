"""What leaves the screens: a text into the clipboard or onto the bare terminal, the terminal's
title, and a notification when somebody is needed.

Nothing secret is in a title or a notification: window managers show them, and keep them in logs.
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
from wtr_tui.in_flight import in_thread
from wtr_tui.storage.settings_table import CLIPBOARD, NOTIFY, TITLE
from wtr_tui.text import printable
from wtr_tui.tui import driver
from wtr_tui.tui.session import Session
from wtr_tui.tui.state import header_state
from wtr_tui.tui.themes import Tone, knows_osc

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

_ALTERNATE_SCREEN, _MAIN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_FORGET_SCROLLBACK = "\x1b[3J"
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
    """Copies, and says it: see :meth:`WtrApp.copy`."""
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
    said = copied.message
    if copied.route is not None:
        said = f"Copied {what}: {said[:1].lower()}{said[1:]}"
    is_well = copied.route is not None and not copied.warning and not caveat
    words = " ".join(filter(None, (said, copied.warning, caveat)))
    app.show_message(words, Tone.GOOD if is_well else Tone.WARN)


async def plain_page(title: str, text: str, over: asyncio.Event) -> None:
    """A text without borders and line breaks of ours; nothing of it stays on the terminal.

    To be called while the app is suspended; ends with one of the keys, or once it is ``over``.
    It stands on the alternate screen, which has no scrollback: tmux keeps in its history what a
    program clears from the main one. Waits for a key without blocking: a redirect that arrives
    meanwhile is answered. Nothing that is typed is echoed.
    """
    loop = asyncio.get_running_loop()
    keyboard = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    keys = driver.terminal_input(mouse=False)

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
    with _one_key_at_a_time(keyboard):  # before there is anything to type at
        _write((driver.CLEAR if overflows else _ALTERNATE_SCREEN) + _page(title, text, size))
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
            _typed(keyboard)  # so that it is not taken for keys of the screens
            _write(driver.CLEAR + (_FORGET_SCROLLBACK if overflows else _MAIN_SCREEN))


def _page(title: str, text: str, size: os.terminal_size) -> str:
    """As much around the text as there is room for: what scrolled away could not be selected."""
    frames = (f"{title}\n\n{{}}\n\n{_GO_BACK}", f"{{}}\n{_GO_BACK}")
    for frame in frames:
        page = frame.format(text)
        if sum(_rows(line, size.columns) for line in page.split("\n")) <= size.lines:
            break
    return driver.CLEAR + page


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


def title(session: Session) -> str:
    """``WTR² 13 d default``: the largest unit of the time left, or the state; "" for no title."""
    if not (session.settings[TITLE] and knows_osc(session.environ)):
        return ""
    now = header_state(session)
    return printable(f"{MARK} {now.short_left} {now.profile}")


def notify(app: WtrApp, sentence: str) -> None:
    """Tells somebody who looks at another window, as the setting ``notify`` says."""
    how = app.session.settings[NOTIFY]
    if how != "off":
        driver.write_to_terminal(app, notification(how, sentence, app.session.surroundings))


def notification(how: str, sentence: str, surroundings: Surroundings) -> str:
    """What is sent for ``bell``, ``osc9``, ``osc777`` or ``osc99``.

    tmux passes a sequence on only where ``allow-passthrough`` is on, the bell always.
    """
    from wtr_tui.environment.clipboard import through_screen, through_tmux

    if how == "bell":
        return _BELL
    sequence = _NOTIFICATIONS[how].format(printable(sentence).replace(";", ","))
    if surroundings.tmux:
        return f"{through_tmux(sequence)}{_BELL}"
    return through_screen(sequence) if surroundings.screen else sequence
