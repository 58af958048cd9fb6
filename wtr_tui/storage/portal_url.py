"""The ready-made OAuth URL of an integration's page at developer.webex.com, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from wtr_tui.redirect_uri import check, is_loopback, port_of
from wtr_tui.storage.settings_table import (
    check_app_id,
    check_base_url,
    parse_scopes,
)
from wtr_tui.text import without_invisible

_WEBEX_DOMAINS = ("webexapis.com", "webex.com", "ciscospark.com")
_END = "/authorize"
_WRAPPING = "<>\"'`“”‘’,;"


@dataclass(frozen=True)
class PortalUrl:
    """What the URL says. ``port`` is None where the redirect URI does not lead to this machine.

    ``redirect_uri`` is "" and ``scopes`` are empty where the URL states none.
    """

    app_id: str
    redirect_uri: str
    port: int | None
    scopes: tuple[str, ...]
    base_url: str


def parse_oauth_url(text: str) -> PortalUrl:
    """Takes a pasted URL, which may be wrapped over lines, quoted or follow other words.

    Raises ValueError with a sentence; it repeats nothing of the text, which may be anything.
    """
    address = _unwrapped(text)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parameters = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise ValueError("This is not an address that could be read.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError(f"This is not an address; {_LOOKS_LIKE}")
    given = dict(parameters)
    if "code" in given or "error" in given:
        raise ValueError(
            "This is where a sign-in ended, not the integration's OAuth URL: paste it while"
            " signing in."
        )
    if not parts.path.endswith(_END):
        raise ValueError(f"This is not an integration's OAuth URL; {_LOOKS_LIKE}")
    if not is_loopback(host) and not _is_webex(host):
        raise ValueError("This address does not lead to Webex, so nothing is taken from it.")
    base_url = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix(_END)}"
    refusal = check_base_url(base_url)
    if refusal is not None:
        raise ValueError(refusal)
    if len(given) < len(parameters):
        raise ValueError("This address says one thing twice; copy it from the portal once more.")
    if given.get("response_type", "code") != "code":
        raise ValueError("This address asks for something else than a code (response_type).")
    return _checked(given, base_url)


def _checked(given: dict[str, str], base_url: str) -> PortalUrl:
    app_id = given.get("client_id", "")
    if not app_id:
        raise ValueError("This address has no client_id; copy the whole of it from the portal.")
    refusal = check_app_id(app_id)
    if refusal is not None:
        raise ValueError(refusal)
    redirect_uri = given.get("redirect_uri", "")
    refusal = check(redirect_uri) if redirect_uri else None
    if refusal is not None:
        raise ValueError(refusal)
    scope = given.get("scope", "")
    return PortalUrl(
        app_id=app_id,
        redirect_uri=redirect_uri,
        port=port_of(redirect_uri),
        scopes=parse_scopes(scope) if scope.strip() else (),
        base_url=base_url,
    )


def _unwrapped(text: str) -> str:
    """The address without what mail programs, terminals and shells put into and around it."""
    text = without_invisible(text)
    starts = [at for at in map(text.find, ("https://", "http://")) if at >= 0]
    address = "".join(text[min(starts, default=0) :].split()).strip(_WRAPPING)
    return address.replace("&amp;", "&")


def _is_webex(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in _WEBEX_DOMAINS)


_LOOKS_LIKE = "one begins with https://webexapis.com/v1/authorize?client_id="
