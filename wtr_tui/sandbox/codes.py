"""Authorization codes: each for one client and one redirect URI, once, for a short time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wtr_tui.sandbox.answer import OAuthRefusal
from wtr_tui.sandbox.grants import Grant, Grants
from wtr_tui.sandbox.pkce import matches
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.token_text import new_token_text


@dataclass(frozen=True)
class AuthorizedRequest:
    """What the person said yes to. ``code_challenge`` is empty where none was sent."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str = ""


@dataclass
class _Code:
    request: AuthorizedRequest
    expires_at: datetime
    used: bool = False
    grant: Grant | None = None


class Codes:
    """All codes that were given, used ones too, so that a second use is noticed."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants
        self._codes: dict[str, _Code] = {}

    def give(self, request: AuthorizedRequest, rules: Rules, now: datetime) -> str:
        text = new_token_text()
        self._codes[text] = _Code(request, now + rules.code_lifetime)
        return text

    def redeem(
        self,
        text: str,
        *,
        client_id: str,
        redirect_uri: str,
        code_verifier: str,
        rules: Rules,
        now: datetime,
    ) -> Grant:
        """The grant for a code. Raises OAuthRefusal ``invalid_grant``.

        The right client uses the code up even where the rest is wrong, so that nobody can try
        verifiers; a second use revokes what the first one gave (RFC 6749 §4.1.2).
        """
        code = self._codes.get(text)
        if code is None or code.request.client_id != client_id:
            raise _invalid_grant("The authorization code is unknown.")
        if code.used:
            if code.grant is not None:
                code.grant.revoked = True
            raise _invalid_grant("The authorization code was used before.")
        code.used = True
        if now >= code.expires_at:
            raise _invalid_grant("The authorization code has expired.")
        if redirect_uri != code.request.redirect_uri:
            raise _invalid_grant("The redirect_uri is not the one of the authorization request.")
        if bool(code.request.code_challenge) != bool(code_verifier):
            # A verifier that no challenge was sent for is refused as well: somebody
            # removed the challenge on its way (RFC 9700 §4.8.2).
            raise _invalid_grant("Either code_challenge or code_verifier is missing.")
        if code_verifier and not matches(code_verifier, code.request.code_challenge):
            raise _invalid_grant("The code_verifier does not match the code_challenge.")
        code.grant = self._grants.open(client_id, code.request.scopes, rules, now)
        return code.grant


def _invalid_grant(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", description)
