"""Signals that ask to end while a token is being refreshed: it is saved first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wtr_tui import in_flight


@contextmanager
def saved_first(*, threads: bool = False) -> Iterator[None]:
    """In this block a signal waits for a token request in flight, and else ends the program.

    ``threads`` says that the requests are made by other threads, which the block waits for once
    it is interrupted. Only a second SIGINT does not wait: a hang-up and a service manager's
    SIGTERM may come twice. Outside of the main thread, and for signals that are ignored
    (nohup), nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    insistence = in_flight.Insistence()

    def take(number: int, _: object) -> None:
        in_flight.close()
        if not in_flight.pending():
            _end(number)
        insistence.take(number)
        if asked:
            return
        asked.append(number)
        in_flight.say_waiting(number)
        if threads:
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in in_flight.ENDING_SIGNALS}
    taken = [number for number in before if before[number] not in (signal.SIG_IGN, None)]
    for number in taken:
        signal.signal(number, take)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
        if asked:
            _end(asked[0])


def _end(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    in_flight.die(number)
