"""What each path of the sandbox does: Webex's OAuth endpoints and two of its API."""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, unquote_plus, urlencode

from wtr_tui.sandbox import pages
from wtr_tui.sandbox.grants import (
    ORGANIZATION,
    AuthorizationCodes,
    AuthorizedRequest,
    Decision,
    DeviceCodes,
    GivenToken,
    Grant,
    Grants,
    Rules,
    is_challenge,
)
from wtr_tui.sandbox.integrations import Integration, ServiceApp
from wtr_tui.sandbox.messages import (
    Answer,
    HttpRequest,
    OAuthRefusal,
    Refusal,
    json_answer,
    see_other,
)

USER = "Robin Example"
EMAIL = "robin@example.com"
DEVICE_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
PROMPTS = ("", "select_account", "none")
OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})
SCOPES_FOR_PEOPLE = frozenset({"spark:people_read", "spark:all", "spark-admin:people_read"})
ADMIN_SCOPE = "identity:tokens_write"
MINTING_SCOPE = "spark:applications_token"

_MOST_OPEN_PAGES = 1000


@dataclass(frozen=True)
class _Consent:
    """The question on one consent page. ``state`` is None where the request had none."""

    request: AuthorizedRequest
    state: str | None


class Service:
    """Everything the sandbox remembers. Not safe for threads: one request at a time."""

    def __init__(self, integrations: Iterable[Integration], rules: Rules, grants: Grants) -> None:
        self.rules = rules
        self.origin = ""
        self.integrations = {each.client_id: each for each in integrations}
        self.grants = grants
        self.codes = AuthorizationCodes(grants)
        self.devices = DeviceCodes(grants)
        self.open_pages: dict[str, _Consent] = {}
        """By an id in the page's form that cannot be guessed, so that only the page answers."""

    def answer(self, request: HttpRequest) -> Answer:
        """Carries the request out, or says why not."""
        try:
            methods = ROUTES.get(request.path) or _below_applications(request.path)
            if methods is None:
                raise Refusal(404, f"The requested resource could not be found: {request.path}")
            endpoint = methods.get(request.method)
            if endpoint is None:
                allowed = {"Allow": ", ".join(methods)}
                raise Refusal(405, f"{request.method} is not possible here.", allowed)
            return endpoint(self, request)
        except Refusal as refusal:
            return refusal.answer()


class _ErrorPage(Exception):
    """An authorization request that may not lead back: it is not known where to."""

    def __init__(self, title: str, sentence: str, details: Iterable[str]) -> None:
        super().__init__(title)
        self.page = pages.error_page(400, title, sentence, details)


class _ErrorRedirect(Exception):
    """An error that is reported to the client through the redirect (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.parameters = {"error": error, "error_description": description}


def authorize(service: Service, request: HttpRequest) -> Answer:
    """``GET /v1/authorize``: the consent page; a redirect with the error; or an error page."""
    return _authorize(service, request, approved=False)


def approve(service: Service, request: HttpRequest) -> Answer:
    """As :func:`authorize`, but the user has approved without seeing the page."""
    return _authorize(service, request, approved=True)


def _authorize(service: Service, request: HttpRequest, *, approved: bool) -> Answer:
    query = request.query
    try:
        integration = _redirectable(service, request)
        wanted = _authorization_request(service, request, integration)
    except _ErrorPage as error:
        return error.page
    except _ErrorRedirect as error:
        return _back(query.text("redirect_uri"), error.parameters, query.get("state"))
    consent = _Consent(wanted, query.get("state"))
    if approved:
        return _approved(service, consent, request)
    while len(service.open_pages) >= _MOST_OPEN_PAGES:
        del service.open_pages[next(iter(service.open_pages))]
    page_id = secrets.token_urlsafe(24)
    service.open_pages[page_id] = consent
    return pages.consent_page(
        action="/v1/authorize",
        hidden={"consent": page_id},
        integration=integration.name,
        user=USER,
        email=query.text("login_hint") or EMAIL,
        scopes=wanted.scopes,
        returns_to=wanted.redirect_uri,
    )


def decide(service: Service, request: HttpRequest) -> Answer:
    """``POST /v1/authorize``: the user pressed Approve or Deny; back to the program."""
    consent = service.open_pages.pop(request.form.text("consent"), None)
    if consent is None:
        return pages.error_page(
            400,
            "This page was answered before",
            "Start the sign-in again from the program that wants to be let in.",
        )
    if request.form.text("decision") == "approve":
        return _approved(service, consent, request)
    denied = {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
    }
    return _back(consent.request.redirect_uri, denied, consent.state)


def _redirectable(service: Service, request: HttpRequest) -> Integration:
    """The integration, once it is sure that the redirect URI is its own."""
    query = request.query
    ambiguous = [name for name in ("client_id", "redirect_uri") if name in query.repeated]
    if ambiguous:
        raise _ErrorPage("The address is ambiguous", "It has these more than once:", ambiguous)
    client_id, redirect_uri = query.text("client_id"), query.text("redirect_uri")
    integration = service.integrations.get(client_id)
    if integration is None:
        raise _ErrorPage(
            "No integration has this client ID",
            "The App ID in the address is not registered with the sandbox.",
            (client_id or "(none)",),
        )
    if redirect_uri not in integration.redirect_uris:
        raise _ErrorPage(
            "The redirect URI is not registered",
            f"The integration “{integration.name}” was asked to return to the first address "
            "below. It may return only to the others, letter for letter.",
            (redirect_uri or "(none)", *integration.redirect_uris),
        )
    return integration


def _authorization_request(
    service: Service, request: HttpRequest, integration: Integration
) -> AuthorizedRequest:
    query = request.query
    if query.repeated:
        raise _ErrorRedirect("invalid_request", f"Repeated parameter: {', '.join(query.repeated)}")
    if query.text("response_type") != "code":
        raise _ErrorRedirect("unsupported_response_type", "The response_type must be code.")
    scopes = tuple(query.text("scope").split())
    foreign = [scope for scope in scopes if scope not in integration.scopes]
    if foreign or not scopes:
        description = "The requested scope is invalid, unknown, or malformed. "
        raise _ErrorRedirect("invalid_scope", description + " ".join(foreign))
    challenge = query.text("code_challenge")
    method = query.text("code_challenge_method")
    uses_pkce = bool(challenge or method or service.rules.pkce_required)
    if uses_pkce and not (method == "S256" and is_challenge(challenge)):
        description = "A code_challenge with code_challenge_method=S256 is required."
        raise _ErrorRedirect("invalid_request", description)
    if query.text("prompt") not in PROMPTS:
        raise _ErrorRedirect("invalid_request", "The prompt must be select_account or none.")
    if query.text("prompt") == "none":
        raise _ErrorRedirect("login_required", "Nobody is signed in to this browser.")
    return AuthorizedRequest(integration.client_id, query.text("redirect_uri"), scopes, challenge)


def _approved(service: Service, consent: _Consent, request: HttpRequest) -> Answer:
    code = service.codes.give(consent.request, service.rules, request.at)
    return _back(consent.request.redirect_uri, {"code": code}, consent.state)


def _back(redirect_uri: str, parameters: dict[str, str], state: str | None) -> Answer:
    if state is not None:
        parameters = {**parameters, "state": state}
    joint = "&" if "?" in redirect_uri else "?"
    return see_other(f"{redirect_uri}{joint}{urlencode(parameters)}")


def give_token(service: Service, request: HttpRequest) -> Answer:
    """``POST /v1/access_token``: a code or a refresh token becomes an access token."""
    _check_form(request)
    grant_type = _required(request, "grant_type")
    client_id = _client_by_form_or_basic(service, request).client_id
    if grant_type == "authorization_code":
        grant = service.codes.redeem(
            _required(request, "code"),
            client_id=client_id,
            redirect_uri=_required(request, "redirect_uri"),
            code_verifier=request.form.text("code_verifier"),
            rules=service.rules,
            now=request.at,
        )
    elif grant_type == "refresh_token":
        refresh_token = _required(request, "refresh_token")
        grant = service.grants.refresh(client_id, refresh_token, service.rules, request.at)
    else:
        raise OAuthRefusal("unsupported_grant_type", f"Unknown grant_type: {grant_type}")
    return json_answer(200, grant.answer(request.at))


def give_device_code(service: Service, request: HttpRequest) -> Answer:
    """``POST /v1/device/authorize``: only where the integration has Webex's redirect URIs."""
    _check_form(request)
    integration = service.integrations.get(_required(request, "client_id"))
    if integration is None:
        raise OAuthRefusal("invalid_client", "No integration has this client ID.", status=401)
    scopes = tuple(_required(request, "scope").split())
    possible = set(integration.scopes) - OPENID_SCOPES
    foreign = [scope for scope in scopes if scope not in possible]
    if foreign:
        raise OAuthRefusal("invalid_scope", f"Not possible here: {' '.join(foreign)}")
    if integration.device_uris_missing:
        missing = " ".join(integration.device_uris_missing)
        message = f"The redirect_uri is not registered with the integration: {missing}"
        raise Refusal(400, message)
    code = service.devices.give(integration.client_id, scopes, service.rules, request.at)
    verification_uri = f"{service.origin}/verify"
    filled_in = urlencode({"userCode": code.user_code})
    content = {
        "device_code": code.text,
        "expires_in": _seconds(code.expires_at - request.at),
        "user_code": code.user_code,
        "verification_uri": verification_uri,
        "verification_uri_complete": f"{verification_uri}?{filled_in}",
        "interval": _seconds(code.interval),
    }
    return json_answer(200, content)


def give_device_token(service: Service, request: HttpRequest) -> Answer:
    """``POST /v1/device/token``: 428 while the user has not decided."""
    _check_form(request)
    integration = _client_by_basic(service, request)
    _required(request, "client_id")
    if _required(request, "grant_type") != DEVICE_GRANT_TYPE:
        description = f"The grant_type must be {DEVICE_GRANT_TYPE}"
        raise OAuthRefusal("unsupported_grant_type", description)
    device_code = _required(request, "device_code")
    grant = service.devices.redeem(device_code, integration.client_id, service.rules, request.at)
    return json_answer(200, grant.answer(request.at))


def show_verification(service: Service, request: HttpRequest) -> Answer:
    """``GET /verify``: the form for the user code, filled in when the address has it."""
    return pages.verification_page(request.query.text("userCode"))


def take_user_code(service: Service, request: HttpRequest) -> Answer:
    """``POST /verify``: first the user code, then the user's decision about it."""
    typed = request.form.text("userCode")
    code = service.devices.pending(typed, request.at)
    if code is None:
        problem = "No device waits with this code. It may have expired."
        return pages.verification_page(typed, problem=problem)
    decision = request.form.text("decision")
    if decision == "approve":
        code.decision = Decision.APPROVED
        return pages.done_page("The device is signed in", "You can close this page.")
    if decision == "deny":
        code.decision = Decision.DENIED
        return pages.done_page("The device was denied", "Nothing was granted.")
    return pages.consent_page(
        action="/verify",
        hidden={"userCode": code.user_code},
        integration=service.integrations[code.client_id].name,
        user=USER,
        email=EMAIL,
        scopes=code.scopes,
        returns_to="",
    )


def show_person(service: Service, request: HttpRequest) -> Answer:
    """``GET /v1/people/me``: whose the token is; 401 a bad token, 403 without a scope for it."""
    grant, _ = _by_access_token(service, request)
    if not service.rules.person_visible and not SCOPES_FOR_PEOPLE.intersection(grant.scopes):
        message = "The request could not be completed: missing required scopes "
        raise Refusal(403, message + " or ".join(sorted(SCOPES_FOR_PEOPLE)))
    content = {
        "id": _identifier("PEOPLE", "9b9b3e4e-5d6a-4a6c-8d5e-2f6d5b1c7a11"),
        "emails": [EMAIL],
        "displayName": USER,
        "orgId": _identifier("ORGANIZATION", ORGANIZATION),
        "type": "person",
    }
    return json_answer(200, content)


def show_userinfo(service: Service, request: HttpRequest) -> Answer:
    """``GET /v1/userinfo``: name and e-mail, each for its scope (OpenID Connect Core §5.4)."""
    grant, _ = _by_access_token(service, request)
    if "openid" not in grant.scopes:
        raise Refusal(403, "The request could not be completed: missing required scopes openid")
    content = {"sub": "9b9b3e4e-5d6a-4a6c-8d5e-2f6d5b1c7a11"}
    if "email" in grant.scopes:
        content["email"] = EMAIL
    if "profile" in grant.scopes:
        content["name"] = USER
    return json_answer(200, content)


def show_expiry(service: Service, request: HttpRequest) -> Answer:
    """``GET /v1/authorizations/tokenExpiry``: in milliseconds of the epoch."""
    _, token = _by_access_token(service, request)
    return json_answer(200, {"exp": int(token.expires_at.timestamp() * 1000)})


def mint_service_app_token(service: Service, request: HttpRequest) -> Answer:
    """``POST /v1/applications/{applicationId}/token``: a token that needs no user."""
    grant, _ = _by_access_token(service, request)
    if MINTING_SCOPE not in grant.scopes:
        message = "The request could not be completed: missing required scopes "
        raise Refusal(403, message + MINTING_SCOPE)
    application_id = unquote(request.path.split("/")[3])
    apps = [each for each in service.integrations.values() if isinstance(each, ServiceApp)]
    app = next((each for each in apps if each.application_id == application_id), None)
    if app is None:
        raise Refusal(404, "The application could not be found.")
    members = request.members
    secret = members.get("clientSecret", "").encode()
    is_own = members.get("clientId") == app.client_id
    if not is_own or not hmac.compare_digest(app.secret.reveal().encode(), secret):
        raise Refusal(400, "The clientId or clientSecret is not the application's.")
    if not members.get("targetOrgId"):
        raise Refusal(400, "The targetOrgId is missing.")
    if members["targetOrgId"] not in app.authorized_by:
        raise Refusal(403, "The application is not authorized in the target organization.")
    minted = service.grants.open(app.client_id, app.scopes, service.rules, request.at)
    return json_answer(200, minted.answer(request.at))


def revoke_authorization(service: Service, request: HttpRequest) -> Answer:
    """``DELETE /v1/authorizations``: for administrators, and for a client's own tokens."""
    grant, _ = _by_access_token(service, request)
    if ADMIN_SCOPE not in grant.scopes:
        message = "The request could not be completed: missing required scopes "
        raise Refusal(403, message + ADMIN_SCOPE)
    client_id = request.query.text("clientId")
    if not client_id or request.query.text("orgId") not in ("", ORGANIZATION):
        raise Refusal(400, "The clientId is missing, or the orgId is another organization's.")
    if not service.grants.revoke(client_id):
        raise Refusal(404, "There is no authorization of this client.")
    return Answer(204)


def revoke_token(service: Service, request: HttpRequest) -> Answer:
    """``POST /idb/oauth2/v1/revoke``: what Webex's JavaScript SDK asks (RFC 7009)."""
    _check_form(request)
    client = _client_by_basic(service, request)
    service.grants.revoke(client.client_id, _required(request, "token"))
    # RFC 7009 §2.2: an unknown token is no error.
    return Answer(200)


Endpoint = Callable[[Service, HttpRequest], Answer]

ROUTES: dict[str, dict[str, Endpoint]] = {
    "/v1/authorize": {"GET": authorize, "POST": decide},
    "/v1/access_token": {"POST": give_token},
    "/v1/device/authorize": {"POST": give_device_code},
    "/v1/device/token": {"POST": give_device_token},
    "/verify": {"GET": show_verification, "POST": take_user_code},
    "/v1/people/me": {"GET": show_person},
    "/v1/userinfo": {"GET": show_userinfo},
    "/v1/authorizations/tokenExpiry": {"GET": show_expiry},
    "/v1/authorizations": {"DELETE": revoke_authorization},
    "/idb/oauth2/v1/revoke": {"POST": revoke_token},
}


def _below_applications(path: str) -> dict[str, Endpoint] | None:
    parts = path.split("/")
    is_mint = parts[:3] == ["", "v1", "applications"] and parts[4:] == ["token"]
    return {"POST": mint_service_app_token} if is_mint else None


def _check_form(request: HttpRequest) -> None:
    if request.query:
        # Addresses are logged on their way; secrets may not stand in one (RFC 6749 §2.3.1).
        raise OAuthRefusal("invalid_request", "Parameters belong in the body, not in the query.")
    if not request.is_form:
        raise OAuthRefusal("invalid_request", "The body must be application/x-www-form-urlencoded.")
    repeated = ", ".join(request.form.repeated)
    if repeated:
        raise OAuthRefusal("invalid_request", f"Repeated parameter: {repeated}")


def _required(request: HttpRequest, name: str) -> str:
    value = request.form.text(name)
    if not value:
        raise OAuthRefusal("invalid_request", f"{name} is missing.")
    return value


def _client_by_basic(service: Service, request: HttpRequest) -> Integration:
    """The client named by the Authorization header (RFC 6749 §2.3.1), and by no other name."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise _invalid_client("Basic authentication of the client is missing.")
    try:
        decoded = b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _invalid_client("The Authorization header cannot be decoded.") from error
    client_id, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
    if request.form.text("client_id") not in ("", client_id):
        raise _invalid_client("client_id differs from the one in the Authorization header.")
    return _authenticated(service, client_id, secret)


def _client_by_form_or_basic(service: Service, request: HttpRequest) -> Integration:
    """The client named in the body or in the Authorization header, not in both."""
    if "authorization" not in request.headers:
        client_id = _required(request, "client_id")
        return _authenticated(service, client_id, _required(request, "client_secret"))
    if request.form.text("client_secret"):
        raise OAuthRefusal("invalid_request", "The client authenticates in two ways at once.")
    return _client_by_basic(service, request)


def _authenticated(service: Service, client_id: str, secret: str) -> Integration:
    integration = service.integrations.get(client_id)
    if integration is None or not hmac.compare_digest(
        integration.secret.reveal().encode(), secret.encode()
    ):
        raise _invalid_client("Client authentication failed.")
    return integration


def _invalid_client(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_client", description, status=401)


def _by_access_token(service: Service, request: HttpRequest) -> tuple[Grant, GivenToken]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    found = service.grants.of_access_token(text, request.at)
    if scheme.lower() != "bearer" or found is None:
        raise Refusal(
            401,
            "The request requires a valid access token set in the Authorization request header.",
            {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'},
        )
    return found


def _identifier(kind: str, uuid: str) -> str:
    """The API's own way to write an id: the address of the thing in base64, without padding."""
    return b64encode(f"ciscospark://us/{kind}/{uuid}".encode()).decode().rstrip("=")


def _seconds(span: timedelta) -> float:
    """A whole number as Webex writes it, except where a test wants to go faster than that."""
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
