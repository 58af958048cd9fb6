"""What an access token opens: ``people/me`` and ``authorizations/tokenExpiry``."""

from __future__ import annotations

from base64 import b64encode

from wtr_tui.sandbox.answer import Answer, ApiRefusal, json_answer
from wtr_tui.sandbox.grants import GivenToken, Grant
from wtr_tui.sandbox.request import Request
from wtr_tui.sandbox.service import Service
from wtr_tui.sandbox.token_text import ORGANIZATION

SCOPES_FOR_PEOPLE = frozenset({"spark:people_read", "spark:all", "spark-admin:people_read"})


def show_person(service: Service, request: Request) -> Answer:
    """Who the token is for. Raises ApiRefusal: 401 a bad token, 403 without a scope for it."""
    grant, _ = _authorized(service, request)
    if not service.rules.person_visible and not SCOPES_FOR_PEOPLE.intersection(grant.scopes):
        raise ApiRefusal(
            403,
            "The request could not be completed: missing required scopes "
            + " or ".join(sorted(SCOPES_FOR_PEOPLE)),
        )
    person = service.person
    return json_answer(
        200,
        {
            "id": _identifier("PEOPLE", "9b9b3e4e-5d6a-4a6c-8d5e-2f6d5b1c7a11"),
            "emails": [person.email],
            "displayName": person.display_name,
            "orgId": _identifier("ORGANIZATION", ORGANIZATION),
            "type": "person",
        },
    )


def show_expiry(service: Service, request: Request) -> Answer:
    """Until when the token is valid, in milliseconds of the epoch. Raises ApiRefusal 401."""
    _, token = _authorized(service, request)
    return json_answer(200, {"exp": int(token.expires_at.timestamp() * 1000)})


def _authorized(service: Service, request: Request) -> tuple[Grant, GivenToken]:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    found = service.grants.of_access_token(text, request.at)
    if kind.lower() != "bearer" or found is None:
        raise ApiRefusal(
            401,
            "The request requires a valid access token set in the Authorization request header.",
            {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'},
        )
    return found


def _identifier(kind: str, uuid: str) -> str:
    """The API's own way to write an id: the address of the thing in base64, without padding."""
    return b64encode(f"ciscospark://us/{kind}/{uuid}".encode()).decode().rstrip("=")
