"""What Webex, or the way to it, can answer instead of what was asked for: one class each.

A sentence for the person is put together by whoever knows what was being done; it holds the
server's own words (cleaned) and the tracking id Webex support asks for, and never a secret.
"""

from __future__ import annotations

from datetime import timedelta

from wtr_tui.errors import FAILED, SIGN_IN_NEEDED, TEMPORARY, WRONG_USAGE, WtrError


class WebexFailure(WtrError):
    """A request to Webex that did not give what was asked for.

    ``status`` is the HTTP status (None: no answer arrived), ``code`` the OAuth error code
    (RFC 6749 §5.2; "" where the answer has none), ``tracking_id`` Webex's name for the request,
    ``server_words`` what the server said, on one line and fit to be shown.
    """

    exit_code = FAILED

    def __init__(
        self,
        sentence: str,
        advice: str = "",
        *,
        status: int | None = None,
        code: str = "",
        tracking_id: str = "",
        server_words: str = "",
    ) -> None:
        super().__init__(sentence, advice)
        self.status = status
        self.code = code
        self.tracking_id = tracking_id
        self.server_words = server_words


class GrantRejected(WebexFailure):
    """The code or the refresh token is not accepted (any more): only a new sign-in helps."""

    exit_code = SIGN_IN_NEEDED


class AccessTokenRejected(WebexFailure):
    """The access token itself is not accepted: expired, revoked or mistyped."""

    exit_code = SIGN_IN_NEEDED


class ClientRejected(WebexFailure):
    """The App ID and the secret do not belong together. Says nothing about the token."""

    exit_code = WRONG_USAGE


class RequestRefused(WebexFailure):
    """Any other definite no: asking again the same way gives the same answer."""


class UnusableAnswer(WebexFailure):
    """An answer that says "success" but holds no token that could be used."""


class NotWebex(UnusableAnswer):
    """An answer Webex does not give: a sign-in portal's or proxy's page, or a redirect."""

    exit_code = TEMPORARY


class UntrustedServer(WebexFailure):
    """The certificate presented is not vouched for by any known authority; nothing was sent."""


class TemporaryFailure(WebexFailure):
    """It may work later, unchanged. ``retry_after`` is the server's own wish, already capped."""

    exit_code = TEMPORARY

    def __init__(
        self,
        sentence: str,
        advice: str = "",
        *,
        retry_after: timedelta | None = None,
        status: int | None = None,
        code: str = "",
        tracking_id: str = "",
        server_words: str = "",
    ) -> None:
        super().__init__(
            sentence,
            advice,
            status=status,
            code=code,
            tracking_id=tracking_id,
            server_words=server_words,
        )
        self.retry_after = retry_after


class OutcomeUnknown(WebexFailure):
    """A code exchange that may have reached the server; a code works once, so: start again."""

    exit_code = TEMPORARY


class DevicePending(WebexFailure):
    """The person has not entered the device code yet (RFC 8628 §3.5): ask again.

    ``slow_down`` says that asking came too often, ``retry_after`` how long to wait at least.
    """

    exit_code = TEMPORARY

    def __init__(self, slow_down: bool = False, *, retry_after: timedelta | None = None) -> None:
        super().__init__("The code has not been entered at Webex yet.")
        self.slow_down = slow_down
        self.retry_after = retry_after


class DeviceExpired(WebexFailure):
    """The device code is no longer valid; a new one can be asked for."""

    exit_code = TEMPORARY


class DeviceDenied(WebexFailure):
    """The person, or an administrator's policy, declined the device code."""


class DeviceNotSetUp(WebexFailure):
    """The integration lacks the redirect URIs the device grant needs: ``redirect_uris``."""

    exit_code = WRONG_USAGE

    def __init__(
        self,
        sentence: str,
        advice: str = "",
        *,
        redirect_uris: tuple[str, ...],
        status: int | None = None,
        code: str = "",
        tracking_id: str = "",
        server_words: str = "",
    ) -> None:
        super().__init__(
            sentence,
            advice,
            status=status,
            code=code,
            tracking_id=tracking_id,
            server_words=server_words,
        )
        self.redirect_uris = redirect_uris
