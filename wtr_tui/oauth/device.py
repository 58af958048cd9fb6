"""The device grant (RFC 8628): signing in on any other machine, without a redirect to this one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from wtr_tui.addresses import is_encrypted
from wtr_tui.errors import DevicePending, TemporaryError, UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.oauth.responses import credential, lifetime
from wtr_tui.text import is_visible_ascii

HELPER_REDIRECT_URIS = tuple(
    f"https://oauth-helper-{region}.wbx2.com/helperservice/v1/actions/device/callback"
    for region in "arkd"
)
"""The redirect URIs an integration must have registered for this grant (webex: device grant)."""

DEFAULT_INTERVAL = timedelta(seconds=5)
"""RFC 8628 §3.2, for a response without one."""

SHORTEST_INTERVAL = timedelta(seconds=1)
"""No server is polled more often, whatever it says: a fraction is a mistake."""

LONGEST_INTERVAL = timedelta(seconds=60)
"""A user who has entered the code does not wait longer than this to see it."""

_SLOW_DOWN = timedelta(seconds=5)


@dataclass(frozen=True)
class DeviceAuthorization:
    """One device code, and where a user enters the short code that belongs to it.

    ``verification_uri_complete`` carries the short code with it (for a QR code); ``interval``
    is how long to wait between two questions whether it has been entered.
    """

    device_code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: datetime
    interval: timedelta


def authorized(members: Mapping[str, object], *, now: datetime) -> DeviceAuthorization:
    """The device code in a response of ``device/authorize`` (RFC 8628 §3.2).

    Raises UnusableResponse where a required member is missing or cannot be what it should be.
    """
    device_code = credential(members, "device_code")
    with_code = members.get("verification_uri_complete")
    life = lifetime(members, "expires_in")
    if device_code is None or life is None:
        raise UnusableResponse("Webex's response holds no device code.", _OTHER_WAY)
    return DeviceAuthorization(
        device_code=device_code,
        user_code=_user_code(members.get("user_code")),
        verification_uri=_page(members.get("verification_uri")),
        verification_uri_complete=_page(with_code) if with_code else None,
        expires_at=now + life,
        interval=_within_limits(lifetime(members, "interval") or DEFAULT_INTERVAL),
    )


def next_interval(interval: timedelta, outcome: DevicePending | TemporaryError) -> timedelta:
    """How long to wait before asking again, and from then on (RFC 8628 §3.5).

    "Slow down" adds five seconds for good; a failure on the way doubles the wait.
    """
    longer = interval
    if isinstance(outcome, TemporaryError):
        longer = interval * 2
    elif outcome.slow_down:
        longer = interval + _SLOW_DOWN
    requested = outcome.retry_after or timedelta(0)
    return max(interval, _within_limits(max(longer, requested)))


def _within_limits(interval: timedelta) -> timedelta:
    return min(max(interval, SHORTEST_INTERVAL), LONGEST_INTERVAL)


def _user_code(value: object) -> str:
    if not isinstance(value, str) or len(value) > 40 or not is_visible_ascii(value):
        raise UnusableResponse("Webex's response holds no code to enter.", _OTHER_WAY)
    return value


def _page(value: object) -> str:
    """A page to open in a browser."""
    if isinstance(value, str) and len(value) <= 2000 and is_visible_ascii(value):
        with suppress(ValueError):
            if is_encrypted(urlsplit(value)):
                return value
    raise UnusableResponse("Webex's response names no page to enter the code at.", _OTHER_WAY)


_OTHER_WAY = "Sign in with the browser instead, or ask for another code."
