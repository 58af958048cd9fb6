"""What Webex refuses and offers beyond what the demo needs, so that no request can be careless."""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from tests.support.webex.families import Rules, TokenFamilies
from wtr_tui.sandbox import sandbox
from wtr_tui.sandbox.http import (
    HttpError,
    HttpRequest,
    HttpResponse,
    Parameters,
    json_response,
    oauth_error,
)
from wtr_tui.sandbox.sandbox import (
    EMAIL,
    ORGANIZATION,
    Decision,
    Endpoint,
    authenticate_client,
    error_redirect,
    invalid_client,
    invalid_grant,
    require_access_token,
    require_scope,
    required,
    show_person,
)

# Written down here again, not imported from the client that is tested against them:
# a sandbox that agrees with the client's mistakes would be of no use.
DEVICE_REDIRECT_URIS = tuple(
    f"https://oauth-helper-{cluster}.wbx2.com/helperservice/v1/actions/device/callback"
    for cluster in "arkd"
)
OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})
PROMPTS = ("", "select_account", "none")
ADMIN_SCOPE = "identity:tokens_write"

_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def repeated(parameters: Parameters) -> list[str]:
    """The parameters that came more than once, which none may (RFC 6749 §3.1, §3.2)."""
    names = [name for name, _ in parameters.pairs]
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def is_challenge(text: str) -> bool:
    """What BASE64URL(SHA256(verifier)) looks like: 43 characters, no padding (RFC 7636 §4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def authorize(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    query = request.query
    twice = repeated(query)
    ambiguous = [name for name in ("client_id", "redirect_uri") if name in twice]
    if ambiguous:
        title = "The address is ambiguous"
        return sandbox.message_page(400, title, "It has these more than once:", ambiguous)
    integration = webex.integrations.get(query.text("client_id"))
    redirect_uri, state = query.text("redirect_uri"), query.text("state")
    if integration is not None and redirect_uri in integration.redirect_uris:
        method = query.text("code_challenge_method")
        wrong = {
            "invalid_request": bool(twice)
            or not (method == "S256" and is_challenge(query.text("code_challenge")))
            or query.text("prompt") not in PROMPTS,
            "unsupported_response_type": query.text("response_type") != "code",
        }
        for error, is_so in wrong.items():
            if is_so:
                return error_redirect(redirect_uri, error, "A parameter is wrong.", state)
    return sandbox.authorize(webex, request)


def check_form(request: HttpRequest) -> None:
    if request.query:
        # Addresses are logged on their way; secrets may not stand in one (RFC 6749 §2.3.1).
        raise oauth_error("invalid_request", "Parameters belong in the body, not in the query.")
    if request.body and not request.form:
        raise oauth_error("invalid_request", "The body must be x-www-form-urlencoded.")
    twice = ", ".join(repeated(request.form))
    if twice:
        raise oauth_error("invalid_request", f"Repeated parameter: {twice}")


def issue_token(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    check_form(request)
    if "authorization" in request.headers and request.form.text("client_secret"):
        raise oauth_error("invalid_request", "The client authenticates in two ways at once.")
    if request.form.text("grant_type") != "authorization_code":
        return sandbox.issue_token(webex, request)
    client_id, text = authenticate_client(webex, request).client_id, required(request, "code")
    redeemed = _families(webex).redeemed
    if text in redeemed:
        # A second use revokes what the first one gave (RFC 6749 §4.1.2).
        grant = redeemed[text]
        if grant is not None:
            grant.revoked = True
        raise invalid_grant("The authorization code was used before.")
    code = webex.codes.get(text)
    if code is None or code.client_id != client_id:
        raise invalid_grant("The authorization code is unknown.")
    required(request, "redirect_uri")
    # The right client uses the code up even where the rest is wrong, so that nobody can try
    # verifiers.
    redeemed[text] = None
    if not verifier_matches(request.form.text("code_verifier"), code.code_challenge):
        raise invalid_grant("The code_verifier is another.")
    answer = sandbox.issue_token(webex, request)
    redeemed[text] = webex.grants.by_access[json.loads(answer.body)["access_token"]]
    return answer


def verifier_matches(verifier: str, challenge: str) -> bool:
    """By S256 (RFC 7636 §4.6); a verifier is 43 to 128 unreserved characters (§4.1)."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    expected = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(expected, challenge)


def _families(webex: sandbox.Sandbox) -> TokenFamilies:
    assert isinstance(webex.grants, TokenFamilies)
    return webex.grants


def issue_device_code(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    check_form(request)
    integration = webex.integrations.get(request.form.text("client_id"))
    if integration is not None:
        if OPENID_SCOPES & set(request.form.text("scope").split()):
            raise oauth_error("invalid_scope", "The device grant does not know OpenID Connect.")
        missing = [uri for uri in DEVICE_REDIRECT_URIS if uri not in integration.redirect_uris]
        if missing:
            names = " ".join(missing)
            raise HttpError(
                400, f"The redirect_uri is not registered with the integration: {names}"
            )
    return sandbox.issue_device_code(webex, request)


def issue_device_token(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    check_form(request)
    client = _client_by_basic(webex, request)
    if required(request, "client_id") != client:
        raise invalid_client("client_id differs from the one in the Authorization header.")
    device_code, now = required(request, "device_code"), request.at
    code, polls = webex.devices.get(device_code), _families(webex).polls
    if code is not None and now < code.expires_at and code.decision is not Decision.USED:
        before, interval = polls.get(device_code, (None, webex.rules.device_interval))
        if before is not None and now - before < interval:
            polls[device_code] = now, interval + timedelta(seconds=5)
            raise oauth_error("slow_down", "The device code was asked about too soon.")
        polls[device_code] = now, interval
    return sandbox.issue_device_token(webex, request)


def _client_by_basic(webex: sandbox.Sandbox, request: HttpRequest) -> str:
    if "authorization" not in request.headers:
        raise invalid_client("Basic authentication of the client is missing.")
    return authenticate_client(webex, request).client_id


def show_anybody(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    """``GET /v1/people/me``, by the rules for whatever scopes."""
    if isinstance(webex.rules, Rules) and webex.rules.person_visible:
        grant, _ = require_access_token(webex, request)
        before, grant.scopes = grant.scopes, ("spark:people_read",)
        try:
            return show_person(webex, request)
        finally:
            grant.scopes = before
    return show_person(webex, request)


def show_userinfo(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    """``GET /v1/userinfo``: name and e-mail, each for its scope (OpenID Connect Core §5.4)."""
    grant = require_scope(webex, request, "openid")
    content = {"sub": "9b9b3e4e-5d6a-4a6c-8d5e-2f6d5b1c7a11"}
    if "email" in grant.scopes:
        content["email"] = EMAIL
    if "profile" in grant.scopes:
        content["name"] = sandbox.USER
    return json_response(200, content)


def show_expiry(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    """``GET /v1/authorizations/tokenExpiry``: in milliseconds of the epoch."""
    _, token = require_access_token(webex, request)
    return json_response(200, {"exp": int(token.expires_at.timestamp() * 1000)})


def revoke_authorization(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    """``DELETE /v1/authorizations``: for administrators, and for a client's own tokens."""
    require_scope(webex, request, ADMIN_SCOPE)
    client_id = request.query.text("clientId")
    if not client_id or request.query.text("orgId") not in ("", ORGANIZATION):
        raise HttpError(400, "The clientId is missing, or the orgId is another organization's.")
    if not _families(webex).revoke(client_id):
        raise HttpError(404, "There is no authorization of this client.")
    return HttpResponse(204)


def revoke_token(webex: sandbox.Sandbox, request: HttpRequest) -> HttpResponse:
    """``POST /idb/oauth2/v1/revoke``: what Webex's JavaScript SDK asks (RFC 7009)."""
    check_form(request)
    _families(webex).revoke(_client_by_basic(webex, request), required(request, "token"))
    # RFC 7009 §2.2: an unknown token is no error.
    return HttpResponse(200)


ROUTES: Mapping[str, Mapping[str, Endpoint]] = {
    **sandbox.Sandbox.routes,
    "/v1/authorize": {**sandbox.Sandbox.routes["/v1/authorize"], "GET": authorize},
    "/v1/access_token": {"POST": issue_token},
    "/v1/device/authorize": {"POST": issue_device_code},
    "/v1/device/token": {"POST": issue_device_token},
    "/v1/people/me": {"GET": show_anybody},
    "/v1/userinfo": {"GET": show_userinfo},
    "/v1/authorizations/tokenExpiry": {"GET": show_expiry},
    "/v1/authorizations": {"DELETE": revoke_authorization},
    "/idb/oauth2/v1/revoke": {"POST": revoke_token},
}
