"""The redirect listener: a loopback server that lives as long as one sign-in (RFC 8252 §7.3)."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import h11

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    Granted,
    NotOurs,
    Reason,
    Refused,
    error_text,
)
from wtr_tui.oauth.listener import pages
from wtr_tui.oauth.listener.pages import Reply
from wtr_tui.oauth.listener.rules import (
    START_FOLDER,
    AttemptView,
    Decision,
    LaunchPath,
    OnlyHead,
    Reject,
    Request,
    SendToWebex,
    ShowDone,
    decide,
)
from wtr_tui.oauth.listener.sockets import BACKLOG, listening_sockets, peer_uid
from wtr_tui.oauth.steps import (
    BrowserArrived,
    LaunchAddressReused,
    Notice,
    Noticed,
    StartAddressClosed,
)
from wtr_tui.text import cleaned, user_name

# No letter or digit that could be taken for another when it is read from one screen and typed
# into another machine.
_START_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_START_LENGTH = 8

_CHUNK = 4096
_LINGER_BYTES = 2 * 1024 * 1024
_TLS_HANDSHAKE = b"\x16"  # RFC 8446 §5.1; no HTTP method begins with it
_QUOTED = 120
"""Characters shown of what the browser brought."""

ListenerStep = BrowserArrived | Noticed | StartAddressClosed | LaunchAddressReused
"""What happens at the listener beside the answer: nothing of it ends the sign-in."""

OnAnswer = Callable[[Granted | Refused], Awaitable[pages.Outcome]]
OnStep = Callable[[ListenerStep], None]


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


class Listener:
    """Waits for the redirect of one attempt (RFC 8252 §7.3).

    ``on_answer`` is awaited once, with the first answer that belongs to the attempt; what it
    gives is what every browser that brings the answer is shown. It may take
    ``limits.answer_seconds``, then the browser is referred to the terminal, and ``on_answer`` runs
    on: what it is about to save must not be lost. ``on_step`` hears of everything else.
    Neither runs before :meth:`start`.
    """

    def __init__(
        self,
        request: AuthorizationRequest,
        redirect_uri: RedirectUri,
        *,
        on_answer: OnAnswer,
        on_step: OnStep,
        limits: Limits = USUAL,
    ) -> None:
        random_part = "".join(secrets.choice(_START_ALPHABET) for _ in range(_START_LENGTH))
        self._attempt = AttemptView(request, redirect_uri, Secret(START_FOLDER + random_part))
        self._on_answer = on_answer
        self._on_step = on_step
        self._limits = limits
        self._servers: list[asyncio.Server] = []
        # In the order of their arrival.
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._answering: asyncio.Future[pages.Outcome] | None = None
        self._done_shown = asyncio.Event()
        self._stopped = False
        self._notices: Counter[Notice] = Counter()
        self._reuses = 0
        self.families: tuple[str, ...] = ()
        """The addresses listened on: 127.0.0.1, ::1 or both; none before the start."""

    @property
    def start_url(self) -> str:
        """The short address that leads a browser to Webex, as often as it is opened.

        It exists from :meth:`start` on: nobody may be sent to a port that somebody else has.
        """
        return self._address(self._attempt.start_path)

    def launch_url(self) -> str:
        """A new address for a browser that is started here: it leads to Webex exactly once.

        The command line of a browser can be read by everybody on the machine, unlike a screen.
        """
        path = Secret(START_FOLDER + secrets.token_urlsafe(24))
        self._attempt.launch_paths.append(LaunchPath(path))
        return self._address(path)

    def _address(self, path: Secret) -> str:
        if not self.families:
            raise RuntimeError("the listener has not been started")
        return self._attempt.redirect_uri.origin + path.reveal()

    async def start(self) -> None:
        """Listens. Raises CannotListen; then nothing is open."""
        sockets = listening_sockets(self._attempt.redirect_uri.port)
        for opened in sockets:
            server = await asyncio.start_server(self._serve, sock=opened, backlog=BACKLOG)
            self._servers.append(server)
        self.families = tuple(opened.getsockname()[0] for opened in sockets)

    async def stop(self, linger: float = 0.8) -> None:
        """Closes the port and every connection. May be called again, and without a start.

        After an answer the browser has one page left to fetch: for this it is given ``linger``
        seconds at most, and not a moment longer than it needs.
        """
        if self._answering is not None and not self._stopped:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._done_shown.wait(), linger)
        self._stopped = True
        for server in self._servers:
            server.close()
        tasks = list(self._connections.values())
        for connection, task in list(self._connections.items()):
            connection.close()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits)
        task: asyncio.Task[None] | None = asyncio.current_task()
        try:
            if task is not None and self._has_room():
                self._connections[connection] = task
                await self._converse(connection)
        except asyncio.CancelledError:
            # By stop, or to make room. asyncio's streams (before 3.12) report it as an error.
            return
        finally:
            connection.close()
            self._connections.pop(connection, None)

    def _has_room(self) -> bool:
        """Makes room for one more by dropping the oldest that nothing is lost with."""
        if self._stopped:
            return False
        if len(self._connections) < self._limits.connections:
            return True
        for connection, task in self._connections.items():
            if connection.expendable:
                del self._connections[connection]
                connection.close()
                task.cancel()
                return True
        return False

    async def _converse(self, connection: Connection) -> None:
        try:
            request = await connection.read()
        except TlsHello:
            self._notice(
                Notice.HTTPS,
                "A browser came with https. Open the address with http:// or, if the browser"
                " insists, with 127.0.0.1 instead of localhost where that is registered.",
            )
            return
        except BadRequest as bad:
            await connection.send(self._rejected(Reject(bad.status, bad.why)))
        except OSError:
            return
        else:
            if request is None:
                return
            decision = decide(request, self._attempt)
            if _is_launch(decision) and (stranger := connection.stranger()):
                # The command line of a browser can be read by every user of the machine. The
                # address goes on waiting for the browser that it was made for.
                decision = Reject(
                    403,
                    f"A program of {stranger} opened the address that is for the browser started"
                    " here.",
                )
            await connection.send(await self._follow(decision))
            if isinstance(decision, ShowDone):
                self._done_shown.set()
        await connection.linger()

    async def _follow(self, decision: Decision) -> Reply:
        if isinstance(decision, SendToWebex):
            if decision.launch_path is not None:
                decision.launch_path.used = True
            self._on_step(BrowserArrived())
            return pages.redirect(decision.location)
        if isinstance(decision, (Granted, Refused)):
            await self._answer(decision)
            return pages.redirect(self._attempt.done_path)
        if isinstance(decision, ShowDone):
            return pages.page(200, self._outcome())
        if isinstance(decision, NotOurs):
            return self._not_ours(decision)
        if isinstance(decision, OnlyHead):
            return pages.reply(200)
        return self._rejected(decision)

    async def _answer(self, answer: Granted | Refused) -> None:
        """Hands the first answer on; whoever brings it again waits for the same outcome."""
        if self._answering is None:
            self._attempt.answered = True
            self._answering = asyncio.ensure_future(self._on_answer(answer))
            self._answering.add_done_callback(_report)
        # Unlike wait_for, wait leaves what it waits for alone when the time is over.
        await asyncio.wait({self._answering}, timeout=self._limits.answer_seconds)

    def _outcome(self) -> pages.Outcome:
        assert self._answering is not None
        if not self._answering.done():
            return pages.PROCESSING
        if self._answering.cancelled() or self._answering.exception() is not None:
            return pages.failed("The sign-in was not finished.")
        return self._answering.result()

    def _not_ours(self, answer: NotOurs) -> Reply:
        if answer.reason is Reason.NO_STATE and answer.error:
            # Webex was seen to leave the state out of an error: worth showing, not believing.
            quoted = cleaned(error_text(answer), _QUOTED)
            self._notice(
                Notice.ERROR_WITHOUT_STATE,
                f"The browser reported an error: {quoted}. It carries no state, so it may be"
                " anybody's; this sign-in goes on waiting.",
            )
        else:
            self._notice(
                Notice.NOT_OURS,
                "An answer arrived that is not this sign-in's; it was ignored."
                f" {answer.reason.value}",
            )
        return pages.page(400, pages.not_ours(answer))

    def _notice(self, notice: Notice, message: str) -> None:
        self._notices[notice] += 1
        self._on_step(Noticed(notice, message, self._notices[notice]))

    def _rejected(self, decision: Reject) -> Reply:
        if decision.used_twice:
            self._reuses += 1
            self._on_step(LaunchAddressReused(self._reuses))
            return pages.page(decision.status, pages.opened_before(decision.why))
        if not decision.counted:  # else it was, when the start address was closed
            self._notice(Notice.STRAY, f"A stray request was turned away: {decision.why}")
        if decision.guess:
            self._attempt.wrong_guesses += 1
            if self._attempt.start_closed:
                self._on_step(StartAddressClosed(self._attempt.wrong_guesses))
        return pages.page(decision.status, pages.not_here(decision.why))


def _is_launch(decision: Decision) -> bool:
    """Whether it is about the address of a browser that was started here."""
    if isinstance(decision, SendToWebex):
        return decision.launch_path is not None
    return isinstance(decision, Reject) and decision.used_twice


def _report(answering: asyncio.Future[pages.Outcome]) -> None:
    """``on_answer`` handles its own failures; one that escapes is not to be lost."""
    if not answering.cancelled() and (error := answering.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer of a sign-in could not be used", "exception": error}
        )


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
