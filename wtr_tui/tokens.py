"""Getting a valid token: from its file, by a refresh, or by minting.

::

    fast_token    reads the token file alone, while the token is valid and the settings are those
       │          it was saved under: standard library, no YAML, no dataclass
       ▼
    await_refresh where it has expired, one process refreshes it, and all others wait here
       ▼
    valid_token   reads settings → checks App ID and base URL → locks → rereads → refreshes → saves

:func:`fast_token` returns a token only where :func:`valid_token` would return the same one. Every
failure is raised as an error of :mod:`wtr_tui.errors`. A new token is saved before it is returned.
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
"""Seconds that must be left of a token that is handed out, or half of a shorter lifetime."""

PATIENCE = 60.0
"""Seconds to wait for another process's refresh: scripts start by the dozen, at once."""


class How(Enum):
    """How a token was obtained."""

    STORED = "stored"
    """From the file, with enough time left."""
    REFRESHED = "refreshed"
    SAME = "same"
    """A refresh returned the same access token, as Webex often does within a day."""
    ALREADY_FRESH = "already-fresh"
    """No request was made: the file holds a fresh token, or a newer one than the caller's."""


class Obtained:
    """A valid token, how it was obtained, and a warning for the user ("" for none)."""

    __slots__ = ("how", "token", "warning")

    def __init__(self, token: Token, how: How, warning: str = "") -> None:
        self.token = token
        self.how = how
        self.warning = warning


# The fast path: nothing but the standard library.


def fast_token(
    name: str | None,
    config: str | None,
    environ: Mapping[str, str],
    min_left: int | None = None,
) -> Members | None:
    """Return the token file's members, if its token is certainly valid for ``min_left`` seconds.

    ``name`` and ``config`` are the options of the command line. ``min_left`` defaults to MIN_LEFT,
    or half of a shorter lifetime. Return None wherever :func:`valid_token` has to decide: nothing
    is reported or repaired here, and no error raised.
    """
    found = _paths(name, config, environ)
    if found is None:
        return None
    settings_path, token_path = found
    members = _members(token_path)
    if members is None:
        return None
    if members["expires_at"] is not None:
        expires_at = clock.timestamp(members["expires_at"])
        life = expires_at - clock.timestamp(members["obtained_at"])
        if expires_at - clock.timestamp_now() <= _margin(life, min_left):
            return None
        if expires_at - clock.timestamp_now() > life + clock.TOLERANCE:
            return None  # see Token.is_postdated
    if not _is_undisputed(token_path, members):
        return None
    return members if token_json.matches_settings(members, settings_path, environ) else None


def await_refresh(
    name: str | None,
    config: str | None,
    environ: Mapping[str, str],
    min_left: int | None = None,
) -> tuple[Members | None, Lock | None]:
    """Wait for another process's refresh of an expired token, before anything heavy is loaded.

    This makes refreshes single-flight across processes. Return the new token's members, once
    another process has refreshed it, or else the lock to refresh with (held, or still taken when
    PATIENCE was over). Return neither wherever :func:`valid_token` has to decide.
    """
    found = _paths(name, config, environ)
    if found is None or not _needs_refresh(found[1]):
        return None, None
    token_path = found[1]
    from wtr_tui.storage.lock import Lock  # not needed for a valid token

    lock = Lock(paths.lock_path(token_path), PATIENCE, until=lambda: not _needs_refresh(token_path))
    try:
        lock.acquire()
    except errors.TemporaryError:
        return None, lock
    except errors.StorageError:
        return None, None
    if lock.is_held:
        if _needs_refresh(token_path):
            return None, lock
        lock.release()
    return fast_token(name, config, environ, min_left), None


def _paths(
    name: str | None, config: str | None, environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """Return the paths of settings and token file; None for an invalid or unusual one."""
    try:
        profile = paths.profile_name(name, environ)
        other = config or environ.get("WTR_CONFIG")
        settings_path = other or paths.settings_path(profile, environ)
        token_path = paths.token_path(profile, environ)
    except errors.WtrError:
        return None
    # The pipe of a shell's <(…) can be read only once, so it is left to valid_token.
    if not settings_path.startswith("/") or settings_path.startswith(("/dev/", "/proc/")):
        return None
    return settings_path, token_path


def _members(token_path: str) -> Members | None:
    try:
        return token_json.read(token_path)
    except errors.WtrError:
        return None


def _needs_refresh(token_path: str) -> bool:
    """Return whether the access token has expired and can be refreshed."""
    members = _members(token_path)
    if members is None or members["expires_at"] is None or members["refresh_token"] is None:
        return False
    return clock.timestamp(members["expires_at"]) <= clock.timestamp_now()


def _is_undisputed(token_path: str, members: Members) -> bool:
    """Return whether the recorded state allows to hand out the token without further ado.

    It does not where Webex refuses the token, or a sign-in has to be announced.
    """
    end, refresh_token = members["refresh_expires_at"], members["refresh_token"]
    longest = state.longest_warning(token_path)
    if longest is not None:
        left = None if end is None else clock.timestamp(end) - clock.timestamp_now()
        if left is None or refresh_token is None or not 0 < left <= longest:
            return True
    recorded = state.read(token_path)
    if recorded.refused(members["access_token"]) is not None:
        return False
    if end is None or refresh_token is None or recorded.sign_in_needed(refresh_token) is not None:
        return True
    end = clock.from_iso(end)
    if not recorded.due_warnings(end, end - clock.now()):
        return True
    # Where the announcement of a sign-in cannot be recorded, there is none.
    return not os.access(os.path.dirname(token_path), os.W_OK)


def _margin(life: float | None, min_left: int | None) -> float:
    """Return the seconds that must be left of a token with this lifetime in seconds."""
    if min_left is not None:
        return min_left
    return MIN_LEFT if life is None else min(MIN_LEFT, max(life / 2, 0))


def _margin_for(token: Token, min_left: int | None) -> timedelta:
    end = token.expires_at
    life = None if end is None else (end - token.obtained_at).total_seconds()
    return clock.seconds(_margin(life, min_left))


# The full path.


def stored_token(profile: Profile) -> StoredToken:
    """Read the profile's token. Raise SignInNeeded where there is none."""
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
    """Return the profile's token, refreshed if less than ``min_left`` seconds are left.

    ``min_left`` defaults to MIN_LEFT, or half of a shorter lifetime. As long as the stored token is
    valid at all, a failed refresh only causes a warning. ``stored`` is the file's content, if the
    caller has read it; ``lock`` is the token's, held already or waited for. Raise a WtrError where
    there is no valid token.
    """
    from wtr_tui import outcomes

    stored = stored or stored_token(profile)
    token_state.require_own(stored, settings)
    token = stored.token
    margin = _margin_for(token, min_left)
    recorded = state.read(profile.token_path)
    refused = token_state.refusal(recorded, token, now())
    # Where a refresh returned the same token, another one would, too.
    must_replace = refused != "" and not recorded.refused_again
    misdated = token.is_postdated(now()) and token.refresh_token is not None and may_refresh
    if token.is_valid(now(), margin) and not must_replace and not misdated:
        outcomes.announce_sign_in(profile, settings, now)
        return Obtained(token, How.STORED, refused and f"{refused} {token_state.SIGN_IN}")
    if not may_refresh:
        if token.is_valid(now()):
            return Obtained(token, How.STORED, refused)
        raise errors.WtrError(
            "The access token has expired, and --no-refresh forbids to ask for another."
        )
    if must_replace and token.refresh_token is None:
        raise errors.AccessTokenRejected(refused, token_state.SIGN_IN)
    try:
        token_state.require_refresh_token(token)
        obtained = refresh(
            profile,
            settings,
            now=now,
            within=None if must_replace else margin,
            seen=token,
            lock=lock or profile.token_file.lock(PATIENCE),
        )
    except errors.NotSaved as error:
        return Obtained(error.token, How.REFRESHED, f"The new token is NOT SAVED. {error}")
    except errors.WtrError as error:
        still_valid = _still_valid(profile, stored, now())
        if still_valid is None or (must_replace and still_valid.same_access(token)):
            raise
        return Obtained(still_valid, How.STORED, f"Not refreshed, but still valid. {error}")
    token = obtained.token
    if token.is_valid(now(), _margin_for(token, min_left)):
        return obtained
    if not token.is_valid(now()):
        raise errors.WtrError(_TOO_SHORT)
    return Obtained(token, obtained.how, _TOO_SHORT)


def _still_valid(profile: Profile, stored: StoredToken, now: datetime) -> Token | None:
    """Return the valid token that another process has saved meanwhile, or else the stored one."""
    newest = profile.token_file.read()
    for each in (newest, stored):
        if each is not None and each.app_id == stored.app_id and each.token.is_valid(now):
            return each.token
    return None


_TOO_SHORT = "The token is new, and yet valid for less than --min-left asks for."


def webex_client(
    settings: Settings,
    *,
    now: Callable[[], datetime] = clock.now,
    http: HttpClient | None = None,
    total_timeout: float = 30.0,
) -> WebexClient:
    """Return a client with these settings. Raise SettingsError for an unusable CA file or proxy."""
    # A fresh token needs no HTTP library.
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
    """Refresh the profile's token, unless that is unnecessary by now, and save it.

    - ``within``: refresh only if no more than that is left;
    - ``both_ends``: or if no more is left of the refresh token. Once only, as long as it is unknown
      whether refreshing extends that;
    - ``seen``: the token the caller knows. If the file holds another valid one, another process has
      refreshed, and no request is made;
    - ``lock``: the token's, held already or with a time limit of its own; it is released.

    The result has been delivered when this returns or raises, after the lock was released.

    Raise SettingsError where a setting is missing or wrong, NotSaved with a token that could not
    be written, GrantRejected or SignInNeeded where only a sign-in helps, NoRefreshToken,
    WrongClient, ForeignToken, TemporaryError (with LockHeld) for what may work later, StorageError
    where no request was made, RequestRefused.
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
    attempt = _Refresh(profile, settings, client, now)
    try:
        obtained = attempt.refresh_or_mint(is_enough, within, lock)
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
    """Return whether more than ``within`` is left, as for :func:`refresh`; never for None."""
    if within is None or not token.is_valid(now, within) or token.is_postdated(now):
        return False
    if not both_ends:
        return True
    at = token_state.refresh_before_end(state.read(profile.token_path), token, within)
    return at is None or not at <= now < at + within


def mint(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Obtained:
    """Mint a service app's token, in place of a user's sign-in; save and deliver it.

    Raise SettingsError where settings are missing or profiles mint through each other, SignInNeeded
    where the minting profile needs one, RequestRefused with a hint on what Webex refused, NotSaved,
    TemporaryError (with LockHeld).
    """
    from wtr_tui import outcomes

    obtained = _Refresh(profile, settings, client, now).mint(None)
    outcomes.record_sign_in(profile, settings, obtained.token, now)
    return obtained


class _Refresh:
    """One refresh of a profile's token, or minting in its place."""

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

    def refresh_or_mint(
        self, is_enough: Callable[[Token], bool], within: timedelta | None, lock: Lock | None
    ) -> Obtained:
        """Refresh the token; mint a service app's anew where its refresh token is dead.

        After a failure to mint, all processes wait before the next attempt, longer each time.
        """
        from wtr_tui import outcomes

        if not self.settings.can_mint:
            return self._refresh_locked(is_enough, within, lock)
        try:
            before = self.profile.token_file.read()
            if before is not None and not is_enough(before.token):
                recorded = state.read(self.profile.token_path)
                outcomes.require_mint_due(recorded, before.token, self.now())
            return self._refresh_locked(is_enough, within, lock)
        except errors.GrantRejected:
            stored = stored_token(self.profile)
        finally:
            if lock is not None and lock.is_held:
                lock.release()
        try:
            return self.mint(stored.token)
        except errors.NotSaved:
            raise
        except errors.WtrError as error:
            outcomes.record_mint_failure(self.profile, error, self.now())
            raise

    def mint(self, dead: Token | None) -> Obtained:
        """Mint and save a token, unless another process has replaced the ``dead`` one by now."""
        from wtr_tui import outcomes, shutdown

        profile, settings, now = self.profile, self.settings, self.now
        through, through_settings = _minting_profile(profile, settings)
        # Before this profile's lock is taken: a process never waits for a lock while holding one.
        try:
            held = valid_token(through, through_settings, now=now)
        except errors.WtrError as error:
            raise _minting_failure(error, profile, through) from error
        settings.secret.fetch()
        with profile.token_file.lock(PATIENCE):
            profile.token_file.recover_interrupted_save()
            newest = None if dead is None else self._newer_valid_token(dead)
            if newest is not None:
                return Obtained(newest, How.ALREADY_FRESH)
            with shutdown.deferred():
                with self._open_client() as webex:
                    token = _request_minted(webex, settings, through, held.token)
                try:
                    stored = profile.token_file.read()
                except errors.StorageError:
                    stored = None  # saving keeps a copy of a damaged file
                self._save(token, stored)
                if dead is not None:
                    outcomes.record_grant(profile, settings, dead, token, now())
        return Obtained(token, How.REFRESHED, held.warning)

    def _refresh_locked(
        self, is_enough: Callable[[Token], bool], within: timedelta | None, lock: Lock | None
    ) -> Obtained:

        token_file = self.profile.token_file
        try:
            with lock or token_file.lock():
                token_file.recover_interrupted_save()
                return self._refresh_unless_enough(is_enough, locked=True)
        except errors.LockUnusable:
            # On a read-only disk (a container's mount) a refresh token can still be used, although
            # the new token can hardly be saved: only once the access token has expired, and only if
            # the server does not rotate refresh tokens.
            stored = token_file.read()
            if stored is None:
                raise
            if within is not None and stored.token.is_valid(self.now(), within):
                return Obtained(stored.token, How.ALREADY_FRESH)  # only the refresh token ends
            if stored.token.is_valid(self.now()) or state.read(self.profile.token_path).rotates:
                raise
            return self._refresh_unless_enough(is_enough, locked=False)

    def _refresh_unless_enough(
        self, is_enough: Callable[[Token], bool], *, locked: bool
    ) -> Obtained:
        """Reread the token, which another process may have replaced; refresh it if necessary."""
        from wtr_tui import outcomes, shutdown

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
            # A server that rotates refresh tokens revokes the old one with its response, so no
            # token is requested that could not be saved: a full disk may have room tomorrow.
            profile.token_file.require_space(stored)
        with shutdown.deferred():
            try:
                obtained = self._request(stored)
            except errors.WtrError as error:
                if locked:
                    outcomes.record_failure(profile, token, error, self.now())
                raise
            if locked and obtained.how is not How.ALREADY_FRESH:
                outcomes.record_grant(profile, settings, token, obtained.token, self.now())
            return obtained

    def _request(self, stored: StoredToken) -> Obtained:
        try:
            with self._open_client() as webex:
                token = webex.refresh(stored.token)
        except errors.GrantRejected as error:
            # A program that does not use the lock may have saved another one meanwhile.
            newest = self._newer_valid_token(stored.token)
            if newest is None:
                raise errors.GrantRejected(
                    error.message, token_state.LOST_GRANT, details=error.details
                ) from error
            return Obtained(newest, How.ALREADY_FRESH)
        except (errors.UntrustedServer, errors.UnusableResponse) as error:
            # The page of a captive portal, an untrusted certificate, a response without a token:
            # these are problems of the current network rather than of the token.
            raise errors.TemporaryError(error.message, error.hint, details=error.details) from error
        self._save(token, stored)
        same = token.same_access(stored.token)
        return Obtained(token, How.SAME if same else How.REFRESHED)

    def _open_client(self) -> AbstractContextManager[WebexClient]:
        from contextlib import nullcontext

        return (
            nullcontext(self.client) if self.client else webex_client(self.settings, now=self.now)
        )

    def _save(self, token: Token, before: StoredToken | None) -> None:
        try:
            self.profile.token_file.save(self.settings.stored(token, before))
        except errors.StorageError as error:
            raise errors.NotSaved(token, error.message, error.hint) from error

    def _newer_valid_token(self, than: Token) -> Token | None:
        """Return the file's token, if it is another one by now, and valid."""
        stored = self.profile.token_file.read()
        if stored is None or stored.token.same_access(than):
            return None
        return stored.token if stored.token.is_valid(self.now()) else None


# Service apps, whose tokens are minted with another profile's token.
# Source: developer.webex.com, Service Apps.

_MINTING_SCOPE = "spark:applications_token"
"""The scope that a token needs to mint for a service app."""


def _minting_profile(profile: Profile, settings: Settings) -> tuple[Profile, Settings]:
    """Return the profile whose token mints for this one, with its settings.

    The environment's settings are not among these: they are for the chosen profile alone.
    Raise SettingsError where there is none, or where profiles would mint through each other.
    """
    from wtr_tui.storage import profiles
    from wtr_tui.storage.settings_table import THROUGH

    names, current, first = [profile.name], settings, None
    while current.can_mint:
        name = current[THROUGH]
        if name in names:
            raise errors.SettingsError(
                f"The profiles {' → '.join([*names, name])} would mint through each other.",
                "through has to lead to a profile that a user signs in to.",
            )
        through = _sibling(profile, name)
        environ = profiles.environment_of(through, os.environ, chosen="")
        current = through.load_settings(environ).require()
        first = first or (through, current)
        names.append(name)
    if first is None:
        raise errors.SettingsError(
            f"The service app {profile.name} has no setting through: the profile whose token may"
            " mint for it.",
            "Set it; or import a refresh token, which is refreshed as any other.",
        )
    if not token_json.is_same_base_url(first[1].base_url, settings.base_url):
        raise errors.SettingsError(
            f"The profile {first[0].name} has another base URL than {profile.name}: its token is"
            " not sent there.",
            "Set baseUrl alike in both.",
        )
    return first


def _minting_failure(error: errors.WtrError, profile: Profile, through: Profile) -> errors.WtrError:
    """Turn the error why the profile ``through`` has no token into one of ``profile``."""
    message = f"The profile {through.name}, which mints for {profile.name}: {error.message}"
    if isinstance(error, (errors.SignInNeeded, errors.NoRefreshToken)):
        hint = f"Sign in to it: wtr retrieve --profile {through.name}"
        return errors.SignInNeeded(message, hint, details=error.details)
    if isinstance(error, errors.TemporaryError):
        return errors.TemporaryError(
            message, error.hint, retry_after=error.retry_after, details=error.details
        )
    if isinstance(error, errors.SettingsError):
        return errors.SettingsError(message, error.hint, details=error.details)
    return errors.RequestRefused(message, error.hint, details=error.details)


def _request_minted(
    client: WebexClient, settings: Settings, through: Profile, held: Token
) -> Token:
    """Request a token of the service app with ``held``, the token of the profile ``through``.

    Raise SettingsError where a setting is missing, RequestRefused with a hint for what Webex
    refused, TemporaryError where it may work later.
    """
    from wtr_tui.storage.settings_table import APPLICATION_ID, TARGET_ORG_ID

    for setting in (APPLICATION_ID, TARGET_ORG_ID):
        if not settings[setting]:
            raise errors.SettingsError(
                f"The setting {setting.name} of the service app is missing: {setting.help}."
            )
    try:
        return client.mint(settings[APPLICATION_ID], settings[TARGET_ORG_ID], held.access_token)
    except (errors.UntrustedServer, errors.UnusableResponse) as error:
        raise errors.TemporaryError(error.message, error.hint, details=error.details) from error
    except (errors.AccessTokenRejected, errors.RequestRefused) as error:
        hint = _minting_hint(error, through, held)
        raise errors.RequestRefused(error.message, hint, details=error.details) from error


def _minting_hint(error: errors.WtrError, through: Profile, held: Token) -> str:
    """Return what to do about a refusal, as far as the response tells the reasons apart."""
    scope = (
        f"The token of the profile {through.name} lacks the scope {_MINTING_SCOPE}: tick it on"
        f" its integration, add it to the scopes, and wtr retrieve --profile {through.name}"
    )
    control_hub = (
        "A full administrator of the target organisation has to authorise the service app in"
        " Control Hub > Apps > Service Apps."
    )
    said = error.details.server_text.lower() if error.details else ""
    if error.status == 400:
        return (
            "Check applicationId and targetOrgId, and that appid and secret are the service app's"
            " own."
        )
    if error.status == 401:
        return (
            f"It does not accept the token of the profile {through.name}: wtr refresh --profile"
            f" {through.name}, and if that is refused, wtr retrieve --profile {through.name}"
        )
    if error.status == 404:
        return "No service app has this applicationId: it is not the Client ID. Check baseUrl too."
    if error.status != 403:
        return error.hint
    if _MINTING_SCOPE in held.scopes:
        return control_hub
    if held.scopes or ("scope" in said and "role" not in said):
        return scope
    return f"{control_hub} Or: {scope}"


def _sibling(profile: Profile, name: str) -> Profile:
    """Return another profile of the same user, even if this one's settings are elsewhere."""
    from pathlib import Path

    from wtr_tui.storage.profiles import Profile

    settings_path = profile.settings_path.with_name(f"{name}.yaml")
    if profile.settings_path.name != f"{profile.name}.yaml":
        settings_path = Path(paths.settings_path(name, os.environ))
    return Profile(name, settings_path, profile.token_path.with_name(f"{name}.json"))
