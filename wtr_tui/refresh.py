"""How a token is refreshed: under the lock, and saved before anybody hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtr_tui import clock, hook, in_flight
from wtr_tui.errors import (
    GrantRejected,
    RequestRefused,
    SettingsError,
    StorageError,
    TemporaryError,
    WtrError,
)
from wtr_tui.errors import (
    WrongClient as ClientRejected,
)
from wtr_tui.model import Token
from wtr_tui.refresh_outcome import (
    AlreadyFresh,
    CannotRefresh,
    NotSaved,
    Outcome,
    Refreshed,
    SameToken,
    SignInNeeded,
    StoreFailed,
    Temporary,
    WrongClient,
)
from wtr_tui.storage.lock import LockHeld, LockUnusable
from wtr_tui.storage.token_file import StoredToken, TokenFile
from wtr_tui.storage.token_origin import require_base_url

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.storage.lock import Lock
    from wtr_tui.storage.profile import Profile
    from wtr_tui.storage.settings import Settings

__all__ = [
    "AlreadyFresh",
    "CannotRefresh",
    "NotSaved",
    "Outcome",
    "Refreshed",
    "SameToken",
    "SignInNeeded",
    "StoreFailed",
    "Temporary",
    "WrongClient",
    "refresh",
]


def refresh(
    profile: Profile,
    settings: Settings,
    *,
    client: WebexClient | None = None,
    now: Callable[[], datetime] = clock.now,
    within: timedelta | None = None,
    seen: Token | None = None,
    lock: Lock | None = None,
) -> Outcome:
    """Refreshes the profile's token, unless that is not needed (any more), and saves it.

    ``within``: only when no more than that is left. ``seen``: the token the caller knows; when
    the file holds another one that is valid, another process has refreshed and nothing is
    asked. ``lock``: the token's, held already or with a patience of its own; it is let go of.
    The answer is saved before this returns, and the onToken command has been run then. Every
    failure is an outcome: nothing that is the person's to mend is raised.
    """
    outcome = _under_the_lock(profile.token_file, settings, client, now, within, seen, lock)
    hook.after_refresh(profile, settings, outcome)
    return outcome


def _under_the_lock(
    token_file: TokenFile,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
    within: timedelta | None,
    seen: Token | None,
    lock: Lock | None,
) -> Outcome:
    try:
        try:
            with lock or token_file.lock():
                token_file.take_up_leftover()
                return _judged(token_file, settings, client, now, within, seen, try_room=True)
        except LockUnusable:
            # A disk that is not to be written to (a container's mount) still holds a refresh
            # token. It is used once the access token has run out and not before: the answer can
            # hardly be saved, and a server that replaces refresh tokens takes the stored one back.
            stored = token_file.read()
            if stored is None or stored.token.is_valid(now()):
                raise
            return _judged(token_file, settings, client, now, within, seen)
    except (LockHeld, in_flight.Ending) as error:
        return Temporary(error.message, hint=error.hint)
    except StorageError as error:
        return StoreFailed(error.message, error.hint)
    except SettingsError as error:
        return CannotRefresh(error.message, error.hint)


def _judged(
    token_file: TokenFile,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
    within: timedelta | None,
    seen: Token | None,
    *,
    try_room: bool = False,
) -> Outcome:
    """Reads the token again, another process may have replaced it, and asks where needed."""
    stored = token_file.read()
    if stored is None:
        return SignInNeeded("There is no token to refresh.", "Sign in first.")
    unneeded = _unneeded(stored, settings, now(), within, seen)
    if unneeded is not None:
        return unneeded
    if try_room:
        # A server that replaces refresh tokens takes the old one back with its answer, so
        # nothing is asked for that could not be kept: a full disk may have room again tomorrow.
        token_file.try_room(stored)
    with in_flight.until_saved():
        return _asked(token_file, stored, settings, client, now)


def _unneeded(
    stored: StoredToken,
    settings: Settings,
    now: datetime,
    within: timedelta | None,
    seen: Token | None,
) -> Outcome | None:
    """The outcome where Webex need not, or cannot, be asked; None where it is to be asked."""
    token = stored.token
    if stored.app_id != settings.app_id:
        return CannotRefresh(
            f"The token belongs to the App ID {_shortened(stored.app_id)}, "
            f"the settings name {_shortened(settings.app_id) or 'none'}.",
            "Use another profile for another integration, or sign in again.",
        )
    try:
        require_base_url(stored, settings)
    except SettingsError as error:
        return CannotRefresh(error.message, error.hint)
    if seen is not None and not token.same_access(seen) and token.is_valid(now):
        return AlreadyFresh(token)
    if within is not None and token.is_valid(now, within):
        return AlreadyFresh(token)
    if token.refresh_token is None:
        return CannotRefresh(
            "This token has no refresh token: a personal access token or a bot's has none.",
            "Sign in with an integration to get one that can be refreshed.",
        )
    if not settings.secret:
        return WrongClient("The settings have no secret.", "Set it, or $WEBEX_SECRET.")
    return None


def _asked(
    token_file: TokenFile,
    stored: StoredToken,
    settings: Settings,
    client: WebexClient | None,
    now: Callable[[], datetime],
) -> Outcome:
    try:
        token = _granted(stored.token, settings, client, now)
    except GrantRejected as failure:
        return _newer(token_file, stored.token, now()) or SignInNeeded(
            failure.message, failure.hint
        )
    except ClientRejected as failure:
        return WrongClient(failure.message, failure.hint)
    except (RequestRefused, SettingsError) as failure:
        return CannotRefresh(failure.message, failure.hint)
    except TemporaryError as failure:
        return Temporary(failure.message, failure.retry_after, failure.hint)
    except WtrError as failure:
        # A portal's page, a certificate nobody vouches for, an answer without a token: all
        # of them say more about the way to Webex, today, than about the token.
        return Temporary(failure.message, hint=failure.hint)
    try:
        token_file.save(replace(stored, token=token, base_url=settings.base_url))
    except StorageError as error:
        return NotSaved(token, error.message, error.hint)
    return SameToken(token) if token.same_access(stored.token) else Refreshed(token)


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


def _newer(token_file: TokenFile, rejected: Token, now: datetime) -> AlreadyFresh | None:
    """The token another program wrote meanwhile, one that does not know the lock."""
    stored = token_file.read()
    if stored is None or stored.token.same_access(rejected) or not stored.token.is_valid(now):
        return None
    return AlreadyFresh(stored.token)


def _shortened(app_id: str) -> str:
    return app_id if len(app_id) <= 12 else f"{app_id[:10]}…"
