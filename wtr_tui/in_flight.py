"""What is under way while the program may end: requests on threads, and above all for tokens.

A token request is in flight from before a grant is spent until what came of it is saved.
A server may replace the refresh token with each response, and takes a second use of the old one
for theft (RFC 9700 §4.14.2); an authorization code is good once. So the process does not end
between asking and saving, unless somebody insists.
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
_closed = False


class Ending(TemporaryError):
    """The program is about to end: nothing is asked for any more."""

    def __init__(self) -> None:
        super().__init__("The program is ending: Webex was not asked.", "Start it again.")


@contextmanager
def until_saved() -> Iterator[None]:
    """Around what spends a grant and saves the token. Raises Ending after :func:`close`."""
    global _requests
    with _changed:
        if _closed:
            raise Ending
        _requests += 1
    try:
        yield
    finally:
        with _changed:
            _requests -= 1
            _changed.notify_all()


def pending() -> bool:
    """Whether a grant may be lost now. Takes no lock: signal handlers ask it, too."""
    return _requests > 0


def close() -> None:
    """From now on nothing more is begun. A signal handler may call it."""
    global _closed
    with _changed:
        _closed = True


def finish() -> None:
    """Begins nothing more, and waits for what is in flight; each request has a time limit."""
    close()
    if not pending() or threading.current_thread() is not threading.main_thread():
        return
    with record_signals([]), _changed:
        say_waiting()
        # In slices: a wait without limit would keep Python's handlers from being run.
        while _requests:
            _changed.wait(0.2)


@contextmanager
def defer_signals(*, threads: bool = False) -> Iterator[None]:
    """A signal in this block waits for a token request in flight; without one it ends the program.

    ``threads`` says that the requests are made by other threads, which the block waits for once
    it is interrupted. Outside of the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def end(number: int) -> None:
        close()
        if not pending():
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
    """The signals that ask to end are noted in ``asked``, and ``end`` is called with each.

    Those that are ignored (nohup) stay so. While a token request is in flight the user is told
    that it is waited for, and only a second SIGINT ends the process at once: a hang-up and a
    service manager's SIGTERM may come twice, and nobody who sends them waits.
    """
    waited_through: list[int] = []

    def take(number: int, _: object) -> None:
        asked.append(number)
        if pending():
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
    """Ends the process at once where two SIGINT are among the signals that came while waiting."""
    if waited_through.count(signal.SIGINT) > 1:
        die(signal.SIGINT)


def say_waiting(number: int = 0) -> None:
    """Says on standard error why the program has not ended yet; safe in a signal handler."""
    if sys.stderr is not None:
        words = _WAIT.format("again" if number == signal.SIGINT else "twice")
        with suppress(OSError):  # print is not allowed to be interrupted by itself
            os.write(2, f"{program_name()}: {words}\n".encode())


def die(number: int) -> None:
    """As if the signal had never been taken: a shell sees by what the program ended."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


# On a thread beside the event loop.


async def in_thread(function: Callable[[], T]) -> T:
    """What ``function``, which blocks, gives or raises, on a thread of its own.

    Unlike ``asyncio.to_thread``, whose threads the interpreter waits for at its end, the thread
    is a daemon: a request that hangs does not keep the program from ending. Cancelling stops
    the waiting, not the function.
    """
    import asyncio
    import contextvars

    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        if not outcome.done():  # nobody waits any more
            set_it()

    def run() -> None:
        try:
            done = partial(outcome.set_result, function())
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            done = partial(outcome.set_exception, error)
        # The loop may be closed by now: then nobody waits either.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, done)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return await outcome
