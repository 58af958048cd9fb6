"""A stand-in whose clock stands still until a test moves it, and a client to ask it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.support.webex import Integration, Sandbox, browser

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Clock:
    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def advance(clock: Clock) -> Callable[[float], None]:
    return clock.advance


@pytest.fixture
def sandbox(integration: Integration, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox([integration], refresh_lifetime=900, clock=clock) as running:
        yield running


@pytest.fixture
def web(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Asks the stand-in; follows no redirects."""
    with httpx.Client(base_url=sandbox.origin, trust_env=False, verify=False, timeout=10) as client:
        yield client


@pytest.fixture
def asked(integration: Integration) -> dict[str, str]:
    """The parameters of a good authorization request, for a test to spoil."""
    return {
        "response_type": "code",
        "client_id": integration.client_id,
        "redirect_uri": integration.redirect_uri,
        "scope": "spark:kms meeting:schedules_read",
        "state": "a state & more",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


@pytest.fixture
def authorize_url(sandbox: Sandbox, asked: dict[str, str]) -> str:
    return f"{sandbox.base_url}/authorize?{urlencode(asked)}"


@pytest.fixture
def code(authorize_url: str) -> str:
    """A code that the person has just approved."""
    return dict(parse_qsl(urlsplit(browser.approved_address(authorize_url)).query))["code"]


@pytest.fixture
def exchange(web: httpx.Client, integration: Integration) -> Callable[..., httpx.Response]:
    """Posts a good code exchange, with what the test changes; an empty value is left out."""

    def post(code: str, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": integration.client_id,
            "client_secret": integration.secret.reveal(),
            "code": code,
            "redirect_uri": integration.redirect_uri,
            "code_verifier": VERIFIER,
            **changes,
        }
        return web.post("/v1/access_token", data={k: v for k, v in form.items() if v})

    return post


@pytest.fixture
def refresh(web: httpx.Client, integration: Integration) -> Callable[..., httpx.Response]:
    """Posts a good refresh, with what the test changes."""

    def post(refresh_token: object, **changes: str) -> httpx.Response:
        assert isinstance(refresh_token, str)
        form = {
            "grant_type": "refresh_token",
            "client_id": integration.client_id,
            "client_secret": integration.secret.reveal(),
            "refresh_token": refresh_token,
            **changes,
        }
        return web.post("/v1/access_token", data=form)

    return post
