"""What an access token opens."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tests.support.webex import Sandbox
from wtr_tui.storage.settings_table import DEFAULT_SCOPES


def _bearer(token: dict[str, object]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['access_token']}"}


@pytest.mark.parametrize("scope", ["spark:people_read", "spark:all", "spark-admin:people_read"])
def test_any_of_three_scopes_shows_whose_the_token_is(
    web: httpx.Client, sandbox: Sandbox, scope: str
) -> None:
    token = sandbox.issue(["spark:kms", scope])
    person = web.get("/v1/people/me", headers=_bearer(token)).json()
    assert person["displayName"] == "Robin Example"
    assert person["emails"] == ["robin@example.com"]
    assert person["type"] == "person"
    organization = b64decode(person["orgId"] + "==").decode().rpartition("/")[2]
    assert str(token["access_token"]).endswith(f"_PF84_{organization}")


def test_the_default_scopes_do_not_show_it(web: httpx.Client, sandbox: Sandbox) -> None:
    response = web.get("/v1/people/me", headers=_bearer(sandbox.issue(DEFAULT_SCOPES)))
    assert response.status_code == 403
    assert "missing required scopes" in response.json()["message"]


def test_the_person_can_be_made_visible_whatever_the_scopes(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, person_visible=True)
    response = web.get("/v1/people/me", headers=_bearer(sandbox.issue(DEFAULT_SCOPES)))
    assert response.status_code == 200


def test_the_expiry_is_told_in_milliseconds(
    web: httpx.Client, sandbox: Sandbox, clock: Callable[[], object]
) -> None:
    answer = web.get("/v1/authorizations/tokenExpiry", headers=_bearer(sandbox.issue())).json()
    # 24 November 2026, 12:03 UTC.
    assert answer == {"exp": 1795521780000}


@pytest.mark.parametrize("path", ["/v1/people/me", "/v1/authorizations/tokenExpiry"])
@pytest.mark.parametrize("authorization", ["", "Bearer made-up", "Bearer", "Basic eDp5"])
def test_a_bad_token_opens_nothing(web: httpx.Client, path: str, authorization: str) -> None:
    response = web.get(path, headers={"Authorization": authorization} if authorization else {})
    assert response.status_code == 401
    assert response.json()["errors"][0]["description"]
    assert response.json()["trackingId"] == response.headers["trackingid"]


def test_a_token_opens_nothing_once_it_has_expired(
    web: httpx.Client, sandbox: Sandbox, advance: Callable[[float], None]
) -> None:
    token = sandbox.issue()
    advance(179)
    assert web.get("/v1/people/me", headers=_bearer(token)).status_code == 200
    advance(1)
    assert web.get("/v1/people/me", headers=_bearer(token)).status_code == 401


def test_a_token_is_presented_as_a_bearer_token_in_any_case(
    web: httpx.Client, sandbox: Sandbox
) -> None:
    text = sandbox.issue()["access_token"]
    for scheme, status in (("bearer", 200), ("Basic", 401), ("Token", 401)):
        headers = {"Authorization": f"{scheme} {text}"}
        assert web.get("/v1/people/me", headers=headers).status_code == status


def test_a_refresh_token_opens_nothing(web: httpx.Client, sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.issue()['refresh_token']}"}
    assert web.get("/v1/people/me", headers=headers).status_code == 401
