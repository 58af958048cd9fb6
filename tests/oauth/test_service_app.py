"""Minting a service app's token."""

from __future__ import annotations

import json

import pytest

from tests.oauth.calls import APP_ID, GRANT, NOW, SECRET, TOKEN, mint
from tests.support.endpoint import Endpoint
from wtr_tui.errors import (
    AccessTokenRejected,
    RequestRefused,
    TemporaryError,
    UnusableResponse,
    WrongClient,
    WtrError,
)
from wtr_tui.model import Secret
from wtr_tui.oauth.client import WebexClient


def test_the_request_is_the_documented_one(endpoint: Endpoint, client: WebexClient) -> None:
    endpoint.answer(GRANT)
    token = mint(client)
    (request,) = endpoint.received
    assert (request.method, request.target) == ("POST", "/v1/applications/an%2Fapp%20id/token")
    assert request.headers["authorization"] == f"Bearer {TOKEN.access_token.reveal()}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "clientId": APP_ID,
        "clientSecret": SECRET.reveal(),
        "targetOrgId": "an-org",
    }
    assert token.access_token == Secret("new-access")
    assert token.refresh_token == Secret("new-refresh")
    assert token.obtained_at == NOW


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, {"message": "bad token"}, AccessTokenRejected, "the token used for it"),
        (403, {"message": "Forbidden"}, RequestRefused, "Forbidden"),
        (404, {"message": "no such application"}, RequestRefused, "base URL"),
        (400, {"message": "bad", "errors": []}, RequestRefused, "bad"),
        (429, {"message": "slow"}, TemporaryError, "later"),
        (503, {}, TemporaryError, "later"),
        (200, {"expires_in": 5}, UnusableResponse, "no access token"),
    ],
)
def test_each_refusal_has_its_kind_and_says_what_webex_says(
    endpoint: Endpoint,
    client: WebexClient,
    status: int,
    body: object,
    kind: type[WtrError],
    says: str,
) -> None:
    endpoint.answer(body, status)
    with pytest.raises(kind) as refused:
        mint(client)
    assert says in str(refused.value)
    assert not isinstance(refused.value, WrongClient)
    assert "SENTINEL" not in str(refused.value)
