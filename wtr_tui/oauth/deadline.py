"""A limit on a whole request, from the name lookup to the last byte.

The limits a socket knows are for one read: a server that sends a byte now and then is never
late. And a name lookup knows no limit at all. So the request runs on a thread of its own, and
whoever waits for it waits only so long, and then cuts its connection.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Protocol, TypeVar, cast

T = TypeVar("T")

LAST_LOOK = 2.0
"""Seconds for taking in an answer that has arrived when the time is up."""


class DeadlinePassed(Exception):
    """The time was up; the connection has been cut."""


class Line:
    """The connection of one request, as its trace shows it (httpx: Extensions, "trace").

    ``sent`` says that sending has begun: from then on the server may have received the
    request. Until then it certainly has not.
    """

    def __init__(self) -> None:
        self.sent = False
        self._socket: socket.socket | None = None
        self._is_cut = False
        self._lock = threading.Lock()

    def trace(self, event: str, seen: Mapping[str, object]) -> None:
        """Called by the HTTP library at each step of the request."""
        if event == "http11.send_request_headers.started":
            # The CONNECT to a proxy is not the request: the proxy is not the server.
            request = cast(_Request, seen["request"])
            self.sent = self.sent or request.method != b"CONNECT"
        # TLS moves the connection into a new socket object and empties the old one.
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            stream = cast(_Stream, seen["return_value"])
            with self._lock:
                self._socket = stream.get_extra_info("socket")
                if self._is_cut:
                    self._shut()

    def cut(self) -> None:
        """Ends the connection now, or as soon as there is one."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # The plain socket's own shutdown: the TLS one would change what another
            # thread is reading from. It fails where the connection is over already.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def within(
    seconds: float, line: Line, request: Callable[[], T], is_whole: Callable[[T], bool]
) -> T:
    """What ``request`` gives, or raises; DeadlinePassed when it takes longer than ``seconds``.

    What has arrived by then is still taken in. A process that was stopped for longer than its
    time limit (SIGSTOP, a laptop asleep) finds the answer in its socket, and with it, maybe,
    the only refresh token that is still good. ``is_whole`` tells an answer that was taken in so
    from one that merely ended with the connection.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(request())
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            outcome.set_exception(error)

    # A daemon: a name lookup that hangs does not keep the program from ending.
    threading.Thread(target=run, name="webex request", daemon=True).start()
    until = time.monotonic() + seconds
    try:
        return outcome.result(timeout=max(0.0, seconds))
    except FutureTimeout:
        if outcome.done():  # the request itself raised it, or has just ended
            return outcome.result()
        # Woken much later than asked for: the process was stopped, and so was the reader.
        return _last_look(outcome, line, is_whole, late=time.monotonic() > until + 1.0)
    finally:
        # Also when the person interrupts the waiting. Harmless where all is over.
        line.cut()


def _last_look(outcome: Future[T], line: Line, is_whole: Callable[[T], bool], *, late: bool) -> T:
    if late:
        with contextlib.suppress(FutureTimeout):
            outcome.exception(timeout=LAST_LOOK)
    line.cut()
    if line.sent:
        # What has arrived is read to its end; where that is not all of it, the reader fails now.
        with contextlib.suppress(FutureTimeout):
            outcome.exception(timeout=LAST_LOOK)
    if outcome.done() and outcome.exception() is None and is_whole(outcome.result()):
        return outcome.result()
    raise DeadlinePassed from None


class _Request(Protocol):
    method: bytes


class _Stream(Protocol):
    def get_extra_info(self, info: str) -> socket.socket | None: ...
