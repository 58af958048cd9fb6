"""Is this request really from the integration it names?"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from urllib.parse import unquote_plus

from wtr_tui.sandbox.answer import OAuthRefusal
from wtr_tui.sandbox.integrations import Integration, Registry
from wtr_tui.sandbox.request import Request


def check_form(request: Request) -> None:
    """Raises OAuthRefusal where the request is anything but a plain form in the body."""
    if request.query:
        # Addresses are logged on their way; secrets may not stand in one (RFC 6749 §2.3.1).
        raise OAuthRefusal("invalid_request", "Parameters belong in the body, not in the query.")
    if not request.is_form:
        raise OAuthRefusal("invalid_request", "The body must be application/x-www-form-urlencoded.")
    if request.form.repeated:
        raise OAuthRefusal(
            "invalid_request", f"Repeated parameter: {', '.join(request.form.repeated)}"
        )


def required(request: Request, name: str) -> str:
    """The form's value. Raises OAuthRefusal ``invalid_request`` where it is absent or empty."""
    value = request.form.text(name)
    if not value:
        raise OAuthRefusal("invalid_request", f"{name} is missing.")
    return value


def by_basic(registry: Registry, request: Request) -> Integration:
    """The integration named by the Authorization header (RFC 6749 §2.3.1).

    Raises OAuthRefusal ``invalid_client``, also where the form names another one.
    """
    kind, _, credentials = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        raise _invalid_client("Basic authentication of the client is missing.")
    try:
        decoded = b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _invalid_client("The Authorization header cannot be decoded.") from error
    client_id, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
    if request.form.text("client_id") not in ("", client_id):
        raise _invalid_client("client_id differs from the one in the Authorization header.")
    return _proven(registry, client_id, secret)


def by_form_or_basic(registry: Registry, request: Request) -> Integration:
    """The integration named in the body or in the Authorization header, not in both."""
    if "authorization" not in request.headers:
        return _proven(registry, required(request, "client_id"), required(request, "client_secret"))
    if request.form.text("client_secret"):
        raise OAuthRefusal("invalid_request", "The client authenticates in two ways at once.")
    return by_basic(registry, request)


def _proven(registry: Registry, client_id: str, secret: str) -> Integration:
    integration = registry.find(client_id)
    if integration is None or not hmac.compare_digest(
        integration.secret.reveal().encode(), secret.encode()
    ):
        raise _invalid_client("Client authentication failed.")
    return integration


def _invalid_client(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_client", description, status=401)
