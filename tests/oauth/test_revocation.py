"""Revoking an authorization by the documented request."""

from __future__ import annotations

import pytest

from tests.oauth.calls import APP_ID, TOKEN, revoke
from tests.support.endpoint import Endpoint, Reply, answering, close, raw
from wtr_tui.errors import AccessTokenRejected, RequestRefused, TemporaryError, WtrError
from wtr_tui.oauth.client import WebexClient


@pytest.mark.parametrize(
    "reply",
    [
        raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
        answering(b"", 200),
        answering({}, 200),
    ],
)
def test_the_request_is_the_documented_one_and_its_response_may_be_empty(
    endpoint: Endpoint, client: WebexClient, reply: Reply
) -> None:
    endpoint.reply(reply)
    revoke(client)
    (request,) = endpoint.received
    assert request.method == "DELETE"
    assert request.target == f"/v1/authorizations?clientId={APP_ID}&orgId=an+org%26x%3Dy"
    assert request.headers["authorization"] == f"Bearer {TOKEN.access_token.reveal()}"
    assert request.body == b""


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (403, RequestRefused, "identity:tokens_write"),
        (404, RequestRefused, "identity:tokens_write"),
        (401, AccessTokenRejected, "access token"),
        (429, TemporaryError, "may live on"),
        (503, TemporaryError, "may live on"),
    ],
)
def test_each_refusal_says_that_the_token_may_live_on_or_who_may_end_it(
    endpoint: Endpoint, client: WebexClient, status: int, kind: type[WtrError], says: str
) -> None:
    endpoint.answer({"message": "no"}, status)
    with pytest.raises(kind) as refused:
        revoke(client)
    assert says in str(refused.value)
    assert "SENTINEL" not in str(refused.value)


def test_without_an_answer_the_token_may_live_on(endpoint: Endpoint, client: WebexClient) -> None:
    endpoint.reply(close)
    with pytest.raises(TemporaryError, match="may live on"):
        revoke(client)
