"""The client that is tested, and each request it makes, with secrets that can be looked for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from wtr_tui.model import Account, Secret, Token
from wtr_tui.oauth.authorization import AuthorizationRequest
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.responses import DeviceAuthorization

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=timezone.utc)
APP_ID = "C4f1"
SECRET = Secret("SENTINEL-secret")
CODE = Secret("SENTINEL-code")
VERIFIER = Secret("SENTINEL-verifier")
TOKEN = Token(
    access_token=Secret("SENTINEL-access"),
    obtained_at=NOW - timedelta(days=13),
    expires_at=NOW + timedelta(days=1),
    refresh_token=Secret("SENTINEL-refresh"),
    refresh_expires_at=NOW + timedelta(days=77),
    scopes=("spark:kms",),
)
DEVICE = DeviceAuthorization(
    device_code=Secret("SENTINEL-device"),
    user_code="729703",
    verification_uri="https://example.com/verify",
    verification_uri_complete=None,
    expires_at=NOW + timedelta(minutes=5),
    interval=timedelta(seconds=2),
)
REQUEST = AuthorizationRequest(
    base_url="https://webexapis.com/v1",
    client_id=APP_ID,
    redirect_uri="http://localhost:6855",
    scopes=("spark:kms",),
    code_verifier=VERIFIER,
)
GRANT = {"access_token": "new-access", "expires_in": 1209599, "refresh_token": "new-refresh"}


def client_of(base_url: str, *, total_timeout: float = 30.0) -> WebexClient:
    return WebexClient(
        base_url,
        APP_ID,
        SECRET,
        total_timeout=total_timeout,
        now=lambda: NOW,
    )


def exchange(client: WebexClient) -> Token:
    return client.exchange(CODE, REQUEST)


def refresh(client: WebexClient) -> Token:
    return client.refresh(TOKEN)


def device_token(client: WebexClient) -> Token:
    return client.device_token(DEVICE)


def device_code(client: WebexClient) -> DeviceAuthorization:
    return client.device_authorize(["spark:kms"])


def owner(client: WebexClient) -> Account | None:
    return client.account(TOKEN.access_token)


def mint(client: WebexClient) -> Token:
    return client.mint("an/app id", "an-org", TOKEN.access_token)


def revoke(client: WebexClient) -> None:
    client.revoke(TOKEN.access_token, "an org&x=y")


def expiry(client: WebexClient) -> datetime | None:
    return client.expiry(TOKEN.access_token)


EVERY_REQUEST = pytest.mark.parametrize(
    "request_of",
    [exchange, refresh, device_token, device_code, owner, expiry, mint, revoke],
)
