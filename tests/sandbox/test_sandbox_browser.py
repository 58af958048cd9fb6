"""The person with a browser, against programs that behave in all sorts of ways."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.support.ports import port_of
from tests.support.webex import Sandbox, browser
from tests.support.webex.browser import BrowserStuck, forms

Program = Callable[[dict[str, str]], list[str]]


class _Listener(BaseHTTPRequestHandler):
    """Stands for the program: some paths redirect, every other one is a page."""

    redirects: dict[str, str]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        target = self.redirects.get(urlsplit(self.path).path)
        body = f"page {self.path}".encode()
        self.send_response(303 if target else 200)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def program(sandbox: Sandbox) -> Iterator[Program]:
    """Starts a listener on the redirect port; gives the list of what it is asked."""
    running: list[ThreadingHTTPServer] = []

    def start(redirects: dict[str, str]) -> list[str]:
        asked: list[str] = []
        listener = type("Listener", (_Listener,), {"redirects": redirects, "asked": asked})
        port = port_of(sandbox.integration.redirect_uri)
        assert port is not None
        server = ThreadingHTTPServer(("127.0.0.1", port), listener)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return asked

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_approving_goes_from_the_start_url_to_the_programs_last_page(
    sandbox: Sandbox, program: Program, authorize_url: str
) -> None:
    asked = program({"/s/abc": authorize_url, "/": "/done"})
    page = sandbox.approve(f"{sandbox.integration.redirect_uri}/s/abc")
    assert (page.status, page.text) == (200, "page /done")
    assert page.url == f"{sandbox.integration.redirect_uri}/done"
    start, callback, done = asked
    assert (start, done) == ("/s/abc", "/done")
    # The redirect URI has no path: a browser asks for "/".
    assert callback.startswith("/?code=")


def test_denying_brings_the_error_to_the_program(
    sandbox: Sandbox, program: Program, authorize_url: str
) -> None:
    asked = program({})
    page = sandbox.deny(authorize_url)
    assert page.status == 200
    assert asked[0].startswith("/?error=access_denied&")


def test_where_nothing_listens_the_address_bar_has_the_code(
    sandbox: Sandbox, authorize_url: str
) -> None:
    with pytest.raises(BrowserStuck, match="cannot connect") as caught:
        sandbox.approve(authorize_url)
    assert caught.value.address.startswith(f"{sandbox.integration.redirect_uri}?code=")
    assert "code=" not in str(caught.value)


def test_a_page_that_is_no_consent_page_is_said_so(sandbox: Sandbox) -> None:
    with pytest.raises(BrowserStuck, match="400"):
        sandbox.approve(f"{sandbox.base_url}/authorize?client_id=Cunknown")


def test_redirects_without_an_end_are_given_up(sandbox: Sandbox, program: Program) -> None:
    asked = program({"/a": "/b", "/b": "/a"})
    with pytest.raises(BrowserStuck, match="redirects"):
        browser.follow(f"{sandbox.integration.redirect_uri}/a")
    assert len(asked) == 10


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "file:///etc/passwd", "localhost:1"])
def test_only_plain_http_is_opened(url: str) -> None:
    with pytest.raises(BrowserStuck, match="plain http"):
        browser.follow(url)


def test_a_form_is_read_with_its_fields_and_without_its_buttons() -> None:
    page = (
        '<input name="outside" value="1"><form action="/a?b&amp;c"><input name="x" value="&lt;">'
        '<input value="nameless"><button name="decision" value="approve"></form>'
        '<form><input name="y"></form>'
    )
    first, second = forms(page)
    assert (first.action, first.fields) == ("/a?b&c", {"x": "<"})
    assert (second.action, second.fields) == ("", {"y": ""})
