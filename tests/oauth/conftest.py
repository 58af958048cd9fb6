"""A server to be scripted, and the client that asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oauth.calls import (
    client_of,
)
from tests.support.endpoint import (
    Endpoint,
)
from wtr_tui.oauth.client import WebexClient


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def refusing() -> Iterator[Endpoint]:
    """A port that is taken but refuses every connection, until listen() is called."""
    endpoint = Endpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def endpoint(refusing: Endpoint) -> Endpoint:
    refusing.listen()
    return refusing


@pytest.fixture
def client(refusing: Endpoint) -> Iterator[WebexClient]:
    with client_of(refusing.base_url) as client:
        yield client
