"""The redirect listener: a loopback HTTP server for one sign-in (RFC 8252 §7.3).

Below it are its sockets, the owners of ports and connections, and the browsers' connections.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import h11

from wtr_tui.addresses import RedirectUri
from wtr_tui.errors import WtrError
from wtr_tui.model import Secret
from wtr_tui.oauth import pages, steps
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    Granted,
    NotOurs,
    Reason,
    Refused,
    error_text,
    query_parameters,
)
from wtr_tui.oauth.pages import Reply
from wtr_tui.text import cause, cleaned, user_name

# Without characters that are easily confused when a user types them from another screen.
_START_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_START_LENGTH = 8

_QUOTED = 120
"""Characters shown of an error from the browser."""

START_FOLDER = "/s/"
GUESSES_ALLOWED = 25
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")

OnAnswer = Callable[[Granted | Refused], Awaitable[pages.PageContent]]
OnStep = Callable[[steps.BrowserArrived | steps.Noticed], None]


@dataclass(frozen=True)
class Limits:
    """Limits on connections, in seconds, bytes and counts."""

    head_seconds: float = 10.0
    head_bytes: int = 16_384
    headers: int = 100
    connections: int = 64
    answer_seconds: float = 20.0
    write_seconds: float = 5.0
    linger_seconds: float = 1.0


DEFAULT_LIMITS = Limits()


class Listener:
    """A server that waits for the redirect of one attempt (RFC 8252 §7.3).

    ``on_answer`` is awaited once, with the first answer that belongs to the attempt, and returns
    the page for the browser. After ``limits.answer_seconds`` the browser is referred to the
    terminal, but ``on_answer`` runs on: the token it is about to save must not be lost. ``on_step``
    is called with everything else that happens. Neither is called before :meth:`start`.
    """

    def __init__(
        self,
        request: AuthorizationRequest,
        redirect_uri: RedirectUri,
        *,
        on_answer: OnAnswer,
        on_step: OnStep,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        random_part = "".join(secrets.choice(_START_ALPHABET) for _ in range(_START_LENGTH))
        self._request = request
        self._redirect_uri = redirect_uri
        self._start_path = Secret(START_FOLDER + random_part)
        self._launch_paths: dict[Secret, bool] = {}
        """The path of each launch URL, and whether it has been opened."""
        self._wrong_guesses = 0
        # The browser is redirected there after the answer, so that its URL holds no code.
        self.done_path = "/done" if redirect_uri.path != "/done" else "/finished"
        self._on_answer = on_answer
        self._on_step = on_step
        self._limits = limits
        self._servers: list[asyncio.Server] = []
        # In order of arrival.
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._answering: asyncio.Future[pages.PageContent] | None = None
        self._done_shown = asyncio.Event()
        self._stopped = False
        self._noticed: Counter[str] = Counter()
        self.families: tuple[str, ...] = ()
        """The addresses it listens on: 127.0.0.1, ::1 or both; none before the start."""

    @property
    def start_url(self) -> str:
        """A short URL that redirects a browser to Webex, any number of times.

        It exists after :meth:`start` only, because another program may hold the port.
        """
        return self._address(self._start_path)

    def launch_url(self) -> str:
        """Return a new URL for a browser started here. It redirects to Webex once.

        Every user of the machine can read the browser's command line, and open the URL first. A
        second visit is reported, on its page and to the user.
        """
        path = Secret(START_FOLDER + secrets.token_urlsafe(24))
        self._launch_paths[path] = False
        return self._address(path)

    def _address(self, path: Secret) -> str:
        if not self.families:
            raise RuntimeError("the listener has not been started")
        return self._redirect_uri.origin + path.reveal()

    async def start(self) -> None:
        """Start listening. Raise CannotListen, with no socket left open."""
        listening = listening_sockets(self._redirect_uri.port)
        for opened in listening:
            server = await asyncio.start_server(self._serve, sock=opened, backlog=BACKLOG)
            self._servers.append(server)
        self.families = tuple(opened.getsockname()[0] for opened in listening)

    async def stop(self, linger: float = 0.8) -> None:
        """Close the port and every connection. May be called again, and without a start.

        After an answer the browser has one more page to fetch: wait for it, ``linger`` seconds at
        most.
        """
        if self._answering is not None and not self._stopped:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._done_shown.wait(), linger)
        self._stopped = True
        for server in self._servers:
            server.close()
        tasks = list(self._connections.values())
        for connection in list(self._connections):
            self._drop(connection)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits)
        task: asyncio.Task[None] | None = asyncio.current_task()
        try:
            if task is not None and self._make_room():
                self._connections[connection] = task
                await self._handle(connection)
        except asyncio.CancelledError:
            # By _drop. Before Python 3.12 asyncio's streams would report it as an error.
            return
        finally:
            connection.close()
            self._connections.pop(connection, None)

    def _make_room(self) -> bool:
        """Drop the oldest expendable connection if necessary; return whether there is room."""
        if self._stopped:
            return False
        if len(self._connections) < self._limits.connections:
            return True
        expendable = next((each for each in self._connections if each.expendable), None)
        if expendable is not None:
            self._drop(expendable)
        return expendable is not None

    def _drop(self, connection: Connection) -> None:
        connection.close()
        self._connections.pop(connection).cancel()

    async def _handle(self, connection: Connection) -> None:
        is_last = False
        try:
            request = await connection.read()
        except TlsHello:
            self._notice(
                "A browser came with https. Open the address with http:// or, if the browser"
                " insists, with 127.0.0.1 instead of localhost where that is registered.",
                kind="https",
            )
            return
        except BadRequest as bad:
            reply = self._reject(bad.status, bad.why)
        except OSError:
            return
        else:
            if request is None:
                return
            reply = await self.respond(request, connection.foreign_user)
            is_last = reply.status == 200 and request.method != "HEAD"  # the page after the answer
        await connection.send(reply)
        if is_last:
            self._done_shown.set()
        await connection.linger()

    async def respond(
        self, request: Request, foreign_user: Callable[[], str] = lambda: ""
    ) -> Reply:
        """Return the response to one request. Never raise, and redirect to nowhere but Webex.

        ``foreign_user`` returns the user of the requesting program where that is another one,
        else "".
        """
        objection = self._objection(request)
        if objection is not None:
            return self._reject(*objection)
        # Not by a URL parser, which would read //evil as a host.
        path, _, query = request.target.partition("?")
        is_head = request.method == "HEAD"
        if path == self._redirect_uri.request_path:
            return await self._callback(query, request.host or "", is_head)
        if path.startswith(START_FOLDER):
            return self._start(path, is_head, foreign_user)
        if path == self.done_path and self._answering is not None:
            return pages.reply(200) if is_head else pages.page(200, _outcome(self._answering))
        if {"code", "error"} & {pair.partition("=")[0] for pair in query.split("&")}:
            return self._answer_elsewhere(cleaned(path, 60))
        return self._reject(404, f"Something asked for {cleaned(path, 60)}, which is not here.")

    def _objection(self, request: Request) -> tuple[int, str] | None:
        """Return status and reason for a request that is rejected whatever it asks for."""
        if request.host is None:
            return 400, "A request without exactly one Host header was refused."
        if request.host not in self._redirect_uri.loopback_authorities:
            # A web site can have its own name resolve to this machine (DNS rebinding).
            return 421, f"A request for the host {cleaned(request.host, 60)} was refused."
        if request.method not in ("GET", "HEAD"):
            return 405, f"A {cleaned(request.method, 20)} request was refused."
        if _is_prefetch(request):
            # The code works once: a prefetch must not use it up.
            return 503, "The browser loaded an address ahead of time; it was told to wait."
        if not _is_navigation(request):
            # Any web page can send requests here. It must not learn whether a path is right, and
            # must not be able to use up the guesses.
            return 403, "A web page asked for something here by itself; it was refused."
        return None

    async def _callback(self, query: str, host: str, is_head: bool) -> Reply:
        try:
            parameters = query_parameters(query)
        except ValueError:
            return self._reject(400, "A request with too many parameters was refused.")
        if not {"code", "error", "state"} & {name for name, _ in parameters}:
            return self._reject(404, "Something asked for the redirect URI without an answer.")
        if self._redirect_uri.authority not in (host, f"{host}:80"):
            # RFC 9700 §4.4: the answer is valid only at the exact redirect URI.
            return self._answer_elsewhere(cleaned(host, 60))
        if is_head:
            return pages.reply(200)
        answer = self._request.validate_callback(parameters)
        if isinstance(answer, NotOurs):
            return self._not_ours(answer)
        # Only the first answer is passed on; a repeated one waits for the same outcome.
        if self._answering is None:
            self._answering = asyncio.ensure_future(self._on_answer(answer))
            self._answering.add_done_callback(_report_failure)
        # Unlike wait_for, wait does not cancel after the timeout.
        await asyncio.wait({self._answering}, timeout=self._limits.answer_seconds)
        return pages.redirect(self.done_path)

    def _answer_elsewhere(self, where: str) -> Reply:
        why = f"An answer arrived at {where}, but the redirect URI is exactly {self._redirect_uri}."
        return self._reject(404, why)

    def _not_ours(self, answer: NotOurs) -> Reply:
        if answer.reason is Reason.NO_STATE and answer.error:
            # Webex sometimes omits the state from an error: shown, but not trusted.
            quoted = cleaned(error_text(answer), _QUOTED)
            self._notice(
                f"The browser reported an error: {quoted}. It carries no state, so it may be"
                " anybody's; this sign-in goes on waiting.",
                kind="error without a state",
            )
        else:
            self._notice(
                "An answer arrived that is not this sign-in's; it was ignored."
                f" {answer.reason.value}",
                kind="not ours",
            )
        return pages.page(400, pages.not_ours(answer))

    def _start(self, path: str, is_head: bool, foreign_user: Callable[[], str]) -> Reply:
        launch = next((each for each in self._launch_paths if _matches(path, each)), None)
        if launch is None:
            if self._wrong_guesses >= GUESSES_ALLOWED:
                # The same for right and wrong paths, so that further guesses are in vain.
                why = f"The start address was closed after {GUESSES_ALLOWED} wrong guesses."
                advice = "Use the full address, or start again."
                return pages.page(403, pages.not_here(f"{why} {advice}"))
            if not _matches(path, self._start_path):
                return self._reject_guess()
        if self._answering is not None:
            return self._reject(410, "The sign-in has its answer already.")
        if launch is not None:
            if other := foreign_user():
                # The URL stays valid for the browser it was made for.
                why = "opened the address that is for the browser started here."
                return self._reject(403, f"A program of {other} {why}")
            if self._launch_paths[launch]:
                return self._reject_second_launch()
        if is_head:
            return pages.reply(200)
        if launch is not None:
            self._launch_paths[launch] = True
        self._on_step(steps.BrowserArrived())
        return pages.redirect(self._request.url)

    def _reject_second_launch(self) -> Reply:
        self._notice(
            "The address that the browser was started with was opened a second time. If you"
            " did not reload it, somebody else on this machine may have opened it first, and"
            " may try to sign you in as himself: cancel this sign-in, and begin again with the"
            " address that is shown.",
            kind="opened twice",
        )
        return pages.page(410, pages.OPENED_BEFORE)

    def _reject_guess(self) -> Reply:
        self._wrong_guesses += 1
        reply = self._reject(404, "Something asked for a start address that is not this one.")
        if self._wrong_guesses == GUESSES_ALLOWED:
            self._notice(
                f"The start address is closed: {GUESSES_ALLOWED} wrong ones were asked for, by a"
                " program that can reach this port. If no browser has been sent to Webex yet, use"
                " the full address or a device code, or cancel this sign-in and begin again.",
                kind="closed",
            )
        return reply

    def _reject(self, status: int, why: str) -> Reply:
        self._notice(f"A stray request was turned away: {why}", kind="stray")
        return pages.page(status, pages.not_here(why))

    def _notice(self, message: str, *, kind: str) -> None:
        """Report the first three of a kind, then the 10th, 100th …: scanners send thousands."""
        self._noticed[kind] += 1
        count = self._noticed[kind]
        if count <= 3 or str(count).rstrip("0") == "1":
            so_far = f" ({count} so far)" if count > 1 else ""
            self._on_step(steps.Noticed(message + so_far))


def _outcome(answering: asyncio.Future[pages.PageContent]) -> pages.PageContent:
    if not answering.done():
        return pages.PROCESSING
    if answering.cancelled() or answering.exception() is not None:
        return pages.failed("The sign-in was not finished.")
    return answering.result()


def _report_failure(answering: asyncio.Future[pages.PageContent]) -> None:
    """Pass an unexpected failure of ``on_answer`` to the event loop's exception handler."""
    if not answering.cancelled() and (error := answering.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer of a sign-in could not be used", "exception": error}
        )


def _matches(path: str, expected: Secret) -> bool:
    return secrets.compare_digest(
        path.encode("utf-8", "surrogatepass"), expected.reveal().encode("utf-8")
    )


def _is_navigation(request: Request) -> bool:
    """Return whether a browser tab navigates there (W3C Fetch Metadata).

    A request without these headers is taken for one; every current browser sends them.
    """
    modes = {value.lower() for value in request.values("sec-fetch-mode")}
    destinations = {value.lower() for value in request.values("sec-fetch-dest")}
    return modes <= {"navigate"} and destinations <= {"document"}


def _is_prefetch(request: Request) -> bool:
    purposes = " ".join(value for name in _PREFETCH_HEADERS for value in request.values(name))
    return any(word in purposes.lower() for word in _PREFETCH_WORDS)


# Sockets, and the owners of ports and connections.

ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 256
_CHUNK = 4096
_LINGER_BYTES = 2 * 1024 * 1024
_TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1; no HTTP method begins with it
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_OTHER_WAYS = "Sign in with the full address and paste where the browser ends, or use a device code"


class CannotListen(WtrError):
    """The redirect cannot be received here. Other methods to sign in still work."""


def listening_sockets(port: int) -> list[socket.socket]:
    """Return sockets that listen on 127.0.0.1 and ::1 (RFC 8252 §7.3, §8.3).

    An address family that the machine lacks is left out. Raise CannotListen when one address is
    taken, because answers could go to the other program, and when neither is available.
    """
    sockets: list[socket.socket] = []
    refused: CannotListen | None = None
    for family, address in ADDRESSES:
        try:
            # Also listening, because two sockets can be bound to a port, but only one can listen.
            # It sets SO_REUSEADDR: connections of the last attempt in TIME_WAIT do not matter.
            opened = socket.create_server((address, port), family=family, backlog=BACKLOG)
            opened.setblocking(False)
            sockets.append(opened)
        except OSError as error:
            refused = _cannot_listen(port, address, error)
            if error.errno not in _NO_SUCH_FAMILY:
                break
    else:
        if sockets:
            return sockets
    for opened in sockets:
        opened.close()
    assert refused is not None
    raise refused


def _cannot_listen(port: int, address: str, error: OSError) -> CannotListen:
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
# A socket on one of these addresses holds the port: one on [::] usually accepts IPv4, too.
_HOLDING = {
    "127.0.0.1": ("127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"),  # noqa: S104 - only compared
    "::1": ("::1", "::"),
}


def port_holder(port: int, address: str, proc: Path = Path("/proc")) -> str:
    """Return what holds a port: ``python3 (pid 4711)``, ``a program of bob``, or "" if unknown.

    ``address`` is 127.0.0.1 or ::1. Of another user's process only the owner is visible.
    """
    ends = {_table_address(each, port) for each in _HOLDING[address]}
    # Three times, because a row can be missed while others come and go.
    for table in ("tcp", "tcp6") * 3:
        for row in _rows(proc / "net" / table):
            if row[1] in ends and row[3] == _LISTEN:
                return (
                    _process_with_socket(row[9], proc) or f"a program of {user_name(int(row[7]))}"
                )
    return ""


def peer_uid(
    peer: tuple[str, int], here: tuple[str, int], proc: Path = Path("/proc")
) -> int | None:
    """Return the user id of a loopback connection's other end; None if unknown.

    ``peer`` and ``here`` are address and port of the two ends.
    """
    ends = [_table_address(*peer), _table_address(*here)]
    rows = _rows(proc / "net" / ("tcp6" if ":" in peer[0] else "tcp"))
    # Each end of a loopback connection has a row of its own.
    return next((int(row[7]) for row in rows if row[1:3] == ends), None)


def _rows(table: Path) -> list[list[str]]:
    """Read /proc/net/tcp or tcp6: slot, local and remote address, state, …, uid, timeout, inode."""
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return []
    return [row for row in (line.split() for line in lines) if len(row) > 9]


def _table_address(address: str, port: int) -> str:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    # The kernel prints each 32-bit word as a number in native byte order.
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return f"{''.join(f'{word:08X}' for word in words)}:{port:04X}"


def _process_with_socket(inode: str, proc: Path) -> str:
    wanted = f"socket:[{inode}]"
    for process in proc.iterdir():
        if process.name.isdigit():
            # Processes may end meanwhile, and those of other users are unreadable.
            with suppress(OSError):
                if any(_links_to(link, wanted) for link in (process / "fd").iterdir()):
                    name = (process / "comm").read_text("utf-8", "replace").strip()
                    return f"{name} (pid {process.name})"
    return ""


def _links_to(link: Path, wanted: str) -> bool:
    """Return False also for a descriptor that has been closed meanwhile."""
    try:
        return str(link.readlink()) == wanted
    except OSError:
        return False


# Connections of browsers.


@dataclass(frozen=True)
class Request:
    """A request without its body. Header names are in lower case. The target may hold a code."""

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def host(self) -> str | None:
        """The Host header in lower case; None if there is not exactly one."""
        hosts = self.values("host")
        return hosts[0].lower() if len(hosts) == 1 else None

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header."""
        return tuple(value for given, value in self.headers if given == name)


class BadRequest(Exception):
    """An invalid request, or one beyond the limits, with the HTTP status to reject it with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class TlsHello(Exception):
    """The browser speaks TLS: it has changed the URL to https."""


class Connection:
    """A connection for one request and its response, within limits.

    ``expendable`` says that it may be dropped: its request has not arrived yet, or its response
    has been sent.
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

    def foreign_user(self) -> str:
        """Return the name of the peer's user; "" for this user, for root, and if unknown."""
        peer, here = map(self._writer.get_extra_info, ("peername", "sockname"))
        uid = peer_uid(peer[:2], here[:2]) if peer and here else None
        return "" if uid in (None, 0, os.geteuid()) else user_name(uid)

    async def read(self) -> Request | None:
        """Return the request, or None where the peer closed or sent nothing in time.

        The latter is no error: browsers open connections ahead of time. Raise BadRequest and
        TlsHello.
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
        """Send the response. A peer that has closed the connection is no error."""
        with suppress(OSError, asyncio.TimeoutError):
            # Without a buffer, drain returns when the kernel has it all.
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
        """Read to the end: closing with unread bytes resets the connection, losing the response."""
        with suppress(OSError, asyncio.TimeoutError):
            self._writer.write_eof()
            await asyncio.wait_for(self._discard(), self._limits.linger_seconds)

    async def _discard(self) -> None:
        left = _LINGER_BYTES
        while left > 0 and (chunk := await self._reader.read(65_536)):
            left -= len(chunk)

    def close(self) -> None:
        """Close the socket now."""
        self._writer.transport.abort()
