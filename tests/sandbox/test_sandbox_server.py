"""The stand-in as an HTTP server."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.certificate import self_signed
from tests.support.webex import Sandbox
from wtr_tui import clock
from wtr_tui.sandbox.http import HttpRequest


def _port(sandbox: Sandbox) -> int:
    return int(sandbox.origin.rpartition(":")[2])


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", _port(sandbox), timeout=10)
    connection.connect()
    own = connection.sock
    for _ in range(5):
        connection.request("GET", "/v1/people/me")
        connection.getresponse().read()
        assert connection.sock is own
    connection.close()


def test_every_answer_has_the_clocks_date_and_a_tracking_id(web: httpx.Client) -> None:
    response = web.get("/v1/people/me")
    assert response.headers["date"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    assert response.headers["trackingid"].startswith("ROUTER_")


def test_an_unknown_path_is_told_in_the_apis_shape(web: httpx.Client) -> None:
    response = web.get("/v1/nothing")
    assert response.status_code == 404
    assert {"message", "errors", "trackingId"} == response.json().keys()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_other_methods_are_refused_and_the_connection_goes_on(
    web: httpx.Client, method: str
) -> None:
    assert web.request(method, "/v1/people/me").status_code == 405
    assert web.get("/v1/people/me").status_code == 401


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 99999999",
        b"Content-Length: -1",
        b"Content-Length: \xb2",
        b"Transfer-Encoding: chunked",
    ],
)
def test_a_body_of_unknown_or_great_length_is_refused(sandbox: Sandbox, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", _port(sandbox)), timeout=10) as peer:
        peer.sendall(b"POST /v1/access_token HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
        assert peer.recv(4096).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("query", ["a=%ff", "&".join("a=b" for _ in range(101))])
def test_a_query_that_cannot_be_decoded_is_refused(web: httpx.Client, query: str) -> None:
    response = web.get(f"/v1/authorize?{query}")
    assert response.status_code == 400
    assert response.json()["message"] == "The request cannot be decoded."


def test_thirty_two_slow_answers_are_given_at_once(sandbox: Sandbox) -> None:
    sandbox.rules = replace(sandbox.rules, delay=timedelta(seconds=0.5))
    together = threading.Barrier(32)

    def ask(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", _port(sandbox), timeout=30)
        together.wait(timeout=30)
        connection.request("GET", "/v1/people/me")
        status = connection.getresponse().status
        connection.close()
        return status

    with ThreadPoolExecutor(32) as pool:
        started = time.monotonic()
        assert set(pool.map(ask, range(32))) == {401}
    # One after the other they would take sixteen seconds.
    assert time.monotonic() - started < 10


def test_it_listens_on_this_machine_only_and_stops_listening(sandbox: Sandbox) -> None:
    port = _port(sandbox)
    assert sandbox.base_url == f"http://127.0.0.1:{port}/v1"
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        sandbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_stopping_ends_idle_connections(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", _port(sandbox)), timeout=10) as idle:
        idle.sendall(b"GET /v1/people/me HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096)
        sandbox.stop()
        assert idle.recv(4096) == b""


def test_what_was_granted_outlives_a_stop(sandbox: Sandbox) -> None:
    token = sandbox.issue()
    sandbox.stop()
    sandbox.start()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    url = f"{sandbox.base_url}/people/me"
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 200


def test_a_taken_port_is_an_error(sandbox: Sandbox) -> None:
    second = Sandbox()
    with pytest.raises(OSError):
        second.start(_port(sandbox))
    with pytest.raises(RuntimeError, match="not running"):
        _ = second.base_url


def test_starting_twice_is_a_mistake(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="already"):
        sandbox.start()


def test_a_client_that_leaves_early_is_not_complained_about(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", _port(sandbox)), timeout=10) as peer:
        peer.sendall(b"POST /v1/access_token HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
    sandbox.stop()
    assert capsys.readouterr().err == ""


def test_it_speaks_tls_where_it_is_given_a_certificate(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with Sandbox(tls=context) as sandbox:
        assert sandbox.base_url.startswith("https://127.0.0.1:")
        with httpx.Client(verify=trusting, trust_env=False) as client:
            assert client.get(f"{sandbox.base_url}/people/me").status_code == 401
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{sandbox.base_url}/people/me", trust_env=False)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b"[" * 100_000])
def test_a_body_that_is_no_json_object_has_no_members(body: bytes) -> None:
    request = HttpRequest.parse("POST", "/v1/applications/A/token", {}, body, clock.now())
    assert request.members == {}
