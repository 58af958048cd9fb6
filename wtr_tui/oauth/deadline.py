"""A limit on a whole request, from the name lookup to the last byte.

The limits a socket knows are for one read: a server that sends a byte now and then is never
late. And a name lookup knows no limit at all. So the request runs on a thread of its own, and
whoever waits for it waits only so long, and then cuts its connection.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Protocol, TypeVar, cast

T = TypeVar("T")


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


def within(seconds: float, line: Line, request: Callable[[], T]) -> T:
    """What ``request`` gives, or raises; DeadlinePassed when it takes longer than ``seconds``."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(request())
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            outcome.set_exception(error)

    # A daemon: a name lookup that hangs does not keep the program from ending.
    threading.Thread(target=run, name="webex request", daemon=True).start()
    try:
        return outcome.result(timeout=max(0.0, seconds))
    except FutureTimeout:
        if outcome.done():  # the request itself raised it
            raise
        raise DeadlinePassed from None
    finally:
        # Also when the person interrupts the waiting. Harmless where all is over.
        line.cut()


class _Request(Protocol):
    method: bytes


class _Stream(Protocol):
    def get_extra_info(self, info: str) -> socket.socket | None: ...
