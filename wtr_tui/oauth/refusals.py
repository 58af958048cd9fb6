"""An answer that does not give what was asked for, judged: which failure it is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from wtr_tui.errors import (
    AccessTokenRejected,
    DeviceDenied,
    DeviceExpired,
    DeviceNotSetUp,
    DevicePending,
    GrantRejected,
    NotWebex,
    RequestRefused,
    ServerDetails,
    TemporaryError,
    UnusableResponse,
    WrongClient,
    WtrError,
)
from wtr_tui.model import MASK, Secret
from wtr_tui.oauth.answer import Answer
from wtr_tui.oauth.asking import START_AGAIN, Asking
from wtr_tui.oauth.device import HELPER_REDIRECT_URIS
from wtr_tui.text import cleaned


def refusal(
    answer: Answer, asking: Asking, *, now: datetime, hidden: Sequence[Secret] = ()
) -> WtrError:
    """The failure an answer stands for, to be raised.

    ``hidden`` are the secrets the request carried: a server that repeats one in its error
    text does not bring it onto the screen.
    """
    told = _told(answer, hidden)
    if asking is Asking.DEVICE_TOKEN and (pending := _pending(answer, now)):
        return pending
    if 300 <= answer.status < 400:
        return _redirect(answer, asking, told)
    if answer.status in {408, 425, 429} or answer.status >= 500:
        return _temporary(answer, asking, told, now)
    if answer.is_html:
        return _page(answer, asking, told, hidden)
    return _definite(answer, asking, told)


def no_object(answer: Answer, asking: Asking) -> UnusableResponse:
    """The failure that an answer of success without a JSON object stands for."""
    told = _told(answer, ())
    if answer.is_html:
        return _page(answer, asking, told, ())
    what = "an answer that is not JSON" if answer.body.strip() else "an empty answer"
    return UnusableResponse(
        f"Asked to {asking.value}, Webex gave {what}{told.details}.",
        asking.what_now,
        details=ServerDetails(answer.status, tracking_id=told.tracking_id),
    )


@dataclass(frozen=True)
class _Told:
    """What the answer says for the person, cleaned: its words, code and tracking id."""

    words: str
    code: str
    tracking_id: str
    details: str
    server: ServerDetails

    @property
    def ending(self) -> str:
        """What follows a sentence's statement: the server's own words and the details."""
        return (f": “{self.words}”" if self.words else "") + self.details + "."


def _told(answer: Answer, hidden: Sequence[Secret]) -> _Told:
    code = _shown(answer.error_code, hidden, limit=60)
    tracking_id = _shown(answer.tracking_id, hidden, limit=120)
    status = f"HTTP {answer.status} {code}".rstrip()
    details = f" ({status}, tracking id {tracking_id})" if tracking_id else f" ({status})"
    words = _shown(answer.server_words, hidden)
    server = ServerDetails(answer.status, code, tracking_id, words)
    return _Told(words, code, tracking_id, details, server)


def _shown(text: str, hidden: Sequence[Secret], limit: int = 300) -> str:
    for secret in hidden:
        if secret:
            text = text.replace(secret.reveal(), MASK)
    return cleaned(text, limit)


def _pending(answer: Answer, now: datetime) -> DevicePending | None:
    """RFC 8628 §3.5, and Webex's own 428; too many requests is its other "slow down"."""
    slow_down = answer.status == 429 or answer.error_code == "slow_down"
    if slow_down or answer.status == 428 or answer.error_code == "authorization_pending":
        return DevicePending(slow_down, retry_after=answer.retry_after(now))
    return None


def _redirect(answer: Answer, asking: Asking, told: _Told) -> NotWebex:
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    towards = f" to {cleaned(host, 100)}" if host else ""
    return NotWebex(
        f"Asked to {asking.value}, the server redirects{towards}{told.details}; "
        "that is not followed, for it would hand over the secret.",
        f"Check the base URL, and whether a sign-in portal or proxy stands in the way. "
        f"{asking.what_now}".rstrip(),
        details=ServerDetails(answer.status, tracking_id=told.tracking_id),
    )


def _page(answer: Answer, asking: Asking, told: _Told, hidden: Sequence[Secret]) -> NotWebex:
    title = _shown(answer.title, hidden, limit=100)
    page = f"an HTML page, “{title}”" if title else "an HTML page"
    return NotWebex(
        f"Asked to {asking.value}, something else than Webex answered: {page}{told.details}.",
        f"Is there a proxy or a sign-in portal to pass first? {asking.what_now}",
        details=ServerDetails(answer.status, tracking_id=told.tracking_id),
    )


def _temporary(answer: Answer, asking: Asking, told: _Told, now: datetime) -> TemporaryError:
    head = (
        f"Webex has been asked too often to {asking.value}"
        if answer.status == 429
        else f"Webex cannot {asking.value} now"
    )
    return TemporaryError(
        head + told.ending,
        asking.what_now,
        retry_after=answer.retry_after(now),
        details=told.server,
    )


def _definite(answer: Answer, asking: Asking, told: _Told) -> WtrError:
    kind, head, advice = _kind(answer, asking, told)
    if kind is DeviceNotSetUp:
        return DeviceNotSetUp(
            head + told.ending,
            advice,
            redirect_uris=HELPER_REDIRECT_URIS,
            details=told.server,
        )
    return kind(
        head + told.ending,
        advice,
        details=told.server,
    )


def _kind(answer: Answer, asking: Asking, told: _Told) -> tuple[type[WtrError], str, str]:
    refused = f"Webex refused to {asking.value}"
    client = WrongClient, "Webex does not accept the App ID and the secret", _CHECK_CLIENT
    bearer = asking in {Asking.PERSON, Asking.EXPIRY}
    if told.code == "invalid_client" and not bearer:
        return client
    if asking is Asking.DEVICE_TOKEN:
        if told.code == "access_denied":
            return DeviceDenied, "The sign-in with the device code was declined", _ANOTHER_CODE
        if told.code in {"expired_token", "invalid_grant"}:
            return DeviceExpired, "The device code is no longer valid", _ANOTHER_CODE
    if asking is Asking.DEVICE_CODE and _names_redirect_uri(told):
        return DeviceNotSetUp, "The integration is not set up for device codes", _REGISTER
    # A dead refresh token answers 400 invalid_grant or 401; at the exchange 401 means the
    # client, for the code itself is new (RFC 6749 §5.2).
    if asking is Asking.REFRESH and (told.code == "invalid_grant" or answer.status == 401):
        return GrantRejected, "Webex no longer accepts the refresh token", "Sign in again."
    if asking is Asking.EXCHANGE and told.code == "invalid_grant":
        return GrantRejected, "Webex does not accept the code", START_AGAIN
    if answer.status == 401:
        if bearer:
            return AccessTokenRejected, "Webex does not accept the access token", _REFRESH
        return client
    if answer.status == 404:
        return RequestRefused, f"Webex has no place to {asking.value}", "Check the base URL."
    return RequestRefused, refused, _ADVICE.get(told.code, "")


def _names_redirect_uri(told: _Told) -> bool:
    return "redirect_uri" in told.words.lower().replace(" ", "_") or "redirect_uri" in told.code


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
