"""Which path is answered by what."""

from __future__ import annotations

from collections.abc import Callable

from wtr_tui.sandbox import authorize, device_endpoints, resources, token_endpoint
from wtr_tui.sandbox.answer import Answer, ApiRefusal, OAuthRefusal, api_error, oauth_error
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.service import Service

Endpoint = Callable[[Service, Request], Answer]

ROUTES: dict[str, dict[str, Endpoint]] = {
    "/v1/authorize": {"GET": authorize.show_consent, "POST": authorize.take_answer},
    "/v1/access_token": {"POST": token_endpoint.give_token},
    "/v1/device/authorize": {"POST": device_endpoints.give_device_code},
    "/v1/device/token": {"POST": device_endpoints.give_device_token},
    "/verify": {
        "GET": device_endpoints.show_verification,
        "POST": device_endpoints.take_user_code,
    },
    "/v1/people/me": {"GET": resources.show_person},
    "/v1/authorizations/tokenExpiry": {"GET": resources.show_expiry},
}

ENDPOINTS = frozenset(path.removeprefix("/v1/") for path in ROUTES)


def answer(service: Service, request: Request) -> Answer:
    """The stand-in's answer, one request at a time."""
    try:
        methods = ROUTES.get(request.path)
        if methods is None:
            raise ApiRefusal(404, f"The requested resource could not be found: {request.path}")
        endpoint = methods.get(request.method)
        if endpoint is None:
            raise ApiRefusal(
                405, f"{request.method} is not possible here.", {"Allow": ", ".join(methods)}
            )
        with service.lock:
            return endpoint(service, request)
    except OAuthRefusal as refusal:
        return oauth_error(refusal)
    except ApiRefusal as refusal:
        return api_error(refusal)
