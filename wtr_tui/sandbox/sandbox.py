"""A stand-in for Webex on this machine: its endpoints, its grants and its pages.

The pages are filled from the templates beside this file.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import ClassVar, TypeAlias
from urllib.parse import unquote, unquote_plus, urlencode
from uuid import uuid4

from wtr_tui.clock import now
from wtr_tui.model import Secret
from wtr_tui.sandbox.http import (
    HttpError,
    HttpRequest,
    HttpResponse,
    ServedConnection,
    Server,
    json_response,
    oauth_error,
)
from wtr_tui.storage.settings_values import known_scopes

# Integrations and the grants of their users.

ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"


@dataclass(frozen=True)
class Integration:
    """An integration: its credentials, and the redirect URIs and scopes chosen in the portal."""

    client_id: str
    secret: Secret
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    name: str = "WTR² sandbox integration"

    @property
    def redirect_uri(self) -> str:
        """The first redirect URI: the one the program listens on."""
        return self.redirect_uris[0]


@dataclass(frozen=True)
class ServiceApp(Integration):
    """A service app, which an administrator authorises in Control Hub instead of a sign-in."""

    application_id: str = ""
    authorized_by: tuple[str, ...] = ()
    """The organisations whose administrators have authorised it."""


@dataclass(frozen=True)
class Rules:
    """Lifetimes of tokens and codes: short, so that a refresh and an expiry can be watched."""

    access_lifetime: timedelta = timedelta(seconds=180)
    refresh_lifetime: timedelta = timedelta(seconds=900)
    code_lifetime: timedelta = timedelta(minutes=10)
    device_lifetime: timedelta = timedelta(seconds=300)
    device_interval: timedelta = timedelta(seconds=2)


@dataclass(frozen=True)
class IssuedToken:
    text: str
    issued_at: datetime
    expires_at: datetime


@dataclass
class Grant:
    """A user's consent with its tokens: the token family of RFC 9700 §4.14.2."""

    client_id: str
    scopes: tuple[str, ...]
    access: IssuedToken
    refresh: IssuedToken
    revoked: bool = False
    every_access: dict[str, IssuedToken] = field(default_factory=dict)

    def token_response(self, now: datetime) -> dict[str, object]:
        """Return the members of a token response (RFC 6749 §5.1, with Webex's additions)."""
        return {
            "access_token": self.access.text,
            "expires_in": _seconds_left(self.access, now),
            "refresh_token": self.refresh.text,
            "refresh_token_expires_in": _seconds_left(self.refresh, now),
            "token_type": "Bearer",
            # Webex does not keep the order of the request.
            "scope": " ".join(sorted(self.scopes)),
        }


class Grants:
    """All grants, by any token that was ever issued for them.

    Not thread-safe: the sandbox handles one request at a time.
    """

    def __init__(self) -> None:
        self.by_access: dict[str, Grant] = {}
        self.by_refresh: dict[str, Grant] = {}

    def create(self, client_id: str, scopes: Iterable[str], rules: Rules, now: datetime) -> Grant:
        """Create a grant with its first access and refresh token."""
        access = IssuedToken(new_token_text(), now, now + rules.access_lifetime)
        refresh = IssuedToken(new_token_text(), now, now + rules.refresh_lifetime)
        grant = Grant(client_id, tuple(scopes), access, refresh)
        self.index(grant)
        return grant

    def index(self, grant: Grant) -> None:
        """Index the grant by its current tokens, in addition to its earlier ones."""
        grant.every_access[grant.access.text] = grant.access
        self.by_access[grant.access.text] = grant
        self.by_refresh[grant.refresh.text] = grant

    def refresh(self, client_id: str, text: str, rules: Rules, now: datetime) -> Grant:
        """Issue a new access token for a refresh token. Raise HttpError ``invalid_grant``.

        As at Webex, earlier access tokens stay valid until they expire, and the refresh token stays
        the same with its lifetime renewed.
        """
        grant = self.by_refresh.get(text)
        if grant is None or grant.client_id != client_id or grant.revoked:
            raise invalid_grant("The refresh token is unknown or revoked.")
        if now >= grant.refresh.expires_at:
            raise invalid_grant("The refresh token has expired.")
        grant.access = IssuedToken(new_token_text(), now, now + rules.access_lifetime)
        grant.refresh = IssuedToken(text, now, now + rules.refresh_lifetime)
        self.index(grant)
        return grant

    def find_by_access_token(self, text: str, now: datetime) -> tuple[Grant, IssuedToken] | None:
        """Return the grant of a valid access token, and the token; else None."""
        grant = self.by_access.get(text)
        if grant is None or grant.revoked or now >= grant.every_access[text].expires_at:
            return None
        return grant, grant.every_access[text]


@dataclass
class ConsentRequest:
    """A valid authorization request: the one that the user is asked to approve."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    state: str
    expires_at: datetime = datetime.min


class Decision(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"


@dataclass
class DeviceCode:
    """A device authorization and the user's decision about it (RFC 8628)."""

    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    decision: Decision = Decision.PENDING


def new_token_text() -> str:
    """Return an unguessable text (166 random bits) for a token or a code.

    It has the format of Webex's: 64 characters, ``_PF84_``, the organisation's UUID.
    """
    # Webex's tokens decode to a UUID and the beginning of another.
    random = f"{uuid4()}{uuid4()}"[:48]
    return f"{b64encode(random.encode()).decode()}_PF84_{ORGANIZATION}"


def invalid_grant(description: str) -> HttpError:
    return oauth_error("invalid_grant", description)


def _seconds_left(token: IssuedToken, now: datetime) -> int:
    return int((token.expires_at - now).total_seconds())


# The endpoints.

USER = "Robin Example"
EMAIL = "robin@example.com"
DEVICE_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES_FOR_PEOPLE = frozenset({"spark:people_read", "spark:all", "spark-admin:people_read"})
MINTING_SCOPE = "spark:applications_token"


def authorize(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``GET /v1/authorize``: the consent page, an error redirect, or an error page."""
    wanted = _validate_request(sandbox, request)
    if isinstance(wanted, HttpResponse):
        return wanted
    page_id = secrets.token_urlsafe(24)
    sandbox.open_pages[page_id] = wanted
    return consent_page(
        action="/v1/authorize",
        hidden={"consent": page_id},
        integration=sandbox.integrations[wanted.client_id].name,
        email=request.query.text("login_hint") or EMAIL,
        scopes=wanted.scopes,
        returns_to=wanted.redirect_uri,
    )


def approve(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle an authorization request as if the user had approved it on the consent page."""
    wanted = _validate_request(sandbox, request)
    return wanted if isinstance(wanted, HttpResponse) else _approved(sandbox, wanted, request)


def decide(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /v1/authorize``: redirect with the user's decision on the consent page."""
    wanted = sandbox.open_pages.pop(request.form.text("consent"), None)
    if wanted is None:
        return message_page(
            400,
            "This page was answered before",
            "Start the sign-in again from the program that wants to be let in.",
        )
    if request.form.text("decision") == "approve":
        return _approved(sandbox, wanted, request)
    denied = "The resource owner or authorization server denied the request."
    return error_redirect(wanted.redirect_uri, "access_denied", denied, wanted.state)


def _validate_request(sandbox: Sandbox, request: HttpRequest) -> ConsentRequest | HttpResponse:
    """Return the authorization request, or the error page or redirect for an invalid one."""
    query = request.query
    client_id, redirect_uri = query.text("client_id"), query.text("redirect_uri")
    integration = sandbox.integrations.get(client_id)
    if integration is None or redirect_uri not in integration.redirect_uris:
        return message_page(
            400,
            "This address is not registered",
            "The sandbox knows no integration with this client ID that may return to this address,"
            " letter for letter.",
            (client_id or "(none)", redirect_uri or "(none)"),
        )
    scopes, state = tuple(query.text("scope").split()), query.text("state")
    foreign = [scope for scope in scopes if scope not in integration.scopes]
    if foreign or not scopes:
        invalid = f"The requested scope is invalid, unknown, or malformed. {' '.join(foreign)}"
        return error_redirect(redirect_uri, "invalid_scope", invalid, state)
    if query.text("prompt") == "none":
        nobody = "Nobody is signed in to this browser."
        return error_redirect(redirect_uri, "login_required", nobody, state)
    return ConsentRequest(client_id, redirect_uri, scopes, query.text("code_challenge"), state)


def _approved(sandbox: Sandbox, wanted: ConsentRequest, request: HttpRequest) -> HttpResponse:
    code = new_token_text()
    wanted.expires_at = request.at + sandbox.rules.code_lifetime
    sandbox.codes[code] = wanted
    return _redirect(wanted.redirect_uri, {"code": code}, wanted.state)


def error_redirect(redirect_uri: str, error: str, description: str, state: str) -> HttpResponse:
    """Report an error to the client through the redirect (RFC 6749 §4.1.2.1)."""
    return _redirect(redirect_uri, {"error": error, "error_description": description}, state)


def _redirect(redirect_uri: str, parameters: dict[str, str], state: str) -> HttpResponse:
    """Return a redirect that the browser follows with GET (RFC 9700 §4.12)."""
    given = {**parameters, **({"state": state} if state else {})}
    joint = "&" if "?" in redirect_uri else "?"
    location = f"{redirect_uri}{joint}{urlencode(given)}"
    return HttpResponse(303, {"Location": location, "Cache-Control": "no-store"})


def issue_token(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /v1/access_token``: exchange a code or a refresh token for tokens."""
    grant_type = required(request, "grant_type")
    client_id = authenticate_client(sandbox, request).client_id
    if grant_type == "authorization_code":
        redirect_uri = required(request, "redirect_uri")
        code = sandbox.codes.pop(required(request, "code"), None)
        if code is None or (code.client_id, code.redirect_uri) != (client_id, redirect_uri):
            raise invalid_grant("The authorization code is unknown, or was used before.")
        if request.at >= code.expires_at:
            raise invalid_grant("The authorization code has expired.")
        grant = sandbox.grants.create(client_id, code.scopes, sandbox.rules, request.at)
    elif grant_type == "refresh_token":
        refresh_token = required(request, "refresh_token")
        grant = sandbox.grants.refresh(client_id, refresh_token, sandbox.rules, request.at)
    else:
        raise oauth_error("unsupported_grant_type", f"Unknown grant_type: {grant_type}")
    return json_response(200, grant.token_response(request.at))


def issue_device_code(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /v1/device/authorize`` (RFC 8628 §3.2)."""
    integration = sandbox.integrations.get(required(request, "client_id"))
    if integration is None:
        raise oauth_error("invalid_client", "No integration has this client ID.", status=401)
    scopes = tuple(required(request, "scope").split())
    foreign = [scope for scope in scopes if scope not in integration.scopes]
    if foreign:
        raise oauth_error("invalid_scope", f"Not possible here: {' '.join(foreign)}")
    user_code = f"{secrets.randbelow(1_000_000):06}"
    while _pending(sandbox, user_code, request.at) is not None:
        user_code = f"{secrets.randbelow(1_000_000):06}"
    device_code, rules = new_token_text(), sandbox.rules
    expires_at = request.at + rules.device_lifetime
    sandbox.devices[device_code] = DeviceCode(user_code, integration.client_id, scopes, expires_at)
    verification_uri = f"{sandbox.origin}/verify"
    content = {
        "device_code": device_code,
        "expires_in": _seconds(rules.device_lifetime),
        "user_code": user_code,
        "verification_uri": verification_uri,
        "verification_uri_complete": f"{verification_uri}?{urlencode({'userCode': user_code})}",
        "interval": _seconds(rules.device_interval),
    }
    return json_response(200, content)


def issue_device_token(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /v1/device/token``: 428 while the user has not decided (RFC 8628 §3.5)."""
    client_id = authenticate_client(sandbox, request).client_id
    if required(request, "grant_type") != DEVICE_GRANT_TYPE:
        description = f"The grant_type must be {DEVICE_GRANT_TYPE}"
        raise oauth_error("unsupported_grant_type", description)
    code = sandbox.devices.get(required(request, "device_code"))
    now = request.at
    if code is None or code.client_id != client_id or code.decision is Decision.USED:
        raise invalid_grant("The device code is unknown or was used before.")
    if now >= code.expires_at:
        raise oauth_error("expired_token", "The device code has expired.")
    if code.decision is Decision.DENIED:
        raise oauth_error("access_denied", "The user denied the request.")
    if code.decision is Decision.PENDING:
        raise HttpError(428, "authorization_pending: nobody has entered the user code yet.")
    code.decision = Decision.USED
    grant = sandbox.grants.create(client_id, code.scopes, sandbox.rules, now)
    return json_response(200, grant.token_response(now))


def _pending(sandbox: Sandbox, user_code: str, now: datetime) -> DeviceCode | None:
    """Return the device code with this user code that is still to be decided, else None."""
    typed = "".join(user_code.split())
    waiting = (code for code in sandbox.devices.values() if code.user_code == typed)
    return next(
        (code for code in waiting if code.decision is Decision.PENDING and now < code.expires_at),
        None,
    )


def show_verification(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``GET /verify``: the form for the user code, filled in if the URL has one."""
    return verification_page(request.query.text("userCode"))


def submit_user_code(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /verify``: first the user code, then the user's decision."""
    typed = request.form.text("userCode")
    code = _pending(sandbox, typed, request.at)
    if code is None:
        problem = "No device waits with this code. It may have expired."
        return verification_page(typed, problem=problem)
    decision = request.form.text("decision")
    if decision == "approve":
        code.decision = Decision.APPROVED
        return message_page(200, "The device is signed in", "You can close this page.")
    if decision == "deny":
        code.decision = Decision.DENIED
        return message_page(200, "The device was denied", "Nothing was granted.")
    return consent_page(
        action="/verify",
        hidden={"userCode": code.user_code},
        integration=sandbox.integrations[code.client_id].name,
        email=EMAIL,
        scopes=code.scopes,
    )


def show_person(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``GET /v1/people/me``: the token's user; 401 for a bad token, 403 for its scopes."""
    require_scope(sandbox, request, *SCOPES_FOR_PEOPLE)
    content = {
        "id": _identifier("PEOPLE", "9b9b3e4e-5d6a-4a6c-8d5e-2f6d5b1c7a11"),
        "emails": [EMAIL],
        "displayName": USER,
        "orgId": _identifier("ORGANIZATION", ORGANIZATION),
        "type": "person",
    }
    return json_response(200, content)


def mint_service_app_token(sandbox: Sandbox, request: HttpRequest) -> HttpResponse:
    """Handle ``POST /v1/applications/{applicationId}/token``: mint a service app's token."""
    require_scope(sandbox, request, MINTING_SCOPE)
    application_id = unquote(request.path.split("/")[3])
    apps = [each for each in sandbox.integrations.values() if isinstance(each, ServiceApp)]
    app = next((each for each in apps if each.application_id == application_id), None)
    if app is None:
        raise HttpError(404, "The application could not be found.")
    members = request.members
    is_own = members.get("clientId") == app.client_id
    if not is_own or not _is_secret_of(app, members.get("clientSecret", "")):
        raise HttpError(400, "The clientId or clientSecret is not the application's.")
    if members.get("targetOrgId") not in app.authorized_by:
        raise HttpError(403, "The application is not authorized in the target organization.")
    minted = sandbox.grants.create(app.client_id, app.scopes, sandbox.rules, request.at)
    return json_response(200, minted.token_response(request.at))


def required(request: HttpRequest, name: str) -> str:
    """Return a parameter of the form. Raise HttpError where it is missing."""
    value = request.form.text(name)
    if not value:
        raise oauth_error("invalid_request", f"{name} is missing.")
    return value


def authenticate_client(sandbox: Sandbox, request: HttpRequest) -> Integration:
    """Authenticate the client by the Authorization header or the body (RFC 6749 §2.3.1)."""
    if "authorization" not in request.headers:
        client_id, secret = required(request, "client_id"), required(request, "client_secret")
    else:
        scheme, _, credentials = request.headers["authorization"].partition(" ")
        try:
            decoded = b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise invalid_client("The Authorization header cannot be decoded.") from error
        client_id, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
        if scheme.lower() != "basic":
            raise invalid_client("Basic authentication of the client is missing.")
    integration = sandbox.integrations.get(client_id)
    if integration is None or not _is_secret_of(integration, secret):
        raise invalid_client("Client authentication failed.")
    return integration


def _is_secret_of(integration: Integration, secret: str) -> bool:
    return hmac.compare_digest(integration.secret.reveal().encode(), secret.encode())


def invalid_client(description: str) -> HttpError:
    return oauth_error("invalid_client", description, status=401)


def require_access_token(sandbox: Sandbox, request: HttpRequest) -> tuple[Grant, IssuedToken]:
    """Return the grant of the request's access token, and the token. Raise HttpError 401."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = sandbox.grants.find_by_access_token(text, request.at)
    if scheme.lower() != "bearer" or found is None:
        raise HttpError(
            401,
            "The request requires a valid access token set in the Authorization request header.",
            {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'},
        )
    return found


def require_scope(sandbox: Sandbox, request: HttpRequest, *scopes: str) -> Grant:
    """Return the grant of the access token. Raise HttpError 401, or 403 for other scopes."""
    grant, _ = require_access_token(sandbox, request)
    if not set(scopes) & set(grant.scopes):
        missing = " or ".join(sorted(scopes))
        raise HttpError(
            403, f"The request could not be completed: missing required scopes {missing}"
        )
    return grant


def _identifier(kind: str, uuid: str) -> str:
    """Return an id as Webex's API has it: a URI in base64 without padding."""
    return b64encode(f"ciscospark://us/{kind}/{uuid}".encode()).decode().rstrip("=")


def _seconds(span: timedelta) -> float:
    """Return a whole number, as Webex does, or the fractions that fast tests use."""
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


# The pages.


def consent_page(
    *,
    action: str,
    hidden: Mapping[str, str],
    integration: str,
    email: str,
    scopes: Iterable[str],
    returns_to: str = "",
) -> HttpResponse:
    """Ask the user whether the integration may have the scopes."""
    body = _filled(
        "consent.html",
        action=escape(action),
        hidden="".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in hidden.items()
        ),
        integration=escape(integration),
        initial=USER[:1],
        user=USER,
        email=escape(email),
        scopes="".join(_scope(scope) for scope in scopes),
        returns_to=(
            f'<p class="fine">You will be returned to <code>{escape(returns_to)}</code></p>'
            if returns_to
            else ""
        ),
    )
    return _page(200, f"Let {integration} in?", body)


def verification_page(user_code: str, *, problem: str = "") -> HttpResponse:
    """Ask for the user code that the program shows."""
    body = _filled(
        "verify.html",
        user_code=escape(user_code),
        problem=f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else "",
    )
    return _page(400 if problem else 200, "Enter the code", body)


def message_page(
    status: int, title: str, sentence: str, details: Iterable[str] = ()
) -> HttpResponse:
    """Show a sentence, such as what is wrong with the request. It never redirects."""
    listed = "".join(f"<li><code>{escape(detail)}</code></li>" for detail in details)
    body = _filled(
        "message.html",
        title=escape(title),
        sentence=escape(sentence),
        details=f"<ul>{listed}</ul>" if listed else "",
    )
    return _page(status, title, body)


def _scope(scope: str) -> str:
    meaning = known_scopes().get(scope, "A scope this list does not know")
    return f"<li><code>{escape(scope)}</code><span>{escape(meaning)}</span></li>"


def _page(status: int, title: str, body: str) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    text = _filled(
        "page.html", title=escape(title), body=body, style=_template("page.css"), nonce=nonce
    )
    return HttpResponse(
        status,
        {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            # No form-action: browsers apply it to the redirect after the form as well, and that
            # leads to the program's listener.
            "Content-Security-Policy": (
                f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; base-uri 'none'; "
                "frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        text.encode(),
    )


def _filled(template: str, **parts: str) -> str:
    return Template(_template(template)).substitute(parts)


@cache
def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


Endpoint: TypeAlias = "Callable[[Sandbox, HttpRequest], HttpResponse]"


class Sandbox:
    """A stand-in for Webex on 127.0.0.1 that runs until stop(), or as a context manager."""

    scheme = "http"
    routes: ClassVar[Mapping[str, Mapping[str, Endpoint]]] = {
        "/v1/authorize": {"GET": authorize, "POST": decide},
        "/v1/access_token": {"POST": issue_token},
        "/v1/device/authorize": {"POST": issue_device_code},
        "/v1/device/token": {"POST": issue_device_token},
        "/verify": {"GET": show_verification, "POST": submit_user_code},
        "/v1/people/me": {"GET": show_person},
    }

    def __init__(
        self,
        integrations: Iterable[Integration],
        rules: Rules | None = None,
        clock: Callable[[], datetime] = now,
        grants: Grants | None = None,
    ) -> None:
        self.integrations = {each.client_id: each for each in integrations}
        self.rules = rules or Rules()
        self.clock = clock
        self.grants = grants or Grants()
        self.codes: dict[str, ConsentRequest] = {}
        self.devices: dict[str, DeviceCode] = {}
        self.open_pages: dict[str, ConsentRequest] = {}
        """The open consent pages, by the unguessable id that only their form can submit."""
        self.lock = threading.Lock()
        self._server: Server | None = None

    def start(self, port: int = 0) -> None:
        """Start serving. ``port`` 0 is any free one. Raise OSError where it is taken."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        self._server = self.listen(port)
        self._server.start()

    def stop(self) -> None:
        """Stop serving. The grants are kept, and :meth:`start` may be called again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``. Raise RuntimeError while stopped."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"{self.scheme}://127.0.0.1:{self._server.port}"

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT/v1``, for the setting ``baseUrl``."""
        return f"{self.origin}/v1"

    @property
    def integration(self) -> Integration:
        """The integration that was registered first."""
        return next(iter(self.integrations.values()))

    def approved_address(self, authorize_url: str) -> str:
        """Return the redirect URL after the user's approval; "" for an invalid request."""
        request = HttpRequest.parse("GET", authorize_url, {}, b"", self.clock())
        with self.lock:
            return approve(self, request).headers.get("Location", "")

    def listen(self, port: int) -> Server:
        return Server(port, self.respond, self.clock)

    def respond(self, request: HttpRequest, connection: ServedConnection) -> None:
        connection.send(self.handle(request))

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Route a request to its endpoint, one at a time, and return its response or error."""
        path = request.path
        minting = path.startswith("/v1/applications/") and path.endswith("/token")
        methods = {"POST": mint_service_app_token} if minting else self.routes.get(path)
        try:
            if methods is None:
                raise HttpError(404, f"The requested resource could not be found: {path}")
            if request.method not in methods:
                allowed = {"Allow": ", ".join(methods)}
                raise HttpError(405, f"{request.method} is not possible here.", allowed)
            with self.lock:
                return methods[request.method](self, request)
        except HttpError as error:
            return error.response
