"""The sandbox of the demo with everything tests need: failures, rules, and what it received."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tests.support.webex import browser, faults
from tests.support.webex.families import Rules, TokenFamilies
from tests.support.webex.faults import Fault, Faults
from tests.support.webex.server import Server, stopping
from tests.support.webex.strict import DEVICE_REDIRECT_URIS, ROUTES
from wtr_tui.clock import now
from wtr_tui.model import Secret
from wtr_tui.sandbox import sandbox as package
from wtr_tui.sandbox.demo import REDIRECT_PORT, demo_integration
from wtr_tui.sandbox.http import HttpRequest, HttpResponse, ServedConnection
from wtr_tui.sandbox.sandbox import Integration
from wtr_tui.storage.settings_table import DEFAULT_SCOPES

_REMEMBERED = 10_000


def new_integration(
    redirect_uri: str,
    *,
    scopes: Iterable[str] = (*DEFAULT_SCOPES, "spark:people_read"),
    device: bool = True,
) -> Integration:
    """An integration with credentials of its own, shaped like Webex's."""
    return Integration(
        client_id=f"C{secrets.token_hex(32)}",
        secret=Secret(secrets.token_hex(32)),
        redirect_uris=(redirect_uri, *(DEVICE_REDIRECT_URIS if device else ())),
        scopes=tuple(scopes),
    )


def endpoint_of(request: HttpRequest) -> str:
    """The path below ``/v1/``, such as ``people/me``; else the whole path."""
    return request.path.removeprefix("/v1/")


class Sandbox(package.Sandbox):
    """Lifetimes and ``delay`` are seconds; :attr:`rules` has the rest.

    They may be replaced while it runs: ``sandbox.rules = replace(sandbox.rules, …)``.
    """

    rules: Rules
    routes = ROUTES

    def __init__(
        self,
        integrations: Iterable[Integration] = (demo_integration(REDIRECT_PORT),),
        *,
        access_lifetime: float = 180.0,
        refresh_lifetime: float = 90 * 86_400.0,
        rotate: bool = False,
        same_token_seconds: float = 0.0,
        person_visible: bool = False,
        delay: float = 0.0,
        clock: Callable[[], datetime] = now,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        rules = Rules(
            access_lifetime=timedelta(seconds=access_lifetime),
            refresh_lifetime=timedelta(seconds=refresh_lifetime),
            rotate=rotate,
            same_token=timedelta(seconds=same_token_seconds),
            person_visible=person_visible,
            delay=timedelta(seconds=delay),
        )
        self.families = TokenFamilies()
        super().__init__(integrations, rules, clock, self.families)
        self.faults = Faults()
        self.scheme = "http" if tls is None else "https"
        self._tls = tls
        self._log: deque[HttpRequest] = deque(maxlen=_REMEMBERED)
        self._log_lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def register(self, integration: Integration) -> Integration:
        """Makes it known, or replaces what is known of it."""
        self.integrations[integration.client_id] = integration
        return integration

    @property
    def requests(self) -> tuple[HttpRequest, ...]:
        """The last ten thousand requests, oldest first, those that met a fault too."""
        with self._log_lock:
            return tuple(self._log)

    def requests_to(self, endpoint: str) -> tuple[HttpRequest, ...]:
        """Those to one endpoint, by its path below ``/v1/``: ``access_token`` …"""
        return tuple(request for request in self.requests if endpoint_of(request) == endpoint)

    def issue(
        self, scopes: Iterable[str] | None = None, integration: Integration | None = None
    ) -> dict[str, object]:
        """A token response for a grant that nobody had to sign in for; all scopes by default."""
        of = integration or self.integration
        instant = self.clock()
        with self.lock:
            wanted = of.scopes if scopes is None else scopes
            grant = self.families.create(of.client_id, wanted, self.rules, instant)
            return grant.token_response(instant)

    def revoke(self, token: str) -> None:
        """Revokes everything given for the grant that an access or refresh token belongs to.

        Raises LookupError where the token was never given.
        """
        with self.lock:
            grant = self.families.of_any_token(token)
            if grant is None:
                raise LookupError("the sandbox never gave this token")
            grant.revoked = True

    def tokens(self) -> set[str]:
        """Every token it ever gave."""
        with self.lock:
            return self.families.tokens()

    def approve(self, url: str) -> browser.Page:
        """Opens the sign-in's address and presses Approve: :func:`browser.approve`."""
        return browser.approve(url)

    def deny(self, url: str) -> browser.Page:
        """Opens the sign-in's address and presses Deny: :func:`browser.deny`."""
        return browser.deny(url)

    def approve_device(self, user_code: str) -> browser.Page:
        """Enters the code on the verification page and presses Approve."""
        return browser.approve_device(f"{self.origin}/verify", user_code)

    def deny_device(self, user_code: str) -> browser.Page:
        """Enters the code on the verification page and presses Deny."""
        return browser.deny_device(f"{self.origin}/verify", user_code)

    def listen(self, port: int) -> Server:
        return Server(port, self.respond, self.clock, self._tls)

    def respond(self, request: HttpRequest, connection: ServedConnection) -> None:
        with self._log_lock:
            self._log.append(request)
        fault = self.faults.take(endpoint_of(request)) or Fault()
        answer = self._answer(request, fault)
        delay = self.rules.delay.total_seconds() + fault.delay
        if delay:
            stopping(connection).wait(delay)
        if answer is None:
            faults.fall_silent(connection, fault)
        else:
            faults.send(connection, answer, fault)

    def _answer(self, request: HttpRequest, fault: Fault) -> HttpResponse | None:
        replaced = fault.is_silent or fault.answers_itself
        ordinary = self.handle(request) if fault.carried_out or not replaced else None
        if fault.is_silent:
            return None
        if fault.answers_itself or ordinary is None:
            return fault.answer()
        return HttpResponse(ordinary.status, {**ordinary.headers, **fault.headers}, ordinary.body)
