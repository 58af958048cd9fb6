"""What a server responds: a token or device code, whose the token is, or the error it stands for.

And what a token that is a JWT says of itself; no signature is checked.

Nothing is believed before it has been looked at (RFC 6749 §10.14). A member that is absent,
``null`` or an empty string is not there, and gives None: whether that is allowed is for the
caller to say. A credential that cannot be one raises :class:`UnusableResponse`, which names the
member and never quotes its value. A lifetime that cannot be read is as good as none: the token
beside it may be the only one that is left.
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
from wtr_tui.model import MASK, Account, Secret, Token
from wtr_tui.text import cleaned, is_visible_ascii

LONGEST_RETRY_AFTER = timedelta(minutes=15)
"""The longest Retry-After that is respected."""

LONGEST_LIFETIME = timedelta(days=3653)
"""Ten years: longer is a mistake (milliseconds, an instant), or overflows a date."""

LONGEST_CREDENTIAL = 65_536
"""Characters. Webex's tokens have about 150; of this length two of them, each character escaped,
still fit into the token file (1 MiB)."""

TRACKING_ID = "trackingid"
"""The header of every response, and a member of what the client gives of one."""

_LONGEST_TRACKING_ID = 120
_TRY_AGAIN = "Try again; if it stays so, tell Webex support."

_OAUTH_CODE = re.compile(
    r"\b(?:invalid_(?:request|client|grant|scope)|unauthorized_client|unsupported_grant_type"
    r"|access_denied|authorization_pending|slow_down|expired_token|tokenlimit_reached)\b"
)


class Response(NamedTuple):
    """One HTTP response. The names in ``headers`` are in lower case.

    Nothing here is cleaned: whoever shows a text from it passes it through ``text.cleaned``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_html(self) -> bool:
        """An HTML page: what proxies and sign-in portals answer, with any status."""
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
        """The JSON object in the body; None where it is no JSON, or no object."""
        # A number or a sign that cannot be read, in a member nobody needs, must not cost the
        # token that stands beside it.
        text = self.body.decode("utf-8-sig", "replace")
        try:
            found = json.loads(text, parse_int=_integer, strict=False)
        except (ValueError, RecursionError):  # a megabyte of "[" is deeper than Python goes
            return None
        return found if isinstance(found, dict) else None

    @property
    def tracking_id(self) -> str:
        """Webex's name for the request, from the body in either spelling, or from the header."""
        members = self.members or {}
        values = (members.get(name) for name in ("trackingId", "trackingID", TRACKING_ID))
        found = next((value for value in values if isinstance(value, str) and value), "")
        return found or self.headers.get(TRACKING_ID, "")

    @property
    def error_code(self) -> str:
        """The OAuth error code (RFC 6749 §5.2), "" where there is none.

        Webex's other shape of an error has only a message; a code that stands in it as a word
        of its own counts, for nothing else distinguishes a dead grant from a wrong secret there.
        """
        value = (self.members or {}).get("error")
        if isinstance(value, str) and value:
            return value
        found = _OAUTH_CODE.search(self.server_text)
        return found[0] if found else ""

    @property
    def server_text(self) -> str:
        """What the server said about an error, in whichever shape it said it; "" for nothing."""
        members = self.members or {}
        texts = [members.get("error_description"), members.get("message")]
        listed = members.get("errors")
        if isinstance(listed, list):
            texts += [error.get("description") for error in listed if isinstance(error, dict)]
        # The description in "errors" is mostly the message once more.
        said = (value.strip() for value in texts if isinstance(value, str))
        return " ".join(filter(None, dict.fromkeys(said)))

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the server asks to wait (RFC 9110 §10.2.3: seconds or a date), capped."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            # So many digits are more than the cap already.
            return min(timedelta(seconds=int(value[:6])), LONGEST_RETRY_AFTER)
        at = _http_date(value)
        return None if at is None else min(max(at - now, timedelta(0)), LONGEST_RETRY_AFTER)

    @property
    def date(self) -> datetime | None:
        """The server's clock when it responded (RFC 9110 §6.6.1), in whole seconds."""
        return _http_date(self.headers.get("date", ""))


def _integer(digits: str) -> int | float:
    # Python refuses to read an integer of more than 4300 digits at all.
    return int(digits) if len(digits) < 100 else float(digits)


def _http_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # half the cost of importing this module

    try:
        found = parsedate_to_datetime(text)
        if found.tzinfo is None:  # "-0000", which is UTC as well (RFC 5322 §3.3)
            return found.replace(tzinfo=timezone.utc)
        return found.astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError, IndexError):  # what the parser lets through
        return None


def credential(members: Mapping[str, object], name: str) -> Secret | None:
    """A token or code: visible ASCII without spaces, as an HTTP header can carry it."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= LONGEST_CREDENTIAL and is_visible_ascii(value):
        return Secret(value)
    raise errors.UnusableResponse(f"The {name} in Webex's response cannot be one.", _TRY_AGAIN)


def lifetime(members: Mapping[str, object], name: str) -> timedelta | None:
    """A positive number of seconds, as a number or as text, at most ten years; else None."""
    value = members.get(name)
    # In Python True is an int; in a response it is not a number of seconds.
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
    """An instant in milliseconds since 1970; None also where it is none a calendar can show."""
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
    """The token in a successful response of the token endpoint (RFC 6749 §5.1).

    ``now`` is when the request was sent: lifetimes count from there, so that a slow response
    never makes a token look longer-lived than it is. ``previous`` is the token that was
    refreshed: what the response omits is kept from it (RFC 6749 §6). Raises
    UnusableResponse where the response holds no usable token; unknown members are ignored. The old
    refresh token may be void by now (RFC 9700 §4.14.2), so nothing that is odd beside a good
    access token makes the response a bad one: an end, or a scope, that cannot be read is unknown.
    """
    access_token = credential(members, "access_token")
    if access_token is None:
        raise errors.UnusableResponse(
            "Webex's response says success but holds no access token.", _TRY_AGAIN
        )
    kind = members.get("token_type")
    # The example response on Webex's integrations page states no token_type at all.
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
    """What names the request in the history; "" where a server has put a token there."""
    found = cleaned(str(members.get(TRACKING_ID) or ""), _LONGEST_TRACKING_ID)
    is_secret = any(secret is not None and secret.reveal()[:20] in found for secret in secrets)
    return "" if is_secret else found


def _refresh_side(
    members: Mapping[str, object], now: datetime, previous: Token | None
) -> tuple[Secret | None, datetime | None]:
    found = kept = previous.refresh_token if previous else None
    with suppress(errors.UnusableResponse):  # the access token beside it is good all the same
        found = credential(members, "refresh_token") or kept
    life = lifetime(members, "refresh_token_expires_in")
    if found is not None and life is not None:
        return found, now + life
    # The end that was known belongs to the old refresh token, not to a new one.
    return found, previous.refresh_expires_at if previous and kept and found == kept else None


def _scopes(members: Mapping[str, object]) -> tuple[str, ...]:
    """The scopes as RFC 6749 §3.3 writes them, or as a list; () where they cannot be read."""
    value = members.get("scope")
    if isinstance(value, list) and all(isinstance(scope, str) for scope in value):
        value = " ".join(value)
    if not isinstance(value, str) or len(value) > LONGEST_CREDENTIAL:
        return ()
    scopes = tuple(filter(None, value.split(" ")))
    # They are shown as they are: nothing in them may be an order to the terminal.
    return scopes if all(map(is_visible_ascii, scopes)) else ()


def account_from(members: Mapping[str, object]) -> Account:
    """The account in the response of ``people/me`` (webex: People, Get My Own Details)."""
    emails = members.get("emails")
    first = emails[0] if isinstance(emails, list) and emails else ""
    return Account(
        display_name=shown(members.get("displayName")),
        email=shown(first),
        organization=_organization(shown(members.get("orgId"))),
        user_id=shown(members.get("id")),
    )


def shown(value: object) -> str:
    """A member that is a text, fit to be shown; "" for anything else."""
    return cleaned(value, limit=120) if isinstance(value, str) else ""


def _organization(org_id: str) -> str:
    """Webex ids are base64 of ``ciscospark://us/ORGANIZATION/<uuid>``, without padding."""
    try:
        uri = base64.b64decode(org_id + "=" * (-len(org_id) % 4), validate=True).decode("ascii")
    except ValueError:
        return org_id
    _, mark, uuid = uri.rpartition("/ORGANIZATION/")
    return cleaned(uuid) if mark and uuid else org_id


def claims(token: str) -> Mapping[str, object] | None:
    """The payload of a JWT (RFC 7519 §3), None where it is none. No signature is checked.

    So this is what the token says, not what is so: never above Webex's own response.
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
    """What an access token says about itself; "" and None for what it does not.

    ``organization`` and ``user_id`` are UUIDs. To be shown as the token's word, and only where
    Webex did not say.
    """

    expires_at: datetime | None = None
    organization: str = ""
    app_id: str = ""
    user_id: str = ""


def claims_of(access_token: Secret) -> TokenClaims:
    """The claims of an access token that is a JWT; none of one that is not.

    Webex's end is in milliseconds; RFC 7519 §4.1.4 has it in seconds.
    """
    found = claims(access_token.reveal())
    if found is None:
        return TokenClaims()
    return TokenClaims(
        expires_at=instant(found, "expiry_time") or instant(found, "exp", per_second=1),
        organization=shown(found.get("realm")),
        app_id=shown(found.get("client_id")),
        user_id=shown(found.get("cis_uuid")),
    )


# The device grant (RFC 8628): signing in on any other machine, without a redirect to this one.

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


class DeviceAuthorization(NamedTuple):
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
    """How long to wait before asking again, and from then on (RFC 8628 §3.5).

    "Slow down" adds five seconds for good; a failure on the way doubles the wait.
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
    """A page to open in a browser."""
    if isinstance(value, str) and len(value) <= 2000 and is_visible_ascii(value):
        with suppress(ValueError):
            if is_encrypted(urlsplit(value)):
                return value
    raise errors.UnusableResponse(
        "Webex's response names no page to enter the code at.", _OTHER_WAY
    )


_OTHER_WAY = "Sign in with the browser instead, or ask for another code."


# The error to raise where a request gives nothing that can be used, with its sentences.


class Purpose(Enum):
    """What a request is for, as a phrase that follows "to"."""

    EXCHANGE = "exchange the code for a token"
    REFRESH = "refresh the token"
    DEVICE_CODE = "give a device code"
    DEVICE_TOKEN = "say whether the device code was entered"  # noqa: S105 - words
    ACCOUNT = "say whose token it is"
    USERINFO = "say whose token it is, by userinfo"
    EXPIRY = "say until when the token is valid"
    MINT = "give a token of the service app"
    REVOKE = "revoke the authorization"
    REVOKE_TOKEN = "revoke the token"  # noqa: S105 - words

    @property
    def what_now(self) -> str:
        """What to do when it failed without anybody's fault."""
        match self:
            case Purpose.EXCHANGE:
                return START_AGAIN
            case Purpose.REFRESH:
                return "The token is kept; try again later."
            case Purpose.REVOKE | Purpose.REVOKE_TOKEN:
                return "The token may live on at Webex; try again later."
        return "Try again later."


START_AGAIN = "Start the sign-in again: a code works only once."


def refusal(
    response: Response, purpose: Purpose, *, now: datetime, hidden: Sequence[Secret] = ()
) -> errors.WtrError:
    """The error that a response stands for, to be raised.

    ``hidden`` are the secrets the request carried: a server that repeats one in its error
    text does not bring it onto the screen.
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


def outage(reason: str, purpose: Purpose, *, sent: bool) -> errors.WtrError:
    """The error for no response at all; ``sent``: the request may have arrived."""
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
        _shown(response.tracking_id, hidden, limit=120),
        _shown(response.server_text, hidden),
    )


def _shown(text: str, hidden: Sequence[Secret], limit: int = 300) -> str:
    for secret in hidden:
        if secret.peek():
            text = text.replace(secret.peek(), MASK)
    return cleaned(text, limit)


def _ending(details: errors.ServerDetails) -> str:
    """The end of a sentence: the server's own words, and the numbers to name to its support."""
    quoted = f": “{details.server_text}”" if details.server_text else ""
    return f"{quoted}{_numbers(details)}."


def _numbers(details: errors.ServerDetails) -> str:
    status = f"HTTP {details.status} {details.code}".rstrip()
    tracking = f", tracking id {details.tracking_id}" if details.tracking_id else ""
    return f" ({status}{tracking})"


def _pending(response: Response, now: datetime) -> errors.DevicePending | None:
    """RFC 8628 §3.5, and Webex's own 428; too many requests is its other "slow down"."""
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
    """Class, message and hint of a definite no."""
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
        # A dead refresh token answers 400 invalid_grant or 401; at the exchange 401 means the
        # client, for the code itself is new (RFC 6749 §5.2).
        case (Purpose.REFRESH, _, "invalid_grant") | (Purpose.REFRESH, 401, _):
            dead = "Webex no longer accepts the refresh token"
            return errors.GrantRejected, dead, "Sign in again."
        case Purpose.EXCHANGE, _, "invalid_grant":
            return errors.GrantRejected, "Webex does not accept the code", START_AGAIN
        case Purpose.MINT, 403, _:
            return errors.RequestRefused, refused, _AUTHORISE
        case Purpose.MINT, 401, _:
            why = f"{refused}: it does not accept the token used for it"
            return errors.AccessTokenRejected, why, _REFRESH_THAT
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


_WITH_ACCESS_TOKEN = frozenset(
    {Purpose.ACCOUNT, Purpose.USERINFO, Purpose.EXPIRY, Purpose.MINT, Purpose.REVOKE}
)
_AUTHORISE = (
    "A full administrator of the organisation has to authorise the service app in Control Hub >"
    " Apps > Service Apps; and the token used for it needs the scope spark:applications_token."
)
_REVOKE_YOURSELF = "Only an administrator's token with the scope identity:tokens_write may."
_CHECK_CLIENT = "Check that the App ID and the secret belong to the same integration."
_ANOTHER_CODE = "Ask for another code, or sign in with the browser."
_REFRESH_THAT = "Refresh that token, and check that it has the scope spark:applications_token."
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
