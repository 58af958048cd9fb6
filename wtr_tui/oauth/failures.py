"""The error to raise where a request gives nothing that can be used, with its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from wtr_tui import errors
from wtr_tui.model import MASK, Secret
from wtr_tui.oauth.responses import HELPER_REDIRECT_URIS, Response
from wtr_tui.text import cleaned


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
        return _page(response, purpose, details, hidden)
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
        if secret.known():
            text = text.replace(secret.known(), MASK)
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


def _page(
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
