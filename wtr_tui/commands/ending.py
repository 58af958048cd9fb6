"""Signals that ask to end while a token is being refreshed: it is saved first.

A server may replace the refresh token with each answer. A program that ended between asking and
saving would leave the old one behind, and the next use of that revokes everything.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from wtr_tui.commands.output import program_name
from wtr_tui.storage.locations import lock_path

if TYPE_CHECKING:
    from pathlib import Path

_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WAIT = "ends as soon as the answer of Webex is saved; the same again ends at once."


@contextmanager
def saved_first(token_path: Path | None) -> Iterator[None]:
    """In this block a signal waits for the end of a refresh that is under way.

    ``token_path`` is the file of the token that the block refreshes itself. Without it the
    block waits, as soon as it is interrupted, for threads that refresh. Outside of the main
    thread, and for signals that are ignored (nohup), nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def take(number: int, _: object) -> None:
        if asked:
            _die(number)
        asked.append(number)
        if token_path is not None and not _is_refreshing(token_path):
            _end(number)
        with suppress(OSError):  # print is not allowed to be interrupted by itself
            os.write(2, f"{program_name()}: {_WAIT}\n".encode())
        if token_path is None:
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _ASKING}
    taken = [number for number in _ASKING if before[number] not in (signal.SIG_IGN, None)]
    for number in taken:
        signal.signal(number, take)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
        if asked:
            _end(asked[0])


def _is_refreshing(token_path: Path) -> bool:
    """Whether this process has the lock, which it has from before it asks until it has saved."""
    try:
        with open(lock_path(str(token_path)), "rb") as lock:  # noqa: PTH123 - also in a handler
            return lock.read(20).strip() == str(os.getpid()).encode()
    except OSError:
        return False


def _end(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    _die(number)


def _die(number: int) -> None:
    """As if the signal had never been taken: a shell sees by what the program ended."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
