"""The authorization endpoint and its consent page."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.support.webex import Integration, Sandbox, browser


def _answered(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def test_the_page_says_who_asks_for_what_and_that_it_is_not_webex(
    web: httpx.Client, asked: dict[str, str], integration: Integration
) -> None:
    page = web.get("/v1/authorize", params=asked)
    assert page.status_code == 200
    text = unescape(page.text)
    for words in (
        "not the real Webex",
        integration.name,
        "Robin Example",
        "robin@example.com",
        "spark:kms",
        "Use the key service that decrypts message content",
        integration.redirect_uri,
        "Approve",
        "Deny",
    ):
        assert words in text


def test_approving_leads_back_with_a_code_and_the_state(
    authorize_url: str, integration: Integration, asked: dict[str, str]
) -> None:
    address = browser.approved_address(authorize_url)
    assert address.startswith(f"{integration.redirect_uri}?")
    answer = dict(parse_qsl(urlsplit(address).query))
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == asked["state"]


def test_denying_leads_back_with_the_error_its_description_and_the_state(
    authorize_url: str, asked: dict[str, str]
) -> None:
    answer = dict(parse_qsl(urlsplit(browser.denied_address(authorize_url)).query))
    assert answer.pop("error_description")
    assert answer == {"error": "access_denied", "state": asked["state"]}


def test_without_a_state_none_comes_back(sandbox: Sandbox, asked: dict[str, str]) -> None:
    del asked["state"]
    address = browser.approved_address(f"{sandbox.base_url}/authorize?{urlencode(asked)}")
    assert "state" not in dict(parse_qsl(urlsplit(address).query))


def test_a_redirect_uri_with_a_query_keeps_it(
    sandbox: Sandbox, integration: Integration, asked: dict[str, str]
) -> None:
    registered = "http://localhost:1/cb?a=b"
    sandbox.register(replace(integration, redirect_uris=(registered,)))
    asked["redirect_uri"] = registered
    address = browser.approved_address(f"{sandbox.base_url}/authorize?{urlencode(asked)}")
    assert address.startswith("http://localhost:1/cb?a=b&code=")


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "Cunknown"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_wrong_client_or_redirect_uri_is_an_error_page_and_never_a_redirect(
    web: httpx.Client, asked: dict[str, str], change: dict[str, str]
) -> None:
    page = web.get("/v1/authorize", params={**asked, **change})
    assert page.status_code == 400
    assert "location" not in page.headers
    assert "<form" not in page.text


@pytest.mark.parametrize(
    ("found", "spelled"),
    [("localhost", "127.0.0.1"), ("http:", "HTTP:"), ("localhost", "LOCALHOST")],
)
def test_a_redirect_uri_is_compared_letter_for_letter(
    web: httpx.Client, asked: dict[str, str], found: str, spelled: str
) -> None:
    asked["redirect_uri"] = asked["redirect_uri"].replace(found, spelled)
    assert web.get("/v1/authorize", params=asked).status_code == 400


def test_a_slash_at_the_end_is_another_redirect_uri(
    web: httpx.Client, asked: dict[str, str]
) -> None:
    asked["redirect_uri"] += "/"
    assert web.get("/v1/authorize", params=asked).status_code == 400


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_client_or_redirect_uri_is_an_error_page(
    web: httpx.Client, asked: dict[str, str], name: str
) -> None:
    doubled = [*asked.items(), (name, asked[name])]
    page = web.get(f"/v1/authorize?{urlencode(doubled)}")
    assert page.status_code == 400
    assert f"<code>{name}</code>" in page.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"scope": "spark:kms spark:all"}, "invalid_scope"),
        ({"scope": "SPARK:kms"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "tooshort"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_any_other_mistake_is_told_through_the_redirect_with_the_state(
    web: httpx.Client, asked: dict[str, str], change: dict[str, str], error: str
) -> None:
    answer = _answered(web.get("/v1/authorize", params={**asked, **change}))
    assert answer["error"] == error
    assert answer["error_description"]
    assert answer["state"] == asked["state"]


def test_a_repeated_scope_is_told_through_the_redirect(
    web: httpx.Client, asked: dict[str, str]
) -> None:
    doubled = [*asked.items(), ("scope", "spark:kms")]
    assert _answered(web.get(f"/v1/authorize?{urlencode(doubled)}"))["error"] == "invalid_request"


def test_the_optional_parameters_are_accepted(web: httpx.Client, asked: dict[str, str]) -> None:
    optional = {"prompt": "select_account", "login_hint": "you@example.org", "max_age": "60"}
    page = web.get("/v1/authorize", params={**asked, **optional})
    assert page.status_code == 200
    assert "you@example.org" in page.text


def test_a_page_is_answered_once(web: httpx.Client, authorize_url: str) -> None:
    consent = web.get(authorize_url).text.partition('name="consent" value="')[2].partition('"')[0]
    answer = {"consent": consent, "decision": "approve"}
    assert "code" in _answered(web.post("/v1/authorize", data=answer))
    assert web.post("/v1/authorize", data=answer).status_code == 400


def test_what_the_address_says_is_escaped_on_the_page(
    web: httpx.Client, asked: dict[str, str]
) -> None:
    asked["login_hint"] = "<script>alert(1)</script>"
    page = web.get("/v1/authorize", params=asked).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    asked["client_id"] = "<img src=x>"
    assert "<img" not in web.get("/v1/authorize", params=asked).text


def test_the_page_needs_nothing_from_elsewhere(web: httpx.Client, authorize_url: str) -> None:
    page = web.get(authorize_url)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    # With it, browsers would stop at the redirect to the program.
    assert "form-action" not in policy
    assert page.headers["cache-control"] == "no-store"
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'<style nonce="{nonce}">' in page.text
    assert "src=" not in page.text
    assert "https://" not in page.text


def test_two_pages_do_not_share_a_nonce(web: httpx.Client, authorize_url: str) -> None:
    policies = {web.get(authorize_url).headers["content-security-policy"] for _ in range(2)}
    assert len(policies) == 2
