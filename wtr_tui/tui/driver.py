"""The terminal, and all that the screens use of Textual beyond its public names.

What is read goes through :mod:`terminal_input` before Textual's parser; what is written sends no
colour twice. ``tests/tui/test_driver.py`` fails where a release of Textual changes what is used.
"""

from __future__ import annotations

import errno
import os
import re
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from rich.text import Text
from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen

from wtr_tui.tui import lifecycle
from wtr_tui.tui.terminal_input import TerminalInput
from wtr_tui.tui.themes import Ground

_POLL_SECONDS = 0.1
_READ_SIZE = 4096

WIPE = "\x1b[1;2H\x1b[J\x1b[1;1H\x1b[2K"
"""Empties the screen, all but one cell and then that: tmux and other terminals put into their
scrollback what is cleared from a whole screen at once (ED 2, or ED 0 from its first cell)."""

_KEEP_TITLE, _OLD_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""XTWINOPS: xterm, VTE, kitty, tmux and others keep a stack of titles; who does not, keeps ours."""


class WholeParser(XTermParser):
    """Textual's parser for pieces that are whole: it never waits for what may follow."""

    def whole(self, piece: str) -> Iterator[Message]:
        """The messages of one piece of :class:`TerminalInput`."""
        yield from self.feed(piece)
        if self._timeout_time is None:
            return
        # It waits. ESC, and Alt with a key, are whole; of anything longer that this release of
        # Textual does not know it would make one key for each character.
        self._timeout_time = 0.0
        waited = list(self.tick())
        if len(piece) <= 2:
            yield from waited


class TerminalDriver(LinuxDriver):
    """Reads keys, pastes and reports; the end of its thread is a fault like any other.

    What it writes sends no colour twice, and nothing of it is left at the end. Where the app has
    a ``ground`` to be known, the terminal is asked for it, once.
    """

    _continuing = False
    _asked = False
    _is_on = False
    _title = ""
    _is_writing = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._put_off: list[Callable[[], None]] = []
        super().__init__(*arguments, **more)

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]  # as Textual has it
        self._is_on = True
        title, self._title = self._title, ""
        self.set_title(title)
        if self._ground is not None and not self._asked:
            self._asked = True
            self.write(self._ground.query)
            self.flush()

    def set_title(self, text: str) -> None:
        """The terminal's title while it is ours; "" gives back what it was before."""
        if text == self._title:
            return
        if self._is_on:
            kept = "" if self._title else _KEEP_TITLE
            self.write(f"{kept}\x1b]2;{text}\x1b\\" if text else _OLD_TITLE)
        self._title = text

    @property
    def _ground(self) -> Ground | None:
        ground = getattr(self._app, "ground", None)
        return ground if isinstance(ground, Ground) else None

    def write(self, data: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            super().write(spared(data))
            return
        self._is_writing = True
        try:
            super().write(spared(data))
        finally:
            self._is_writing = False
        while self._put_off:
            self._put_off.pop(0)()

    def _is_put_off(self, handler: Callable[[], None]) -> bool:
        """Whether this signal has to wait until what is being written is in the queue.

        Python runs a handler between any two steps of the main thread: one that writes, while the
        queue of the writer is locked below it, would wait for that lock for ever.
        """
        if self._is_writing:
            self._put_off.append(handler)
        return self._is_writing

    def _sigtstp_application(self, *_: object) -> None:
        if self._is_put_off(self._sigtstp_application):
            return
        # Textual would stop itself with SIGSTOP, for ever where nobody resumes it.
        if not lifecycle.can_be_resumed():
            return
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        lifecycle.stop_group()

    def _sigcont_application(self, *_: object) -> None:
        if self._is_put_off(self._sigcont_application):
            return
        # The kernel sends it with the SIGHUP of a terminal that is gone, and whoever stopped us
        # with SIGSTOP may have drawn over the screen. Textual would start a second thread that
        # reads, and might wait for the first one for ever.
        reads = self._key_thread is not None and self._key_thread.is_alive()
        if self._continuing or not self._auto_restart or self.exit_event.is_set():
            return
        if not (self._must_signal_resume or reads) or lifecycle.terminal_is_gone():
            return
        self._continuing = True
        try:
            lifecycle.stop_in_background(self.fileno)
            if reads:  # stopped by SIGSTOP, with nothing suspended
                self._must_signal_resume = True
                self.suspend_application_mode()
            self.resume_application_mode()
        finally:
            self._continuing = False

    def stop_application_mode(self) -> None:
        # Where there is no alternate screen (GNU screen, alternate-screen off in tmux), the last
        # picture would stay, and a revealed token with it.
        self.write(WIPE + (_OLD_TITLE if self._title and self._is_on else ""))
        self._is_on = False
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        parser = WholeParser(self._debug)
        terminal = TerminalInput(mouse=self._mouse, escape_seconds=constants.ESCAPE_DELAY)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for piece in self._read(selector, terminal):
                    for message in parser.whole(piece):
                        self.process_message(message)
                answer = terminal.take_ground()
                if answer and self._ground is not None:
                    self._ground.learn(answer)

    def _read(self, selector: selectors.BaseSelector, terminal: TerminalInput) -> list[str]:
        deadline = terminal.deadline
        left = _POLL_SECONDS if deadline is None else deadline - time.monotonic()
        if not selector.select(max(0.0, min(_POLL_SECONDS, left))):
            return terminal.expire(time.monotonic())
        try:
            data = os.read(self.fileno, _READ_SIZE)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            # The terminal is gone, which the app finds out by itself; asking again would spin.
            self.exit_event.wait(_POLL_SECONDS)
            return []
        return terminal.feed(data, time.monotonic())

    def _run_input_thread(self) -> None:
        # Textual would show a traceback and end with exit code 0.
        try:
            self.run_input_thread()
        except BaseException as error:
            self._app.call_later(_raise, error)


def _raise(error: BaseException) -> None:
    """In the app's own thread, where a fault is reported and the terminal restored."""
    if isinstance(error, Exception):
        raise error
    raise RuntimeError("The thread that reads the terminal was ended.") from error


_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_MOVES = re.compile(r"(?:\x1b\[\d+;\d+H|\n|\r)*")
_NEEDLESS_MOVES = re.compile(r"(?:\x1b\[\d+;\d+H|\n)+(?=\x1b\[\d+;\d+H)")
_COLOUR = re.compile(r"(?:^|;)((?:38|48);(?:2;\d+;\d+;\d+|5;\d+)|[34][0-79]|9[0-7]|10[0-7])(?=;|$)")
_RESET = "\x1b[0m"


def spared(data: str) -> str:
    """The output without what holds already and moves to nowhere: the picture is the same.

    A reset is kept back as long as the cursor only moves; of the style that follows only what
    differs is sent. It ends as it began, with nothing set.
    """
    if _RESET not in data:
        return data
    data = _NEEDLESS_MOVES.sub("", data)
    parts = _STYLE.split(data)
    kept = [parts[0]]
    set_now, reset_waits = "", False
    for style, text in zip_longest(parts[1::2], parts[2::2], fillvalue=""):
        if style in ("0", ""):
            reset_waits = bool(set_now)
            if not set_now:  # what came before did not begin with nothing set
                kept.append(_RESET)
        elif reset_waits or not set_now:
            kept.append(_change(set_now, style))
            set_now, reset_waits = style, False
        else:  # added to what is set: not from Textual, so it is left as it is
            return data
        if reset_waits and not _MOVES.fullmatch(text):
            kept.append(_RESET)
            set_now, reset_waits = "", False
        kept.append(text)
    if reset_waits:
        kept.append(_RESET)
    return "".join(kept)


@lru_cache(maxsize=512)
def _change(before: str, after: str) -> str:
    """What turns one style into another."""
    if before == after:
        return ""
    if not before:
        return f"\x1b[{after}m"
    old, new = _COLOUR.findall(before), _COLOUR.findall(after)
    rest_before, rest_after = _COLOUR.sub("", before), _COLOUR.sub("", after)
    same_kinds = [each[0] in "39" for each in old] == [each[0] in "39" for each in new]
    if rest_before == rest_after and same_kinds:
        return f"\x1b[{';'.join(each for each in new if each not in old)}m"
    return f"\x1b[0;{after}m"


def write_to_terminal(app: App[int], sequence: str) -> None:
    """Sends an escape sequence (OSC 52, a title) in order with what is drawn.

    Textual has no public way; written past its driver, it would land in the middle of a frame.
    """
    driver = app._driver
    if driver is not None:
        driver.write(sequence)


def set_title(app: App[int], text: str) -> None:
    """Sets the terminal's title until the program ends; empty: gives its own one back."""
    if isinstance(app._driver, TerminalDriver):
        app._driver.set_title(text)


def first_screen(app: App[int], screen: Screen[None]) -> Screen[None]:
    """Makes a screen fit to be the default one, at the bottom of the stack.

    Otherwise an empty screen below it is laid out and painted first: 11 ms of the first picture.
    """
    # switch_screen takes off what Textual puts on every screen but the default one.
    screen._push_result_callback(app, None)
    return screen


def start_with_theme(app: App[int], name: str) -> None:
    """Sets the theme before anything is drawn.

    A theme that is set as usual is applied anew after the start: all CSS would be parsed twice,
    which takes 9 ms.
    """
    app.set_reactive(App.theme, name)
    app._watch_ansi_color(app.ansi_color)  # or a theme of the terminal's colours is sent as RGB
    app.stylesheet.set_variables(app.get_css_variables())


class FaultApp(App[int]):
    """An app that ends after a fault of its own with a sentence.

    Textual's own way prints a traceback with all local variables, secrets among them.
    """

    def report_fault(self, error: BaseException) -> str:
        """Keeps what is to be known of the fault, and gives the sentence to be printed."""
        raise NotImplementedError

    def _fatal_error(self) -> None:
        if self._exception is not None:
            sentence = self.report_fault(self._exception)
            self._exit_renderables.append(Text(sentence))
            self._close_messages_no_wait()
