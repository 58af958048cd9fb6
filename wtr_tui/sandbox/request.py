"""One request as the stand-in received it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from wtr_tui.sandbox.parameters import Parameters


@dataclass(frozen=True)
class Request:
    """``headers`` has lower-case names. Nothing is hidden: tests look for what was sent."""

    method: str
    path: str
    query: Parameters
    form: Parameters
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def endpoint(self) -> str:
        """``access_token``, ``people/me`` …: the path below ``/v1/``; else the whole path."""
        return self.path.removeprefix("/v1/")

    @property
    def is_form(self) -> bool:
        content_type = self.headers.get("content-type", "").partition(";")[0]
        return content_type.strip().lower() == "application/x-www-form-urlencoded"


def received(
    method: str, target: str, headers: Mapping[str, str], body: bytes, at: datetime
) -> Request:
    """Raises ValueError where the query or the form cannot be decoded."""
    parts = urlsplit(target)
    request = Request(
        method, parts.path, Parameters.parse(parts.query), Parameters(), headers, body, at
    )
    if not request.is_form:
        return request
    form = Parameters.parse(body.decode("ascii"))
    return Request(method, parts.path, request.query, form, headers, body, at)
