"""What is to go wrong, and when: the scripted failures of the sandbox."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.support.webex.server import stopping
from tests.support.webex.strict import ROUTES
from wtr_tui.sandbox.http import HttpResponse, ServedConnection

ENDPOINTS = frozenset(path.removeprefix("/v1/") for path in ROUTES)


@dataclass(frozen=True)
class Fault:
    """One failure. Everything is off by default; what is set is combined.

    An answer of its own (``status``, ``body``, ``redirect``) stands in for the ordinary one;
    ``headers`` alone are laid over the ordinary answer. ``Fault(delay=…)`` is an ordinary
    answer, late.
    """

    status: int | None = None
    body: str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    """The Location of a redirect; 302 where ``status`` says nothing else."""

    delay: float = 0.0
    """Seconds before the answer begins."""
    hang: bool = False
    """The request is read and never answered."""
    reset: bool = False
    """The connection is reset (RST) after the request was read."""
    close_after_read: bool = False
    """The connection is closed in order after the request was read, without an answer."""
    drip: float = 0.0
    """Seconds between two bytes of the answer."""
    drip_part: Literal["head", "body"] = "head"
    """Where dripping begins."""

    carried_out: bool = False
    """The request takes effect first, although its ordinary answer is not seen."""

    @property
    def answers_itself(self) -> bool:
        return self.status is not None or self.body is not None or self.redirect is not None

    @property
    def is_silent(self) -> bool:
        return self.hang or self.reset or self.close_after_read

    def answer(self) -> HttpResponse:
        """The answer of its own. A text body without a Content-Type is JSON or HTML by its look."""
        body = self.body.encode() if isinstance(self.body, str) else self.body or b""
        status = self.status or (302 if self.redirect is not None else 200)
        headers: dict[str, str] = {}
        if body:
            is_json = body.lstrip()[:1] in (b"{", b"[")
            headers["Content-Type"] = (
                "application/json;charset=UTF-8" if is_json else "text/html;charset=UTF-8"
            )
        if self.redirect is not None:
            headers["Location"] = self.redirect
        return HttpResponse(status, {**headers, **self.headers}, body)


class Faults:
    """The failures that are still to come, per endpoint, in the order they were scripted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: dict[str, list[Fault]] = {}
        self._lasting: dict[str, Fault] = {}

    def next(self, endpoint: str, fault: Fault, times: int = 1) -> None:
        """The next ``times`` requests to the endpoint fail, after those scripted before.

        The endpoint is the path below ``/v1/``: ``access_token``, ``people/me`` …; or
        ``/verify``. Raises ValueError where there is none of that name.
        """
        with self._lock:
            self._coming.setdefault(_checked(endpoint), []).extend([fault] * times)

    def always(self, endpoint: str, fault: Fault) -> None:
        """Every request to the endpoint fails until :meth:`clear`, once none is scripted."""
        with self._lock:
            self._lasting[_checked(endpoint)] = fault

    def clear(self) -> None:
        with self._lock:
            self._coming.clear()
            self._lasting.clear()

    def take(self, endpoint: str) -> Fault | None:
        """The failure for a request that has just arrived; else None."""
        with self._lock:
            if coming := self._coming.get(endpoint):
                return coming.pop(0)
            return self._lasting.get(endpoint)


def _checked(endpoint: str) -> str:
    if endpoint not in ENDPOINTS and not endpoint.startswith("applications/"):
        raise ValueError(f"no endpoint {endpoint!r}; there are {', '.join(sorted(ENDPOINTS))}")
    return endpoint


def send(connection: ServedConnection, answer: HttpResponse, fault: Fault) -> None:
    """Sends at once, or drop by drop until the sandbox stops."""
    head, body = connection.encode(answer)
    if not fault.drip:
        connection.connection.sendall(head + body)
        return
    at_once, dripping = (b"", head + body) if fault.drip_part == "head" else (head, body)
    connection.connection.sendall(at_once)
    for position in range(len(dripping)):
        if stopping(connection).wait(fault.drip):
            return
        connection.connection.sendall(dripping[position : position + 1])


def fall_silent(connection: ServedConnection, fault: Fault) -> None:
    """Gives no answer: hangs until the sandbox stops, or has the connection end."""
    connection.close_connection = True
    if fault.hang:
        stopping(connection).wait()
    elif fault.reset:
        # Closing with a linger time of zero sends RST in place of FIN.
        linger = struct.pack("ii", 1, 0)
        connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
