"""The sandbox as a whole: a Webex on this machine that can be started and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from wtr_tui.clock import now
from wtr_tui.sandbox import endpoints
from wtr_tui.sandbox.grants import Grants, Rules
from wtr_tui.sandbox.integrations import Integration
from wtr_tui.sandbox.messages import Answer, HttpRequest
from wtr_tui.sandbox.server import ServedConnection, Server


class Sandbox:
    """A Webex on 127.0.0.1. As a context manager it runs from entering to leaving."""

    scheme = "http"

    def __init__(
        self,
        integrations: Iterable[Integration],
        rules: Rules | None = None,
        clock: Callable[[], datetime] = now,
        grants: Grants | None = None,
    ) -> None:
        self.clock = clock
        self.service = endpoints.Service(integrations, rules or Rules(), grants or Grants())
        self.lock = threading.Lock()
        self._server: Server | None = None

    def start(self, port: int = 0) -> None:
        """Raises OSError where the port is taken; 0 is any free one."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        self._server = self.listen(port)
        self.service.origin = self.origin
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
        """``http://127.0.0.1:PORT``. Raises RuntimeError while stopped."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"{self.scheme}://127.0.0.1:{self._server.port}"

    @property
    def base_url(self) -> str:
        """What the setting ``baseUrl`` is to be: ``http://127.0.0.1:PORT/v1``."""
        return f"{self.origin}/v1"

    @property
    def integration(self) -> Integration:
        """The integration that was registered first."""
        return next(iter(self.service.integrations.values()))

    def approved_address(self, authorize_url: str) -> str:
        """Where the browser is sent once the user has approved; empty for a bad request."""
        request = HttpRequest.parse("GET", authorize_url, {}, b"", self.clock())
        with self.lock:
            answer = endpoints.approve(self.service, request)
        return answer.headers.get("Location", "")

    def listen(self, port: int) -> Server:
        return Server(port, self.respond, self.clock)

    def respond(self, request: HttpRequest, connection: ServedConnection) -> None:
        connection.send(self.answer(request))

    def answer(self, request: HttpRequest) -> Answer:
        with self.lock:
            return self.service.answer(request)
