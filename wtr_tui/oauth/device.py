"""The device grant (RFC 8628): signing in on any other machine, without a redirect to this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from wtr_tui.errors import DevicePending, TemporaryError, UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.oauth.fields import credential, is_visible_ascii, lifetime

HELPER_REDIRECT_URIS = tuple(
    f"https://oauth-helper-{region}.wbx2.com/helperservice/v1/actions/device/callback"
    for region in "arkd"
)
"""The redirect URIs an integration must have registered for this grant (webex: device grant)."""

DEFAULT_INTERVAL = timedelta(seconds=5)
"""RFC 8628 §3.2, for an answer that states none."""

LONGEST_INTERVAL = timedelta(seconds=60)
"""A person who has entered the code does not wait longer than this to see it."""

_SLOW_DOWN = timedelta(seconds=5)


@dataclass(frozen=True)
class DeviceAuthorization:
    """One device code, and where a person enters the short code that belongs to it.

    ``verification_uri_complete`` carries the short code with it (for a QR code); ``interval``
    is how long to wait between two questions whether it has been entered.
    """

    device_code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: datetime
    interval: timedelta


def authorized(answer: Mapping[str, object], *, now: datetime) -> DeviceAuthorization:
    """Judges the answer of ``device/authorize`` (RFC 8628 §3.2).

    Raises UnusableResponse where a required member is missing or cannot be what it should be.
    """
    device_code = credential(answer, "device_code")
    life = lifetime(answer, "expires_in")
    if device_code is None or life is None:
        raise UnusableResponse("Webex's answer holds no device code.", _OTHER_WAY)
    return DeviceAuthorization(
        device_code=device_code,
        user_code=_user_code(answer.get("user_code")),
        verification_uri=_page(answer.get("verification_uri")),
        verification_uri_complete=_optional_page(answer.get("verification_uri_complete")),
        expires_at=now + life,
        interval=min(lifetime(answer, "interval") or DEFAULT_INTERVAL, LONGEST_INTERVAL),
    )


def next_interval(interval: timedelta, outcome: DevicePending | TemporaryError) -> timedelta:
    """How long to wait before asking again, and from then on (RFC 8628 §3.5).

    "Slow down" adds five seconds for good; a failure on the way doubles the wait.
    """
    if isinstance(outcome, TemporaryError):
        longer = interval * 2
    elif outcome.slow_down:
        longer = interval + _SLOW_DOWN
    else:
        longer = interval
    wish = outcome.retry_after or timedelta(0)
    return max(interval, min(max(longer, wish), LONGEST_INTERVAL))


def _user_code(stated: object) -> str:
    if not isinstance(stated, str) or len(stated) > 40 or not is_visible_ascii(stated):
        raise UnusableResponse("Webex's answer holds no code to enter.", _OTHER_WAY)
    return stated


def _optional_page(stated: object) -> str | None:
    return None if stated is None or stated == "" else _page(stated)


def _page(stated: object) -> str:
    """A page to open in a browser: https, or http on this machine (the sandbox)."""
    if isinstance(stated, str) and len(stated) <= 2000 and is_visible_ascii(stated):
        try:
            parts = urlsplit(stated)
            host = parts.hostname
        except ValueError:
            host = None
        if host and (parts.scheme == "https" or _is_here(parts.scheme, host)):
            return stated
    raise UnusableResponse("Webex's answer names no page to enter the code at.", _OTHER_WAY)


def _is_here(scheme: str, host: str) -> bool:
    return scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}


_OTHER_WAY = "Sign in with the browser instead, or ask for another code."
