"""One HTTP request to the listener, and what is to be done about it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from wtr_tui.addresses import RedirectUri
from wtr_tui.model import Secret
from wtr_tui.oauth.authorization import (
    AuthorizationRequest,
    CallbackResult,
    query_parameters,
)
from wtr_tui.text import cleaned

START_FOLDER = "/s/"
GUESSES_ALLOWED = 25
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREFETCH_WORDS = ("prefetch", "prerender", "preview")


@dataclass(frozen=True)
class Request:
    """The head of a request. Header names are in lower case. The target may hold a code."""

    method: str
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value given for a header."""
        return tuple(value for given, value in self.headers if given == name)


@dataclass
class LaunchPath:
    """The start address of one browser that this program starts: it leads to Webex once.

    Other users can read it in the list of processes, and be faster. The second one to come is
    shown so, and so is the user.
    """

    path: Secret
    used: bool = False


@dataclass
class AttemptView:
    """What is known of the attempt, to decide about a request; the listener keeps it up."""

    request: AuthorizationRequest
    redirect_uri: RedirectUri
    start_path: Secret
    launch_paths: list[LaunchPath] = field(default_factory=list)
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
    launch_path: LaunchPath | None = None


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


def decide(request: Request, attempt: AttemptView) -> Decision:
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
    for launch in attempt.launch_paths:
        if not _same(path, launch.path):
            continue
        if attempt.answered:
            return Reject(410, "The sign-in has its answer already.")
        if launch.used:
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


def _is_navigation(request: Request) -> bool:
    """Whether a tab goes there; what does not send these headers is taken for one (W3C Fetch
    Metadata: every current browser sends them to this machine)."""
    modes = {value.lower() for value in request.values("sec-fetch-mode")}
    destinations = {value.lower() for value in request.values("sec-fetch-dest")}
    return modes <= {"navigate"} and destinations <= {"document"}


def _is_prefetch(request: Request) -> bool:
    purposes = " ".join(value for name in _PREFETCH_HEADERS for value in request.values(name))
    return any(word in purposes.lower() for word in _PREFETCH_WORDS)
