"""Answers that are none: pages, redirects, and successes without a token."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from tests.oauth.calls import (
    device_token,
    exchange,
    refresh,
)
from tests.support.endpoint import (
    Endpoint,
)
from wtr_tui.errors import (
    NotWebex,
    UnusableResponse,
)
from wtr_tui.oauth.client import WebexClient


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404])
def test_a_page_for_people_is_not_from_webex(
    endpoint: Endpoint, client: WebexClient, status: int
) -> None:
    page = b"<!DOCTYPE html>\n<html><TITLE lang=en>\nHotel \x1b[31m Wi-Fi </TITLE>"
    endpoint.answer(page, status)
    with pytest.raises(NotWebex, match="something else than Webex") as caught:
        refresh(client)
    assert "“Hotel [31m Wi-Fi”" in caught.value.message
    assert "portal" in caught.value.hint
    assert caught.value.exit_code == 4


def test_a_page_is_recognised_by_its_content_type_alone(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(b"Please log in", 200, {"Content-Type": "Text/HTML; charset=utf-8"})
    with pytest.raises(NotWebex, match=r"an HTML page \(HTTP 200\)"):
        refresh(client)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(endpoint: Endpoint, client: WebexClient, status: int) -> None:
    endpoint.answer(b"", status, {"Location": f"http://localhost:{endpoint.port}/v1/other"})
    with pytest.raises(NotWebex, match="redirects to localhost"):
        exchange(client)
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("location", [{}, {"Location": "/x"}])
def test_a_redirect_to_nowhere_is_a_sentence_too(
    endpoint: Endpoint, client: WebexClient, location: dict[str, str]
) -> None:
    endpoint.answer(b"", 302, location)
    with pytest.raises(NotWebex, match=r"redirects \(HTTP 302\)"):
        refresh(client)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty answer"),
        (b"  \r\n", "an empty answer"),
        (b"access_token=a&expires_in=5", "not JSON"),
        (b'{"access_token": "a"', "not JSON"),
        (b"[" * 200_000, "not JSON"),
        ([], "not JSON"),
        ("token", "not JSON"),
        (None, "not JSON"),
        ({}, "no access token"),
        ({"access_token": None}, "no access token"),
        ({"access_token": ""}, "no access token"),
        ({"access_token": ["a"]}, "The access_token in Webex's response cannot be one"),
        ({"access_token": "a\u001b[31m"}, "The access_token in Webex's response cannot be one"),
        ({"access_token": "a" * 65_537}, "The access_token in Webex's response cannot be one"),
    ],
)
@pytest.mark.parametrize("request_of", [exchange, refresh, device_token])
def test_a_success_without_a_usable_token_is_refused(
    endpoint: Endpoint,
    client: WebexClient,
    request_of: Callable[[WebexClient], object],
    body: object,
    reason: str,
) -> None:
    endpoint.answer(body)
    with pytest.raises(UnusableResponse, match=reason) as caught:
        request_of(client)
    assert type(caught.value) is UnusableResponse
    assert len(endpoint.received) == 1


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress), ("X-GZip", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_token_that_a_proxy_has_compressed_unasked_is_not_thrown_away(
    endpoint: Endpoint, client: WebexClient, encoding: str, packed: Callable[[bytes], bytes]
) -> None:
    granted = b'{"access_token": "compressed-on-its-way", "expires_in": 60}'
    endpoint.answer(packed(granted), 200, {"Content-Encoding": encoding})
    assert refresh(client).access_token.reveal() == "compressed-on-its-way"


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"[" + b"0," * 5_000_000)],
    ids=["no gzip", "a bomb"],  # of what is compressed the second would be part of the name
)
def test_what_is_not_compressed_or_a_bomb_is_no_token(
    endpoint: Endpoint, client: WebexClient, body: bytes
) -> None:
    endpoint.answer(body, 200, {"Content-Encoding": "gzip"})
    with pytest.raises(UnusableResponse):
        refresh(client)
