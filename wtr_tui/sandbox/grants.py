"""What a person has granted: the tokens given for it, refreshed, rotated and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wtr_tui.sandbox.answer import OAuthRefusal
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.token_text import new_token_text


@dataclass(frozen=True)
class GivenToken:
    text: str
    issued_at: datetime
    expires_at: datetime


@dataclass
class Grant:
    """One consent and everything given for it: what RFC 9700 §4.14.2 calls a family."""

    client_id: str
    scopes: tuple[str, ...]
    access: GivenToken | None = None
    refresh: GivenToken | None = None
    revoked: bool = False
    every_access: dict[str, GivenToken] = field(default_factory=dict)

    def answer(self, now: datetime) -> dict[str, object]:
        """The body of a token answer (webex: access_token)."""
        assert self.access is not None
        assert self.refresh is not None
        return {
            "access_token": self.access.text,
            "expires_in": _seconds_left(self.access, now),
            "refresh_token": self.refresh.text,
            "refresh_token_expires_in": _seconds_left(self.refresh, now),
            "token_type": "Bearer",
            # Webex's order is not the order that was asked for.
            "scope": " ".join(sorted(self.scopes)),
        }


class Grants:
    """All grants, found by any token that was ever given for them.

    The instant is passed in. Not safe for threads: the service judges one request at a time.
    """

    def __init__(self) -> None:
        self._by_access: dict[str, Grant] = {}
        self._by_refresh: dict[str, Grant] = {}

    def open(self, client_id: str, scopes: Iterable[str], rules: Rules, now: datetime) -> Grant:
        """A new grant with its first access and refresh token."""
        grant = Grant(client_id, tuple(scopes))
        self._give_access(grant, rules, now)
        self._give_refresh(grant, rules, now)
        return grant

    def refresh(self, client_id: str, text: str, rules: Rules, now: datetime) -> Grant:
        """The grant with fresh tokens. Raises OAuthRefusal ``invalid_grant``.

        Earlier access tokens stay valid until they expire, as Webex's do.
        """
        grant = self._by_refresh.get(text)
        if grant is None or grant.client_id != client_id or grant.revoked:
            raise _invalid_grant("The refresh token is unknown or revoked.")
        assert grant.refresh is not None
        assert grant.access is not None
        if text != grant.refresh.text:
            # Whoever holds an old one may have stolen it: nobody keeps anything
            # (RFC 9700 §4.14.2).
            grant.revoked = True
            raise _invalid_grant("The refresh token was used before; its tokens are revoked.")
        if now >= grant.refresh.expires_at:
            raise _invalid_grant("The refresh token has expired.")
        if now - grant.access.issued_at < rules.same_token and now < grant.access.expires_at:
            return grant
        self._give_access(grant, rules, now)
        if rules.rotate:
            self._give_refresh(grant, rules, now)
        elif rules.renew_refresh_lifetime:
            grant.refresh = GivenToken(text, now, now + rules.refresh_lifetime)
        return grant

    def of_access_token(self, text: str, now: datetime) -> tuple[Grant, GivenToken] | None:
        """The grant that a valid access token belongs to, with the token; else None."""
        grant = self._by_access.get(text)
        if grant is None or grant.revoked or now >= grant.every_access[text].expires_at:
            return None
        return grant, grant.every_access[text]

    def of_any_token(self, text: str) -> Grant | None:
        """The grant that an access or refresh token was ever given for."""
        return self._by_access.get(text) or self._by_refresh.get(text)

    def _give_access(self, grant: Grant, rules: Rules, now: datetime) -> None:
        grant.access = GivenToken(new_token_text(), now, now + rules.access_lifetime)
        grant.every_access[grant.access.text] = grant.access
        self._by_access[grant.access.text] = grant

    def _give_refresh(self, grant: Grant, rules: Rules, now: datetime) -> None:
        grant.refresh = GivenToken(new_token_text(), now, now + rules.refresh_lifetime)
        self._by_refresh[grant.refresh.text] = grant


def _seconds_left(token: GivenToken, now: datetime) -> int:
    return int((token.expires_at - now).total_seconds())


def _invalid_grant(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", description)
