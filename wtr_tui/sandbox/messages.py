"""Requests as the sandbox receives them, its answers, and the two shapes of Webex's errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit


class Parameters(Mapping[str, str]):
    """Name to value; of a repeated parameter the first value, and :attr:`repeated` names it.

    A parameter without a value means the same as none (RFC 6749 §3.1): ``parameters.text(name)``
    is empty for both.
    """

    def __init__(self, encoded: str = "") -> None:
        """Raises ValueError where the text is not UTF-8 once decoded, or has over 100 fields."""
        self.pairs = tuple(
            parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=100)
        )
        self._first = dict(reversed(self.pairs))

    @property
    def repeated(self) -> tuple[str, ...]:
        """The parameters that came more than once, which none may (RFC 6749 §3.1, §3.2)."""
        names = [name for name, _ in self.pairs]
        return tuple(name for name in dict.fromkeys(names) if names.count(name) > 1)

    def text(self, name: str) -> str:
        return self._first.get(name, "")

    def __getitem__(self, name: str) -> str:
        return self._first[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)


@dataclass(frozen=True)
class HttpRequest:
    """``headers`` has lower-case names. Nothing is hidden: tests look for what was sent."""

    method: str
    path: str
    query: Parameters
    form: Parameters
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @classmethod
    def parse(
        cls, method: str, target: str, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> HttpRequest:
        """Raises ValueError where the query or the form cannot be decoded."""
        parts = urlsplit(target)
        form = Parameters(body.decode("ascii")) if _is_form(headers) else Parameters()
        return cls(method, parts.path, Parameters(parts.query), form, headers, body, at)

    @property
    def endpoint(self) -> str:
        """``access_token``, ``people/me`` …: the path below ``/v1/``; else the whole path."""
        return self.path.removeprefix("/v1/")

    @property
    def members(self) -> dict[str, str]:
        """The texts in a JSON object; empty for any other body."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}

    @property
    def is_form(self) -> bool:
        return _is_form(self.headers)


def _is_form(headers: Mapping[str, str]) -> bool:
    content_type = headers.get("content-type", "").partition(";")[0]
    return content_type.strip().lower() == "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """Date and length are added when it is sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refusal(Exception):
    """A request that is not carried out; :meth:`answer` says why, in Webex's shape."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    def answer(self) -> Answer:
        tracking_id = new_tracking_id()
        return json_answer(self.status, self._content(tracking_id), tracking_id, self.headers)

    def _content(self, tracking_id: str) -> dict[str, object]:
        errors = [{"description": self.message}]
        return {"message": self.message, "errors": errors, "trackingId": tracking_id}


class OAuthRefusal(Refusal):
    """A refusal that OAuth has an error code for (RFC 6749 §5.2, RFC 8628 §3.5)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else None
        super().__init__(status, description, challenge)
        self.error = error

    def _content(self, tracking_id: str) -> dict[str, object]:
        # Webex spells it trackingID here and trackingId in the rest of its API.
        return {
            "error": self.error,
            "error_description": self.message,
            "trackingID": tracking_id,
        }


def new_tracking_id() -> str:
    return f"ROUTER_{str(uuid.uuid4()).upper()}"


def json_answer(
    status: int,
    content: Mapping[str, object],
    tracking_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    own = {
        "Content-Type": "application/json;charset=UTF-8",
        "Cache-Control": "no-store",
        "trackingid": tracking_id or new_tracking_id(),
    }
    return Answer(status, {**own, **(headers or {})}, json.dumps(content).encode())


def see_other(location: str) -> Answer:
    """A redirect that the browser follows with GET (RFC 9700 §4.12)."""
    return Answer(303, {"Location": location, "Cache-Control": "no-store"})
