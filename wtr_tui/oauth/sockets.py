"""The listener's sockets (loopback addresses only), and the connections that browsers open.

And which program holds a port that is taken, or is at the other end of a connection.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import h11

from wtr_tui.errors import WtrError
from wtr_tui.oauth.pages import Reply
from wtr_tui.text import cause, user_name

ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 256
_CHUNK = 4096
_LINGER_BYTES = 2 * 1024 * 1024
_TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1; no HTTP method begins with it
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_OTHER_WAYS = "Sign in with the full address and paste where the browser ends, or use a device code"


class CannotListen(WtrError):
    """The redirect cannot be received here. Other methods to sign in go on working."""


def listening_sockets(port: int) -> list[socket.socket]:
    """Sockets that listen on 127.0.0.1 and ::1, the literal addresses (RFC 8252 §7.3, §8.3).

    A family the machine lacks is left out. Raises CannotListen when either address is
    taken: half of the answers would go to the other program; and when neither can be had.
    """
    sockets: list[socket.socket] = []
    refused: CannotListen | None = None
    for family, address in ADDRESSES:
        try:
            # Bound and listening at once: two sockets can be bound to one port, but only one
            # can listen. The last attempt's connections (TIME_WAIT) do not block it.
            opened = socket.create_server((address, port), family=family, backlog=BACKLOG)
            opened.setblocking(False)
            sockets.append(opened)
        except OSError as error:
            refused = _refusal(port, address, error)
            if error.errno not in _NO_SUCH_FAMILY:
                break
    else:
        if sockets:
            return sockets
    for opened in sockets:
        opened.close()
    assert refused is not None
    raise refused


def _refusal(port: int, address: str, error: OSError) -> CannotListen:
    what, cure = f"Port {port} cannot be listened on: {cause(error)}.", ""
    if error.errno == errno.EADDRINUSE:
        holder = port_holder(port, address) or "another program"
        what = f"Port {port} on {address} is taken by {holder}."
        cure = (
            "Quit that program; or register another port with the integration and enter it in the"
            " settings. "
        )
    elif error.errno == errno.EACCES:
        what = f"Only the administrator may listen on port {port}."
        cure = "Register a port above 1023 with the integration and enter it in the settings. "
    refused = CannotListen(what, f"{cure}{_OTHER_WAYS}.")
    refused.__cause__ = error
    return refused


_LISTEN = "0A"
# Whatever listens on one of these holds the port of the address: a socket on [::] usually has
# IPv4, too.
_HOLDING = {
    "127.0.0.1": ("127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"),  # noqa: S104 - only compared
    "::1": ("::1", "::"),
}


def port_holder(port: int, address: str, proc: Path = Path("/proc")) -> str:
    """``python3 (pid 4711)``, ``a program of bob``, or "" where it is not known.

    ``address`` is 127.0.0.1 or ::1. Another user's processes cannot be looked into; their owner
    is known all the same.
    """
    ends = {_in_table(each, port) for each in _HOLDING[address]}
    # More than once: a row can be missed while others come and go.
    for table in ("tcp", "tcp6") * 3:
        for row in _rows(proc / "net" / table):
            if row[1] in ends and row[3] == _LISTEN:
                return _process(row[9], proc) or f"a program of {user_name(int(row[7]))}"
    return ""


def peer_uid(
    peer: tuple[str, int], here: tuple[str, int], proc: Path = Path("/proc")
) -> int | None:
    """Whose program is at the other end of a loopback connection; None where it is not known.

    ``peer`` and ``here`` are the addresses of the two ends, each with its port.
    """
    ends = [_in_table(*peer), _in_table(*here)]
    rows = _rows(proc / "net" / ("tcp6" if ":" in peer[0] else "tcp"))
    # Each end of a loopback connection has a row of its own; this is the other one's.
    return next((int(row[7]) for row in rows if row[1:3] == ends), None)


def _rows(table: Path) -> list[list[str]]:
    """Of /proc/net/tcp or tcp6: slot, local and remote address, state, …, uid, timeout, inode."""
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return []
    return [row for row in (line.split() for line in lines) if len(row) > 9]


def _in_table(address: str, port: int) -> str:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    # The kernel prints each 32-bit word as a number in the machine's own byte order.
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return f"{''.join(f'{word:08X}' for word in words)}:{port:04X}"


def _process(inode: str, proc: Path) -> str:
    wanted = f"socket:[{inode}]"
    for process in proc.iterdir():
        if process.name.isdigit():
            # Processes end while they are looked at, and others' are closed to us.
            with suppress(OSError):
                if any(_leads_to(link, wanted) for link in (process / "fd").iterdir()):
                    name = (process / "comm").read_text("utf-8", "replace").strip()
                    return f"{name} (pid {process.name})"
    return ""


def _leads_to(link: Path, wanted: str) -> bool:
    """False where it is gone by now, as the descriptor that its folder was listed with is."""
    try:
        return str(link.readlink()) == wanted
    except OSError:
        return False


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


@dataclass(frozen=True)
class Request:
    """The head of a request. Header names are in lower case. The target may hold a code."""

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value given for a header."""
        return tuple(value for given, value in self.headers if given == name)


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

    def stranger(self) -> str:
        """The other user whose program this is; "" for this user, root, and where it is unknown."""
        peer, here = map(self._writer.get_extra_info, ("peername", "sockname"))
        uid = peer_uid(peer[:2], here[:2]) if peer and here else None
        return "" if uid in (None, 0, os.geteuid()) else user_name(uid)

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
