"""Answers without end, without hurry, or without arrival."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from tests.oauth.calls import (
    EVERY_REQUEST,
    GRANT,
    client_of,
    device_token,
    exchange,
    owner,
    refresh,
)
from tests.support.endpoint import (
    DRIPPING_BODY,
    DRIPPING_HEAD,
    ENDLESS,
    TRUNCATED,
    Endpoint,
    Reply,
    answering,
    close,
    flood,
    hang,
    raw,
    reset,
)
from wtr_tui.errors import (
    OutcomeUnknown,
    TemporaryError,
    UnusableResponse,
    WtrError,
)
from wtr_tui.model import Secret, Token
from wtr_tui.oauth.client import WebexClient


def test_an_answer_larger_than_a_megabyte_is_not_read_on(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.reply(flood)
    with pytest.raises(UnusableResponse, match="more than a megabyte"):
        refresh(client)
    assert endpoint.was_cut.wait(ENDLESS)


@pytest.mark.parametrize(("size", "is_read"), [(1_048_576, True), (1_048_577, False)])
def test_an_answer_of_a_megabyte_is_read(
    endpoint: Endpoint, client: WebexClient, size: int, is_read: bool
) -> None:
    endpoint.reply(answering(json.dumps(GRANT).encode().ljust(size)))
    with nullcontext() if is_read else pytest.raises(UnusableResponse, match="than a megabyte"):
        assert refresh(client).access_token == Secret("new-access")


# Time and broken connections


@pytest.mark.parametrize("reply", [hang, DRIPPING_HEAD, DRIPPING_BODY])
@pytest.mark.parametrize(
    ("request_of", "failure"),
    [(exchange, OutcomeUnknown), (refresh, TemporaryError), (owner, TemporaryError)],
)
def test_the_whole_request_has_one_time_limit(
    endpoint: Endpoint,
    request_of: Callable[[WebexClient], object],
    failure: type[WtrError],
    reply: Reply,
) -> None:
    endpoint.reply(reply)
    begun = time.monotonic()
    with client_of(endpoint.base_url, total_timeout=0.3) as client:
        with pytest.raises(failure, match=r"no answer from 127\.0\.0\.1") as caught:
            request_of(client)
        assert time.monotonic() - begun < ENDLESS / 2
        assert type(caught.value) is failure
        assert endpoint.was_cut.wait(ENDLESS / 2), "the connection is still open"
    assert len(endpoint.received) == 1


def test_a_name_lookup_that_hangs_is_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hanging(*_: object, **__: object) -> None:
        over.wait(ENDLESS)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    begun = time.monotonic()
    with (
        client_of("https://webex.invalid/v1", total_timeout=0.2) as client,
        pytest.raises(TemporaryError, match=r"no answer from webex\.invalid within 0\.2 s"),
    ):
        exchange(client)
    # Nor does it keep the program from ending.
    assert {each.daemon for each in threading.enumerate() if each.name == "webex request"} == {True}
    assert time.monotonic() - begun < ENDLESS / 2
    over.set()


def test_what_was_given_up_before_it_was_connected_is_not_sent_later(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    look_up = socket.getaddrinfo

    def late(
        host: str, port: int, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> object:
        over.wait(ENDLESS)
        return look_up("127.0.0.1", port, family, type, proto, flags)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    endpoint.answer(GRANT)
    with (
        client_of(f"http://localhost:{endpoint.port}/v1", total_timeout=0.2) as client,
        pytest.raises(TemporaryError) as caught,
    ):
        exchange(client)
    assert type(caught.value) is TemporaryError
    over.set()
    for thread in threading.enumerate():
        if thread.name == "webex request":
            thread.join(ENDLESS)
    assert endpoint.received == []


def test_a_name_that_has_no_address_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        client_of("https://webex.invalid/v1") as client,
        pytest.raises(TemporaryError, match=r"no address for webex\.invalid"),
    ):
        refresh(client)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENETUNREACH, "no way to 127.0.0.1 (is the network or the VPN down?)"),
        (errno.EHOSTUNREACH, "no way to 127.0.0.1 (is the network or the VPN down?)"),
        (errno.EPERM, "127.0.0.1 broke the connection, or spoke no HTTP"),
    ],
)
def test_a_machine_without_a_network_is_told_from_other_failures(
    client: WebexClient, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "create_connection", failing)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(TemporaryError, match=re.escape(reason)):
        refresh(client)


@pytest.mark.parametrize(
    "reply", [close, reset, TRUNCATED, raw(b"\x15\x03\x01\x00\x02nonsense\r\n\r\n")]
)
def test_a_code_that_may_have_arrived_is_not_sent_again(
    endpoint: Endpoint, client: WebexClient, reply: Reply
) -> None:
    endpoint.reply(reply, answering(GRANT))
    with pytest.raises(OutcomeUnknown, match="unknown") as caught:
        exchange(client)
    assert "Start the sign-in again" in caught.value.hint
    assert caught.value.exit_code == 4
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("reply", [close, reset, TRUNCATED])
def test_a_refresh_whose_connection_broke_is_temporary_and_not_sent_again(
    endpoint: Endpoint, client: WebexClient, reply: Reply
) -> None:
    """A second use of a refresh token is what a server with rotation takes for theft."""
    endpoint.reply(reply, answering(GRANT))
    with pytest.raises(TemporaryError, match="could not be asked"):
        refresh(client)
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("reply", [close, reset])
def test_a_poll_whose_connection_broke_is_temporary(
    endpoint: Endpoint, client: WebexClient, reply: Reply
) -> None:
    endpoint.reply(reply)
    with pytest.raises(TemporaryError):
        device_token(client)
    assert len(endpoint.received) == 1


def test_no_connection_is_kept_for_another_request(endpoint: Endpoint, client: WebexClient) -> None:
    """A code would be sent into a connection that the server has just closed."""

    def answer_and_wait(connection: socket.socket, over: threading.Event) -> None:
        answering(GRANT)(connection, over)
        hang(connection, over)

    endpoint.reply(answer_and_wait)
    refresh(client)
    assert endpoint.was_cut.wait(ENDLESS / 2)


@pytest.mark.parametrize("request_of", [exchange, refresh])
def test_a_refused_connection_is_tried_again(
    refusing: Endpoint,
    client: WebexClient,
    monkeypatch: pytest.MonkeyPatch,
    request_of: Callable[[WebexClient], Token],
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        refusing.answer(GRANT)
        refusing.listen()

    monkeypatch.setattr(time, "sleep", pause)
    assert request_of(client).access_token == Secret("new-access")
    assert len(pauses) == 1
    assert len(refusing.received) == 1


@EVERY_REQUEST
def test_a_connection_that_stays_refused_is_temporary(
    refusing: Endpoint,
    client: WebexClient,
    monkeypatch: pytest.MonkeyPatch,
    request_of: Callable[[WebexClient], object],
) -> None:
    """Nothing was sent, so what a code led to is not unknown either."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1 refuses the connection") as caught:
        request_of(client)
    assert type(caught.value) is TemporaryError
    assert caught.value.status is None
    assert pauses == [0, 0.5]
