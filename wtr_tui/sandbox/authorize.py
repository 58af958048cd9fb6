"""``GET /v1/authorize`` and the answer to its consent page (RFC 6749 §4.1.1, §4.1.2)."""

from __future__ import annotations

from urllib.parse import urlencode

from wtr_tui.sandbox import pages
from wtr_tui.sandbox.answer import Answer, see_other
from wtr_tui.sandbox.codes import AuthorizedRequest
from wtr_tui.sandbox.consents import Consent
from wtr_tui.sandbox.integrations import Integration
from wtr_tui.sandbox.parameters import Parameters
from wtr_tui.sandbox.pkce import is_challenge
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.service import Service

PROMPTS = ("", "select_account", "none")


class _Mistake(Exception):
    """Something wrong that the client is told through the redirect (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def show_consent(service: Service, request: Request) -> Answer:
    """The consent page; a redirect with the error; or an error page that leads nowhere."""
    query = request.query
    integration = service.integrations.find(query.text("client_id"))
    redirect_uri = query.text("redirect_uri")
    # As long as it is not known where the person may be sent, nobody is sent anywhere.
    ambiguous = [name for name in ("client_id", "redirect_uri") if name in query.repeated]
    if ambiguous:
        return pages.error_page(
            400, "The address is ambiguous", "It has these more than once:", ambiguous
        )
    if integration is None:
        return pages.error_page(
            400,
            "No integration has this client ID",
            "The App ID in the address is not registered with the sandbox.",
            (query.text("client_id") or "(none)",),
        )
    if redirect_uri not in integration.redirect_uris:
        return pages.error_page(
            400,
            "The redirect URI is not registered",
            f"The integration “{integration.name}” was asked to return to the first address "
            "below. It may return only to the others, letter for letter.",
            (redirect_uri or "(none)", *integration.redirect_uris),
        )
    state = query.get("state")
    try:
        asked = _judged(query, integration, service.rules)
    except _Mistake as mistake:
        return _back(
            redirect_uri, {"error": mistake.error, "error_description": mistake.description}, state
        )
    return pages.consent_page(
        action="/v1/authorize",
        hidden={"consent": service.consents.ask(Consent(asked, state))},
        integration=integration.name,
        person=service.person.display_name,
        email=query.text("login_hint") or service.person.email,
        scopes=asked.scopes,
        returns_to=redirect_uri,
    )


def take_answer(service: Service, request: Request) -> Answer:
    """The person pressed Approve or Deny: back to the program that asked."""
    consent = service.consents.take(request.form.text("consent"))
    if consent is None:
        return pages.error_page(
            400,
            "This page was answered before",
            "Start the sign-in again from the program that wants to be let in.",
        )
    asked = consent.request
    if request.form.text("decision") != "approve":
        denied = {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
        }
        return _back(asked.redirect_uri, denied, consent.state)
    code = service.codes.give(asked, service.rules, request.at)
    return _back(asked.redirect_uri, {"code": code}, consent.state)


def _judged(query: Parameters, integration: Integration, rules: Rules) -> AuthorizedRequest:
    if query.repeated:
        raise _Mistake("invalid_request", f"Repeated parameter: {', '.join(query.repeated)}")
    if query.text("response_type") != "code":
        raise _Mistake("unsupported_response_type", "The response_type must be code.")
    scopes = tuple(query.text("scope").split())
    foreign = [scope for scope in scopes if scope not in integration.scopes]
    if foreign or not scopes:
        raise _Mistake(
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed. " + " ".join(foreign),
        )
    challenge = query.text("code_challenge")
    method = query.text("code_challenge_method")
    if (challenge or method or rules.pkce_required) and (
        method != "S256" or not is_challenge(challenge)
    ):
        raise _Mistake(
            "invalid_request", "A code_challenge with code_challenge_method=S256 is required."
        )
    if query.text("prompt") not in PROMPTS:
        raise _Mistake("invalid_request", "The prompt must be select_account or none.")
    if query.text("prompt") == "none":
        raise _Mistake("login_required", "Nobody is signed in to this browser.")
    return AuthorizedRequest(integration.client_id, query.text("redirect_uri"), scopes, challenge)


def _back(redirect_uri: str, parameters: dict[str, str], state: str | None) -> Answer:
    if state is not None:
        parameters = {**parameters, "state": state}
    joint = "&" if "?" in redirect_uri else "?"
    return see_other(f"{redirect_uri}{joint}{urlencode(parameters)}")
