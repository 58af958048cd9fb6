"""The loopback server that receives the redirect, for as long as one attempt lasts."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from wtr_tui.model import Secret
from wtr_tui.oauth import pages, reply
from wtr_tui.oauth.authorization import AuthorizationRequest, Granted, NotOurs, Reason, Refused
from wtr_tui.oauth.connection import USUAL, BadRequest, Connection, Limits, TlsHello
from wtr_tui.oauth.listener_events import (
    BrowserArrived,
    HttpsAttempt,
    LaunchAddressReused,
    ListenerEvent,
    ServerReportedError,
    StartAddressClosed,
    StrayRequest,
    WrongState,
)
from wtr_tui.oauth.loopback import BACKLOG, CannotListen, PortTaken, listening_sockets
from wtr_tui.oauth.redirect import (
    START_FOLDER,
    AcceptAnswer,
    AttemptView,
    Decision,
    LaunchPath,
    LeaveWaiting,
    OnlyHead,
    Reject,
    Request,
    SendToWebex,
    ShowDone,
    decide,
)
from wtr_tui.oauth.redirect_uri import RedirectUri
from wtr_tui.oauth.reply import Reply

__all__ = [
    "BrowserArrived",
    "CannotListen",
    "HttpsAttempt",
    "Limits",
    "Listener",
    "ListenerEvent",
    "PortTaken",
    "ServerReportedError",
    "StartAddressClosed",
    "StrayRequest",
    "WrongState",
]

# No letter or digit that could be taken for another when it is read from one screen and typed
# into another machine.
_START_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_START_LENGTH = 8

OnAnswer = Callable[[Granted | Refused], Awaitable[pages.Outcome]]
OnEvent = Callable[[ListenerEvent], None]


class Listener:
    """Waits for the redirect of one attempt (RFC 8252 §7.3).

    ``on_answer`` is awaited once, with the first answer that belongs to the attempt; what it
    gives is what every browser that brings the answer is shown. It may take
    ``limits.answer_seconds``, then the browser is told to look at the terminal, and it is left to
    finish: what it is about to save must not be lost. ``on_event`` hears of everything else.
    Neither runs before :meth:`start`.
    """

    def __init__(
        self,
        request: AuthorizationRequest,
        redirect_uri: RedirectUri,
        *,
        on_answer: OnAnswer,
        on_event: OnEvent,
        limits: Limits = USUAL,
    ) -> None:
        self._request = request
        self._redirect_uri = redirect_uri
        self._on_answer = on_answer
        self._on_event = on_event
        self._limits = limits
        random_part = "".join(secrets.choice(_START_ALPHABET) for _ in range(_START_LENGTH))
        self._start_path = Secret(START_FOLDER + random_part)
        self._launch_paths: list[LaunchPath] = []
        self._servers: list[asyncio.Server] = []
        # In the order of their arrival.
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._answering: asyncio.Future[pages.Outcome] | None = None
        self._done_shown = asyncio.Event()
        self._stopped = False
        self._strays = self._wrong_answers = self._tls_hellos = self._guesses = 0
        self._reuses = 0
        self.families: tuple[str, ...] = ()
        """The addresses listened on: 127.0.0.1, ::1 or both; none before the start."""

    @property
    def start_url(self) -> str:
        """The short address that leads a browser to Webex, as often as it is opened.

        It exists from :meth:`start` on: nobody may be sent to a port that somebody else has.
        """
        if not self.families:
            raise RuntimeError("the listener has not been started")
        return self._redirect_uri.origin + self._start_path.reveal()

    def launch_url(self) -> str:
        """A new address for a browser that is started here: it leads to Webex exactly once.

        The command line of a browser can be read by everybody on the machine, unlike a screen.
        """
        if not self.families:
            raise RuntimeError("the listener has not been started")
        path = Secret(START_FOLDER + secrets.token_urlsafe(24))
        self._launch_paths.append(LaunchPath(path))
        return self._redirect_uri.origin + path.reveal()

    async def start(self) -> None:
        """Listens. Raises PortTaken, or CannotListen for any other reason; then nothing is open."""
        sockets = listening_sockets(self._redirect_uri.port)
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
            self._tls_hellos += 1
            self._on_event(HttpsAttempt(self._tls_hellos))
            return
        except BadRequest as bad:
            await connection.send(self._rejected(Reject(bad.status, bad.why)))
        except OSError:
            return
        else:
            if request is None:
                return
            decision = decide(request, self._view())
            await connection.send(await self._follow(decision, request))
            if isinstance(decision, ShowDone):
                self._done_shown.set()
        await connection.linger()

    def _view(self) -> AttemptView:
        return AttemptView(
            self._request,
            self._redirect_uri,
            self._start_path,
            tuple(self._launch_paths),
            wrong_guesses=self._guesses,
            answered=self._answering is not None,
        )

    async def _follow(self, decision: Decision, request: Request) -> Reply:
        if isinstance(decision, SendToWebex):
            if decision.launch_path is not None:
                at = self._launch_paths.index(decision.launch_path)
                self._launch_paths[at] = replace(decision.launch_path, used=True)
            self._on_event(BrowserArrived())
            return reply.redirect(decision.location)
        if isinstance(decision, AcceptAnswer):
            await self._answer(decision.answer)
            return reply.redirect(self._view().done_path)
        if isinstance(decision, ShowDone):
            return reply.page(200, self._outcome())
        if isinstance(decision, LeaveWaiting):
            return self._not_ours(decision.answer)
        if isinstance(decision, OnlyHead):
            return reply.empty(200)
        return self._rejected(decision)

    async def _answer(self, answer: Granted | Refused) -> None:
        """Hands the first answer on; whoever brings it again waits for the same outcome."""
        if self._answering is None:
            self._answering = asyncio.ensure_future(self._on_answer(answer))
            self._answering.add_done_callback(_report)
        # Unlike wait_for, wait leaves what it waits for alone when the time is over.
        await asyncio.wait({self._answering}, timeout=self._limits.answer_seconds)

    def _outcome(self) -> pages.Outcome:
        assert self._answering is not None
        if not self._answering.done():
            return pages.processing()
        if self._answering.cancelled() or self._answering.exception() is not None:
            return pages.failed("The sign-in was not finished.")
        return self._answering.result()

    def _not_ours(self, answer: NotOurs) -> Reply:
        if answer.reason is Reason.NO_STATE and answer.error:
            self._on_event(ServerReportedError(answer.error, answer.description))
        else:
            self._wrong_answers += 1
            self._on_event(
                WrongState(self._wrong_answers, answer.reason, answer.error, answer.description)
            )
        return reply.page(400, pages.not_ours(answer))

    def _rejected(self, decision: Reject) -> Reply:
        if decision.used_twice:
            self._reuses += 1
            self._on_event(LaunchAddressReused(self._reuses))
            return reply.rejection(decision.status, pages.opened_before(decision.why))
        if decision.told:  # once, when it was closed
            return reply.rejection(decision.status, pages.not_here(decision.why))
        self._strays += 1
        self._on_event(StrayRequest(self._strays, decision.why))
        if decision.guess:
            self._guesses += 1
            if self._view().start_closed:
                self._on_event(StartAddressClosed(self._guesses))
        return reply.rejection(decision.status, pages.not_here(decision.why))


def _report(answering: asyncio.Future[pages.Outcome]) -> None:
    """Whoever answers tells of its own failures; one that escapes is not to be lost."""
    if not answering.cancelled() and (error := answering.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer of a sign-in could not be used", "exception": error}
        )
