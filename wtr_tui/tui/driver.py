"""The terminal driver: input, output, signals, suspending, and a terminal that is gone.

The one module that uses private names of Textual; ``tests/tui/test_driver.py`` fails where a
release of Textual changes one of them.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import selectors
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from rich.text import Text
from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._compositor import Compositor
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from wtr_tui import shutdown
from wtr_tui.tui.terminal_input import TerminalInput
from wtr_tui.tui.themes import TerminalBackground

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

_PAUSE_SECONDS = 0.1
_READ_SIZE = 4096

CLEAR = "\x1b[1;2H\x1b[J\x1b[1;1H\x1b[2K"
"""Clear the screen but for one cell, then that cell: tmux and other terminals copy into their
scrollback what is cleared as a whole (ED 2, or ED 0 from the first cell)."""

_PUSH_TITLE, _POP_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""XTWINOPS: xterm, VTE, kitty, tmux and others have a stack of titles; others keep ours."""


def terminal_input(*, mouse: bool, escape_seconds: float = 0.1) -> TerminalInput:
    """Return a :class:`TerminalInput` for the sequences that Textual's parser knows.

    That parser would read any other sequence letter by letter.
    """
    return TerminalInput(
        ANSI_SEQUENCES_KEYS, FUNCTIONAL_KEYS, mouse=mouse, escape_seconds=escape_seconds
    )


class PieceParser(XTermParser):
    """Textual's parser for the complete pieces of :class:`TerminalInput`: it never waits."""

    def messages_of(self, piece: str) -> Iterator[Message]:
        """Yield the messages of one piece."""
        yield from self.feed(piece)
        if self._timeout_time is None:
            return
        # It waits for more. ESC, and Alt with a key, are complete; of a longer sequence that it
        # does not know, Textual would make one key for each character.
        self._timeout_time = 0.0
        waited = list(self.tick())
        if len(piece) <= 2:
            yield from waited


class TerminalDriver(LinuxDriver):
    """The driver: reads through :class:`TerminalInput` and leaves nothing on the terminal.

    An error in its input thread is reported like any other. The terminal is asked once for its
    background colour, if the app has a ``terminal_background``.
    """

    _is_resuming = False
    _asked_for_background = False
    _is_on = False
    _title = ""
    _is_writing = False

    def __init__(self, app: App[int], **options: Any) -> None:
        super().__init__(app, **options)
        self._ending = self.exit_event = _WakingEvent()

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]  # as Textual has it
        self._is_on = True
        title, self._title = self._title, ""
        self.set_title(title)
        if self._background is not None and not self._asked_for_background:
            self._asked_for_background = True
            self.write(self._background.query)
            self.flush()

    def set_title(self, text: str) -> None:
        """Set the terminal's title until the program ends; "" restores the previous one."""
        if text == self._title:
            return
        if self._is_on:
            push = "" if self._title else _PUSH_TITLE
            self.write(f"{push}\x1b]2;{text}\x1b\\" if text else _POP_TITLE)
        self._title = text

    @property
    def _background(self) -> TerminalBackground | None:
        background = getattr(self._app, "terminal_background", None)
        return background if isinstance(background, TerminalBackground) else None

    def write(self, data: str) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        self._is_writing |= is_main
        try:
            super().write(compact(data))
        finally:
            if is_main:
                self._is_writing = False

    def _defer(self, handler: Callable[[], None]) -> bool:
        """Run a signal handler later if the main thread is writing; return whether it is.

        Python runs handlers between any two instructions of the main thread. One that writes
        while the main thread holds the lock of the output queue would wait for it for ever.
        """
        if self._is_writing:
            self._app.call_later(handler)
        return self._is_writing

    def _sigtstp_application(self, *_: object) -> None:
        if self._defer(self._sigtstp_application):
            return
        # Textual would send itself SIGSTOP, and stay stopped where no shell resumes it.
        if not can_be_resumed():
            return
        if self._auto_restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        stop_group()

    def _sigcont_application(self, *_: object) -> None:
        if self._defer(self._sigcont_application):
            return
        # The kernel also sends SIGCONT with the SIGHUP of a terminal that is gone. After a SIGSTOP
        # the screen may have been drawn over; Textual would start a second input thread, and might
        # wait for the first one for ever.
        is_reading = self._key_thread is not None and self._key_thread.is_alive()
        if self._is_resuming or not self._auto_restart or self.exit_event.is_set():
            return
        if not (self._must_signal_resume or is_reading) or terminal_is_gone():
            return
        self._is_resuming = True
        try:
            stop_in_background(self.fileno)
            if is_reading:  # stopped by SIGSTOP, with nothing suspended
                self._must_signal_resume = True
                self.suspend_application_mode()
            self.resume_application_mode()
        finally:
            self._is_resuming = False

    def stop_application_mode(self) -> None:
        # Without an alternate screen (GNU screen, tmux with alternate-screen off) the last picture
        # would stay, and a revealed token with it.
        self.write(CLEAR + (_POP_TITLE if self._title and self._is_on else ""))
        self._is_on = False
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        parser = PieceParser(self._debug)
        terminal = terminal_input(mouse=self._mouse, escape_seconds=constants.ESCAPE_DELAY)
        with selectors.SelectSelector() as selector:
            for each in (self.fileno, self._ending):
                selector.register(each, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for piece in self._read(selector, terminal):
                    for message in parser.messages_of(piece):
                        self.process_message(message)
                answer = terminal.take_background()
                if answer and self._background is not None:
                    self._background.learn(answer)

    def _read(self, selector: selectors.BaseSelector, terminal: TerminalInput) -> list[str]:
        deadline = terminal.deadline
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        ready = selector.select(left)
        if self.exit_event.is_set():
            return []
        if not ready:
            return terminal.expire(time.monotonic())
        try:
            data = os.read(self.fileno, _READ_SIZE)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            # The terminal is gone. The app notices by itself; reading again at once would spin.
            self.exit_event.wait(_PAUSE_SECONDS)
            return []
        return terminal.feed(data, time.monotonic())

    def _run_input_thread(self) -> None:
        # Textual would show a traceback and end with exit code 0.
        try:
            self.run_input_thread()
        except BaseException as error:
            self._app.call_later(_raise, error)


class _WakingEvent(threading.Event):
    """An event with a file descriptor that is readable while it is set, to select on with input.

    Textual polls its own ten times a second, all day.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read, self._write = os.pipe()

    def fileno(self) -> int:
        return self._read

    def set(self) -> None:
        super().set()
        os.write(self._write, b".")

    def clear(self) -> None:
        if self.is_set():
            os.read(self._read, 1)
        super().clear()


def _raise(error: BaseException) -> None:
    """Raise an error of the input thread in the app's own, which restores the terminal."""
    if isinstance(error, Exception):
        raise error
    raise RuntimeError("The thread that reads the terminal was ended.") from error


_MOVE = r"\x1b\[\d+;\d+H"
# Each begins with a literal: an expression that may begin with anything is tried at every letter,
# half of its time.
_NEEDLESS_MOVES = re.compile(rf"(?:\n|{_MOVE})(?:\n|{_MOVE})*(?={_MOVE})")
_RESET = r"\x1b\[0?m"
_ONE_STYLE = re.compile(rf"(\x1b\[[1-9][\d;]*m)([^\x1b]*(?:{_RESET}(?:{_MOVE}|\n|\r)*\1[^\x1b]*)+)")


def compact(data: str) -> str:
    """Return the output without cursor moves that are overridden and styles that are set again."""

    def set_once(found: re.Match[str]) -> str:
        return found[1] + re.sub(_RESET, "", found[2]).replace(found[1], "")

    return _ONE_STYLE.sub(set_once, _NEEDLESS_MOVES.sub("", data))


def write_to_terminal(app: App[int], sequence: str) -> None:
    """Send an escape sequence such as OSC 52 between two frames.

    Textual has no public way; past its driver, it would land in the middle of a frame.
    """
    driver = app._driver
    if driver is not None:
        driver.write(sequence)


def set_title(app: App[int], text: str) -> None:
    """Set the terminal's title until the program ends; "" restores the previous one."""
    if isinstance(app._driver, TerminalDriver):
        app._driver.set_title(text)


def as_default_screen(app: App[int], screen: Screen[None]) -> Screen[None]:
    """Prepare a screen to be the default one, at the bottom of the stack, and return it.

    Saves 11 ms of the first picture: an empty default screen is laid out and painted, too.
    """
    # switch_screen pops a result callback, which Textual gives every screen but the default one.
    screen._push_result_callback(app, None)
    return screen


def start_with_theme(app: App[int], name: str) -> None:
    """Set the theme before anything is drawn.

    Saves 9 ms of the first picture: set as usual, it is applied again after the start, and all
    CSS is parsed twice.
    """
    app.set_reactive(App.theme, name)
    app._watch_ansi_color(app.ansi_color)  # else an ANSI theme's colours are sent as RGB
    app.stylesheet.set_variables(app.get_css_variables())


class _RowsCompositor(Compositor):
    """A compositor that renders only rows that are visible and have changed.

    Textual's own renders all rows of every widget, whatever has changed and whatever is in front.
    """

    def __init__(self) -> None:
        super().__init__()
        self._filters: Sequence[LineFilter] = ()
        self._rendered: WeakKeyDictionary[Widget, _Rendered] = WeakKeyDictionary()

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        filters = self.root.get_line_filters() if self.root is not None else ()
        if filters != self._filters:  # another theme
            self._filters = filters
            self._rendered.clear()
        x, y, width, height = self.size.region if crop is None else crop
        # For each row the columns, one bit each, that nothing painted so far covers.
        seen = dict.fromkeys(range(y, y + height), (1 << (x + width)) - (1 << x))
        # From front to back. A copy: rendering may change the layout, and with it the mapping.
        for widget, (region, clip) in [*self.visible_widgets.items()]:
            within = region.intersection(clip)
            columns = (1 << within.right) - (1 << within.x)
            rows = [row for row in within.line_range if seen.get(row, 0) & columns]
            for row in rows:
                seen[row] &= ~columns
            if rows:
                within = Region(within.x, rows[0], within.width, rows[-1] - rows[0] + 1)
                yield region, within, self._render(widget, within.translate(-region.offset))

    def _render(self, widget: Widget, crop: Region) -> list[Strip]:
        """Return rows of a widget, rendered anew only if one of them has changed."""
        rendered, cached = self._rendered.get(widget), _cached(widget, crop)
        if rendered is None or rendered.crop != crop or rendered.cached != cached or not cached:
            strips = widget.render_lines(crop)
            self._rendered[widget] = rendered = _Rendered(crop, _cached(widget, crop), strips)
        return rendered.strips


class _Rendered(NamedTuple):
    """Rows of a widget as painted, and the rows in Textual's cache they were made from."""

    crop: Region
    cached: list[Strip]
    strips: list[Strip]


def _cached(widget: Widget, crop: Region) -> list[Strip]:
    """Return rows from Textual's cache; an empty list if one of them has to be rendered."""
    cache, rows = widget._styles_cache, crop.line_range
    if not cache._dirty_lines.isdisjoint(rows):
        return []
    with suppress(KeyError):
        return [cache._cache[row] for row in rows]
    return []


def render_visible_rows(screen: Screen[Any]) -> None:
    """Let the screen render only rows that are visible and have changed.

    A quarter of the processor's time while seconds are counted. To switch screens takes 1.2 times
    as long as in an app of two lines of text; 1.55 if all rows in sight were rendered.
    """
    screen._compositor = _RowsCompositor()


class FaultApp(App[int]):
    """An app that prints one sentence after a fault of its own.

    Textual prints a traceback with all local variables, secrets among them.
    """

    def report_fault(self, error: BaseException) -> str:
        """Record the fault for a bug report, and return the sentence to print."""
        raise NotImplementedError

    def _fatal_error(self) -> None:
        if self._exception is None:
            return
        # Textual wraps the error of a worker.
        cause = getattr(self._exception, "error", self._exception)
        # A terminal may disappear between any two calls: that is no fault of the program.
        if not (isinstance(cause, (OSError, termios.error)) and terminal_is_gone()):
            self._exit_renderables.append(Text(self.report_fault(self._exception)))
        self._close_messages_no_wait()


def end_on_signals(app: WtrApp) -> None:
    """Make SIGINT, SIGTERM and SIGHUP end the program in order, with exit code 128 + number.

    Textual handles none of them: it would die in full-screen mode, or, where SIGHUP is ignored
    (nohup), spin on a terminal that is gone. Handlers of the event loop would end with it, and a
    second signal would then kill the process before an in-flight token is saved.
    """
    loop = asyncio.get_running_loop()
    waited_through: list[int] = []
    before = {int(number): signal.getsignal(number) for number in shutdown.ENDING_SIGNALS}

    def take(number: int, _: object) -> None:
        if shutdown.is_deferred():
            waited_through.append(number)
            shutdown.end_if_interrupted_twice(waited_through)
        elif loop.is_closed():
            signal.signal(number, before[number])
            os.kill(os.getpid(), number)
            return
        with suppress(RuntimeError):  # the loop has just been closed
            loop.call_soon_threadsafe(app.leave, 128 + number)

    for number in shutdown.ENDING_SIGNALS:
        signal.signal(number, take)


def follow_size(app: App[int]) -> None:
    """Tell the app the terminal's size if it has another one.

    When a second SIGWINCH interrupts the handler of the first, Textual gets the older size last.
    """
    assert sys.__stdin__ is not None
    with suppress(OSError):
        size = Size(*os.get_terminal_size(sys.__stdin__.fileno()))
        if size and size != app.size:
            app.post_message(events.Resize(size, size))


def terminal_is_gone() -> bool:
    """Return whether the terminal has been closed.

    Only the session leader gets SIGHUP; elsewhere, as in a container, Textual would go on reading
    from the closed terminal as fast as it can.
    """
    assert sys.__stdin__ is not None
    try:
        termios.tcgetattr(sys.__stdin__.fileno())
    except termios.error:
        return True
    return False


def can_be_resumed() -> bool:
    """Return whether a shell would notice that this process stopped, and could resume it.

    There is none for an orphaned process group (``ssh -tt host 'exec wtr-tui'``, a container, a
    command of tmux). The kernel lets no terminal stop a member of such a group (POSIX, General
    Terminal Interface, 11.1.4), so a child in this group tries to stop.
    """
    if _TSTP_WAS_IGNORED:
        return False
    stop_itself = ("sh", "-c", "kill -TSTP $$")
    child = os.posix_spawn("/bin/sh", stop_itself, {}, setsigdef=[signal.SIGTSTP])
    _, status = os.waitpid(child, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


# By the parent, such as an editor or a script without job control.
_TSTP_WAS_IGNORED = signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN


def stop_group() -> None:
    """Stop the whole process group, as the terminal's own key would.

    A wrapper (``sudo``, a script) that kept running would leave the shell waiting for it.
    """
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.killpg(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)


def stop_in_background(terminal: int) -> None:
    """Stop the group, as the terminal would, until a shell puts it into the foreground."""
    with suppress(OSError):  # it is not this session's terminal
        while os.tcgetpgrp(terminal) != os.getpgrp():
            os.killpg(0, signal.SIGSTOP)
