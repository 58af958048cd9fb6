"""What a Webex may do with refresh tokens beyond what the demo's does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wtr_tui.sandbox import sandbox
from wtr_tui.sandbox.sandbox import Grant, Grants, IssuedToken, invalid_grant, new_token_text


@dataclass(frozen=True)
class Rules(sandbox.Rules):
    """May be replaced while the sandbox runs: ``sandbox.rules = replace(sandbox.rules, …)``."""

    rotate: bool = False
    """Each refresh gives a new refresh token; using an old one again revokes them all."""

    renew_refresh_lifetime: bool = True
    """A refresh token that stays the same lives for a whole lifetime again."""

    same_token: timedelta = timedelta(0)
    """A refresh this soon after the last one gives the same access token and expiry again.

    Webex does this within 24 hours.
    """

    delay: timedelta = timedelta(0)
    """How long every answer takes on its way."""

    person_visible: bool = False
    """``people/me`` answers whatever the scopes, so that a screen shows a name."""


class TokenFamilies(Grants):
    """Rotates refresh tokens and detects their reuse, where the rules say so."""

    def __init__(self) -> None:
        super().__init__()
        self.redeemed: dict[str, Grant | None] = {}
        """By the code; None where the rest of the request was wrong."""
        self.polls: dict[str, tuple[datetime, timedelta]] = {}
        """When a device code was asked about, and how long to wait before the next time."""

    def refresh(self, client_id: str, text: str, rules: sandbox.Rules, now: datetime) -> Grant:
        assert isinstance(rules, Rules)
        grant = self.by_refresh.get(text)
        if grant is None or grant.client_id != client_id or grant.revoked:
            return super().refresh(client_id, text, rules, now)  # refuses
        if text != grant.refresh.text:
            # Whoever holds an old one may have stolen it: nobody keeps anything
            # (RFC 9700 §4.14.2).
            grant.revoked = True
            raise invalid_grant("The refresh token was used before; its tokens are revoked.")
        soon = now - grant.access.issued_at < rules.same_token
        if soon and now < min(grant.access.expires_at, grant.refresh.expires_at):
            return grant
        before = grant.refresh
        super().refresh(client_id, text, rules, now)
        if rules.rotate:
            expires_at = now + rules.refresh_lifetime
            grant.refresh = IssuedToken(new_token_text(), now, expires_at)
            self.index(grant)
        elif not rules.renew_refresh_lifetime:
            grant.refresh = before
        return grant

    def revoke(self, client_id: str, token: str = "") -> bool:
        """Revokes what was granted to a client: all of it, or what this token belongs to.

        Gives whether there was anything.
        """
        of_token = self.of_any_token(token)
        grants = [of_token] if of_token else [] if token else list(self.by_refresh.values())
        found = [each for each in grants if each.client_id == client_id and not each.revoked]
        for grant in found:
            grant.revoked = True
        return bool(found)

    def of_any_token(self, text: str) -> Grant | None:
        """The grant that an access or refresh token was ever given for."""
        return self.by_access.get(text) or self.by_refresh.get(text)

    def tokens(self) -> set[str]:
        """Every token that was ever given."""
        return {*self.by_access, *self.by_refresh}
