"""Every failure of the program, in one hierarchy, and the exit codes.

A failure is raised once, as one of these. Commands print it, screens show it, the onToken
command and the history name it by its ``kind``. Nothing is imported: ``wtr token`` loads this.
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
    """What a server itself said about a request that failed; nothing in it is secret.

    ``status`` is the HTTP status (None: no response arrived), ``code`` the OAuth error code
    (RFC 6749 §5.2; "" where there is none), ``tracking_id`` Webex's name for the request,
    ``server_text`` the server's own words on one line, fit to be shown.
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
    """``message`` is a sentence: what is wrong and where. ``hint`` says what to do about it.

    Neither ever holds a secret: both are shown, logged and printed as they are. ``kind`` is a
    stable word for programs. ``details`` is what the server said, where one was asked.
    """

    exit_code = FAILED
    kind = "failed"

    is_repeated = False
    """True where nothing was asked: it repeats what was found and reported the last time."""

    def __init__(
        self, message: str, hint: str = "", *, details: ServerDetails | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    @property
    def status(self) -> int | None:
        """The HTTP status of the server's refusal; None where no server refused anything."""
        return None if self.details is None else self.details.status

    def __str__(self) -> str:
        # A message of several lines ends with a piece of a file: the hint has its own line.
        gap = "\n" if "\n" in self.message else " "
        return f"{self.message}{gap}{self.hint}".rstrip()


# What the user got wrong: exit code 2.


class UsageError(WtrError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = WRONG_USAGE
    kind = "usage"


class SettingsError(WtrError):
    """A setting is missing or wrong, or its file cannot be read."""

    exit_code = WRONG_USAGE
    kind = "settings"
    line: int | None = None
    """The line of the file that is at fault, from 1; None where it is none."""


class WrongClient(SettingsError):
    """The App ID and the secret do not belong together, or one is missing.

    Says nothing about the token, which may be as good as ever.
    """

    kind = "wrong-client"


class SecretUnavailable(SettingsError):
    """The secret is kept elsewhere (secretCommand, secretFile), and could not be got there."""

    kind = "secret-unavailable"


class ForeignToken(SettingsError):
    """The token is another App ID's than the settings name, or from another base URL."""

    kind = "foreign-token"


class DeviceNotSetUp(SettingsError):
    """The integration lacks the redirect URIs that the device grant needs."""

    kind = "device-not-set-up"


# Files: exit code 1.


class StorageError(WtrError):
    """A file of the program cannot be read, written or locked."""

    kind = "storage"


class UnsafeFile(StorageError):
    """The file or its folder is not what it should be: a link, a pipe, somebody else's."""


class TokenFileUnreadable(StorageError):
    """There is a token file, but it cannot be read: it is not known whether there is a token."""


class CorruptTokenFile(StorageError):
    """The token file does not hold what it should. ``kept_as`` is where its content was copied."""

    kind = "corrupt-token-file"

    def __init__(self, path: str, fault: str, kept_as: str = "") -> None:
        kept = f" Its content is kept as {kept_as}." if kept_as else ""
        super().__init__(f"The token file {path} is damaged: {fault}.{kept}", "Sign in again.")
        self.path = path
        self.fault = fault
        self.kept_as = kept_as


class TokenNotSaved(StorageError):
    """The token file could not be written. What it held before, it still holds."""

    def __init__(self, path: str, reason: str, hint: str = "") -> None:
        super().__init__(f"The token was not saved to {path}: {reason}", hint)


class NotSaved(StorageError):
    """``token`` was granted but could not be written: it lives only as long as the program."""

    kind = "not-saved"

    def __init__(self, token: Token, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.token = token


class LockUnusable(StorageError):
    """The lock file cannot be opened or locked at all."""


# Only a sign-in by the user helps: exit code 3.


class SignInNeeded(WtrError):
    """There is no token that could be used or refreshed: a user has to sign in."""

    exit_code = SIGN_IN_NEEDED
    kind = "sign-in-needed"
    is_news = True
    """False where the same was found of the same grant and reported before."""


class GrantRejected(SignInNeeded):
    """Webex does not accept the code or the refresh token (any more)."""


class AccessTokenRejected(SignInNeeded):
    """Webex does not accept the access token itself: expired, revoked or mistyped."""

    kind = "access-token-rejected"


class NoRefreshToken(WtrError):
    """The token cannot be refreshed: a personal access token or a bot's has no refresh token."""

    exit_code = SIGN_IN_NEEDED
    kind = "no-refresh-token"


# It may work later, unchanged: exit code 4.


class TemporaryError(WtrError):
    """It failed now and may work later; nothing has to be changed.

    ``retry_after`` is the server's own wish, already capped; None without one.
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
    """Another process kept the lock longer than was waited. ``pid`` is 0 where unknown."""

    kind = "lock-held"

    def __init__(self, path: str, pid: int) -> None:
        who = f"process {pid}" if pid else "a process"
        super().__init__(
            f"Another wtr-tui ({who}) is busy with the token and holds {path}.",
            "Try again in a moment, or end that process.",
        )
        self.pid = pid


class OutcomeUnknown(TemporaryError):
    """A code exchange that may have reached the server; a code works once, so: start again."""

    kind = "outcome-unknown"


class DevicePending(WtrError):
    """The user has not entered the device code yet (RFC 8628 §3.5): ask again.

    ``slow_down`` says that asking came too often, ``retry_after`` how long to wait at least.
    """

    exit_code = TEMPORARY
    kind = "device-pending"

    def __init__(self, slow_down: bool = False, *, retry_after: timedelta | None = None) -> None:
        super().__init__("The code has not been entered at Webex yet.")
        self.slow_down = slow_down
        self.retry_after = retry_after


class DeviceExpired(WtrError):
    """The device code is no longer valid; a new one can be asked for."""

    exit_code = TEMPORARY
    kind = "device-expired"


# A definite no, or no answer that could be used: exit code 1.


class DeviceDenied(WtrError):
    """The user, or an administrator's policy, declined the device code."""

    kind = "device-denied"


class RequestRefused(WtrError):
    """Webex's definite no: asking again the same way gives the same answer."""

    kind = "request-refused"


class UntrustedServer(WtrError):
    """The certificate presented is not vouched for by any known authority; nothing was sent."""

    kind = "untrusted-server"


class UnusableResponse(WtrError):
    """A response that says "success" but holds nothing that could be used."""

    kind = "unusable-response"


class NotWebex(UnusableResponse):
    """A response Webex does not give: a sign-in portal's or proxy's page, or a redirect."""

    exit_code = TEMPORARY
    kind = "not-webex"
