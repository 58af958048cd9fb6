"""One connection to the listener: at most one request in, at most one answer out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import h11

from wtr_tui.oauth.redirect import Request
from wtr_tui.oauth.reply import Reply

_CHUNK = 4096
_LINGER_BYTES = 2 * 1024 * 1024
_TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1; no HTTP method begins with it


@dataclass(frozen=True)
class Limits:
    """How much one peer may cost. Seconds, bytes, and numbers of things."""

    head_seconds: float = 10.0
    head_bytes: int = 16_384
    headers: int = 100
    connections: int = 64
    answer_seconds: float = 20.0
    write_seconds: float = 5.0
    linger_seconds: float = 1.0


USUAL = Limits()


class BadRequest(Exception):
    """What arrived is no request that will be looked at: the HTTP status and the reason."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class TlsHello(Exception):
    """The peer speaks TLS: a browser that made ``https`` of the address."""


class Connection:
    """Reads one request and sends one answer, within the limits, then is closed.

    ``expendable`` says that nothing would be lost if it were dropped: it has not asked for
    anything yet, or has had its answer.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._head_only = False
        self.expendable = True

    async def read(self) -> Request | None:
        """The request, or None when the peer closed, or said nothing for too long.

        Raises BadRequest and TlsHello. Browsers open connections ahead of time and leave them
        silent: no error, and nothing waits for them.
        """
        try:
            request = await asyncio.wait_for(self._read_head(), self._limits.head_seconds)
        except asyncio.TimeoutError:
            if self._http.trailing_data[0]:
                raise BadRequest(408, "A request that came too slowly was dropped.") from None
            return None
        except h11.RemoteProtocolError as error:
            status = 431 if error.error_status_hint == 431 else 400
            raise BadRequest(status, "Something that is not proper HTTP arrived.") from error
        if request is not None:
            self.expendable = False
        return request

    async def _read_head(self) -> Request | None:
        left = self._limits.head_bytes
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                return self._request(event)
            if event is not h11.NEED_DATA:
                return None
            if not left:
                raise BadRequest(431, "A request with too long a head was refused.")
            chunk = await self._reader.read(min(_CHUNK, left))
            if left == self._limits.head_bytes and chunk.startswith(_TLS_HANDSHAKE):
                raise TlsHello
            left -= len(chunk)
            self._http.receive_data(chunk)

    def _request(self, event: h11.Request) -> Request:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers
        )
        if len(headers) > self._limits.headers:
            raise BadRequest(431, "A request with too many headers was refused.")
        method = event.method.decode("ascii")
        self._head_only = method == "HEAD"
        return Request(method, event.target.decode("ascii"), headers)

    async def send(self, reply: Reply) -> None:
        """Sends the answer and ends the conversation. A peer that went away is not an error."""
        with suppress(OSError, asyncio.TimeoutError):
            # With no room in the buffer, drain means: handed to the kernel.
            self._writer.transport.set_write_buffer_limits(0)
            self._writer.write(self._bytes(reply))
            await asyncio.wait_for(self._writer.drain(), self._limits.write_seconds)
        self.expendable = True

    def _bytes(self, reply: Reply) -> bytes:
        head = h11.Response(status_code=reply.status, headers=list(reply.headers))
        sent = [self._http.send(head)]
        if reply.body and not self._head_only:
            sent.append(self._http.send(h11.Data(data=reply.body)))
        sent.append(self._http.send(h11.EndOfMessage()))
        return b"".join(part for part in sent if part)

    async def linger(self) -> None:
        """Lets the peer finish talking: closing on unread bytes would take the answer from it."""
        with suppress(OSError, asyncio.TimeoutError):
            self._writer.write_eof()
            await asyncio.wait_for(self._discard(), self._limits.linger_seconds)

    async def _discard(self) -> None:
        left = _LINGER_BYTES
        while left > 0 and (chunk := await self._reader.read(65_536)):
            left -= len(chunk)

    def close(self) -> None:
        """Closes the socket now."""
        self._writer.transport.abort()
