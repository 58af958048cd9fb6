"""The device grant: what the program asks, and what the person does elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support.webex import Integration, Sandbox, browser, new_integration
from tests.support.webex.strict import DEVICE_REDIRECT_URIS

Advance = Callable[[float], None]
Poll = Callable[..., httpx.Response]

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def given(web: httpx.Client, integration: Integration) -> dict[str, Any]:
    form = {"client_id": integration.client_id, "scope": "spark:kms"}
    response = web.post("/v1/device/authorize", data=form)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.fixture
def poll(web: httpx.Client, integration: Integration, given: dict[str, Any]) -> Poll:
    def post(secret: str = integration.secret.reveal(), **changes: str) -> httpx.Response:
        form = {
            "grant_type": GRANT_TYPE,
            "client_id": integration.client_id,
            "device_code": given["device_code"],
            **changes,
        }
        auth = (integration.client_id, secret)
        return web.post("/v1/device/token", data=form, auth=auth)

    return post


def test_a_device_code_comes_with_all_a_person_needs(
    given: dict[str, Any], sandbox: Sandbox
) -> None:
    assert given["user_code"].isdigit()
    assert len(given["user_code"]) == 6
    assert given["verification_uri"] == f"{sandbox.origin}/verify"
    complete = urlsplit(given["verification_uri_complete"])
    assert dict(parse_qsl(complete.query)) == {"userCode": given["user_code"]}
    assert (given["expires_in"], given["interval"]) == (300, 2)


def test_the_complete_address_fills_the_code_in(web: httpx.Client, given: dict[str, Any]) -> None:
    page = web.get(given["verification_uri_complete"]).text
    assert f'value="{given["user_code"]}"' in page
    assert "not the real Webex" in page


@pytest.mark.parametrize("missing", DEVICE_REDIRECT_URIS)
def test_without_one_of_the_four_redirect_uris_the_error_names_it(
    web: httpx.Client, sandbox: Sandbox, integration: Integration, missing: str
) -> None:
    kept = tuple(uri for uri in integration.redirect_uris if uri != missing)
    sandbox.register(replace(integration, redirect_uris=kept))
    form = {"client_id": integration.client_id, "scope": "spark:kms"}
    response = web.post("/v1/device/authorize", data=form)
    assert response.status_code == 400
    assert "redirect_uri" in response.json()["message"]
    assert missing in response.json()["message"]


def test_an_integration_can_be_made_without_the_device_grant(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    plain = sandbox.register(new_integration("http://localhost:1", device=False))
    form = {"client_id": plain.client_id, "scope": "spark:kms"}
    assert web.post("/v1/device/authorize", data=form).status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "Cunknown"}, "invalid_client"),
        ({"client_id": ""}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "spark:all"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_for_a_device_code_is_refused(
    web: httpx.Client, integration: Integration, change: dict[str, str], error: str
) -> None:
    form = {"client_id": integration.client_id, "scope": "spark:kms", **change}
    assert web.post("/v1/device/authorize", data=form).json()["error"] == error


def test_openid_is_not_possible_even_where_it_is_ticked(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    ticked = sandbox.register(new_integration("http://localhost:1", scopes=("openid", "spark:kms")))
    form = {"client_id": ticked.client_id, "scope": "openid spark:kms"}
    assert web.post("/v1/device/authorize", data=form).json()["error"] == "invalid_scope"


def test_until_the_person_decides_the_answer_is_428(poll: Poll, advance: Advance) -> None:
    for _ in range(3):
        response = poll()
        assert response.status_code == 428
        assert "authorization_pending" in response.json()["message"]
        advance(2)


def test_an_approved_code_gives_tokens_once(
    poll: Poll, sandbox: Sandbox, given: dict[str, Any], advance: Advance
) -> None:
    assert "signed in" in sandbox.approve_device(given["user_code"]).text
    response = poll()
    assert response.status_code == 200
    assert response.json()["scope"] == "spark:kms"
    assert response.json()["refresh_token"]
    advance(2)
    assert poll().json()["error"] == "invalid_grant"


def test_a_denied_code_says_so(poll: Poll, sandbox: Sandbox, given: dict[str, Any]) -> None:
    sandbox.deny_device(given["user_code"])
    assert poll().json()["error"] == "access_denied"


def test_spaces_in_the_typed_code_do_not_matter(
    poll: Poll, sandbox: Sandbox, given: dict[str, Any]
) -> None:
    typed = f" {given['user_code'][:3]} {given['user_code'][3:]} "
    sandbox.approve_device(typed)
    assert poll().status_code == 200


def test_a_code_is_decided_once(sandbox: Sandbox, given: dict[str, Any], poll: Poll) -> None:
    sandbox.deny_device(given["user_code"])
    with pytest.raises(browser.BrowserStuck):
        sandbox.approve_device(given["user_code"])
    assert poll().json()["error"] == "access_denied"


def test_asking_too_soon_slows_the_program_down_by_five_seconds(
    poll: Poll, advance: Advance
) -> None:
    assert poll().status_code == 428
    advance(1.9)
    assert poll().json()["error"] == "slow_down"
    advance(6.9)
    assert poll().json()["error"] == "slow_down"
    advance(12)
    assert poll().status_code == 428


def test_an_expired_code_can_neither_be_redeemed_nor_approved(
    poll: Poll, sandbox: Sandbox, given: dict[str, Any], advance: Advance
) -> None:
    advance(300)
    assert poll().json()["error"] == "expired_token"
    with pytest.raises(browser.BrowserStuck):
        sandbox.approve_device(given["user_code"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "device_code"}, "unsupported_grant_type"),
        ({"device_code": "made-up"}, "invalid_grant"),
        ({"device_code": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_id": "Cother"}, "invalid_client"),
        ({"secret": "wrong"}, "invalid_client"),
    ],
)
def test_a_wrong_poll_is_refused(poll: Poll, change: dict[str, str], error: str) -> None:
    assert poll(**change).json()["error"] == error


def test_the_secret_in_the_body_is_not_enough(
    web: httpx.Client, integration: Integration, given: dict[str, Any]
) -> None:
    form = {
        "grant_type": GRANT_TYPE,
        "client_id": integration.client_id,
        "client_secret": integration.secret.reveal(),
        "device_code": given["device_code"],
    }
    response = web.post("/v1/device/token", data=form)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_wrong_user_code_is_explained_on_the_page(web: httpx.Client) -> None:
    page = web.post("/verify", data={"userCode": "nothing"})
    assert page.status_code == 400
    assert "No device waits with this code" in page.text
