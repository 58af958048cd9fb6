"""Signing out: asks Webex to revoke where that is possible, deletes here, claims nothing more.

Most users may not revoke through the API (see ``WebexClient.revoke``); then the token is
deleted here and lives on at Webex, and what is said says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from wtr_tui import clock, delivery, errors, outcomes
from wtr_tui.history import Event
from wtr_tui.model import StoredToken, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.storage import paths
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import KIND, REVOKE_URL, SERVICE_APP
from wtr_tui.text import cause
from wtr_tui.token_state import base_url_of

PATIENCE = 10.0
"""Seconds to wait for a refresh that is under way."""

OWN_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"
"""Where a user revokes what integrations were granted."""

_SCOPE = "identity:tokens_write"
"""What an administrator's token needs, to revoke."""

_NO_ANSWER = (errors.TemporaryError, errors.UntrustedServer, errors.UnusableResponse)
"""Failures that say nothing about whether Webex would have revoked."""


class Revoked(Enum):
    """What Webex answered about the revocation."""

    YES = "revoked"
    NO = "not-revoked"
    """It refused, as it does to users who are no administrators."""
    UNKNOWN = "not-asked"
    """It could not be asked, or gave no answer that can be understood."""
    EXPIRED = "expired"
    """There was nothing left to revoke."""


class SignedOut(NamedTuple):
    """``sentences`` say what happened; ``gone`` are the files that were deleted."""

    revoked: Revoked
    sentences: tuple[str, ...]
    gone: tuple[Path, ...]

    @property
    def exit_code(self) -> int:
        return errors.TEMPORARY if self.revoked is Revoked.UNKNOWN else errors.DONE


def sign_out(
    profile: Profile,
    settings: Settings,
    *,
    keep: bool = False,
    now: Callable[[], datetime] = clock.now,
) -> SignedOut:
    """Revokes the profile's token at Webex where it may, and deletes it here with all copies.

    ``keep`` only revokes. The onToken command has been run with ``signed-out`` when this returns.
    Raises SignInNeeded where there is nothing to sign out, LockHeld where the token is in use,
    StorageError where a file cannot be read or deleted; with ``keep`` the error that stands for
    a refusal, or for no answer.
    """
    stored = None
    with profile.token_file.lock(PATIENCE):
        profile.token_file.recover_interrupted_save()
        try:
            stored = profile.token_file.read()
            revoked, words = Revoked.EXPIRED, ""
        except errors.CorruptTokenFile as error:
            if keep:
                raise
            revoked = Revoked.UNKNOWN
            words = (
                f"{error.message} It is deleted here, and Webex could not be asked to revoke its"
                f" token: that is done at {OWN_PAGE}"
            )
        if stored is not None:
            revoked, words = _asked(stored, settings, keep, now)
        gone = () if keep else _deleted(profile, revoked)
        if stored is not None and keep and revoked is Revoked.YES:
            outcomes.record_revocation(profile, stored.token, now())
    if stored is None and not gone:
        raise errors.SignInNeeded(f"The profile {profile.name} has no token.", "Nothing was done.")
    if profile.token_path in gone or revoked is Revoked.YES:
        delivery.deliver(profile, settings, Event.SIGNED_OUT)
    others = ", ".join(str(path) for path in gone if path != profile.token_path)
    copies = f"Deleted as well, without asking Webex: {others}." if others else ""
    return SignedOut(revoked, tuple(filter(None, (*words.splitlines(), copies))), gone)


def _asked(
    stored: StoredToken, settings: Settings, keep: bool, now: Callable[[], datetime]
) -> tuple[Revoked, str]:
    """What Webex did, and how to say it, in one or two lines."""
    token = stored.token
    here = "The token is kept here." if keep else "The token is deleted here."
    left = token.refresh_left(now())
    renewable = token.refresh_token is not None and (left is None or left > timedelta(0))
    if not token.is_valid(now()) and not renewable:
        return Revoked.EXPIRED, f"{here} It had expired: nothing is left to revoke."
    try:
        if not stored.base_url and not settings.is_base_url_known:
            # Of version 0.1.0, whose file does not say where its token may be sent.
            raise errors.SettingsError(
                "Webex was not asked to revoke it: which base URL it came from cannot be read.",
                "Mend the settings.",
            )
        return Revoked.YES, f"{here} {_revoke(stored, settings, now)}"
    except errors.WtrError as error:
        refused = error.status is not None and not isinstance(error, _NO_ANSWER)
        if keep and refused:
            hint = f"{error.hint} {_how_to_revoke(settings)}".lstrip()
            raise errors.RequestRefused(error.message, hint, details=error.details) from error
        if keep:
            raise
        lives_on = _lives_on(token, settings)
        if isinstance(error, errors.AccessTokenRejected):  # it may have been revoked elsewhere
            lives_on = lives_on.replace("It stays", "It may stay", 1)
        said = f"Webex did not revoke it: {error.message}" if refused else error.message
        return Revoked.NO if refused else Revoked.UNKNOWN, f"{here} {said}\n{lives_on}"


def _revoke(stored: StoredToken, settings: Settings, now: Callable[[], datetime]) -> str:
    """What Webex did, as a sentence. Raises the error that stands for a refusal."""

    def client(base_url: str) -> WebexClient:
        return WebexClient(
            base_url, stored.app_id, settings.secret, ca_file=settings.ca_file, now=now
        )

    token = stored.token
    organization = token.organization or stored.account.organization or ""
    try:
        # What the token belongs to counts, not what the settings say by now.
        with client(base_url_of(stored, settings)) as own:
            # An expired one is refreshed to ask with, where it is one that may revoke.
            if not token.is_valid(now()) and token.refresh_token and _SCOPE in token.scopes:
                with suppress(errors.WtrError):
                    token = own.refresh(token)
            own.revoke(token.access_token, organization)
    except _NO_ANSWER:
        raise
    except errors.WtrError:
        if not settings[REVOKE_URL]:
            raise
        with client(settings[REVOKE_URL]) as other:
            other.revoke_token(stored.token)
        return (
            f"{settings[REVOKE_URL]} accepted to revoke it; whether that ends a token of this kind"
            " is not documented."
        )
    return "Webex revoked what was granted to this integration."


def _lives_on(token: Token, settings: Settings) -> str:
    """``It stays valid at Webex until DATE. Revoke it at ADDRESS``."""
    ends = [token.expires_at]
    if token.refresh_token is not None:
        ends.append(token.refresh_expires_at)
    known = [end for end in ends if end is not None]
    until = clock.until_phrase(max(known) if len(known) == len(ends) else None)
    return f"It stays valid at Webex {until}. {_how_to_revoke(settings)}"


def _how_to_revoke(settings: Settings) -> str:
    if settings[KIND] == SERVICE_APP:
        return "An administrator ends it in Control Hub > Apps > Service Apps."
    return f"Revoke it at {OWN_PAGE}"


def _deleted(profile: Profile, revoked: Revoked) -> tuple[Path, ...]:
    try:
        gone = tuple(profile.token_file.delete())
        # It speaks of a token that is no more.
        Path(paths.state_path(str(profile.token_path))).unlink(missing_ok=True)
        return gone
    except OSError as error:
        raise errors.StorageError(
            f"{error.filename} cannot be deleted: {cause(error)}.",
            "Webex has revoked it." if revoked is Revoked.YES else "",
        ) from error
