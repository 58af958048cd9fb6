"""The redirect listener: a loopback server that lives as long as one sign-in (RFC 8252 §7.3)."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth import steps
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    CallbackResult,
    Granted,
    NotOurs,
    Reason,
    Refused,
    error_text,
    query_parameters,
)
from wtr_tui.oauth.listener import pages, sockets
from wtr_tui.oauth.listener.pages import Reply
from wtr_tui.text import cleaned

# No letter or digit that could be taken for another when it is read from one screen and typed
# into another machine.
_START_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_START_LENGTH = 8

_QUOTED = 120
"""Characters shown of what the browser brought."""

START_FOLDER = "/s/"
GUESSES_ALLOWED = 25
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")

ListenerStep = (
    steps.BrowserArrived | steps.Noticed | steps.StartAddressClosed | steps.LaunchAddressReused
)
"""What happens at the listener beside the answer: nothing of it ends the sign-in."""

OnAnswer = Callable[[Granted | Refused], Awaitable[pages.Outcome]]
OnStep = Callable[[ListenerStep], None]


@dataclass
class AttemptView:
    """What is known of the attempt, to decide about a request; the listener keeps it up."""

    request: AuthorizationRequest
    redirect_uri: RedirectUri
    start_path: Secret
    launch_paths: dict[Secret, bool] = field(default_factory=dict)
    """The start address of each browser that is started here, and whether it was used: it leads
    to Webex once. Other users can read it in the list of processes, and be faster: the second one
    to come is shown so, and so is the user."""
    wrong_guesses: int = 0
    answered: bool = False

    @property
    def start_closed(self) -> bool:
        return self.wrong_guesses >= GUESSES_ALLOWED

    @property
    def done_path(self) -> str:
        """Where the browser is sent after the answer, so that no code stays in its address."""
        return "/done" if self.redirect_uri.path != "/done" else "/finished"


@dataclass(frozen=True)
class SendToWebex:
    """A start address: send the browser to the authorize page."""

    location: str = field(repr=False)
    launch_path: Secret | None = None


@dataclass(frozen=True)
class ShowDone:
    """The page after the answer."""


@dataclass(frozen=True)
class OnlyHead:
    """HEAD of something that exists: headers, and no effect."""


@dataclass(frozen=True)
class Reject:
    """Not for this listener: an HTTP status, the reason as a sentence, the attempt unharmed."""

    status: int
    why: str
    guess: bool = False
    used_twice: bool = False
    counted: bool = False


Decision = SendToWebex | CallbackResult | ShowDone | OnlyHead | Reject
"""A callback is decided about by what it means for the attempt."""


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
        limits: sockets.Limits = sockets.USUAL,
    ) -> None:
        random_part = "".join(secrets.choice(_START_ALPHABET) for _ in range(_START_LENGTH))
        self._attempt = AttemptView(request, redirect_uri, Secret(START_FOLDER + random_part))
        self._on_answer = on_answer
        self._on_step = on_step
        self._limits = limits
        self._servers: list[asyncio.Server] = []
        # In the order of their arrival.
        self._connections: dict[sockets.Connection, asyncio.Task[None]] = {}
        self._answering: asyncio.Future[pages.Outcome] | None = None
        self._done_shown = asyncio.Event()
        self._stopped = False
        self._notices: Counter[steps.Notice] = Counter()
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
        self._attempt.launch_paths[path] = False
        return self._address(path)

    def _address(self, path: Secret) -> str:
        if not self.families:
            raise RuntimeError("the listener has not been started")
        return self._attempt.redirect_uri.origin + path.reveal()

    async def start(self) -> None:
        """Listens. Raises CannotListen; then nothing is open."""
        listening = sockets.listening_sockets(self._attempt.redirect_uri.port)
        for opened in listening:
            server = await asyncio.start_server(self._serve, sock=opened, backlog=sockets.BACKLOG)
            self._servers.append(server)
        self.families = tuple(opened.getsockname()[0] for opened in listening)

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
        connection = sockets.Connection(reader, writer, self._limits)
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

    async def _converse(self, connection: sockets.Connection) -> None:
        try:
            request = await connection.read()
        except sockets.TlsHello:
            self._notice(
                steps.Notice.HTTPS,
                "A browser came with https. Open the address with http:// or, if the browser"
                " insists, with 127.0.0.1 instead of localhost where that is registered.",
            )
            return
        except sockets.BadRequest as bad:
            await connection.send(self._rejected(Reject(bad.status, bad.why)))
        except OSError:
            return
        else:
            if request is None:
                return
            decision = decide(request, self._attempt)
            is_launch = isinstance(decision, SendToWebex) and decision.launch_path is not None
            is_launch |= isinstance(decision, Reject) and decision.used_twice
            if is_launch and (stranger := connection.stranger()):
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
                self._attempt.launch_paths[decision.launch_path] = True
            self._on_step(steps.BrowserArrived())
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
                steps.Notice.ERROR_WITHOUT_STATE,
                f"The browser reported an error: {quoted}. It carries no state, so it may be"
                " anybody's; this sign-in goes on waiting.",
            )
        else:
            self._notice(
                steps.Notice.NOT_OURS,
                "An answer arrived that is not this sign-in's; it was ignored."
                f" {answer.reason.value}",
            )
        return pages.page(400, pages.not_ours(answer))

    def _notice(self, notice: steps.Notice, message: str) -> None:
        self._notices[notice] += 1
        self._on_step(steps.Noticed(notice, message, self._notices[notice]))

    def _rejected(self, decision: Reject) -> Reply:
        if decision.used_twice:
            self._reuses += 1
            self._on_step(steps.LaunchAddressReused(self._reuses))
            return pages.page(decision.status, pages.opened_before(decision.why))
        if not decision.counted:  # else it was, when the start address was closed
            self._notice(steps.Notice.STRAY, f"A stray request was turned away: {decision.why}")
        if decision.guess:
            self._attempt.wrong_guesses += 1
            if self._attempt.start_closed:
                self._on_step(steps.StartAddressClosed(self._attempt.wrong_guesses))
        return pages.page(decision.status, pages.not_here(decision.why))


def _report(answering: asyncio.Future[pages.Outcome]) -> None:
    """``on_answer`` handles its own failures; one that escapes is not to be lost."""
    if not answering.cancelled() and (error := answering.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer of a sign-in could not be used", "exception": error}
        )


def decide(request: sockets.Request, attempt: AttemptView) -> Decision:
    """What to do about one request. Never raises, and never leads anywhere but to Webex."""
    hosts = request.values("host")
    if len(hosts) != 1:
        return Reject(400, "A request without exactly one Host header was refused.")
    host = hosts[0].lower()
    if host not in attempt.redirect_uri.loopback_authorities:
        # A page elsewhere can make its own name resolve to this machine (DNS rebinding).
        return Reject(421, f"A request for the host {cleaned(host, 60)} was refused.")
    if request.method not in ("GET", "HEAD"):
        return Reject(405, f"A {cleaned(request.method, 20)} request was refused.")
    if _is_prefetch(request):
        # The code works once: a page loaded ahead of time must not use it up.
        return Reject(503, "The browser loaded an address ahead of time; it was told to wait.")
    if not _is_navigation(request):
        # A page open in some browser asks for what it likes, as often as it likes. It does
        # not learn whether it was right, and is not counted as a guess.
        return Reject(403, "A web page asked for something here by itself; it was refused.")
    decision = _decide_by_path(request.target, host, attempt)
    if request.method == "HEAD" and not isinstance(decision, Reject):
        return OnlyHead()
    return decision


def _decide_by_path(target: str, host: str, attempt: AttemptView) -> Decision:
    # Taken apart by hand: a URL parser reads a host in //evil and drops what it does not know.
    path, _, query = target.partition("?")
    if path == attempt.redirect_uri.request_path:
        return _callback(query, host, attempt)
    if path.startswith(START_FOLDER):
        return _start(path, attempt)
    if path == attempt.done_path and attempt.answered:
        return ShowDone()
    if {"code", "error"} & {pair.partition("=")[0] for pair in query.split("&")}:
        return Reject(
            404,
            f"An answer arrived at {cleaned(path, 60)}, but the redirect URI is exactly"
            f" {attempt.redirect_uri}.",
        )
    return Reject(404, f"Something asked for {cleaned(path, 60)}, which is not here.")


def _callback(query: str, host: str, attempt: AttemptView) -> Decision:
    try:
        parameters = query_parameters(query)
    except ValueError:
        return Reject(400, "A request with too many parameters was refused.")
    if not {"code", "error", "state"} & {name for name, _ in parameters}:
        return Reject(404, "Something asked for the redirect URI without an answer.")
    expected = attempt.redirect_uri
    if host != expected.authority and f"{host}:80" != expected.authority:
        # RFC 9700 §4.4: the answer counts where it was sent, not where it could also arrive.
        return Reject(
            404, f"An answer arrived at {cleaned(host, 60)}, but the redirect URI is {expected}."
        )
    return attempt.request.validate_callback(parameters)


def _start(path: str, attempt: AttemptView) -> Decision:
    for launch, used in attempt.launch_paths.items():
        if not _same(path, launch):
            continue
        if attempt.answered:
            return Reject(410, "The sign-in has its answer already.")
        if used:
            return Reject(
                410,
                "This address leads to Webex once, and it has been opened before. If that was not"
                " you, somebody else on this machine was faster: cancel this sign-in, and begin"
                " again. If it was, go on in that tab, or open the address that the terminal"
                " shows.",
                used_twice=True,
            )
        return SendToWebex(attempt.request.url, launch)
    if attempt.start_closed:
        # The same for a right and a wrong path, or guessing would go on.
        return Reject(
            403,
            f"The start address was closed after {GUESSES_ALLOWED} wrong guesses."
            " Use the full address shown in the terminal, or start again.",
            counted=True,
        )
    if not _same(path, attempt.start_path):
        return Reject(404, "Something asked for a start address that is not this one.", guess=True)
    if attempt.answered:
        return Reject(410, "The sign-in has its answer already.")
    return SendToWebex(attempt.request.url)


def _same(path: str, expected: Secret) -> bool:
    return secrets.compare_digest(
        path.encode("utf-8", "surrogatepass"), expected.reveal().encode("utf-8")
    )


def _is_navigation(request: sockets.Request) -> bool:
    """Whether a tab goes there; what does not send these headers is taken for one (W3C Fetch
    Metadata: every current browser sends them to this machine)."""
    modes = {value.lower() for value in request.values("sec-fetch-mode")}
    destinations = {value.lower() for value in request.values("sec-fetch-dest")}
    return modes <= {"navigate"} and destinations <= {"document"}


def _is_prefetch(request: sockets.Request) -> bool:
    purposes = " ".join(value for name in _PREFETCH_HEADERS for value in request.values(name))
    return any(word in purposes.lower() for word in _PREFETCH_WORDS)
