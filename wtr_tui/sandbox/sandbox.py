"""The stand-in as a whole: started, stopped, scripted, and asked what it received."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from wtr_tui.instants import now
from wtr_tui.sandbox import browser, routes
from wtr_tui.sandbox.answer import Answer
from wtr_tui.sandbox.demo_integration import DEMO
from wtr_tui.sandbox.faults import Fault, Faults
from wtr_tui.sandbox.integrations import Integration
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.server import Outcome, Server
from wtr_tui.sandbox.service import Service

_REMEMBERED = 10_000


class Sandbox:
    """A Webex on 127.0.0.1. Lifetimes and ``delay`` are seconds; :attr:`rules` has the rest.

    As a context manager it runs from entering to leaving.
    """

    def __init__(
        self,
        integrations: Iterable[Integration] = (DEMO,),
        *,
        access_lifetime: float = 180.0,
        refresh_lifetime: float = 900.0,
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
        self.faults = Faults()
        self._clock = clock
        self._tls = tls
        self._service = Service(integrations, rules)
        self._log: deque[Request] = deque(maxlen=_REMEMBERED)
        self._log_lock = threading.Lock()
        self._server: Server | None = None

    def start(self, port: int = 0) -> None:
        """Raises OSError where the port is taken; 0 is any free one."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        self._server = Server(port, self._judge, self._clock, self._tls)
        self._service.origin = self.origin
        self._server.start()

    def stop(self) -> None:
        """Ends every connection. What was granted stays known; :meth:`start` may follow."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``, https with ``tls``. Raises RuntimeError while stopped."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.port}"

    @property
    def base_url(self) -> str:
        """What the setting ``baseUrl`` is to be: ``http://127.0.0.1:PORT/v1``."""
        return f"{self.origin}/v1"

    @property
    def rules(self) -> Rules:
        """May be replaced while it runs: ``sandbox.rules = replace(sandbox.rules, …)``."""
        return self._service.rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        self._service.rules = rules

    @property
    def integration(self) -> Integration:
        """The integration that was registered first."""
        return self._service.integrations.all()[0]

    def register(self, integration: Integration) -> Integration:
        return self._service.integrations.register(integration)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The last ten thousand requests, oldest first, those that met a fault too."""
        with self._log_lock:
            return tuple(self._log)

    def requests_to(self, endpoint: str) -> tuple[Request, ...]:
        """Those to one endpoint, by its path below ``/v1/``: ``access_token`` …"""
        return tuple(request for request in self.requests if request.endpoint == endpoint)

    def issue(
        self, scopes: Iterable[str] | None = None, integration: Integration | None = None
    ) -> dict[str, object]:
        """A token answer for a grant that nobody had to sign in for; all scopes by default."""
        of = integration or self.integration
        instant = self._clock()
        with self._service.lock:
            wanted = of.scopes if scopes is None else scopes
            grant = self._service.grants.open(of.client_id, wanted, self.rules, instant)
            return grant.answer(instant)

    def revoke(self, token: str) -> None:
        """Revokes everything given for the grant that an access or refresh token belongs to.

        Raises LookupError where the token was never given.
        """
        with self._service.lock:
            grant = self._service.grants.of_any_token(token)
            if grant is None:
                raise LookupError("the sandbox never gave this token")
            grant.revoked = True

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

    def _judge(self, request: Request) -> Outcome:
        with self._log_lock:
            self._log.append(request)
        fault = self.faults.take(request.endpoint)
        delay = self.rules.delay.total_seconds() + (fault.delay if fault else 0.0)
        return self._answer(request, fault), fault, delay

    def _answer(self, request: Request, fault: Fault | None) -> Answer | None:
        if fault is None:
            return routes.answer(self._service, request)
        replaced = fault.is_silent or fault.answers_itself
        ordinary = (
            routes.answer(self._service, request) if fault.carried_out or not replaced else None
        )
        if fault.is_silent:
            return None
        if fault.answers_itself or ordinary is None:
            return fault.answer()
        return Answer(ordinary.status, {**ordinary.headers, **fault.headers}, ordinary.body)
