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

import os
from enum import Enum

from wtr_tui import clock, errors, token_state
from wtr_tui.storage import paths, state, token_json

TYPE_CHECKING = False  # as in typing, which takes longer to import than a token to print
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from wtr_tui.model import StoredToken, Token
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.oauth.transport import HttpClient
    from wtr_tui.storage.lock import Lock
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.token_json import Members

MIN_LEFT = 300
"""Seconds that are to be left of a token that is handed on; of a short life, half of it."""

PATIENCE = 60.0
"""Seconds to wait for another process that refreshes: scripts start by the dozen, at once."""


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
    nothing is reported here, nothing repaired, and no failure raised.
    """
    files = _files(name, config, environ)
    members = _members(files)
    if members is None or files is None:
        return None
    if members["expires_at"] is not None:
        expires_at = clock.timestamp(members["expires_at"])
        life = expires_at - clock.timestamp(members["obtained_at"])
        if expires_at - clock.timestamp_now() <= _margin(life, min_left):
            return None
        if expires_at - clock.timestamp_now() > life + clock.TOLERANCE:
            return None  # obtained in the future: see Token.is_postdated
    if not _is_quiet(files[1], members):
        return None
    return members if token_json.matches_settings(members, files[0], environ) else None


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
    from wtr_tui.storage.lock import Lock  # here: a token that is good needs none

    lock = Lock(paths.lock_path(files[1]), PATIENCE, until=lambda: not _has_expired(files))
    try:
        lock.acquire()
    except errors.TemporaryError:
        return None, lock
    except errors.StorageError:
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
    except errors.WtrError:
        return None
    # What a shell makes of <(…) can be read once, so it is left to whoever needs all of it.
    if not settings_path.startswith("/") or settings_path.startswith(("/dev/", "/proc/")):
        return None
    return settings_path, token_path


def _members(files: tuple[str, str] | None) -> Members | None:
    try:
        return None if files is None else token_json.read(files[1])
    except errors.WtrError:
        return None


def _has_expired(files: tuple[str, str], *, refreshable: bool = False) -> bool:
    members = _members(files)
    if members is None or members["expires_at"] is None:
        return False
    if refreshable and members["refresh_token"] is None:
        return False
    return clock.timestamp(members["expires_at"]) <= clock.timestamp_now()


def _is_quiet(token_path: str, members: Members) -> bool:
    """Whether nothing noted beside the token asks for more than to hand it on."""
    end, refresh_token = members["refresh_expires_at"], members["refresh_token"]
    longest = state.longest_warning(token_path)
    if longest is not None:
        left = None if end is None else clock.timestamp(end) - clock.timestamp_now()
        if left is None or refresh_token is None or not 0 < left <= longest:
            return True
    known = state.read(token_path)
    if known.refused(members["access_token"]) is not None:
        return False
    if end is None or refresh_token is None or known.sign_in_needed(refresh_token) is not None:
        return True
    end = clock.from_iso(end)
    if not known.due_warnings(end, end - clock.now()):
        return True
    # Where it cannot be noted that a sign-in was announced, none is.
    return not os.access(os.path.dirname(token_path), os.W_OK)  # noqa: PTH120 - without pathlib


def _margin(life: float | None, min_left: int | None) -> float:
    """Seconds that have to be left of a token with such a life, in seconds, to be handed on."""
    if min_left is not None:
        return min_left
    return MIN_LEFT if life is None else min(MIN_LEFT, max(life / 2, 0))


def _margin_of(token: Token, min_left: int | None) -> timedelta:
    end = token.expires_at
    life = None if end is None else (end - token.obtained_at).total_seconds()
    return clock.seconds(_margin(life, min_left))


# The full way.


def stored_token(profile: Profile) -> StoredToken:
    """What the profile's file holds. Raises SignInNeeded where there is none."""
    stored = profile.token_file.read()
    if stored is None:
        raise errors.SignInNeeded(f"The profile {profile.name} has no token.", token_state.SIGN_IN)
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
    from wtr_tui import outcomes

    stored = stored or stored_token(profile)
    token_state.require_own(stored, settings)
    token = stored.token
    margin = _margin_of(token, min_left)
    noted = outcomes.read_state(profile)
    refused = token_state.refusal(noted, token, now())
    # A refresh that gave it once more has done what a refresh can do.
    to_replace = refused != "" and not noted.refused_again
    misdated = token.is_postdated(now()) and token.refresh_token is not None and may_refresh
    if token.is_valid(now(), margin) and not to_replace and not misdated:
        outcomes.announce_sign_in(profile, settings, now)
        return Obtained(token, How.STORED, refused and f"{refused} {token_state.SIGN_IN}")
    if not may_refresh:
        if token.is_valid(now()):
            return Obtained(token, How.STORED, refused)
        raise errors.WtrError(
            "The access token has expired, and --no-refresh forbids to ask for another."
        )
    if to_replace and token.refresh_token is None:
        raise errors.AccessTokenRejected(refused, token_state.SIGN_IN)
    try:
        token_state.require_refresh_token(token)
        obtained = refresh(
            profile,
            settings,
            now=now,
            within=None if to_replace else margin,
            seen=token,
            lock=lock or profile.token_file.lock(PATIENCE),
        )
    except errors.NotSaved as error:
        return Obtained(error.token, How.REFRESHED, f"The new token is NOT SAVED. {error}")
    except errors.WtrError as error:
        # Another process may have been luckier meanwhile, one that held the lock for long.
        newest = profile.token_file.read()
        if newest is not None and newest.app_id == stored.app_id and newest.token.is_valid(now()):
            token = newest.token
        if not token.is_valid(now()) or (to_replace and token.same_access(stored.token)):
            raise
        return Obtained(token, How.STORED, f"Not refreshed, but still valid. {error}")
    token = obtained.token
    if token.is_valid(now(), _margin_of(token, min_left)):
        return obtained
    if not token.is_valid(now()):
        raise errors.WtrError(_TOO_SHORT)
    return Obtained(token, obtained.how, _TOO_SHORT)


_TOO_SHORT = "The token is new, and yet valid for less than --min-left asks for."


def webex_client(
    settings: Settings,
    *,
    now: Callable[[], datetime] = clock.now,
    http: HttpClient | None = None,
    total_timeout: float = 30.0,
) -> WebexClient:
    """Webex as these settings reach it. Raises SettingsError for an unusable CA file or proxy."""
    # Loaded here: a token that is fresh costs no HTTP library.
    from wtr_tui.oauth.client import WebexClient

    return WebexClient(
        settings.base_url,
        settings.app_id,
        settings.secret,
        ca_file=settings.ca_file,
        now=now,
        http=http,
        total_timeout=total_timeout,
    )


def refresh(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
    within: timedelta | None = None,
    both_ends: bool = False,
    seen: Token | None = None,
    lock: Lock | None = None,
) -> Obtained:
    """Refreshes the profile's token, unless that is not needed (any more), and saves it.

    ``within``: only when no more than that is left; with ``both_ends`` of the refresh token, too,
    once: as long as it is not known that refreshing does not move that end. ``seen``: the token
    the caller knows; when the file holds another one that is valid, another process has refreshed
    and nothing is asked. ``lock``: the token's, held already or with a patience of its own; it is
    let go of. What happened has been handed on when this returns or raises, without the lock.

    Raises SettingsError where a setting is missing or wrong, NotSaved with a token that could not
    be written, GrantRejected or SignInNeeded where only a sign-in helps, NoRefreshToken,
    WrongClient, ForeignToken, TemporaryError (with LockHeld) for what may work later, StorageError
    where Webex was not asked, RequestRefused.
    """
    from wtr_tui import outcomes
    from wtr_tui.delivery import deliver
    from wtr_tui.history import Event

    def is_enough(token: Token) -> bool:
        newer = seen is not None and not token.same_access(seen)
        if newer and token.is_valid(now()):
            return True
        return is_fresh(profile, token, within, now(), both_ends=both_ends)

    settings.require()
    attempt = _Attempt(profile, settings, client, now)
    try:
        obtained = attempt.renewed(is_enough, within, lock)
    except errors.WtrError as error:
        needs_sign_in = isinstance(error, errors.SignInNeeded)
        event = Event.NEEDS_SIGN_IN if needs_sign_in else Event.FAILED
        if not error.is_repeated:
            is_news = not isinstance(error, errors.SignInNeeded) or error.is_news
            deliver(profile, settings, event, error=error, is_news=is_news)
        if not needs_sign_in:
            outcomes.announce_sign_in(profile, settings, now)
        raise
    if obtained.how is not How.ALREADY_FRESH:
        event = Event.REFRESHED if obtained.how is How.REFRESHED else Event.SAME_TOKEN
        deliver(profile, settings, event, obtained.token)
    outcomes.announce_sign_in(profile, settings, now)
    return obtained


def is_fresh(
    profile: Profile,
    token: Token,
    within: timedelta | None,
    now: datetime,
    *,
    both_ends: bool = False,
) -> bool:
    """Whether more than ``within`` is left: see :func:`refresh`. None asks for a new one anyway."""
    if within is None or not token.is_valid(now, within) or token.is_postdated(now):
        return False
    if not both_ends:
        return True
    at = token_state.refresh_before_end(state.read(str(profile.token_path)), token, within)
    return at is None or not at <= now < at + within


def mint(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Obtained:
    """A service app's new token, in place of a user's sign-in; saved, and handed on.

    Raises SettingsError where settings are missing or lead in a circle, SignInNeeded where the
    profile that mints needs one, RequestRefused with the cure for what Webex refused, NotSaved,
    TemporaryError (with LockHeld).
    """
    from wtr_tui import outcomes

    obtained = _Attempt(profile, settings, client, now).minted(None)
    outcomes.record_sign_in(profile, settings, obtained.token, now)
    return obtained


class _Attempt:
    """One refresh, in its steps."""

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        client: WebexClient | None,
        now: Callable[[], datetime],
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.client = client
        self.now = now

    def renewed(
        self, is_enough: Callable[[Token], bool], within: timedelta | None, lock: Lock | None
    ) -> Obtained:
        """Refreshed; a service app's token, whose refresh token is dead, minted anew, once.

        Where that fails, the next attempt waits, longer after each failure, whichever process it
        is.
        """
        from wtr_tui import outcomes

        if not self.settings.can_mint:
            return self._under_the_lock(is_enough, within, lock)
        try:
            before = self.profile.token_file.read()
            if before is not None and not is_enough(before.token):
                known = outcomes.read_state(self.profile)
                outcomes.require_mint_due(known, before.token, self.now())
            return self._under_the_lock(is_enough, within, lock)
        except errors.GrantRejected:
            stored = stored_token(self.profile)
        finally:
            if lock is not None and lock.is_held:
                lock.release()
        try:
            return self.minted(stored.token)
        except errors.NotSaved:
            raise
        except errors.WtrError as error:
            outcomes.record_mint_failure(self.profile, error, self.now())
            raise

    def minted(self, dead: Token | None) -> Obtained:
        """Minted and saved, unless another process has replaced the ``dead`` token meanwhile."""
        from wtr_tui import in_flight, outcomes, service_app

        profile, settings, now = self.profile, self.settings, self.now
        through, through_settings = service_app.minting_profile(profile, settings)
        # Got before this profile's lock is taken: no process waits for one while it holds another.
        try:
            held = valid_token(through, through_settings, now=now)
        except errors.WtrError as error:
            raise service_app.explained(error, profile, through) from error
        settings.secret.fetch()
        with profile.token_file.lock(PATIENCE):
            profile.token_file.recover_interrupted_save()
            newest = None if dead is None else self._valid_other(dead)
            if newest is not None:
                return Obtained(newest, How.ALREADY_FRESH)
            with in_flight.until_saved():
                with self._webex() as webex:
                    token = service_app.minted(settings, through, held.token, webex)
                try:
                    stored = profile.token_file.read()
                except errors.StorageError:
                    stored = None  # saving looks after a damaged file
                self._save(token, stored)
                if dead is not None:
                    outcomes.record_grant(profile, settings, dead, token, now())
        return Obtained(token, How.REFRESHED, held.warning)

    def _under_the_lock(
        self, is_enough: Callable[[Token], bool], within: timedelta | None, lock: Lock | None
    ) -> Obtained:
        from wtr_tui import outcomes

        token_file = self.profile.token_file
        try:
            with lock or token_file.lock():
                token_file.recover_interrupted_save()
                return self._read_again(is_enough, locked=True)
        except errors.LockUnusable:
            # A disk that is not to be written to (a container's mount) still holds a refresh
            # token. It is used once the access token has expired and not before, as the response
            # can hardly be saved; and not at all where the server takes it back with its response.
            stored = token_file.read()
            if stored is None:
                raise
            if within is not None and stored.token.is_valid(self.now(), within):
                return Obtained(stored.token, How.ALREADY_FRESH)  # for the refresh token's end
            if stored.token.is_valid(self.now()) or outcomes.read_state(self.profile).rotates:
                raise
            return self._read_again(is_enough, locked=False)

    def _read_again(self, is_enough: Callable[[Token], bool], *, locked: bool) -> Obtained:
        """Reads the token again, another process may have replaced it, and asks where needed."""
        from wtr_tui import in_flight, outcomes

        profile, settings = self.profile, self.settings
        stored = profile.token_file.read(locked=locked)
        if stored is None:
            raise errors.SignInNeeded("There is no token to refresh.", "Sign in first.")
        token_state.require_own(stored, settings, strict=True)
        token = stored.token
        if is_enough(token):
            return Obtained(token, How.ALREADY_FRESH)
        token_state.require_refresh_token(token)
        settings.secret.fetch()
        if locked:
            # A server that rotates refresh tokens takes the old one back with its response, so
            # nothing is asked for that could not be kept: a full disk may have room tomorrow.
            profile.token_file.require_space(stored)
        with in_flight.until_saved():
            try:
                obtained = self._requested(stored)
            except errors.WtrError as error:
                if locked:
                    outcomes.record_failure(profile, token, error, self.now())
                raise
            if locked and obtained.how is not How.ALREADY_FRESH:
                outcomes.record_grant(profile, settings, token, obtained.token, self.now())
            return obtained

    def _requested(self, stored: StoredToken) -> Obtained:
        try:
            with self._webex() as webex:
                token = webex.refresh(stored.token)
        except errors.GrantRejected as error:
            # A program that does not know the lock may have written another one meanwhile.
            newest = self._valid_other(stored.token)
            if newest is None:
                raise errors.GrantRejected(
                    error.message, token_state.LOST_GRANT, details=error.details
                ) from error
            return Obtained(newest, How.ALREADY_FRESH)
        except (errors.UntrustedServer, errors.UnusableResponse) as error:
            # A portal's page, a certificate nobody vouches for, a response without a token: all of
            # them say more about the way to Webex, today, than about the token.
            raise errors.TemporaryError(error.message, error.hint, details=error.details) from error
        self._save(token, stored)
        same = token.same_access(stored.token)
        return Obtained(token, How.SAME if same else How.REFRESHED)

    def _webex(self) -> AbstractContextManager[WebexClient]:
        from contextlib import nullcontext

        return (
            nullcontext(self.client) if self.client else webex_client(self.settings, now=self.now)
        )

    def _save(self, token: Token, before: StoredToken | None) -> None:
        try:
            self.profile.token_file.save(self.settings.stored(token, before))
        except errors.StorageError as error:
            raise errors.NotSaved(token, error.message, error.hint) from error

    def _valid_other(self, than: Token) -> Token | None:
        """Another token that the file holds by now, where that is valid."""
        stored = self.profile.token_file.read()
        if stored is None or stored.token.same_access(than):
            return None
        return stored.token if stored.token.is_valid(self.now()) else None
