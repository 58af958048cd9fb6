"""Validated responses of Webex: tokens, device codes, accounts, and the errors of refusals.

Also the claims of a token that is a JWT; no signature is verified.

Everything a server sends is validated first (RFC 6749 §10.14). A member that is absent, ``null`` or
"" gives None; the caller decides whether it is required. A malformed credential raises
:class:`UnusableResponse`, which names the member and never quotes its value. An unreadable lifetime
counts as absent, because the token beside it may be the only valid one left.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

from wtr_tui import errors
from wtr_tui.addresses import is_encrypted
from wtr_tui.model import Account, Secret, Token
from wtr_tui.text import MASK, cleaned, is_visible_ascii

LONGEST_RETRY_AFTER = timedelta(minutes=15)
"""The limit on Retry-After."""

LONGEST_LIFETIME = timedelta(days=3653)
"""Ten years: a longer one is a mistake (milliseconds, an instant), or overflows a date."""

LONGEST_CREDENTIAL = 65_536
"""Characters. Webex's tokens have about 150; two of this length, with each character escaped, still
fit into the token file (1 MiB)."""

TRACKING_ID = "trackingid"
"""The response header with Webex's id of the request; the client adds it to the members."""

_LONGEST_TRACKING_ID = 120
_TRY_AGAIN = "Try again; if it stays so, tell Webex support."

_OAUTH_CODE = re.compile(
    r"\b(?:invalid_(?:request|client|grant|scope)|unauthorized_client|unsupported_grant_type"
    r"|access_denied|authorization_pending|slow_down|expired_token|tokenlimit_reached)\b"
)


class Response(NamedTuple):
    """One HTTP response. The names in ``headers`` are in lower case.

    Its texts are untrusted: ``text.cleaned`` makes them safe to display.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_html(self) -> bool:
        """Whether it is an HTML page, as captive portals and proxies send with any status."""
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.body.lstrip()[:1] == b"<"

    @property
    def title(self) -> str:
        """The title of an HTML page, "" without one."""
        page = self.body[:16_384].decode("utf-8", "replace")
        found = re.search(r"<title[^>]*>(.*?)</title", page, re.IGNORECASE | re.DOTALL)
        return found[1].strip() if found else ""

    @property
    def members(self) -> Mapping[str, object] | None:
        """The JSON object in the body; None where it is not one."""
        # An invalid number or character in some other member must not lose the token beside it.
        text = self.body.decode("utf-8-sig", "replace")
        try:
            found = json.loads(text, parse_int=_integer, strict=False)
        except (ValueError, RecursionError):  # a megabyte of "[" is nested too deeply
            return None
        return found if isinstance(found, dict) else None

    @property
    def tracking_id(self) -> str:
        """Webex's id of the request, from the body in any spelling, or from the header."""
        members = self.members or {}
        values = (members.get(name) for name in ("trackingId", "trackingID", TRACKING_ID))
        found = next((value for value in values if isinstance(value, str) and value), "")
        return found or self.headers.get(TRACKING_ID, "")

    @property
    def error_code(self) -> str:
        """The OAuth error code (RFC 6749 §5.2), "" for none.

        Some of Webex's errors have only a message. Then a code that is a word in it counts, because
        nothing else distinguishes a dead grant from a wrong secret.
        """
        value = (self.members or {}).get("error")
        if isinstance(value, str) and value:
            return value
        found = _OAUTH_CODE.search(self.server_text)
        return found[0] if found else ""

    @property
    def server_text(self) -> str:
        """The server's description of an error, in any of Webex's formats; "" for none."""
        members = self.members or {}
        texts = [members.get("error_description"), members.get("message")]
        listed = members.get("errors")
        if isinstance(listed, list):
            texts += [error.get("description") for error in listed if isinstance(error, dict)]
        # The description in "errors" usually repeats the message.
        said = (value.strip() for value in texts if isinstance(value, str))
        return " ".join(filter(None, dict.fromkeys(said)))

    def retry_after(self, now: datetime) -> timedelta | None:
        """Return how long the server asks to wait (RFC 9110 §10.2.3: seconds or a date), capped."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            # Six digits exceed the cap already.
            return min(timedelta(seconds=int(value[:6])), LONGEST_RETRY_AFTER)
        at = _http_date(value)
        return None if at is None else min(max(at - now, timedelta(0)), LONGEST_RETRY_AFTER)

    @property
    def date(self) -> datetime | None:
        """The server's time when it responded (RFC 9110 §6.6.1), in whole seconds."""
        return _http_date(self.headers.get("date", ""))


def _integer(digits: str) -> int | float:
    # Python refuses to parse an integer of more than 4300 digits.
    return int(digits) if len(digits) < 100 else float(digits)


def _http_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # half the cost of importing this module

    try:
        found = parsedate_to_datetime(text)
        if found.tzinfo is None:  # "-0000", which is UTC as well (RFC 5322 §3.3)
            return found.replace(tzinfo=timezone.utc)
        return found.astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError, IndexError):  # all of them leave the parser
        return None


def credential(members: Mapping[str, object], name: str) -> Secret | None:
    """Return a token or code: visible ASCII without spaces, valid in an HTTP header."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= LONGEST_CREDENTIAL and is_visible_ascii(value):
        return Secret(value)
    raise errors.UnusableResponse(f"The {name} in Webex's response cannot be one.", _TRY_AGAIN)


def lifetime(members: Mapping[str, object], name: str) -> timedelta | None:
    """Return a positive number of seconds, a number or text, up to ten years; else None."""
    value = members.get(name)
    # In Python True is an int.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # "3600", and "3600.0" as some servers write it.
    if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    in_range = 0 < seconds <= LONGEST_LIFETIME.total_seconds()
    return timedelta(seconds=seconds) if in_range else None


def instant(members: Mapping[str, object], name: str, *, per_second: int = 1000) -> datetime | None:
    """Return an instant given in milliseconds since 1970; None where it is not a valid one."""
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / per_second, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def token_from(
    members: Mapping[str, object], *, now: datetime, previous: Token | None = None
) -> Token:
    """Return the token in a successful response of the token endpoint (RFC 6749 §5.1).

    ``now`` is when the request was sent: lifetimes count from there, so that a slow response
    never makes a token seem to live longer. ``previous`` is the token that was refreshed; what the
    response omits is kept from it (RFC 6749 §6).

    Raise UnusableResponse where there is no usable access token. As the old refresh token may be
    revoked by now (RFC 9700 §4.14.2), nothing else invalidates the response: unreadable lifetimes
    and scopes count as unknown, and unknown members are ignored.
    """
    access_token = credential(members, "access_token")
    if access_token is None:
        raise errors.UnusableResponse(
            "Webex's response says success but holds no access token.", _TRY_AGAIN
        )
    kind = members.get("token_type")
    # The example response on Webex's integrations page has no token_type.
    if previous is None and isinstance(kind, str) and kind.strip().lower() not in ("", "bearer"):
        raise errors.UnusableResponse(
            "Webex's response holds a token of another type than Bearer.",
            "This program cannot use it; check the base URL.",
        )
    life = lifetime(members, "expires_in")
    refresh_token, refresh_expires_at = _refresh_side(members, now, previous)
    return Token(
        access_token=access_token,
        obtained_at=now,
        expires_at=None if life is None else now + life,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_expires_at,
        scopes=_scopes(members) or (previous.scopes if previous else ()),
        tracking_id=_tracking_id(members, access_token, refresh_token),
    )


def _tracking_id(members: Mapping[str, object], *secrets: Secret | None) -> str:
    """Return the request's id for the history; "" where it contains a token."""
    found = cleaned(str(members.get(TRACKING_ID) or ""), _LONGEST_TRACKING_ID)
    is_secret = any(secret is not None and secret.reveal()[:20] in found for secret in secrets)
    return "" if is_secret else found


def _refresh_side(
    members: Mapping[str, object], now: datetime, previous: Token | None
) -> tuple[Secret | None, datetime | None]:
    found = kept = previous.refresh_token if previous else None
    with suppress(errors.UnusableResponse):  # the access token beside it is valid all the same
        found = credential(members, "refresh_token") or kept
    life = lifetime(members, "refresh_token_expires_in")
    if found is not None and life is not None:
        return found, now + life
    # The known end is that of the old refresh token, not of a new one.
    return found, previous.refresh_expires_at if previous and kept and found == kept else None


def _scopes(members: Mapping[str, object]) -> tuple[str, ...]:
    """Return the scopes, a text (RFC 6749 §3.3) or a list; () where they are unreadable."""
    value = members.get("scope")
    if isinstance(value, list) and all(isinstance(scope, str) for scope in value):
        value = " ".join(value)
    if not isinstance(value, str) or len(value) > LONGEST_CREDENTIAL:
        return ()
    scopes = tuple(filter(None, value.split(" ")))
    # They are displayed unchanged, so they must not hold control characters.
    return scopes if all(map(is_visible_ascii, scopes)) else ()


def account_from(members: Mapping[str, object]) -> Account:
    """Return the account in a response of ``people/me`` (webex: People, Get My Own Details)."""
    emails = members.get("emails")
    first = emails[0] if isinstance(emails, list) and emails else ""
    return Account(
        display_name=displayable(members.get("displayName")),
        email=displayable(first),
        organization=_organization(displayable(members.get("orgId"))),
        user_id=displayable(members.get("id")),
    )


def displayable(value: object) -> str:
    """Return a text member, made safe to display; "" for anything else."""
    return cleaned(value, limit=120) if isinstance(value, str) else ""


def _organization(org_id: str) -> str:
    """Return the UUID in a Webex id: base64 of ``ciscospark://us/ORGANIZATION/<uuid>``."""
    try:
        uri = base64.b64decode(org_id + "=" * (-len(org_id) % 4), validate=True).decode("ascii")
    except ValueError:
        return org_id
    _, mark, uuid = uri.rpartition("/ORGANIZATION/")
    return cleaned(uuid) if mark and uuid else org_id


def jwt_claims(token: str) -> Mapping[str, object] | None:
    """Return the payload of a JWT (RFC 7519 §3), None of anything else.

    No signature is verified, so Webex's own responses take precedence over the claims.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class TokenClaims(NamedTuple):
    """The unverified claims of an access token; "" and None for those it lacks.

    ``organization`` and ``user_id`` are UUIDs. Shown only where Webex itself did not say, and as
    the token's own claim.
    """

    expires_at: datetime | None = None
    organization: str = ""
    app_id: str = ""
    user_id: str = ""


def claims_of(access_token: Secret) -> TokenClaims:
    """Return the claims of an access token, all empty where it is not a JWT.

    Webex's expiry_time is in milliseconds; exp (RFC 7519 §4.1.4) is in seconds.
    """
    found = jwt_claims(access_token.reveal())
    if found is None:
        return TokenClaims()
    return TokenClaims(
        expires_at=instant(found, "expiry_time") or instant(found, "exp", per_second=1),
        organization=displayable(found.get("realm")),
        app_id=displayable(found.get("client_id")),
        user_id=displayable(found.get("cis_uuid")),
    )


# The device grant (RFC 8628): a sign-in on another machine, without a redirect to this one.

HELPER_REDIRECT_URIS = tuple(
    f"https://oauth-helper-{region}.wbx2.com/helperservice/v1/actions/device/callback"
    for region in "arkd"
)
"""The redirect URIs that must be registered for this grant (webex: device grant)."""

DEFAULT_INTERVAL = timedelta(seconds=5)
"""The polling interval where the response has none (RFC 8628 §3.2)."""

SHORTEST_INTERVAL = timedelta(seconds=1)
"""A lower limit: a fraction of a second is a mistake of the server."""

LONGEST_INTERVAL = timedelta(seconds=60)
"""An upper limit: so long a user may wait after entering the code."""

_SLOW_DOWN = timedelta(seconds=5)


class DeviceAuthorization(NamedTuple):
    """A device code, with the user code and the page to enter it at.

    ``verification_uri_complete`` contains the user code (for a QR code); ``interval`` is the
    polling interval.
    """

    device_code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_at: datetime
    interval: timedelta


def device_code_from(members: Mapping[str, object], *, now: datetime) -> DeviceAuthorization:
    """Return the device code in a response of ``device/authorize`` (RFC 8628 §3.2).

    Raise UnusableResponse where a required member is missing or malformed.
    """
    device_code = credential(members, "device_code")
    with_code = members.get("verification_uri_complete")
    life = lifetime(members, "expires_in")
    if device_code is None or life is None:
        raise errors.UnusableResponse("Webex's response holds no device code.", _OTHER_WAY)
    return DeviceAuthorization(
        device_code=device_code,
        user_code=_user_code(members.get("user_code")),
        verification_uri=_page_address(members.get("verification_uri")),
        verification_uri_complete=_page_address(with_code) if with_code else None,
        expires_at=now + life,
        interval=_within_limits(lifetime(members, "interval") or DEFAULT_INTERVAL),
    )


def next_interval(
    interval: timedelta, outcome: errors.DevicePending | errors.TemporaryError
) -> timedelta:
    """Return the polling interval after an unsuccessful poll (RFC 8628 §3.5).

    "Slow down" adds five seconds for good; a temporary failure doubles the interval.
    """
    longer = interval
    if isinstance(outcome, errors.TemporaryError):
        longer = interval * 2
    elif outcome.slow_down:
        longer = interval + _SLOW_DOWN
    requested = outcome.retry_after or timedelta(0)
    return max(interval, _within_limits(max(longer, requested)))


def _within_limits(interval: timedelta) -> timedelta:
    return min(max(interval, SHORTEST_INTERVAL), LONGEST_INTERVAL)


def _user_code(value: object) -> str:
    if not isinstance(value, str) or len(value) > 40 or not is_visible_ascii(value):
        raise errors.UnusableResponse("Webex's response holds no code to enter.", _OTHER_WAY)
    return value


def _page_address(value: object) -> str:
    """Return the URL of a page to open in a browser."""
    if isinstance(value, str) and len(value) <= 2000 and is_visible_ascii(value):
        with suppress(ValueError):
            if is_encrypted(urlsplit(value)):
                return value
    raise errors.UnusableResponse(
        "Webex's response names no page to enter the code at.", _OTHER_WAY
    )


_OTHER_WAY = "Sign in with the browser instead, or ask for another code."


# The errors of refusals and missing responses.


class Purpose(Enum):
    """The purpose of a request, as a phrase to follow "to"."""

    EXCHANGE = "exchange the code for a token"
    REFRESH = "refresh the token"
    DEVICE_CODE = "give a device code"
    DEVICE_TOKEN = "say whether the device code was entered"  # noqa: S105 - words
    ACCOUNT = "say whose token it is"
    EXPIRY = "say until when the token is valid"
    MINT = "give a token of the service app"
    REVOKE = "revoke the authorization"
    REVOKE_TOKEN = "revoke the token"  # noqa: S105 - words

    @property
    def what_now(self) -> str:
        """What to do after a failure that neither user nor settings caused."""
        match self:
            case Purpose.EXCHANGE:
                return START_AGAIN
            case Purpose.REFRESH:
                return "The token is kept; try again later."
            case Purpose.REVOKE | Purpose.REVOKE_TOKEN:
                return "The token may live on at Webex; try again later."
        return "Try again later."


START_AGAIN = "Start the sign-in again: a code works only once."


def error_from(
    response: Response, purpose: Purpose, *, now: datetime, hidden: Sequence[Secret] = ()
) -> errors.WtrError:
    """Return the error to raise for an unsuccessful response.

    ``hidden`` are the request's secrets, which are masked where the server repeats them.
    """
    details = _details(response, hidden)
    if purpose is Purpose.DEVICE_TOKEN and (pending := _pending(response, now)):
        return pending
    if 300 <= response.status < 400:
        return _redirect(response, purpose, details)
    if response.status in {408, 425, 429} or response.status >= 500:
        head = (
            f"Webex has been asked too often to {purpose.value}"
            if response.status == 429
            else f"Webex cannot {purpose.value} now"
        )
        return errors.TemporaryError(
            head + _ending(details),
            purpose.what_now,
            retry_after=response.retry_after(now),
            details=details,
        )
    if response.is_html:
        return _foreign_page(response, purpose, details, hidden)
    if response.succeeded and response.members is None:
        what = "an answer that is not JSON" if response.body.strip() else "an empty answer"
        return errors.UnusableResponse(
            f"Asked to {purpose.value}, Webex gave {what}{_numbers(details)}.",
            purpose.what_now,
            details=details,
        )
    kind, head, hint = _kind(response, purpose, details)
    return kind(head + _ending(details), hint, details=details)


def no_response_error(reason: str, purpose: Purpose, *, sent: bool) -> errors.WtrError:
    """Return the error to raise without a response; ``sent``: the request may have arrived."""
    if purpose is Purpose.EXCHANGE and sent:
        return errors.OutcomeUnknown(
            f"The code was sent to Webex, but whether it took it is unknown: {reason}.",
            START_AGAIN,
        )
    return errors.TemporaryError(
        f"Webex could not be asked to {purpose.value}: {reason}.", purpose.what_now
    )


def _details(response: Response, hidden: Sequence[Secret]) -> errors.ServerDetails:
    return errors.ServerDetails(
        response.status,
        _shown(response.error_code, hidden, limit=60),
        _shown(response.tracking_id, hidden, limit=_LONGEST_TRACKING_ID),
        _shown(response.server_text, hidden),
    )


def _shown(text: str, hidden: Sequence[Secret], limit: int = 300) -> str:
    for secret in hidden:
        if secret.peek():
            text = text.replace(secret.peek(), MASK)
    return cleaned(text, limit)


def _ending(details: errors.ServerDetails) -> str:
    """Return the end of a message: the server's description, and the numbers for its support."""
    quoted = f": “{details.server_text}”" if details.server_text else ""
    return f"{quoted}{_numbers(details)}."


def _numbers(details: errors.ServerDetails) -> str:
    status = f"HTTP {details.status} {details.code}".rstrip()
    tracking = f", tracking id {details.tracking_id}" if details.tracking_id else ""
    return f" ({status}{tracking})"


def _pending(response: Response, now: datetime) -> errors.DevicePending | None:
    """Return DevicePending for the codes of RFC 8628 §3.5, and Webex's own 428 and 429."""
    slow_down = response.status == 429 or response.error_code == "slow_down"
    if slow_down or response.status == 428 or response.error_code == "authorization_pending":
        return errors.DevicePending(slow_down, retry_after=response.retry_after(now))
    return None


def _redirect(
    response: Response, purpose: Purpose, details: errors.ServerDetails
) -> errors.NotWebex:
    try:
        host = urlsplit(response.headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    towards = f" to {cleaned(host, 100)}" if host else ""
    return errors.NotWebex(
        f"Asked to {purpose.value}, the server redirects{towards}{_numbers(details)}; "
        "that is not followed, for it would hand over the secret.",
        "Check the base URL, and whether a sign-in portal or proxy stands in the way. "
        + purpose.what_now,
        details=details,
    )


def _foreign_page(
    response: Response, purpose: Purpose, details: errors.ServerDetails, hidden: Sequence[Secret]
) -> errors.NotWebex:
    title = _shown(response.title, hidden, limit=100)
    page = f"an HTML page, “{title}”" if title else "an HTML page"
    return errors.NotWebex(
        f"Asked to {purpose.value}, something else than Webex answered: {page}{_numbers(details)}.",
        f"Is there a proxy or a sign-in portal to pass first? {purpose.what_now}",
        details=details,
    )


def _kind(
    response: Response, purpose: Purpose, details: errors.ServerDetails
) -> tuple[type[errors.WtrError], str, str]:
    """Return class, message and hint of the error for a definite refusal."""
    refused = f"Webex refused to {purpose.value}"
    wrong_client = errors.WrongClient, "Webex does not accept the App ID and the secret"
    with_client = purpose not in _WITH_ACCESS_TOKEN
    said = f"{details.code} {details.server_text.lower().replace(' ', '_')}"
    match purpose, response.status, details.code:
        case _, _, "invalid_client" if with_client:
            return *wrong_client, _CHECK_CLIENT
        case Purpose.DEVICE_TOKEN, _, "access_denied":
            declined = "The sign-in with the device code was declined"
            return errors.DeviceDenied, declined, _ANOTHER_CODE
        case Purpose.DEVICE_TOKEN, _, "expired_token" | "invalid_grant":
            return errors.DeviceExpired, "The device code is no longer valid", _ANOTHER_CODE
        case Purpose.DEVICE_CODE, _, _ if "redirect_uri" in said:
            missing = "The integration is not set up for device codes"
            return errors.DeviceNotSetUp, missing, _REGISTER
        # A dead refresh token gives 400 invalid_grant or 401; for a code, which is always new, 401
        # refers to the client (RFC 6749 §5.2).
        case (Purpose.REFRESH, _, "invalid_grant") | (Purpose.REFRESH, 401, _):
            dead = "Webex no longer accepts the refresh token"
            return errors.GrantRejected, dead, "Sign in again."
        case Purpose.EXCHANGE, _, "invalid_grant":
            return errors.GrantRejected, "Webex does not accept the code", START_AGAIN
        case Purpose.MINT, 401, _:
            why = f"{refused}: it does not accept the token used for it"
            return errors.AccessTokenRejected, why, ""  # what to do depends on whose token it is
        case Purpose.REVOKE, 403 | 404, _:
            return errors.RequestRefused, refused, _REVOKE_YOURSELF
        case _, 401, _ if with_client:
            return *wrong_client, _CHECK_CLIENT
        case _, 401, _:
            rejected = "Webex does not accept the access token"
            return errors.AccessTokenRejected, rejected, _REFRESH
        case _, 404, _:
            nowhere = f"Webex has no place to {purpose.value}"
            return errors.RequestRefused, nowhere, "Check the base URL."
    return errors.RequestRefused, refused, _ADVICE.get(details.code, "")


_WITH_ACCESS_TOKEN = frozenset({Purpose.ACCOUNT, Purpose.EXPIRY, Purpose.MINT, Purpose.REVOKE})
_REVOKE_YOURSELF = "Only an administrator's token with the scope identity:tokens_write may."
_CHECK_CLIENT = "Check that the App ID and the secret belong to the same integration."
_ANOTHER_CODE = "Ask for another code, or sign in with the browser."
_REFRESH = "Refresh the token; if that is refused, sign in again."
_REGISTER = "Register these redirect URIs with the integration at developer.webex.com: " + " ".join(
    HELPER_REDIRECT_URIS
)
_ADVICE = {
    "invalid_scope": "Ask only for scopes that are ticked on the integration itself.",
    "unauthorized_client": "Check at developer.webex.com what the integration may do.",
    "unsupported_grant_type": "Check the base URL.",
    "access_denied": "Ask the administrator: Control Hub > Apps > Integrations.",
}
