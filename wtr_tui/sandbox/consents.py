"""Sign-ins that a person has been shown and has not answered yet."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from wtr_tui.sandbox.codes import AuthorizedRequest

_REMEMBERED = 1000


@dataclass(frozen=True)
class Consent:
    """The question on one consent page. ``state`` is None where the request had none."""

    request: AuthorizedRequest
    state: str | None


class Consents:
    """Each by an id in the page's form that cannot be guessed, so that only the page answers."""

    def __init__(self) -> None:
        self._asked: dict[str, Consent] = {}

    def ask(self, consent: Consent) -> str:
        """The id for the form. Of pages left open, the last thousand can still be answered."""
        while len(self._asked) >= _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        consent_id = secrets.token_urlsafe(24)
        self._asked[consent_id] = consent
        return consent_id

    def take(self, consent_id: str) -> Consent | None:
        """The question, once: an answered page cannot be sent a second time."""
        return self._asked.pop(consent_id, None)
