"""Signing out: asks Webex to revoke where that is possible, deletes here, claims nothing more.

Most users may not revoke through the API (see ``WebexClient.revoke``); then the token is
deleted here and lives on at Webex, and what is said says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from wtr_tui import clock, delivery, known
from wtr_tui.errors import (
    DONE,
    TEMPORARY,
    AccessTokenRejected,
    CorruptTokenFile,
    RequestRefused,
    SettingsError,
    SignInNeeded,
    StorageError,
    TemporaryError,
    UntrustedServer,
    UnusableResponse,
    WtrError,
)
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

_NO_ANSWER = (TemporaryError, UntrustedServer, UnusableResponse)
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


@dataclass(frozen=True)
class SignedOut:
    """``sentences`` say what happened; ``gone`` are the files that were deleted."""

    revoked: Revoked
    sentences: tuple[str, ...]
    gone: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        return TEMPORARY if self.revoked is Revoked.UNKNOWN else DONE


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
    with profile.token_file.lock(PATIENCE):
        profile.token_file.take_up_leftover()
        stored, damage = _stored(profile, keep)
        outcome = _unread(damage) if stored is None else _asked(stored, settings, keep, now)
        gone = () if keep else _deleted(profile, outcome)
        if stored is not None and keep and outcome.revoked is Revoked.YES:
            known.note_revoked(profile, stored.token, now())
    if stored is None and not gone:
        raise SignInNeeded(f"The profile {profile.name} has no token.", "Nothing was done.")
    if profile.token_path in gone or outcome.revoked is Revoked.YES:
        delivery.deliver(profile, settings, Event.SIGNED_OUT)
    return replace(outcome, gone=gone, sentences=(*outcome.sentences, *_copies(profile, gone)))


def _stored(profile: Profile, keep: bool) -> tuple[StoredToken | None, str]:
    try:
        return profile.token_file.read(), ""
    except CorruptTokenFile as error:
        if keep:
            raise
        return None, error.message


def _unread(damage: str) -> SignedOut:
    if not damage:
        return SignedOut(Revoked.EXPIRED, ())
    return SignedOut(
        Revoked.UNKNOWN,
        (
            f"{damage} It is deleted here, and Webex could not be asked to revoke its token: that"
            f" is done at {OWN_PAGE}",
        ),
    )


def _asked(
    stored: StoredToken,
    settings: Settings,
    keep: bool,
    now: Callable[[], datetime],
) -> SignedOut:
    here = "The token is kept here." if keep else "The token is deleted here."
    if _has_expired(stored.token, now()):
        return SignedOut(Revoked.EXPIRED, (f"{here} It had expired: nothing is left to revoke.",))
    if not stored.base_url and not settings.knows_base_url:
        # Of version 0.1.0, whose file does not say where its token may be sent.
        unknown = "Webex was not asked to revoke it: which base URL it came from cannot be read."
        if keep:
            raise SettingsError(unknown, "Mend the settings.")
        return SignedOut(Revoked.UNKNOWN, (f"{here} {unknown}", _lives_on(stored.token, settings)))
    try:
        with _client(stored, settings, now) as own:
            said = _revoke(own, stored, settings, now)
    except _NO_ANSWER as error:
        if keep:
            raise
        return SignedOut(
            Revoked.UNKNOWN, (f"{here} {error.message}", _lives_on(stored.token, settings))
        )
    except WtrError as error:
        if keep:
            hint = f"{error.hint} {_how_to_revoke(settings)}".lstrip()
            raise RequestRefused(error.message, hint, details=error.details) from error
        why = f"Webex did not revoke it: {error.message}"
        may = isinstance(error, AccessTokenRejected)  # it may have been revoked elsewhere
        return SignedOut(Revoked.NO, (f"{here} {why}", _lives_on(stored.token, settings, may=may)))
    return SignedOut(Revoked.YES, (f"{here} {said}",))


def _client(stored: StoredToken, settings: Settings, now: Callable[[], datetime]) -> WebexClient:
    # What the token belongs to counts, not what the settings say by now.
    base_url = base_url_of(stored, settings)
    return WebexClient(base_url, stored.app_id, settings.secret, ca_file=settings.ca_file, now=now)


def _revoke(
    client: WebexClient, stored: StoredToken, settings: Settings, now: Callable[[], datetime]
) -> str:
    """What Webex did, as a sentence. Raises the error that stands for a refusal."""
    organization = stored.token.organization or stored.account.organization or ""
    try:
        token = _usable(client, stored.token, now)
        client.revoke(token.access_token, organization)
    except _NO_ANSWER:
        raise
    except WtrError:
        if not settings[REVOKE_URL]:
            raise
        with WebexClient(
            settings[REVOKE_URL], stored.app_id, settings.secret, ca_file=settings.ca_file, now=now
        ) as other:
            other.revoke_token(stored.token)
        return (
            f"{settings[REVOKE_URL]} accepted to revoke it; whether that ends a token of this kind"
            " is not documented."
        )
    return "Webex revoked what was granted to this integration."


def _usable(client: WebexClient, token: Token, now: Callable[[], datetime]) -> Token:
    """The token to ask with: an expired one is refreshed, where it is one that may revoke."""
    if token.is_valid(now()) or token.refresh_token is None:
        return token
    if _SCOPE in token.scopes:
        with suppress(WtrError):
            return client.refresh(token)
    return token


def _has_expired(token: Token, now: datetime) -> bool:
    if token.is_valid(now):
        return False
    left = token.refresh_left(now)
    return token.refresh_token is None or (left is not None and left.total_seconds() <= 0)


def _lives_on(token: Token, settings: Settings, *, may: bool = False) -> str:
    """``It stays valid at Webex until DATE. Revoke it at ADDRESS``."""
    ends = [token.expires_at]
    if token.refresh_token is not None:
        ends.append(token.refresh_expires_at)
    known = [end for end in ends if end is not None]
    until = clock.until_when(max(known) if len(known) == len(ends) else None)
    stays = "It may stay" if may else "It stays"
    return f"{stays} valid at Webex {until}. {_how_to_revoke(settings)}"


def _how_to_revoke(settings: Settings) -> str:
    if settings[KIND] == SERVICE_APP:
        return "An administrator ends it in Control Hub > Apps > Service Apps."
    return f"Revoke it at {OWN_PAGE}"


def _deleted(profile: Profile, outcome: SignedOut) -> tuple[Path, ...]:
    try:
        gone = tuple(profile.token_file.delete())
        # It speaks of a token that is no more.
        Path(paths.state_path(str(profile.token_path))).unlink(missing_ok=True)
        return gone
    except OSError as error:
        raise StorageError(
            f"{error.filename} cannot be deleted: {cause(error)}.",
            "Webex has revoked it." if outcome.revoked is Revoked.YES else "",
        ) from error


def _copies(profile: Profile, gone: tuple[Path, ...]) -> tuple[str, ...]:
    """What to say of copies that went with the token: nobody was asked to revoke those."""
    others = [str(path) for path in gone if path != profile.token_path]
    if not others:
        return ()
    return (f"Deleted as well, without asking Webex: {', '.join(others)}.",)
