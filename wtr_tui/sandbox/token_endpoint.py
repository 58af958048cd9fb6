"""``POST /v1/access_token``: a code or a refresh token becomes an access token."""

from __future__ import annotations

from wtr_tui.sandbox.answer import Answer, OAuthRefusal, json_answer
from wtr_tui.sandbox.clients import by_form_or_basic, check_form, required
from wtr_tui.sandbox.grants import Grant
from wtr_tui.sandbox.integrations import Integration
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.service import Service


def give_token(service: Service, request: Request) -> Answer:
    """Both grants an integration has (webex: access_token). Raises OAuthRefusal."""
    check_form(request)
    grant_type = required(request, "grant_type")
    integration = by_form_or_basic(service.integrations, request)
    if grant_type == "authorization_code":
        grant = _of_code(service, integration, request)
    elif grant_type == "refresh_token":
        grant = service.grants.refresh(
            integration.client_id,
            required(request, "refresh_token"),
            service.rules,
            request.at,
        )
    else:
        raise OAuthRefusal("unsupported_grant_type", f"Unknown grant_type: {grant_type}")
    return json_answer(200, grant.answer(request.at))


def _of_code(service: Service, integration: Integration, request: Request) -> Grant:
    return service.codes.redeem(
        required(request, "code"),
        client_id=integration.client_id,
        redirect_uri=required(request, "redirect_uri"),
        code_verifier=request.form.text("code_verifier"),
        rules=service.rules,
        now=request.at,
    )
