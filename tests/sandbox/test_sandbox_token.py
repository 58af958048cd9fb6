"""The token endpoint: codes, refresh tokens, and who may use them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from tests.support.webex import Integration, Sandbox, new_integration

Post = Callable[..., httpx.Response]
Advance = Callable[[float], None]

TOKEN = re.compile(r"[A-Za-z0-9]{64}_PF84_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _error(response: httpx.Response) -> str:
    assert response.status_code in (400, 401), response.text
    body = response.json()
    assert body["error_description"]
    assert body["trackingID"] == response.headers["trackingid"]
    # A challenge goes with 401 alone (RFC 6749 §5.2).
    assert ("www-authenticate" in response.headers) is (response.status_code == 401)
    error = body["error"]
    assert isinstance(error, str)
    return error


def _works(web: httpx.Client, access_token: object) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return web.get("/v1/authorizations/tokenExpiry", headers=headers).status_code == 200


def test_a_code_gives_tokens_of_webexs_shape(code: str, exchange: Post) -> None:
    assert TOKEN.fullmatch(code)
    response = exchange(code)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert TOKEN.fullmatch(answer.pop("access_token"))
    assert TOKEN.fullmatch(answer.pop("refresh_token"))
    assert set(answer.pop("scope").split()) == {"spark:kms", "meeting:schedules_read"}
    assert answer == {
        "expires_in": 180,
        "refresh_token_expires_in": 900,
        "token_type": "Bearer",
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_id": "Cunknown"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"redirect_uri": "http://localhost:1"}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "dBjftJeZ4CVP"}, "invalid_grant"),
    ],
)
def test_a_wrong_exchange_is_refused(
    code: str, exchange: Post, change: dict[str, str], error: str
) -> None:
    assert _error(exchange(code, **change)) == error


def test_an_unknown_code_is_refused(exchange: Post) -> None:
    assert _error(exchange("made-up")) == "invalid_grant"


def test_a_code_of_another_integration_is_refused_and_stays_usable(
    sandbox: Sandbox, code: str, exchange: Post, integration: Integration
) -> None:
    other = sandbox.register(new_integration(integration.redirect_uri))
    stolen = exchange(code, client_id=other.client_id, client_secret=other.secret.reveal())
    assert _error(stolen) == "invalid_grant"
    assert exchange(code).status_code == 200


def test_a_wrong_verifier_uses_the_code_up(code: str, exchange: Post) -> None:
    assert _error(exchange(code, code_verifier="x" * 43)) == "invalid_grant"
    assert _error(exchange(code)) == "invalid_grant"


def test_a_wrong_secret_does_not_use_the_code_up(code: str, exchange: Post) -> None:
    assert _error(exchange(code, client_secret="wrong")) == "invalid_client"
    assert exchange(code).status_code == 200


def test_a_second_use_of_a_code_revokes_what_the_first_gave(
    web: httpx.Client, code: str, exchange: Post, refresh: Post
) -> None:
    first = exchange(code).json()
    assert _works(web, first["access_token"])
    assert _error(exchange(code)) == "invalid_grant"
    assert not _works(web, first["access_token"])
    assert _error(refresh(first["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize(("age", "status"), [(599, 200), (600, 400)])
def test_a_code_lives_ten_minutes(
    code: str, exchange: Post, advance: Advance, age: float, status: int
) -> None:
    advance(age)
    assert exchange(code).status_code == status


def test_the_client_may_authenticate_by_header_instead(
    web: httpx.Client, sandbox: Sandbox, integration: Integration
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": str(sandbox.issue()["refresh_token"])}
    good = (integration.client_id, integration.secret.reveal())
    assert web.post("/v1/access_token", data=form, auth=good).status_code == 200
    wrong = web.post("/v1/access_token", data=form, auth=(integration.client_id, "wrong"))
    assert _error(wrong) == "invalid_client"
    assert wrong.status_code == 401
    both = web.post("/v1/access_token", data={**form, "client_secret": good[1]}, auth=good)
    assert _error(both) == "invalid_request"


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic %%%", "Basic " + b64encode(b"\xff\xfe").decode(), "Basic"]
)
def test_a_header_that_is_no_basic_authentication_is_refused(
    web: httpx.Client, header: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    response = web.post("/v1/access_token", data=form, headers={"Authorization": header})
    assert _error(response) == "invalid_client"


def test_only_a_form_in_the_body_is_read(web: httpx.Client, integration: Integration) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": integration.client_id,
        "client_secret": integration.secret.reveal(),
        "refresh_token": "x",
    }
    other = web.post("/v1/access_token", json=form)
    assert _error(other) == "invalid_request"
    assert "x-www-form-urlencoded" in other.json()["error_description"]
    assert _error(web.post("/v1/access_token", params=form)) == "invalid_request"
    assert _error(web.post("/v1/access_token?a=b", data=form)) == "invalid_request"
    doubled = web.post("/v1/access_token", data={**form, "refresh_token": ["x", "x"]})
    assert _error(doubled) == "invalid_request"


def test_getting_a_token_is_not_allowed(web: httpx.Client) -> None:
    response = web.get("/v1/access_token")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.json()["trackingId"]


def test_a_refresh_gives_a_new_access_token_and_the_same_refresh_token_for_longer(
    web: httpx.Client, sandbox: Sandbox, refresh: Post, advance: Advance
) -> None:
    first = sandbox.issue()
    advance(100)
    second = refresh(first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert (second["expires_in"], second["refresh_token_expires_in"]) == (180, 900)
    assert _works(web, first["access_token"])


def test_the_refresh_tokens_lifetime_can_be_left_running(
    sandbox: Sandbox, refresh: Post, advance: Advance
) -> None:
    sandbox.rules = replace(sandbox.rules, renew_refresh_lifetime=False)
    first = sandbox.issue()
    advance(100)
    assert refresh(first["refresh_token"]).json()["refresh_token_expires_in"] == 800


@pytest.mark.parametrize(("age", "status"), [(899, 200), (900, 400)])
def test_a_refresh_token_expires(
    sandbox: Sandbox, refresh: Post, advance: Advance, age: float, status: int
) -> None:
    token = sandbox.issue()["refresh_token"]
    advance(age)
    assert refresh(token).status_code == status


def test_another_integration_cannot_refresh(
    sandbox: Sandbox, refresh: Post, integration: Integration
) -> None:
    other = sandbox.register(new_integration(integration.redirect_uri))
    token = sandbox.issue(integration=other)["refresh_token"]
    assert _error(refresh(token)) == "invalid_grant"


def test_an_access_token_does_not_refresh(sandbox: Sandbox, refresh: Post) -> None:
    assert _error(refresh(sandbox.issue()["access_token"])) == "invalid_grant"


def test_a_revoked_token_is_dead_in_every_way(
    web: httpx.Client, sandbox: Sandbox, refresh: Post
) -> None:
    token = sandbox.issue()
    sandbox.revoke(str(token["refresh_token"]))
    assert not _works(web, token["access_token"])
    assert _error(refresh(token["refresh_token"])) == "invalid_grant"


def test_revoking_what_was_never_given_is_a_mistake(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError):
        sandbox.revoke("made-up")


def test_with_rotation_each_refresh_token_is_used_once(
    sandbox: Sandbox, web: httpx.Client, refresh: Post
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=True)
    first = sandbox.issue()
    second = refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = refresh(second["refresh_token"]).json()
    assert _works(web, third["access_token"])
    assert _error(refresh(first["refresh_token"])) == "invalid_grant"
    assert not _works(web, third["access_token"])
    assert _error(refresh(third["refresh_token"])) == "invalid_grant"


def test_reuse_does_not_touch_what_another_sign_in_gave(
    sandbox: Sandbox, web: httpx.Client, refresh: Post
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=True)
    other = sandbox.issue()
    mine = sandbox.issue()
    refresh(mine["refresh_token"])
    refresh(mine["refresh_token"])
    assert _works(web, other["access_token"])
    assert refresh(other["refresh_token"]).status_code == 200


def test_a_refresh_soon_after_the_last_can_give_the_same_token_and_expiry(
    sandbox: Sandbox, refresh: Post, advance: Advance
) -> None:
    sandbox.rules = replace(sandbox.rules, same_token=timedelta(seconds=60))
    first = sandbox.issue()
    advance(59)
    again = refresh(first["refresh_token"]).json()
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == 180 - 59
    advance(1)
    assert refresh(first["refresh_token"]).json()["access_token"] != first["access_token"]


def test_an_expired_token_is_never_given_again(
    sandbox: Sandbox, refresh: Post, advance: Advance
) -> None:
    sandbox.rules = replace(sandbox.rules, same_token=timedelta(hours=24))
    first = sandbox.issue()
    advance(180)
    assert refresh(first["refresh_token"]).json()["access_token"] != first["access_token"]
