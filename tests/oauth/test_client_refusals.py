"""Which error each refusal of Webex becomes, and its message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.oauth.calls import (
    NOW,
    device_code,
    device_token,
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
    DeviceDenied,
    DeviceExpired,
    DeviceNotSetUp,
    DevicePending,
    GrantRejected,
    RequestRefused,
    TemporaryError,
    WrongClient,
    WtrError,
)
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.responses import HELPER_REDIRECT_URIS

OAUTH = "oauth"
MESSAGE = "message"


def error_body(shape: str, code: str, words: str) -> dict[str, object]:
    if shape == OAUTH:
        return {"error": code, "error_description": words, "trackingID": "ROUTER_1"}
    return {"message": words, "errors": [{"description": words}], "trackingId": "ROUTER_1"}


@pytest.mark.parametrize(
    ("request_of", "status", "shape", "code", "failure", "exit_code"),
    [
        (refresh, 400, OAUTH, "invalid_grant", GrantRejected, 3),
        (refresh, 401, OAUTH, "invalid_grant", GrantRejected, 3),
        (refresh, 401, MESSAGE, "", GrantRejected, 3),
        (refresh, 400, OAUTH, "invalid_client", WrongClient, 2),
        (refresh, 401, OAUTH, "invalid_client", WrongClient, 2),
        (refresh, 400, MESSAGE, "", RequestRefused, 1),
        (refresh, 400, OAUTH, "invalid_scope", RequestRefused, 1),
        (refresh, 400, OAUTH, "unauthorized_client", RequestRefused, 1),
        (refresh, 403, MESSAGE, "", RequestRefused, 1),
        (refresh, 404, MESSAGE, "", RequestRefused, 1),
        (refresh, 200, OAUTH, "invalid_grant", GrantRejected, 3),
        (refresh, 408, MESSAGE, "", TemporaryError, 4),
        (refresh, 425, MESSAGE, "", TemporaryError, 4),
        (refresh, 429, MESSAGE, "", TemporaryError, 4),
        (refresh, 500, MESSAGE, "", TemporaryError, 4),
        (refresh, 503, OAUTH, "invalid_grant", TemporaryError, 4),
        (exchange, 400, OAUTH, "invalid_grant", GrantRejected, 3),
        (exchange, 401, OAUTH, "invalid_client", WrongClient, 2),
        (exchange, 401, MESSAGE, "", WrongClient, 2),
        (exchange, 400, OAUTH, "invalid_request", RequestRefused, 1),
        (exchange, 429, MESSAGE, "", TemporaryError, 4),
        (exchange, 502, MESSAGE, "", TemporaryError, 4),
        (device_code, 400, OAUTH, "invalid_scope", RequestRefused, 1),
        (device_code, 401, OAUTH, "invalid_client", WrongClient, 2),
        (device_code, 400, OAUTH, "invalid_redirect_uri", DeviceNotSetUp, 2),
        (device_token, 400, OAUTH, "access_denied", DeviceDenied, 1),
        (device_token, 400, OAUTH, "expired_token", DeviceExpired, 4),
        (device_token, 400, OAUTH, "invalid_grant", DeviceExpired, 4),
        (device_token, 400, OAUTH, "invalid_client", WrongClient, 2),
        (device_token, 400, OAUTH, "tokenlimit_reached", RequestRefused, 1),
        (device_token, 503, MESSAGE, "", TemporaryError, 4),
        (owner, 401, MESSAGE, "", AccessTokenRejected, 3),
        (owner, 404, MESSAGE, "", RequestRefused, 1),
        (owner, 429, MESSAGE, "", TemporaryError, 4),
        (expiry, 500, MESSAGE, "", TemporaryError, 4),
    ],
)
def test_a_refusal_is_what_its_status_and_code_make_it(
    endpoint: Endpoint,
    client: WebexClient,
    request_of: Callable[[WebexClient], object],
    status: int,
    shape: str,
    code: str,
    failure: type[WtrError],
    exit_code: int,
) -> None:
    endpoint.answer(error_body(shape, code, "the server's own words"), status)
    with pytest.raises(failure) as caught:
        request_of(client)
    raised = caught.value
    assert type(raised) is failure
    assert raised.exit_code == exit_code
    assert raised.details is not None
    assert (raised.status, raised.details.code, raised.details.tracking_id) == (
        status,
        code,
        "ROUTER_1",
    )
    assert raised.details.server_text == "the server's own words"
    assert "“the server's own words”" in raised.message
    assert f"HTTP {status}" in raised.message
    assert "tracking id ROUTER_1" in raised.message
    assert raised.message.endswith(".")
    assert len(endpoint.received) == 1


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        ("POST failed: HTTP/1.1 400 (error = 'invalid_grant The token is dead.')", GrantRejected),
        ("invalid_client: unknown", WrongClient),
        ("not_invalid_grant at all", RequestRefused),
    ],
)
def test_an_oauth_code_within_a_message_counts(
    endpoint: Endpoint, client: WebexClient, words: str, failure: type[WtrError]
) -> None:
    endpoint.answer({"message": words}, 400)
    with pytest.raises(failure):
        refresh(client)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"trackingId": "ROUTER_7"}, {}),
        ({"trackingID": "ROUTER_7"}, {}),
        ({}, {"TrackingID": "ROUTER_7"}),
        (b"", {"trackingid": "ROUTER_7"}),
        ({"trackingId": 5}, {"trackingid": "ROUTER_7"}),
        ({"trackingId": "ROUTER_7"}, {"trackingid": "other"}),
    ],
)
def test_the_tracking_id_is_found_wherever_it_is(
    endpoint: Endpoint, client: WebexClient, body: object, headers: dict[str, str]
) -> None:
    endpoint.answer(body, 400, headers)
    with pytest.raises(RequestRefused) as caught:
        refresh(client)
    assert caught.value.details is not None
    assert caught.value.details.tracking_id == "ROUTER_7"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        {},
        [],
        "text",
        None,
        {"error": None},
        {"error": {"code": 1}, "error_description": ["a"]},
        {"message": 5, "errors": "none"},
        {"errors": [None, 5, {"description": None}, {}]},
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"error":"invalid_grant"',
    ],
)
def test_an_error_that_says_nothing_is_still_a_sentence(
    endpoint: Endpoint, client: WebexClient, body: object
) -> None:
    endpoint.answer(body, 400)
    with pytest.raises(RequestRefused) as caught:
        refresh(client)
    assert caught.value.message == "Webex refused to refresh the token (HTTP 400)."


def test_control_characters_of_the_server_do_not_reach_the_person(
    endpoint: Endpoint, client: WebexClient
) -> None:
    endpoint.answer(
        {
            "error": "inv\x1b[31malid\u202e",
            "error_description": "[red]x[/]\x1b]0;evil\x07\r\nline two\x00",
            "trackingID": "ROUTER\x1b[2J",
        },
        400,
    )
    with pytest.raises(RequestRefused) as caught:
        refresh(client)
    raised = caught.value
    assert raised.details is not None
    assert raised.details.server_text == "[red]x[/]]0;evil line two"
    shown = (
        str(raised) + raised.details.server_text + raised.details.code + raised.details.tracking_id
    )
    assert all(character.isprintable() for character in shown)


def test_a_secret_the_server_repeats_is_masked(endpoint: Endpoint, client: WebexClient) -> None:
    said = "SENTINEL-refresh of C4f1 with SENTINEL-secret is SENTINEL-access"
    endpoint.answer({"error": "SENTINEL-secret", "error_description": said}, 400)
    with pytest.raises(RequestRefused) as caught:
        refresh(client)
    details = caught.value.details
    assert details is not None
    assert "SENTINEL" not in f"{caught.value} {details.code} {details.server_text}"
    assert "of C4f1 with" in caught.value.message


def test_a_long_error_is_cut(endpoint: Endpoint, client: WebexClient) -> None:
    endpoint.answer({"message": "a" * 500_000}, 400)
    with pytest.raises(RequestRefused) as caught:
        refresh(client)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("15", 15),
        ("0", 0),
        ("901", 900),
        ("9" * 5000, 900),
        (format_datetime(NOW + timedelta(seconds=40), usegmt=True), 40),
        (format_datetime(NOW - timedelta(seconds=40), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=40), usegmt=True), 900),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_seconds_or_a_date_and_capped(
    endpoint: Endpoint, client: WebexClient, status: int, header: str, seconds: float | None
) -> None:
    endpoint.answer({}, status, {"Retry-After": header})
    with pytest.raises(TemporaryError) as caught:
        refresh(client)
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    ("status", "body", "slow_down", "retry_after"),
    [
        (428, b"", False, None),
        (428, {"errors": [{"description": "pending"}]}, False, None),
        (428, b"<html></html>", False, None),
        (400, {"error": "authorization_pending"}, False, None),
        (400, {"message": "authorization_pending"}, False, None),
        (400, {"error": "slow_down"}, True, None),
        (428, {"error": "slow_down"}, True, None),
        (429, {}, True, "7"),
    ],
)
def test_a_code_that_is_not_entered_yet_is_pending(
    endpoint: Endpoint,
    client: WebexClient,
    status: int,
    body: object,
    slow_down: bool,
    retry_after: str | None,
) -> None:
    endpoint.answer(body, status, {"Retry-After": retry_after} if retry_after else None)
    with pytest.raises(DevicePending) as caught:
        device_token(client)
    assert caught.value.slow_down is slow_down
    expected = timedelta(seconds=int(retry_after)) if retry_after else None
    assert caught.value.retry_after == expected


@pytest.mark.parametrize("words", ["The redirect_uri is invalid", "Redirect URI mismatch"])
def test_missing_redirect_uris_are_named(
    endpoint: Endpoint, client: WebexClient, words: str
) -> None:
    endpoint.answer({"message": words}, 400)
    with pytest.raises(DeviceNotSetUp) as caught:
        device_code(client)
    assert all(uri in caught.value.hint for uri in HELPER_REDIRECT_URIS)
    assert all(uri in caught.value.hint for uri in HELPER_REDIRECT_URIS)
