"""The ready-made OAuth URL of an integration's page at developer.webex.com, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from wtr_tui.storage.settings_values import check_app_id, parse_scopes

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class PortalUrl:
    """What the URL says. ``port`` is None where the redirect URI does not lead to this machine."""

    app_id: str
    redirect_uri: str
    port: int | None
    scopes: tuple[str, ...]
    base_url: str


def parse_oauth_url(text: str) -> PortalUrl:
    """Takes a pasted URL, however wrapped or quoted. Raises ValueError with a sentence."""
    address = "".join(text.split()).strip("<>\"'`")
    try:
        parts = urlsplit(address)
        given = parse_qs(parts.query)
    except ValueError:
        raise ValueError("That is not an address.") from None
    if parts.scheme not in {"http", "https"} or not parts.path.endswith("/authorize"):
        raise ValueError(
            "That is not the OAuth URL of an integration: it begins with"
            " https://webexapis.com/v1/authorize?"
        )
    app_id = _one(given, "client_id")
    if not app_id or check_app_id(app_id) is not None:
        raise ValueError("That URL holds no client_id; copy the whole of it from the portal.")
    stated_scopes = _one(given, "scope")
    redirect_uri = _one(given, "redirect_uri")
    return PortalUrl(
        app_id=app_id,
        redirect_uri=redirect_uri,
        port=_port(redirect_uri),
        scopes=parse_scopes(stated_scopes) if stated_scopes.strip() else (),
        base_url=f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/authorize')}",
    )


def _one(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0]


def _port(redirect_uri: str) -> int | None:
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError:
        return None
    return (port or 80) if parts.scheme == "http" and parts.hostname in _LOOPBACK else None
