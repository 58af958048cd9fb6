"""Integrations, and what users granted them: codes that wait, and the tokens given for them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from uuid import uuid4

from wtr_tui.model import Secret
from wtr_tui.sandbox.http import Refusal, oauth_refusal

ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"


@dataclass(frozen=True)
class Integration:
    """One integration: its credentials, and the redirect URIs and scopes ticked in the portal."""

    client_id: str
    secret: Secret
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    name: str = "WTR² sandbox integration"

    @property
    def redirect_uri(self) -> str:
        """The first of the redirect URIs: the one a sign-in comes back to."""
        return self.redirect_uris[0]


@dataclass(frozen=True)
class ServiceApp(Integration):
    """A service app: no user signs in to it, an administrator authorises it in Control Hub."""

    application_id: str = ""
    authorized_by: tuple[str, ...] = ()
    """The organisations whose administrator has."""


@dataclass(frozen=True)
class Rules:
    """The lifetimes are short so that a countdown, a refresh and an expiry can be watched."""

    access_lifetime: timedelta = timedelta(seconds=180)
    refresh_lifetime: timedelta = timedelta(seconds=900)
    code_lifetime: timedelta = timedelta(minutes=10)
    device_lifetime: timedelta = timedelta(seconds=300)
    device_interval: timedelta = timedelta(seconds=2)


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
    access: GivenToken
    refresh: GivenToken
    revoked: bool = False
    every_access: dict[str, GivenToken] = field(default_factory=dict)

    def answer(self, now: datetime) -> dict[str, object]:
        """The body of a token response (webex: access_token)."""
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

    Not safe for threads: the sandbox judges one request at a time.
    """

    def __init__(self) -> None:
        self.by_access: dict[str, Grant] = {}
        self.by_refresh: dict[str, Grant] = {}

    def open(self, client_id: str, scopes: Iterable[str], rules: Rules, now: datetime) -> Grant:
        """A new grant with its first access and refresh token."""
        access = GivenToken(new_token_text(), now, now + rules.access_lifetime)
        refresh = GivenToken(new_token_text(), now, now + rules.refresh_lifetime)
        grant = Grant(client_id, tuple(scopes), access, refresh)
        self.keep(grant)
        return grant

    def keep(self, grant: Grant) -> None:
        """Makes the grant known by its present tokens, beside those it had before."""
        grant.every_access[grant.access.text] = grant.access
        self.by_access[grant.access.text] = grant
        self.by_refresh[grant.refresh.text] = grant

    def refresh(self, client_id: str, text: str, rules: Rules, now: datetime) -> Grant:
        """The grant with a fresh access token. Raises Refusal ``invalid_grant``.

        Earlier access tokens stay valid until they expire, and the refresh token stays the same
        and lives for a whole lifetime again, as at Webex.
        """
        grant = self.by_refresh.get(text)
        if grant is None or grant.client_id != client_id or grant.revoked:
            raise invalid_grant("The refresh token is unknown or revoked.")
        if now >= grant.refresh.expires_at:
            raise invalid_grant("The refresh token has expired.")
        grant.access = GivenToken(new_token_text(), now, now + rules.access_lifetime)
        grant.refresh = GivenToken(text, now, now + rules.refresh_lifetime)
        self.keep(grant)
        return grant

    def of_access_token(self, text: str, now: datetime) -> tuple[Grant, GivenToken] | None:
        """The grant that a valid access token belongs to, with the token; else None."""
        grant = self.by_access.get(text)
        if grant is None or grant.revoked or now >= grant.every_access[text].expires_at:
            return None
        return grant, grant.every_access[text]


@dataclass
class AuthorizedRequest:
    """What the user agreed to."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    state: str
    expires_at: datetime = datetime.min


class Decision(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"


@dataclass
class DeviceCode:
    """What the user of a device types, and decides (RFC 8628)."""

    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    decision: Decision = Decision.PENDING


def new_token_text() -> str:
    """A text nobody can guess (166 random bits), for a token or a code.

    In the shape of Webex's: 64 characters, ``_PF84_``, the organisation's uuid.
    """
    # What Webex's own tokens decode to: one uuid and the beginning of a second.
    random = f"{uuid4()}{uuid4()}"[:48]
    return f"{b64encode(random.encode()).decode()}_PF84_{ORGANIZATION}"


def invalid_grant(description: str) -> Refusal:
    return oauth_refusal("invalid_grant", description)


def _seconds_left(token: GivenToken, now: datetime) -> int:
    return int((token.expires_at - now).total_seconds())
