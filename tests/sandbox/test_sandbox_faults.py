"""The failures that can be scripted, as they look to a client."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Literal

import httpx
import pytest

from tests.support.webex import Fault, Sandbox

ENDPOINT = "access_token"
PATH = "/v1/access_token"


def test_a_fault_answers_as_often_as_it_was_scripted_and_no_more(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(status=503), times=2)
    sandbox.faults.next(ENDPOINT, Fault(status=429, headers={"Retry-After": "7"}))
    statuses = [web.post(PATH).status_code for _ in range(4)]
    assert statuses == [503, 503, 429, 400]


def test_a_fault_is_for_its_endpoint_alone(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(status=503))
    assert web.get("/v1/people/me").status_code == 401
    assert web.post(PATH).status_code == 503


def test_a_lasting_fault_lasts_until_it_is_cleared(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.always(ENDPOINT, Fault(status=500))
    sandbox.faults.next(ENDPOINT, Fault(status=502))
    assert [web.post(PATH).status_code for _ in range(3)] == [502, 500, 500]
    sandbox.faults.clear()
    assert web.post(PATH).status_code == 400


def test_a_misspelt_endpoint_is_noticed(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="acess_token"):
        sandbox.faults.next("acess_token", Fault(status=503))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [('{"a": 1}', "application/json"), ("<html>", "text/html"), (b"[]", "application/json")],
)
def test_a_body_is_sent_as_it_is(
    web: httpx.Client, sandbox: Sandbox, body: str | bytes, content_type: str
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(body=body))
    response = web.post(PATH)
    assert response.status_code == 200
    assert response.content == (body if isinstance(body, bytes) else body.encode())
    assert response.headers["content-type"].startswith(content_type)


def test_a_redirect_can_have_any_status(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(redirect="http://evil.example/"))
    sandbox.faults.next(ENDPOINT, Fault(redirect="http://evil.example/", status=307))
    for status in (302, 307):
        response = web.post(PATH)
        assert response.status_code == status
        assert response.headers["location"] == "http://evil.example/"


def test_headers_alone_are_laid_over_the_ordinary_answer(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.next(
        "people/me", Fault(headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "X-New": "1"})
    )
    headers = {"Authorization": f"Bearer {sandbox.issue()['access_token']}"}
    response = web.get("/v1/people/me", headers=headers)
    assert response.status_code == 200
    assert response.headers["date"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert response.headers["x-new"] == "1"


def test_a_delay_makes_the_ordinary_answer_late(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(delay=0.2))
    started = time.monotonic()
    assert web.post(PATH).status_code == 400
    assert time.monotonic() - started >= 0.2


def test_a_hanging_request_gets_no_answer_until_the_sandbox_stops(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(hang=True))
    with pytest.raises(httpx.ReadTimeout):
        web.post(PATH, timeout=0.1)
    assert len(sandbox.requests_to(ENDPOINT)) == 1


def test_stopping_ends_a_hanging_request(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(hang=True))
    stopper = threading.Thread(target=_stop_once_asked, args=(sandbox,))
    stopper.start()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        web.post(PATH)
    stopper.join()


def _stop_once_asked(sandbox: Sandbox) -> None:
    while not sandbox.requests_to(ENDPOINT):
        time.sleep(0.001)
    sandbox.stop()


def test_a_connection_can_end_in_order_without_an_answer(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(close_after_read=True))
    with pytest.raises(httpx.RemoteProtocolError):
        web.post(PATH)
    assert web.post(PATH).status_code == 400


def test_a_connection_can_be_reset(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(reset=True))
    with pytest.raises(httpx.ReadError) as caught:
        web.post(PATH)
    causes: list[BaseException] = []
    cause: BaseException | None = caught.value
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    assert any(isinstance(cause, ConnectionResetError) for cause in causes)


def test_a_lost_answer_may_have_taken_effect(
    web: httpx.Client, sandbox: Sandbox, code: str, exchange: Callable[..., httpx.Response]
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(close_after_read=True, carried_out=True))
    with pytest.raises(httpx.RemoteProtocolError):
        exchange(code)
    assert exchange(code).json()["error_description"] == "The authorization code was used before."


def test_an_answer_of_its_own_has_no_effect_otherwise(
    sandbox: Sandbox, code: str, exchange: Callable[..., httpx.Response]
) -> None:
    sandbox.faults.next(ENDPOINT, Fault(status=503))
    assert exchange(code).status_code == 503
    assert exchange(code).status_code == 200


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_can_drip(sandbox: Sandbox, part: Literal["head", "body"]) -> None:
    sandbox.faults.next(ENDPOINT, Fault(body="0123456789", drip=0.002, drip_part=part))
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", int(sandbox.origin.rpartition(":")[2]))) as peer:
        peer.settimeout(10)
        peer.sendall(b"POST /v1/access_token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        answer = b""
        while not answer.endswith(b"0123456789"):
            answer += peer.recv(4096)
    dripped = len(answer) if part == "head" else 10
    # The last drop is not waited for.
    assert time.monotonic() - started >= 0.002 * (dripped - 1)


def test_what_met_a_fault_is_in_the_log_too(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(ENDPOINT, Fault(status=503))
    web.post(PATH, data={"code": "x y&z"})
    (request,) = sandbox.requests_to(ENDPOINT)
    assert request.form["code"] == "x y&z"
    assert request.method == "POST"
