"""One answer of the stand-in, and the two shapes in which Webex tells an error."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


def new_tracking_id() -> str:
    return f"ROUTER_{str(uuid.uuid4()).upper()}"


@dataclass(frozen=True)
class Answer:
    """The date, the length and the connection's fate are added when it is sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class OAuthRefusal(Exception):
    """A request that OAuth has an error code for (RFC 6749 §5.2, RFC 8628 §3.5)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class ApiRefusal(Exception):
    """A request that the API refuses in its own shape."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.headers = headers or {}


def json_answer(
    status: int,
    content: Mapping[str, object],
    *,
    tracking_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return Answer(
        status,
        {
            "Content-Type": "application/json;charset=UTF-8",
            "Cache-Control": "no-store",
            "trackingid": tracking_id or new_tracking_id(),
            **(headers or {}),
        },
        json.dumps(content).encode(),
    )


def oauth_error(refusal: OAuthRefusal) -> Answer:
    """The shape of OAuth's errors, with Webex's spelling of ``trackingID``."""
    tracking_id = new_tracking_id()
    return json_answer(
        refusal.status,
        {
            "error": refusal.error,
            "error_description": refusal.description,
            "trackingID": tracking_id,
        },
        tracking_id=tracking_id,
        headers={"WWW-Authenticate": 'Basic realm="sandbox"'} if refusal.status == 401 else None,
    )


def api_error(refusal: ApiRefusal) -> Answer:
    """The shape of the rest of the API's errors, with Webex's spelling of ``trackingId``."""
    tracking_id = new_tracking_id()
    return json_answer(
        refusal.status,
        {
            "message": refusal.message,
            "errors": [{"description": refusal.message}],
            "trackingId": tracking_id,
        },
        tracking_id=tracking_id,
        headers=refusal.headers,
    )


def see_other(location: str) -> Answer:
    """A redirect after which the browser asks with GET (RFC 9700 §4.12)."""
    return Answer(303, {"Location": location, "Cache-Control": "no-store"})
