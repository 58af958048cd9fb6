"""A token that is valid now: as stored, or refreshed first. For whoever hands it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wtr_tui import clock, refresh
from wtr_tui.commands import debug, ending
from wtr_tui.commands.outcomes import error_of
from wtr_tui.commands.output import tell
from wtr_tui.commands.token import MIN_LEFT
from wtr_tui.errors import SettingsError, SignInNeeded, WtrError
from wtr_tui.model import Token
from wtr_tui.storage import profile, settings
from wtr_tui.storage.lock import Lock
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.token_file import StoredToken
from wtr_tui.storage.token_origin import require_base_url

PATIENCE = 60.0
"""Seconds to wait for another process that refreshes: scripts start by the dozen, at once."""

SIGN_IN = "Sign in with wtr retrieve, or in wtr-tui."


@dataclass(frozen=True)
class Delivered:
    """A token to hand on, and what the person should know all the same ("" for nothing)."""

    token: Token
    warning: str = ""


def valid_token(
    name: str | None,
    config: str | None,
    environ: Mapping[str, str],
    *,
    min_left: int | None,
    may_refresh: bool = True,
    lock: Lock | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Delivered:
    """The profile's token, refreshed where less than ``min_left`` seconds of it are left.

    None for ``min_left`` is five minutes, or half the life of a token that lives shorter.
    As long as the stored token is valid at all, a refresh that fails only becomes a warning.
    ``lock`` is the token's, where the caller holds it or has waited for it.
    Raises a WtrError where there is no valid token to give.
    """
    found = profile.find(name, config, environ)
    stored = stored_token(found)
    known = settings.load(found.settings_path, environ)
    debug.show_settings(found, known)
    require_own(stored, known)
    token = stored.token
    debug.hide(token.access_token, token.refresh_token)
    margin = _margin(token, min_left)
    debug.step(f"the stored token is valid until {token.expires_at or 'an unknown instant'}")
    if token.is_valid(now(), margin):
        return Delivered(token)
    if may_refresh:
        lock = lock or found.token_file.lock(PATIENCE)
        return _refreshed(found, stored, known, min_left, lock, now)
    if token.is_valid(now()):
        return Delivered(token)
    raise WtrError("The access token has run out, and --no-refresh forbids to ask for another.")


def stored_token(found: Profile) -> StoredToken:
    """What the profile's file holds. Raises SignInNeeded where there is none."""
    stored = found.token_file.read()
    if stored is None:
        raise SignInNeeded(f"The profile {found.name} has no token.", SIGN_IN)
    for notice in getattr(stored, "notices", ()):
        tell(notice)
    return stored


def require_own(stored: StoredToken, known: Settings) -> None:
    """Raises SettingsError where the settings name another App ID or base URL than the token's."""
    require_base_url(stored, known)
    if known.app_id and stored.app_id != known.app_id:
        raise SettingsError(
            f"The token belongs to the App ID {stored.app_id[:10]}…, the settings name"
            f" {known.app_id[:10]}….",
            f"Use another profile for another integration. {SIGN_IN}",
        )


def _refreshed(
    found: Profile,
    stored: StoredToken,
    known: Settings,
    min_left: int | None,
    lock: Lock,
    now: Callable[[], datetime],
) -> Delivered:
    token = stored.token
    margin = _margin(token, min_left)
    failure: WtrError | None
    try:
        require_refresh_token(token)
        with ending.saved_first():
            outcome = refresh.refresh(
                found, known.require(), now=now, within=margin, seen=token, lock=lock
            )
    except WtrError as error:
        failure = error
    else:
        debug.step(f"refresh: {type(outcome).__name__}")
        if isinstance(outcome, refresh.NotSaved):
            return Delivered(outcome.token, f"The new token is NOT SAVED. {error_of(outcome)}")
        failure = error_of(outcome)
        if isinstance(outcome, (refresh.Refreshed, refresh.SameToken, refresh.AlreadyFresh)):
            token = outcome.token
            debug.hide(token.access_token, token.refresh_token)
            lasts = token.is_valid(now(), _margin(token, min_left))
            failure = None if lasts else _TOO_SHORT
    if failure is None:
        return Delivered(token)
    # Another process may have been luckier meanwhile, one that held the lock for long.
    newest = found.token_file.read()
    if newest is not None and newest.app_id == stored.app_id and newest.token.is_valid(now()):
        token = newest.token
    if not token.is_valid(now()):
        raise failure
    refused = "" if failure is _TOO_SHORT else "Not refreshed, but still valid. "
    return Delivered(token, f"{refused}{failure}")


_TOO_SHORT = WtrError("The token is new, and yet valid for less than --min-left asks for.")


def _margin(token: Token, min_left: int | None) -> timedelta:
    if min_left is not None:
        return timedelta(seconds=min_left)
    usual = timedelta(seconds=MIN_LEFT)
    if token.expires_at is None:
        return usual
    return min(usual, max((token.expires_at - token.obtained_at) / 2, timedelta(0)))


def require_refresh_token(token: Token) -> None:
    """Raises SignInNeeded where the token has none. Whether it is still good only Webex knows."""
    if token.refresh_token is None:
        raise SignInNeeded(
            "This token cannot be refreshed: it has no refresh token, as a personal access token"
            " or a bot's has none.",
            "Import a new one, or sign in with an integration.",
        )
