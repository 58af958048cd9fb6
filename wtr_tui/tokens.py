"""The one way to a valid token.

::

    fast_token    the token file alone, while it is good and the settings are those it was saved
       │          under: standard library, no YAML, no dataclass
       ▼
    await_refresh where it has expired, one process refreshes it and all others wait here
       ▼
    valid_token   settings read → same App ID and base URL → lock → read again → refresh → save

:func:`fast_token` answers only where :func:`valid_token` would give the same token. Every failure
is raised as an error of :mod:`wtr_tui.errors`. A new token is saved before it is returned.
"""

from __future__ import annotations

from enum import Enum

from wtr_tui import clock
from wtr_tui.errors import (
    ForeignToken,
    GrantRejected,
    LockUnusable,
    NoRefreshToken,
    NotSaved,
    SignInNeeded,
    StorageError,
    TemporaryError,
    UntrustedServer,
    UnusableResponse,
    WrongClient,
    WtrError,
)
from wtr_tui.storage import paths, settings_record, token_json
from wtr_tui.text import cleaned

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from wtr_tui.model import StoredToken, Token
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.storage.lock import Lock
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.token_json import Members

MIN_LEFT = 300
"""Seconds that are to be left of a token that is handed on; of a short life, half of it."""

PATIENCE = 60.0
"""Seconds to wait for another process that refreshes: scripts start by the dozen, at once."""

SIGN_IN = "Sign in with wtr retrieve, or in wtr-tui."


class How(Enum):
    """How a token was come by."""

    STORED = "stored"
    """It was asked for with enough left of it."""
    REFRESHED = "refreshed"
    SAME = "same"
    """Webex gave the same access token again, as it often does within a day."""
    ALREADY_FRESH = "already-fresh"
    """Nothing was asked: the file holds a fresh one, or one newer than the caller knew."""


class Obtained:
    """A token to hand on, how it was come by, and what the user should know all the same."""

    __slots__ = ("how", "token", "warning")

    def __init__(self, token: Token, how: How, warning: str = "") -> None:
        self.token = token
        self.how = how
        self.warning = warning


class TokenState(Enum):
    """What a profile's token is good for. The value is the word shown beside its sign."""

    NONE = "no token"
    VALID = "valid"
    SOON = "expires soon"
    EXPIRED = "expired"
    REFUSED = "refused by Webex"
    SIGN_IN_NEEDED = "sign-in needed"
    FOREIGN = "another integration's"
    UNSAVED = "not saved"
    UNKNOWN_END = "end unknown"

    @property
    def sign(self) -> str:
        """``●`` where it can be used, ``▲`` where that ends soon, ``✗`` where it cannot."""
        return _SIGNS[self]


_SIGNS = {
    TokenState.NONE: "○",
    TokenState.VALID: "●",
    TokenState.SOON: "▲",
    TokenState.EXPIRED: "✗",
    TokenState.REFUSED: "✗",
    TokenState.SIGN_IN_NEEDED: "✗",
    TokenState.FOREIGN: "✗",
    TokenState.UNSAVED: "▲",
    TokenState.UNKNOWN_END: "●",
}


# The fast way: nothing but the standard library.


def fast_token(
    name: str | None,
    config: str | None,
    environ: Mapping[str, str],
    min_left: int | None = None,
) -> Members | None:
    """The token file's members, where the token in it is surely good for ``min_left`` seconds.

    ``name`` and ``config`` are what the command line says. None for ``min_left`` is MIN_LEFT, or
    half of a shorter life. Gives None wherever it takes a closer look, of :func:`valid_token`:
    nothing is told here, nothing repaired, and no failure raised.
    """
    files = _files(name, config, environ)
    members = _members(files)
    if members is None or files is None:
        return None
    obtained_at = clock.from_iso(members["obtained_at"])
    if members["expires_at"] is not None:
        expires_at = clock.from_iso(members["expires_at"])
        left = expires_at - clock.now()
        if left <= _margin(obtained_at, expires_at, min_left):
            return None
    return members if settings_record.fits(members, files[0], environ) else None


def await_refresh(
    name: str | None,
    config: str | None,
    environ: Mapping[str, str],
    min_left: int | None = None,
) -> tuple[Members | None, Lock | None]:
    """Single-flight refresh across processes, before anything heavy is loaded.

    Where the access token has expired and can be refreshed: the members of the new one, once
    another process has refreshed it, else the lock to do it with (held, or waited for in vain).
    Neither, where it takes a closer look.
    """
    files = _files(name, config, environ)
    if files is None or not _has_expired(files, refreshable=True):
        return None, None
    from wtr_tui.storage.lock import exclusive  # here: a token that is good needs none

    lock = exclusive(paths.lock_path(files[1]), PATIENCE, until=lambda: not _has_expired(files))
    try:
        lock.acquire()
    except TemporaryError:
        return None, lock
    except StorageError:
        return None, None
    if lock.is_held:
        if _has_expired(files):
            return None, lock
        lock.release()
    return fast_token(name, config, environ, min_left), None


def _files(
    name: str | None, config: str | None, environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """Settings and token file; None where a name is none or a path needs thought."""
    try:
        profile = paths.profile_name(name, environ)
        other = config or environ.get("WTR_CONFIG")
        settings_path = other or paths.settings_path(profile, environ)
        token_path = paths.token_path(profile, environ)
    except WtrError:
        return None
    # What a shell makes of <(…) can be read once, so it is left to whoever needs all of it.
    if not settings_path.startswith("/") or settings_path.startswith(("/dev/", "/proc/")):
        return None
    return settings_path, token_path


def _members(files: tuple[str, str] | None) -> Members | None:
    try:
        return None if files is None else token_json.read(files[1])
    except WtrError:
        return None


def _has_expired(files: tuple[str, str], *, refreshable: bool = False) -> bool:
    members = _members(files)
    if members is None or members["expires_at"] is None:
        return False
    if refreshable and members["refresh_token"] is None:
        return False
    return clock.from_iso(members["expires_at"]) <= clock.now()


def _margin(obtained_at: datetime, expires_at: datetime | None, min_left: int | None) -> timedelta:
    """What has to be left of a token that is handed on."""
    if min_left is not None:
        return clock.seconds(min_left)
    usual = clock.seconds(MIN_LEFT)
    if expires_at is None:
        return usual
    return min(usual, max((expires_at - obtained_at) / 2, clock.seconds(0)))


# The full way.


def stored_token(profile: Profile) -> StoredToken:
    """What the profile's file holds. Raises SignInNeeded where there is none."""
    stored = profile.token_file.read()
    if stored is None:
        raise SignInNeeded(f"The profile {profile.name} has no token.", SIGN_IN)
    return stored


def valid_token(
    profile: Profile,
    settings: Settings,
    *,
    min_left: int | None = None,
    may_refresh: bool = True,
    stored: StoredToken | None = None,
    lock: Lock | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Obtained:
    """The profile's token, refreshed where less than ``min_left`` seconds of it are left.

    None for ``min_left`` is MIN_LEFT, or half of a shorter life. As long as the stored token is
    valid at all, a refresh that fails only becomes a warning. ``stored`` is what the file holds,
    where the caller has read it; ``lock`` the token's, held already or waited for. Raises a
    WtrError where there is no valid token to give.
    """
    stored = stored or stored_token(profile)
    require_own(stored, settings)
    token = stored.token
    margin = _margin(token.obtained_at, token.expires_at, min_left)
    if token.is_valid(now(), margin):
        return Obtained(token, How.STORED)
    if not may_refresh:
        if token.is_valid(now()):
            return Obtained(token, How.STORED)
        raise WtrError("The access token has expired, and --no-refresh forbids to ask for another.")
    try:
        require_refresh_token(token)
        obtained = refresh(
            profile,
            settings.require(),
            now=now,
            within=margin,
            seen=token,
            lock=lock or profile.token_file.lock(PATIENCE),
        )
    except NotSaved as error:
        return Obtained(error.token, How.REFRESHED, f"The new token is NOT SAVED. {error}")
    except WtrError as error:
        # Another process may have been luckier meanwhile, one that held the lock for long.
        newest = profile.token_file.read()
        if newest is not None and newest.app_id == stored.app_id and newest.token.is_valid(now()):
            token = newest.token
        if not token.is_valid(now()):
            raise
        return Obtained(token, How.STORED, f"Not refreshed, but still valid. {error}")
    token = obtained.token
    if token.is_valid(now(), _margin(token.obtained_at, token.expires_at, min_left)):
        return obtained
    if not token.is_valid(now()):
        raise WtrError(_TOO_SHORT)
    return Obtained(token, obtained.how, _TOO_SHORT)


_TOO_SHORT = "The token is new, and yet valid for less than --min-left asks for."


def refresh(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
    within: timedelta | None = None,
    seen: Token | None = None,
    lock: Lock | None = None,
) -> Obtained:
    """Refreshes the profile's token, unless that is not needed (any more), and saves it.

    ``within``: only when no more than that is left. ``seen``: the token the caller knows; when
    the file holds another one that is valid, another process has refreshed and nothing is asked.
    ``lock``: the token's, held already or with a patience of its own; it is let go of. What
    happened has been handed on when this returns or raises, without the lock.

    Raises NotSaved with a token that could not be written, GrantRejected or SignInNeeded where
    only a sign-in helps, NoRefreshToken, WrongClient, ForeignToken, TemporaryError (with
    LockHeld) for what may work later, StorageError where Webex was not asked, RequestRefused.
    """
    from wtr_tui.delivery import deliver
    from wtr_tui.history import Event

    try:
        obtained = _under_the_lock(profile, settings, client, now, within, seen, lock)
    except WtrError as error:
        event = Event.NEEDS_SIGN_IN if isinstance(error, SignInNeeded) else Event.FAILED
        deliver(profile, settings, event, error=error)
        raise
    if obtained.how is How.REFRESHED:
        deliver(profile, settings, Event.REFRESHED, obtained.token)
    elif obtained.how is How.SAME:
        deliver(profile, settings, Event.SAME_TOKEN, obtained.token)
    return obtained


def _under_the_lock(
    profile: Profile,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
    within: timedelta | None,
    seen: Token | None,
    lock: Lock | None,
) -> Obtained:
    token_file = profile.token_file
    try:
        with lock or token_file.lock():
            token_file.take_up_leftover()
            return _read_again(profile, settings, client, now, within, seen, try_room=True)
    except LockUnusable:
        # A disk that is not to be written to (a container's mount) still holds a refresh token.
        # It is used once the access token has expired and not before: the response can hardly
        # be saved, and a server that rotates refresh tokens takes the stored one back.
        stored = token_file.read()
        if stored is None or stored.token.is_valid(now()):
            raise
        return _read_again(profile, settings, client, now, within, seen, try_room=False)


def _read_again(
    profile: Profile,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
    within: timedelta | None,
    seen: Token | None,
    *,
    try_room: bool,
) -> Obtained:
    """Reads the token again, another process may have replaced it, and asks where needed."""
    from wtr_tui import in_flight

    stored = profile.token_file.read()
    if stored is None:
        raise SignInNeeded("There is no token to refresh.", "Sign in first.")
    require_own(stored, settings, strict=True)
    token = stored.token
    newer = seen is not None and not token.same_access(seen) and token.is_valid(now())
    if newer or (within is not None and token.is_valid(now(), within)):
        return Obtained(token, How.ALREADY_FRESH)
    require_refresh_token(token)
    if not settings.secret:
        raise WrongClient("The settings have no secret.", "Set it, or $WEBEX_SECRET.")
    if try_room:
        # A server that rotates refresh tokens takes the old one back with its response, so
        # nothing is asked for that could not be kept: a full disk may have room again tomorrow.
        profile.token_file.try_room(stored)
    with in_flight.until_saved():
        return _requested(profile, stored, settings, client, now)


def _requested(
    profile: Profile,
    stored: StoredToken,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
) -> Obtained:
    try:
        token = _granted(stored.token, settings, client, now)
    except GrantRejected:
        # A program that does not know the lock may have written another one meanwhile.
        newest = profile.token_file.read()
        if newest is None or newest.token.same_access(stored.token):
            raise
        if not newest.token.is_valid(now()):
            raise
        return Obtained(newest.token, How.ALREADY_FRESH)
    except (UntrustedServer, UnusableResponse) as error:
        # A portal's page, a certificate nobody vouches for, a response without a token: all of
        # them say more about the way to Webex, today, than about the token.
        raise TemporaryError(error.message, error.hint, details=error.details) from error
    try:
        profile.token_file.save(settings.stored(token, stored))
    except StorageError as error:
        raise NotSaved(token, error.message, error.hint) from error
    same = token.same_access(stored.token)
    return Obtained(token, How.SAME if same else How.REFRESHED)


def _granted(
    token: Token,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
) -> Token:
    if client is not None:
        return client.refresh(token)
    # Loaded here: a token that is fresh costs no HTTP library.
    from wtr_tui.oauth.client import WebexClient

    with WebexClient(
        settings.base_url,
        settings.app_id,
        settings.secret,
        ca_file=settings.ca_file,
        now=now,
    ) as own:
        return own.refresh(token)


# Checks, and what they say everywhere.


def require_refresh_token(token: Token) -> None:
    """Raises NoRefreshToken where the token has none. Whether it is good only Webex knows."""
    if token.refresh_token is None:
        raise NoRefreshToken(
            "This token cannot be refreshed: it has no refresh token, as a personal access token"
            " or a bot's has none.",
            "Import a new one, or sign in with an integration.",
        )


def require_own(stored: StoredToken, settings: Settings, *, strict: bool = False) -> None:
    """Raises ForeignToken where the settings name another App ID or base URL than the token's.

    No App ID at all is a contradiction only with ``strict``: to hand a token on none is needed.
    """
    if stored.app_id != settings.app_id and (settings.app_id or strict):
        raise ForeignToken(
            f"The token belongs to the App ID {_shortened(stored.app_id)}, the settings name"
            f" {_shortened(settings.app_id) or 'none'}.",
            f"Use another profile for another integration. {SIGN_IN}",
        )
    require_base_url(stored, settings)


def require_base_url(stored: StoredToken, settings: Settings) -> None:
    """Raises ForeignToken where the settings name another base URL than the token's."""
    other = other_base_url(stored, settings)
    if other:
        raise ForeignToken(
            f"The token came from {cleaned(other, 100)}, and {settings.base_url_place} names"
            f" {cleaned(settings.base_url, 100)}: nothing of it is sent there.",
            "Use another profile for another base URL.",
        )


def other_base_url(stored: StoredToken, settings: Settings) -> str:
    """The base URL the token came from, where the settings name another one; else "".

    A file of version 0.1.0 does not say it: its token is taken for one of the base URL that the
    settings file names, or the default. The environment does not count here: whoever can set a
    variable could else have the refresh token sent to any server.
    """
    own = stored.base_url or settings.file_base_url or settings.base_url
    same = settings_record.same_base_url(own, settings.base_url)
    return "" if same else own


def state_of(
    stored: StoredToken | None,
    settings: Settings,
    now: datetime,
    *,
    refused: bool = False,
    sign_in_needed: bool = False,
    unsaved: bool = False,
) -> TokenState:
    """What is shown of a token everywhere (pure).

    ``refused``: Webex answered 401 to it; ``sign_in_needed``: Webex no longer accepts its refresh
    token; ``unsaved``: it lives in this process only. Soon is the last tenth of the lifetime,
    where that is unknown the last hour.
    """
    if stored is None:
        return TokenState.NONE
    if unsaved:
        return TokenState.UNSAVED
    if settings.app_id not in ("", stored.app_id) or other_base_url(stored, settings):
        return TokenState.FOREIGN
    token = stored.token
    if refused:
        return TokenState.REFUSED
    left = token.left(now)
    if left is None:
        return TokenState.SIGN_IN_NEEDED if sign_in_needed else TokenState.UNKNOWN_END
    none_left = clock.seconds(0)
    if left <= none_left:
        refresh_left = token.refresh_left(now)
        over = token.refresh_token is None or (
            refresh_left is not None and refresh_left <= none_left
        )
        return TokenState.SIGN_IN_NEEDED if sign_in_needed or over else TokenState.EXPIRED
    life = token.expires_at - token.obtained_at if token.expires_at else none_left
    soon = life / 10 if life > none_left else clock.seconds(3_600)
    return TokenState.SOON if left <= soon else TokenState.VALID


def _shortened(app_id: str) -> str:
    return app_id if len(app_id) <= 12 else f"{app_id[:10]}…"
