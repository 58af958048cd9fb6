"""What the client sends, and what it reads from a good answer."""

from __future__ import annotations

import base64
import gc
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from tests.oauth.calls import (
    APP_ID,
    CODE,
    DEVICE,
    EVERY_REQUEST,
    GRANT,
    NOW,
    SECRET,
    TOKEN,
    VERIFIER,
    client_of,
    exchange,
    expiry,
    owner,
    refresh,
)
from tests.support.endpoint import (
    Endpoint,
)
from wtr_tui.errors import (
    AccessTokenRejected,
    GrantRejected,
    NotWebex,
    RequestRefused,
    SettingsError,
    WtrError,
)
from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.transport import http_client

ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
ORG_URI = f"ciscospark://us/ORGANIZATION/{ORGANIZATION}"
ORG_ID = base64.b64encode(ORG_URI.encode()).decode().rstrip("=")


# What is sent


def test_an_exchange_sends_the_form_and_nothing_else(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(GRANT)
    token = exchange(client)
    assert token.access_token == Secret("new-access")
    assert token.obtained_at == NOW
    [request] = endpoint.received
    assert (request.method, request.target) == ("POST", "/v1/access_token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    assert request.form == {
        "grant_type": "authorization_code",
        "client_id": APP_ID,
        "client_secret": SECRET.reveal(),
        "code": CODE.reveal(),
        "redirect_uri": "http://localhost:6855",
        "code_verifier": VERIFIER.reveal(),
    }


def test_a_refresh_sends_neither_scope_nor_state(endpoint: Endpoint, client: WebexClient) -> None:
    endpoint.answer({"access_token": "new-access", "expires_in": 60, "refresh_token": ""})
    token = client.refresh(TOKEN)
    assert token.access_token == Secret("new-access")
    assert token.refresh_token == TOKEN.refresh_token
    assert token.scopes == TOKEN.scopes
    [request] = endpoint.received
    assert (request.method, request.target) == ("POST", "/v1/access_token")
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": APP_ID,
        "client_secret": SECRET.reveal(),
        "refresh_token": "SENTINEL-refresh",
    }


def test_a_token_without_refresh_token_is_not_sent(endpoint: Endpoint, client: WebexClient) -> None:
    with pytest.raises(GrantRejected, match="no refresh token"):
        client.refresh(Token(TOKEN.access_token, NOW, None))
    assert endpoint.received == []


def test_a_device_code_is_asked_for_with_the_scopes(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(
        {
            "device_code": "5f3c",
            "expires_in": 300,
            "user_code": "729703",
            "verification_uri": "https://oauth-helper-r.wbx2.com/verify",
            "interval": 2,
        }
    )
    authorization = client.device_authorize(["spark:kms", "spark:people_read"])
    assert authorization.user_code == "729703"
    assert authorization.expires_at == NOW + timedelta(minutes=5)
    [request] = endpoint.received
    assert (request.method, request.target) == ("POST", "/v1/device/authorize")
    assert request.form == {"client_id": APP_ID, "scope": "spark:kms spark:people_read"}


def test_the_device_token_is_asked_for_with_basic_credentials(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(GRANT)
    assert client.device_token(DEVICE).access_token == Secret("new-access")
    [request] = endpoint.received
    assert (request.method, request.target) == ("POST", "/v1/device/token")
    scheme, _, pair = request.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"C4f1:SENTINEL-secret")
    assert request.form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "SENTINEL-device",
        "client_id": APP_ID,
    }


@pytest.mark.parametrize(
    ("request_of", "path"), [(owner, "/people/me"), (expiry, "/authorizations/tokenExpiry")]
)
def test_an_access_token_goes_into_the_header_only(
    endpoint: Endpoint,
    client: WebexClient,
    request_of: Callable[[WebexClient], object],
    path: str,
) -> None:
    endpoint.answer({})
    request_of(client)
    [request] = endpoint.received
    assert (request.method, request.target) == ("GET", f"/v1{path}")
    assert request.headers["authorization"] == "Bearer SENTINEL-access"
    assert request.body == b""


@EVERY_REQUEST
def test_no_address_holds_a_secret_and_no_answer_may_be_compressed(
    endpoint: Endpoint, client: WebexClient, request_of: Callable[[WebexClient], object]
) -> None:
    endpoint.answer({}, 400)
    with suppress(WtrError):
        request_of(client)
    [request] = endpoint.received
    assert "SENTINEL" not in request.target
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("wtr-tui/")


def test_a_slash_at_the_end_of_the_base_url_changes_nothing(endpoint: Endpoint) -> None:
    endpoint.answer(GRANT)
    with client_of(endpoint.base_url + "/") as client:
        refresh(client)
    assert endpoint.received[0].target == "/v1/access_token"


def test_what_cannot_be_sent_is_replaced_and_not_raised_with_the_form(endpoint: Endpoint) -> None:
    endpoint.answer(GRANT, headers={})
    with WebexClient(endpoint.base_url, "C4\udcff", SECRET) as client:
        client.refresh(TOKEN)
    assert endpoint.received[0].form["client_id"] == "C4?"


@pytest.mark.parametrize("text", ["a\nb", "a b", "ä", "\udcff", ""])
@pytest.mark.parametrize("method", ["account", "expiry"])
def test_an_access_token_no_header_can_carry_is_not_sent(
    endpoint: Endpoint, client: WebexClient, method: str, text: str
) -> None:
    with pytest.raises(AccessTokenRejected) as caught:
        getattr(client, method)(Secret(text))
    assert caught.value.__cause__ is None
    assert endpoint.received == []


# Where to


@pytest.mark.parametrize(
    "base_url",
    [
        "http://example.com/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "ftp://example.com",
        "webexapis.com/v1",
        "https://",
        "",
        "https://example.com:99999/v1",
        "https://exa mple.com/\x00",
    ],
)
def test_a_base_url_that_would_send_the_secret_in_the_clear_is_refused(base_url: str) -> None:
    with pytest.raises(SettingsError, match="base URL"):
        client_of(base_url)


@pytest.mark.parametrize(
    "base_url",
    ["https://webexapis.com/v1", "http://localhost:1/v1", "http://127.0.0.1:1", "http://[::1]:1"],
)
def test_https_is_for_everywhere_and_http_for_this_machine(base_url: str) -> None:
    client_of(base_url).close()


# Whose token, and until when


@pytest.mark.parametrize(
    ("body", "account"),
    [
        (
            {
                "displayName": "Ann \x1b[31mExample",
                "emails": ["ann@example.com", "b@example.com"],
                "orgId": ORG_ID,
            },
            Account("Ann [31mExample", "ann@example.com", ORGANIZATION),
        ),
        ({"orgId": "not base64!"}, Account("", "", "not base64!")),
        ({"orgId": "bm90aGluZw"}, Account("", "", "bm90aGluZw")),
        ({"displayName": 5, "emails": [], "orgId": None}, Account("", "", "")),
        ({"emails": "a@example.com"}, Account("", "", "")),
        ({"emails": [None]}, Account("", "", "")),
    ],
)
def test_a_person_is_read_from_what_is_there(
    endpoint: Endpoint, client: WebexClient, body: object, account: Account
) -> None:
    endpoint.answer(body)
    assert client.account(TOKEN.access_token) == account


def test_a_missing_scope_hides_the_person_but_does_not_fail(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer({"message": "missing required scopes"}, 403)
    assert client.account(TOKEN.access_token) is None


def test_a_proxys_page_does_not_count_as_a_missing_scope(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(b"<html><title>Blocked</title>", 403)
    with pytest.raises(NotWebex, match="Blocked"):
        client.account(TOKEN.access_token)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"exp": 1796682600000}, 200, datetime(2026, 12, 7, 22, 30, tzinfo=timezone.utc)),
        ({"exp": 1796682600500.0}, 200, datetime(2026, 12, 7, 22, 30, 0, 500_000, timezone.utc)),
        ({"exp": "1796682600000"}, 200, None),
        ({"exp": True}, 200, None),
        ({"exp": 10**30}, 200, None),
        ({"exp": -(10**18)}, 200, None),
        (b'{"exp": NaN}', 200, None),
        (b'{"exp": 1e999}', 200, None),
        ({}, 200, None),
        ({"message": "x"}, 401, None),
        ({"message": "x"}, 403, None),
        (b"<html></html>", 404, None),
    ],
)
def test_the_expiry_is_in_milliseconds_or_unknown(
    endpoint: Endpoint, client: WebexClient, body: object, status: int, expected: datetime | None
) -> None:
    endpoint.answer(body, status)
    assert client.expiry(TOKEN.access_token) == expected


# The clock


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("offset", [timedelta(hours=2), timedelta(seconds=-90), timedelta(0)])
def test_the_servers_clock_is_compared(
    endpoint: Endpoint, client: WebexClient, status: int, offset: timedelta
) -> None:
    assert client.clock_offset is None
    endpoint.answer(GRANT, status, {"Date": format_datetime(NOW + offset, usegmt=True)})
    with suppress(RequestRefused):
        refresh(client)
    assert client.clock_offset == offset


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 99:99:99 GMT", "5"])
def test_a_date_that_is_none_says_nothing(
    endpoint: Endpoint, client: WebexClient, date: str
) -> None:
    endpoint.answer(GRANT, headers={"Date": date})
    refresh(client)
    assert client.clock_offset is None


# Sharing


def test_what_connects_can_be_shared_and_is_closed_by_its_owner(endpoint: Endpoint) -> None:
    endpoint.answer(GRANT)
    endpoint.answer(GRANT)
    with http_client(endpoint.base_url) as shared:
        for _ in range(2):
            with WebexClient(endpoint.base_url, APP_ID, SECRET, http=shared) as client:
                refresh(client)
        assert not shared.is_closed
    gc.collect()
    assert len(endpoint.received) == 2


def test_warming_makes_no_request(endpoint: Endpoint, client: WebexClient) -> None:
    client.warm()
    assert endpoint.received == []
