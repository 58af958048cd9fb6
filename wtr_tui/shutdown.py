"""The orderly end of the process: deferred until the tokens that were requested are saved.

A token request is in flight from before a grant is used until the response is saved. A server may
replace the refresh token with each response, and takes a second use of the old one for theft
(RFC 9700 §4.14.2); an authorization code works once. So the process does not end in between, unless
the user presses Ctrl+C twice.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial

from wtr_tui.errors import TemporaryError
from wtr_tui.text import program_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_WAIT = "ends as soon as the answer of Webex is saved; Ctrl+C {} ends at once."

_changed = threading.Condition()
_requests = 0
_has_begun = False


class Ending(TemporaryError):
    """The program is about to end, so no request is sent any more."""

    def __init__(self) -> None:
        super().__init__("The program is ending: Webex was not asked.", "Start it again.")


@contextmanager
def deferred() -> Iterator[None]:
    """Mark a block that uses a grant and saves the token. Raise Ending after :func:`begin`."""
    global _requests
    with _changed:
        if _has_begun:
            raise Ending
        _requests += 1
    try:
        yield
    finally:
        with _changed:
            _requests -= 1
            _changed.notify_all()


def is_deferred() -> bool:
    """Return whether a token request is in flight. Safe in a signal handler: takes no lock."""
    return _requests > 0


def begin() -> None:
    """Refuse further token requests from now on. Safe in a signal handler."""
    global _has_begun
    with _changed:
        _has_begun = True


def finish() -> None:
    """Refuse further token requests and wait for those in flight; each has a time limit."""
    begin()
    if not is_deferred() or threading.current_thread() is not threading.main_thread():
        return
    with record_signals([]), _changed:
        say_waiting()
        # With a time limit, because an unlimited wait would keep Python's handlers from running.
        while _requests:
            _changed.wait(0.2)


@contextmanager
def defer_signals(*, threads: bool = False) -> Iterator[None]:
    """Defer SIGINT, SIGTERM and SIGHUP until an in-flight refresh has been saved.

    Without a token request in flight they end the program at once. With ``threads`` the requests
    are made by other threads, and the first signal raises KeyboardInterrupt in the block, which
    then waits for them. Outside of the main thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def end(number: int) -> None:
        begin()
        if not is_deferred():
            _end(number)
        if threads and len(asked) == 1:
            raise KeyboardInterrupt

    try:
        with record_signals(asked, end):
            yield
    finally:
        if asked:
            _end(asked[0])


@contextmanager
def record_signals(asked: list[int], end: Callable[[int], None] = lambda _: None) -> Iterator[None]:
    """Take SIGINT, SIGTERM and SIGHUP: append each to ``asked`` and call ``end`` with it.

    Ignored signals (nohup) stay ignored. While a token request is in flight, the first signal
    prints that the program waits for it, and only a second SIGINT ends the process at once: SIGHUP
    and a service manager's SIGTERM may come twice without a user who insists.
    """
    waited_through: list[int] = []

    def take(number: int, _: object) -> None:
        asked.append(number)
        if is_deferred():
            waited_through.append(number)
            end_if_interrupted_twice(waited_through)
            if len(asked) == 1:
                say_waiting(number)
        end(number)

    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    taken = [number for number in before if before[number] not in (signal.SIG_IGN, None)]
    for number in taken:
        signal.signal(number, take)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


def _end(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    die(number)


def end_if_interrupted_twice(waited_through: list[int]) -> None:
    """End the process at once if two of the signals that came while waiting are SIGINT."""
    if waited_through.count(signal.SIGINT) > 1:
        die(signal.SIGINT)


def say_waiting(number: int = 0) -> None:
    """Print to standard error why the program has not ended yet. Safe in a signal handler."""
    if sys.stderr is not None:
        words = _WAIT.format("again" if number == signal.SIGINT else "twice")
        with suppress(OSError):  # not print, which is not reentrant
            os.write(2, f"{program_name()}: {words}\n".encode())


def die(number: int) -> None:
    """End the process by the signal itself, so that a shell sees what ended it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


async def in_thread(function: Callable[[], T]) -> T:
    """Run a blocking function on a daemon thread; return its result or raise its error.

    The interpreter waits for the threads of ``asyncio.to_thread`` at its end, but not for a
    daemon: a request that hangs does not keep the program from ending. Cancelling stops the
    waiting, not the function.
    """
    import asyncio
    import contextvars

    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        if not outcome.done():  # else it has been cancelled
            set_it()

    def run() -> None:
        try:
            done = partial(outcome.set_result, function())
        except BaseException as error:  # also SystemExit: raised where the result is awaited
            done = partial(outcome.set_exception, error)
        # The loop may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, done)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return await outcome
