"""Every failure of the program, in one hierarchy, and the exit codes.

A failure is raised once, as one of these: commands print it, screens show it, the onToken command
and the history name it by its ``kind``. ``wtr token`` loads this module, so it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from datetime import timedelta

    from wtr_tui.model import Token

DONE = 0
FAILED = 1
WRONG_USAGE = 2
SIGN_IN_NEEDED = 3
TEMPORARY = 4
INTERRUPTED = 130


class ServerDetails:
    """The server's own account of a failed request. Holds no secrets.

    ``status`` is the HTTP status (None: no response arrived), ``code`` the OAuth error code
    (RFC 6749 §5.2; "" for none), ``tracking_id`` Webex's id of the request, ``server_text`` the
    server's error text, on one line and safe to display.
    """

    __slots__ = ("code", "server_text", "status", "tracking_id")

    def __init__(
        self,
        status: int | None = None,
        code: str = "",
        tracking_id: str = "",
        server_text: str = "",
    ) -> None:
        self.status = status
        self.code = code
        self.tracking_id = tracking_id
        self.server_text = server_text

    def __repr__(self) -> str:
        return f"ServerDetails(status={self.status}, code={self.code!r})"


class WtrError(Exception):
    """Base class of all failures that are reported to a user.

    ``message`` is a sentence: what is wrong and where. ``hint`` says what to do about it. Neither
    ever holds a secret: both are shown, logged and printed as they are. ``kind`` is a stable
    identifier for programs. ``details`` is the server's account, where a server refused.
    """

    exit_code = FAILED
    kind = "failed"

    is_repeated = False
    """True where no request was made: it repeats the failure reported the last time."""

    def __init__(
        self, message: str, hint: str = "", *, details: ServerDetails | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    @property
    def status(self) -> int | None:
        """The HTTP status of the server's refusal; None where no server refused."""
        return None if self.details is None else self.details.status

    def __str__(self) -> str:
        # A message of several lines ends with an excerpt of a file: the hint gets its own line.
        gap = "\n" if "\n" in self.message else " "
        return f"{self.message}{gap}{self.hint}".rstrip()


# What the user got wrong: exit code 2.


class UsageError(WtrError):
    """A command line with unknown or contradictory arguments."""

    exit_code = WRONG_USAGE
    kind = "usage"


class SettingsError(WtrError):
    """A setting is missing or wrong, or its file cannot be read."""

    exit_code = WRONG_USAGE
    kind = "settings"
    line: int | None = None
    """The line of the settings file that is at fault, from 1; None if no line is."""


class WrongClient(SettingsError):
    """The App ID and the client secret do not belong together, or one is missing.

    The token itself may still be valid.
    """

    kind = "wrong-client"


class SecretUnavailable(SettingsError):
    """The client secret could not be read from secretCommand or secretFile."""

    kind = "secret-unavailable"


class ForeignToken(SettingsError):
    """The token belongs to another App ID or base URL than the settings name."""

    kind = "foreign-token"


class DeviceNotSetUp(SettingsError):
    """The integration lacks the redirect URIs that the device grant requires."""

    kind = "device-not-set-up"


# Files: exit code 1.


class StorageError(WtrError):
    """A file of the program cannot be read, written or locked."""

    kind = "storage"


class UnsafeFile(StorageError):
    """A file or folder of an unexpected kind or owner: a symbolic link, a pipe, another user's."""


class TokenFileUnreadable(StorageError):
    """A token file exists but cannot be read, so it is unknown whether there is a token."""


class CorruptTokenFile(StorageError):
    """The token file is damaged. ``kept_as`` is the path its content was copied to."""

    kind = "corrupt-token-file"

    def __init__(self, path: str, fault: str, kept_as: str = "") -> None:
        kept = f" Its content is kept as {kept_as}." if kept_as else ""
        super().__init__(f"The token file {path} is damaged: {fault}.{kept}", "Sign in again.")
        self.path = path
        self.fault = fault
        self.kept_as = kept_as


class TokenFileNotWritten(StorageError):
    """The token file could not be written. Its previous content is intact."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(f"The token was not saved to {path}: {reason}", hint)


class NotSaved(StorageError):
    """``token`` was granted but could not be saved: it exists in this process only."""

    kind = "not-saved"

    def __init__(self, token: Token, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.token = token


class LockUnusable(StorageError):
    """The lock file cannot be opened or locked at all."""


# Only a sign-in by the user helps: exit code 3.


class SignInNeeded(WtrError):
    """No token can be used or refreshed: a user has to sign in."""

    exit_code = SIGN_IN_NEEDED
    kind = "sign-in-needed"
    is_news = True
    """False where the same failure of the same grant has been reported before."""


class GrantRejected(SignInNeeded):
    """Webex does not accept the authorization code or the refresh token (any more)."""


class AccessTokenRejected(SignInNeeded):
    """Webex does not accept the access token: it is expired, revoked or mistyped."""

    kind = "access-token-rejected"


class NoRefreshToken(WtrError):
    """The token has no refresh token, as personal access tokens and those of bots."""

    exit_code = SIGN_IN_NEEDED
    kind = "no-refresh-token"


# It may work later, unchanged: exit code 4.


class TemporaryError(WtrError):
    """A failure that may go away by itself; nothing has to be changed.

    ``retry_after`` is the time the server asks to wait, already capped; None if it does not ask.
    """

    exit_code = TEMPORARY
    kind = "temporary"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        retry_after: timedelta | None = None,
        details: ServerDetails | None = None,
    ) -> None:
        super().__init__(message, hint, details=details)
        self.retry_after = retry_after

    def __str__(self) -> str:
        if self.retry_after is None:
            return super().__str__()
        from wtr_tui.clock import duration

        return f"{super().__str__()} Webex asks to wait {duration(self.retry_after)}."


class LockHeld(TemporaryError):
    """Another process held the lock for the whole time limit. ``pid`` is 0 where unknown."""

    kind = "lock-held"

    def __init__(self, path: str, pid: int) -> None:
        who = f"process {pid}" if pid else "a process"
        super().__init__(
            f"Another wtr-tui ({who}) is busy with the token and holds {path}.",
            "Try again in a moment, or end that process.",
        )
        self.pid = pid


class OutcomeUnknown(TemporaryError):
    """A code exchange that may have reached the server. As a code works once, only a new sign-in
    helps."""

    kind = "outcome-unknown"


class DevicePending(WtrError):
    """The user has not entered the device code yet (RFC 8628 §3.5): poll again.

    ``slow_down`` says that the polling is too frequent, ``retry_after`` how long to wait at least.
    """

    exit_code = TEMPORARY
    kind = "device-pending"

    def __init__(self, slow_down: bool = False, *, retry_after: timedelta | None = None) -> None:
        super().__init__("The code has not been entered at Webex yet.")
        self.slow_down = slow_down
        self.retry_after = retry_after


class DeviceExpired(WtrError):
    """The device code is no longer valid; a new one can be requested."""

    exit_code = TEMPORARY
    kind = "device-expired"


# A definite refusal, or an unusable response: exit code 1.


class DeviceDenied(WtrError):
    """The user, or an administrator's policy, declined the device code."""

    kind = "device-denied"


class RequestRefused(WtrError):
    """A definite refusal by Webex: the same request would be refused again."""

    kind = "request-refused"


class UntrustedServer(WtrError):
    """No trusted authority has issued the server's certificate; nothing was sent."""

    kind = "untrusted-server"


class UnusableResponse(WtrError):
    """A successful response without usable content."""

    kind = "unusable-response"


class NotWebex(UnusableResponse):
    """A response that is not Webex's: the page of a captive portal or proxy, or a redirect."""

    exit_code = TEMPORARY
    kind = "not-webex"
