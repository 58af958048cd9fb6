"""Cookies: whatever a server sets, no request brings one back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.home import Home
from tests.support.webex import Sandbox

SET = ("session=of-the-first; Path=/", "other=1; Path=/; Max-Age=3600; SameSite=None")


class CookieServer:
    """A token endpoint that sets cookies with every answer, and keeps what it is sent."""

    def __init__(self) -> None:
        self.cookies: list[str | None] = []
        answer = {"access_token": "A" * 64, "expires_in": 1209599, "token_type": "Bearer"}
        cookies = self.cookies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def do_GET(self) -> None:
                cookies.append(self.headers.get("Cookie"))
                body = json.dumps(answer).encode()
                self.send_response(200)
                for cookie in SET:
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def cookie_server() -> Iterator[CookieServer]:
    made = CookieServer()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize(
    ("command", "requests"),
    [(("refresh", "--all"), 12), (("status", "--all", "--who"), 12)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_no_profile_brings_a_cookie_that_was_set_for_another(
    home: Home,
    sandbox: Sandbox,
    cookie_server: CookieServer,
    command: tuple[str, ...],
    requests: int,
) -> None:
    # More than are asked at once: the later ones come when cookies have been set already.
    for number in range(requests):
        name = f"p{number}"
        home.configure(sandbox, name)
        home.sign_in(sandbox, name, left=timedelta(hours=1))
        text = home.settings_path(name).read_text()
        path = home.settings_path(name)
        path.write_text(text.replace(sandbox.base_url, cookie_server.base_url))
    assert home.run(*command).code == 0
    assert cookie_server.cookies == [None] * requests
