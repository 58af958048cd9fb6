"""What the stand-in does where Webex itself varies, or where a test wants something special."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rules:
    """The lifetimes are short so that a countdown, a refresh and an expiry can be watched."""

    access_lifetime: timedelta = timedelta(seconds=180)
    refresh_lifetime: timedelta = timedelta(seconds=900)
    code_lifetime: timedelta = timedelta(minutes=10)
    device_lifetime: timedelta = timedelta(seconds=300)
    device_interval: timedelta = timedelta(seconds=2)

    rotate: bool = False
    """Each refresh gives a new refresh token; using an old one again revokes them all."""

    renew_refresh_lifetime: bool = True
    """A refresh token that stays the same lives for a whole lifetime again."""

    same_token: timedelta = timedelta(0)
    """A refresh this soon after the last one gives the same access token and expiry again.

    Webex does this within 24 hours.
    """

    person_visible: bool = False
    """``people/me`` answers whatever the scopes, so that a screen shows a name."""

    pkce_required: bool = True

    delay: timedelta = timedelta(0)
    """How long every answer takes on its way."""
