"""The device grant: its two requests from the program, and the person's verification page."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from wtr_tui.sandbox import pages
from wtr_tui.sandbox.answer import Answer, ApiRefusal, OAuthRefusal, json_answer
from wtr_tui.sandbox.clients import by_basic, check_form, required
from wtr_tui.sandbox.device import Decision
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.service import Service

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})


def give_device_code(service: Service, request: Request) -> Answer:
    """``POST /v1/device/authorize``. Raises ApiRefusal where the integration is not set up."""
    check_form(request)
    integration = service.integrations.find(required(request, "client_id"))
    if integration is None:
        raise OAuthRefusal("invalid_client", "No integration has this client ID.", status=401)
    scopes = tuple(required(request, "scope").split())
    foreign = [
        scope for scope in scopes if scope not in integration.scopes or scope in OPENID_SCOPES
    ]
    if foreign:
        raise OAuthRefusal("invalid_scope", f"Not possible here: {' '.join(foreign)}")
    if integration.device_uris_missing:
        raise ApiRefusal(
            400,
            "The redirect_uri is not registered with the integration: "
            + " ".join(integration.device_uris_missing),
        )
    code = service.devices.give(integration.client_id, scopes, service.rules, request.at)
    verification_uri = f"{service.origin}/verify"
    return json_answer(
        200,
        {
            "device_code": code.text,
            "expires_in": _seconds(code.expires_at - request.at),
            "user_code": code.user_code,
            "verification_uri": verification_uri,
            "verification_uri_complete": (
                f"{verification_uri}?{urlencode({'userCode': code.user_code})}"
            ),
            "interval": _seconds(code.interval),
        },
    )


def give_device_token(service: Service, request: Request) -> Answer:
    """``POST /v1/device/token``. Raises ApiRefusal 428 while the person has not decided."""
    check_form(request)
    integration = by_basic(service.integrations, request)
    required(request, "client_id")
    if required(request, "grant_type") != GRANT_TYPE:
        raise OAuthRefusal("unsupported_grant_type", f"The grant_type must be {GRANT_TYPE}")
    grant = service.devices.redeem(
        required(request, "device_code"), integration.client_id, service.rules, request.at
    )
    return json_answer(200, grant.answer(request.at))


def show_verification(service: Service, request: Request) -> Answer:
    """``GET /verify``: the form for the user code, filled in when the address has it."""
    return pages.verification_page(request.query.text("userCode"))


def take_user_code(service: Service, request: Request) -> Answer:
    """``POST /verify``: first the user code, then the person's decision about it."""
    typed = request.form.text("userCode")
    code = service.devices.waiting(typed, request.at)
    integration = service.integrations.find(code.client_id) if code else None
    if code is None or integration is None:
        return pages.verification_page(
            typed, problem="No device waits with this code. It may have expired."
        )
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
        integration=integration.name,
        person=service.person.display_name,
        email=service.person.email,
        scopes=code.scopes,
        returns_to="",
    )


def _seconds(span: timedelta) -> float:
    """A whole number as Webex writes it, but where a test wants to go faster than that."""
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
