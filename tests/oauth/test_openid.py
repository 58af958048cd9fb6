"""OpenID Connect's part: the nonce, userinfo, and no device grant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oauth.calls import CODE, GRANT, REQUEST, TOKEN
from tests.support.endpoint import Endpoint
from tests.support.tokens import jwt
from wtr_tui.errors import RequestRefused, UnusableResponse
from wtr_tui.model import Account, Secret
from wtr_tui.oauth.client import WebexClient

NONCE = Secret("SENTINEL-nonce")


def exchanged(client: WebexClient) -> str:
    token = client.exchange(CODE, replace(REQUEST, scopes=("openid",), _nonce=NONCE))
    return token.access_token.reveal()


@pytest.mark.parametrize("more", [{"id_token": jwt({"nonce": NONCE.reveal()})}, {}])
def test_the_nonce_that_was_sent_is_the_one_that_comes_back(
    endpoint: Endpoint, client: WebexClient, more: dict[str, str]
) -> None:
    endpoint.answer({**GRANT, **more})
    assert exchanged(client) == "new-access"


@pytest.mark.parametrize(
    "id_token",
    [jwt({"nonce": "another"}), jwt({}), jwt({"nonce": 5}), jwt([]), jwt({"nonce": "é"}), "x", 5],
)
def test_an_id_token_of_another_sign_in_is_refused(
    endpoint: Endpoint, client: WebexClient, id_token: object
) -> None:
    endpoint.answer({**GRANT, "id_token": id_token})
    with pytest.raises(UnusableResponse, match="another sign-in") as refused:
        exchanged(client)
    assert "SENTINEL" not in str(refused.value)


def test_userinfo_gives_name_and_e_mail_where_people_me_is_refused(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer({"message": "missing required scopes"}, 403)
    endpoint.answer({"sub": "1", "name": "Ann\x1b[31m", "email": "ann@example.com"})
    account = client.account(TOKEN.access_token, scopes=("openid", "email"))
    assert account == Account(display_name="Ann[31m", email="ann@example.com")
    assert [request.target for request in endpoint.received] == ["/v1/people/me", "/v1/userinfo"]
    request = endpoint.received[-1]
    assert request.method == "GET"
    assert request.headers["authorization"] == f"Bearer {TOKEN.access_token.reveal()}"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("scopes", [("openid",), ("spark:kms",)])
def test_where_neither_says_the_account_is_unknown(
    endpoint: Endpoint, client: WebexClient, scopes: tuple[str, ...], status: int
) -> None:
    endpoint.answer({"message": "missing required scopes"}, 403)
    endpoint.answer({"message": "no"}, status)
    assert client.account(TOKEN.access_token, scopes=scopes) is None
    assert len(endpoint.received) == (2 if "openid" in scopes else 1)


def test_a_device_code_is_not_asked_for_with_scopes_it_cannot_have(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer({}, 400)
    with pytest.raises(RequestRefused):
        client.device_authorize(["openid", "spark:kms", "email", "profile"])
    assert endpoint.received[0].form["scope"] == "spark:kms"
