"""Signing out: revoke the token at Webex where that is possible, and delete it here.

Most users may not revoke through the API (see ``WebexClient.revoke``); then the token is deleted
here and stays valid at Webex, which the sentences say.
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

_LOCK_TIMEOUT = 10.0
"""Seconds to wait for a refresh in flight."""

OWN_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"
"""Where a user revokes what integrations were granted."""

_SCOPE = "identity:tokens_write"
"""The scope that an administrator's token needs to revoke."""

_NO_ANSWER = (errors.TemporaryError, errors.UntrustedServer, errors.UnusableResponse)
"""Failures that leave open whether Webex has revoked."""


class Revoked(Enum):
    """The outcome of the revocation."""

    YES = "revoked"
    NO = "not-revoked"
    """Webex refused, as it does to users who are no administrators."""
    UNKNOWN = "not-asked"
    """Webex could not be asked, or its response cannot be understood."""
    EXPIRED = "expired"
    """There was nothing left to revoke."""


class SignedOut(NamedTuple):
    """What happened; ``deleted`` are files."""

    revoked: Revoked
    sentences: tuple[str, ...]
    deleted: tuple[Path, ...]

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
    """Revoke the profile's token at Webex where possible, and delete it here with all copies.

    ``keep`` only revokes. The onToken command has been run with ``signed-out`` when this returns.
    Raise SignInNeeded where there is nothing to sign out, LockHeld where the token is in use,
    StorageError where a file cannot be read or deleted; with ``keep`` also the error for a refusal
    or a missing response.
    """
    stored = None
    sentences: list[str] = []
    with profile.token_file.lock(_LOCK_TIMEOUT):
        profile.token_file.recover_interrupted_save()
        try:
            stored = profile.token_file.read()
            revoked = Revoked.EXPIRED
        except errors.CorruptTokenFile as error:
            if keep:
                raise
            revoked = Revoked.UNKNOWN
            sentences = [
                f"{error.message} It is deleted here, and Webex could not be asked to revoke its"
                f" token: that is done at {OWN_PAGE}"
            ]
        if stored is not None:
            revoked, sentences = _try_to_revoke(stored, settings, keep, now)
        deleted = () if keep else _delete(profile, revoked)
        if stored is not None and keep and revoked is Revoked.YES:
            outcomes.record_revocation(profile, stored.token, now())
    if stored is None and not deleted:
        raise errors.SignInNeeded(f"The profile {profile.name} has no token.", "Nothing was done.")
    if profile.token_path in deleted or revoked is Revoked.YES:
        delivery.deliver(profile, settings, Event.SIGNED_OUT)
    others = ", ".join(str(path) for path in deleted if path != profile.token_path)
    if others:
        sentences.append(f"Deleted as well, without asking Webex: {others}.")
    return SignedOut(revoked, tuple(sentences), deleted)


def _try_to_revoke(
    stored: StoredToken, settings: Settings, keep: bool, now: Callable[[], datetime]
) -> tuple[Revoked, list[str]]:
    """Ask Webex to revoke the token; return the outcome and sentences on it."""
    token = stored.token
    here = "The token is kept here." if keep else "The token is deleted here."
    left = token.refresh_left(now())
    renewable = token.refresh_token is not None and (left is None or left > timedelta(0))
    if not token.is_valid(now()) and not renewable:
        return Revoked.EXPIRED, [f"{here} It had expired: nothing is left to revoke."]
    try:
        if not stored.base_url and not settings.is_base_url_known:
            # Written by version 0.1.0: the file does not name the server of its token.
            raise errors.SettingsError(
                "Webex was not asked to revoke it: which base URL it came from cannot be read.",
                "Mend the settings.",
            )
        return Revoked.YES, [f"{here} {_revoke(stored, settings, now)}"]
    except errors.WtrError as error:
        refused = error.status is not None and not isinstance(error, _NO_ANSWER)
        if keep and refused:
            hint = f"{error.hint} {_how_to_revoke(settings)}".lstrip()
            raise errors.RequestRefused(error.message, hint, details=error.details) from error
        if keep:
            raise
        stays = _describe_rest(token, settings)
        if isinstance(error, errors.AccessTokenRejected):  # it may have been revoked elsewhere
            stays = stays.replace("It stays", "It may stay", 1)
        said = f"Webex did not revoke it: {error.message}" if refused else error.message
        return Revoked.NO if refused else Revoked.UNKNOWN, [f"{here} {said}", stays]


def _revoke(stored: StoredToken, settings: Settings, now: Callable[[], datetime]) -> str:
    """Revoke the token and return a sentence on it. Raise the error for a refusal."""

    def client(base_url: str) -> WebexClient:
        return WebexClient(
            base_url, stored.app_id, settings.secret, ca_file=settings.ca_file, now=now
        )

    token = stored.token
    organization = token.organization or stored.account.organization or ""
    try:
        # By the token's own base URL and App ID: the settings may have changed since.
        with client(base_url_of(stored, settings)) as own:
            # Only a valid token may revoke, so an administrator's expired one is refreshed first.
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


def _describe_rest(token: Token, settings: Settings) -> str:
    """Return ``It stays valid at Webex until DATE. Revoke it at ADDRESS``."""
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


def _delete(profile: Profile, revoked: Revoked) -> tuple[Path, ...]:
    try:
        deleted = tuple(profile.token_file.delete())
        Path(paths.state_path(profile.token_path)).unlink(missing_ok=True)
        return deleted
    except OSError as error:
        raise errors.StorageError(
            f"{error.filename} cannot be deleted: {cause(error)}.",
            "Webex has revoked it." if revoked is Revoked.YES else "",
        ) from error
