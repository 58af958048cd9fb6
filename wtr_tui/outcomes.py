"""Recording the outcomes of refreshes, sign-ins and requests for all processes.

Recorded are that Webex refuses the access token or the refresh token, whether refreshing extends
the refresh token, and that its end was announced. :mod:`wtr_tui.storage.state` stores it beside the
token. Failing to record does no harm.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtr_tui import clock, delivery, history
from wtr_tui.errors import GrantRejected, RequestRefused, SignInNeeded, TemporaryError, WtrError
from wtr_tui.history import Event
from wtr_tui.storage import state
from wtr_tui.storage.private_file import KEEPS_NO_MODES
from wtr_tui.storage.settings_table import WARN_BEFORE
from wtr_tui.storage.state import LastOutcome, State
from wtr_tui.text import cleaned
from wtr_tui.token_state import REVOKED_HERE, since_sign_in_needed

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtr_tui.model import StoredToken, Token
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

# Seconds. A process that holds the lock for longer refreshes, which replaces the state anyway.
_PATIENCE = 2.0
_FIRST_WAIT, _LONGEST_WAIT = 60, 3_600


def require_mint_due(recorded: State, token: Token, now: datetime) -> None:
    """Raise the last failure to mint a token in place of this one, during the wait after it."""
    again_at = recorded.mint_deferred_until(token.access_token.reveal())
    if again_at is None or now >= again_at or recorded.last is None:
        return
    message = recorded.last.message.rstrip(".") + "."
    again = f"It is tried again at {clock.local(again_at, seconds=True)}."
    error: WtrError = TemporaryError(message, again, retry_after=again_at - now)
    for kind in (RequestRefused, SignInNeeded):
        if recorded.last.kind == kind.kind:
            error = kind(message, again)
    error.is_repeated = True
    raise error


# To be called under the token's lock.


def record_grant(
    profile: Profile, settings: Settings, before: Token, token: Token, now: datetime
) -> None:
    """Record a refresh, or a minting, whose token has been saved. Call under the token's lock."""
    refused = state.read(profile.token_path).refused(before.access_token.reveal())
    same = token.same_access(before)
    recorded = _bound_state(profile, token)
    recorded.last = LastOutcome((Event.SAME_TOKEN if same else Event.REFRESHED).value, now)
    recorded.refreshed_at = now
    if before.refresh_token is not None and before.refresh_token != token.refresh_token:
        recorded.rotates = True
    if same and refused is not None:
        recorded.refused_since, recorded.refused_again = refused, True
    recorded.sign_in_needed_since, recorded.message = None, ""
    earlier, end = before.refresh_expires_at, token.refresh_expires_at
    recorded.end = end
    recorded.end_stays = None
    if earlier is not None and end is not None:
        stays = state.is_same_end(earlier, end)
        recorded.end_stays = stays if stays or end > earlier else None
        if not stays:
            recorded.given = ()
    recorded.warn_before = settings[WARN_BEFORE]
    state.write(profile.token_path, recorded)


def record_failure(profile: Profile, token: Token, error: WtrError, now: datetime) -> None:
    """Record a failed refresh. Call under the token's lock."""
    recorded = _bound_state(profile, token)
    recorded.last = LastOutcome(error.kind, now, cleaned(error.message))
    if isinstance(error, GrantRejected):
        error.is_news = recorded.sign_in_needed_since is None
        recorded.sign_in_needed_since = recorded.sign_in_needed_since or now
        # That it was revoked from here is more helpful than Webex's own description.
        if error.is_news or recorded.message != REVOKED_HERE:
            recorded.message = cleaned(error.message)
    state.write(profile.token_path, recorded)


def record_revocation(profile: Profile, token: Token, now: datetime) -> None:
    """Record the revocation of a token whose file is kept. Call under the token's lock."""
    recorded = _bound_state(profile, token)
    recorded.last = LastOutcome(Event.SIGNED_OUT.value, now)
    recorded.refused_since = recorded.sign_in_needed_since = now
    recorded.message = REVOKED_HERE
    state.write(profile.token_path, recorded)


# These take the token's lock themselves, for a moment.


def record_mint_failure(profile: Profile, error: WtrError, now: datetime) -> None:
    """Record a failure to mint, and how long to wait before the next attempt, up to an hour."""
    with suppress(WtrError), profile.token_file.lock(_PATIENCE):
        recorded = state.read(profile.token_path)
        if isinstance(error, SignInNeeded) and recorded.last is not None and recorded.mint_failures:
            error.is_news = recorded.last.kind != error.kind
        recorded.mint_failures += 1
        seconds = min(_FIRST_WAIT * 2 ** min(recorded.mint_failures - 1, 10), _LONGEST_WAIT)
        wait = timedelta(seconds=seconds)
        if isinstance(error, TemporaryError) and error.retry_after is not None:
            wait = max(wait, error.retry_after)
        recorded.mint_again_at = now + wait
        recorded.last = LastOutcome(error.kind, now, cleaned(str(error), 400))
        # A user's sign-in would not help, but an administrator, or time.
        recorded.sign_in_needed_since, recorded.message = None, ""
        state.write(profile.token_path, recorded)


def record_sign_in(
    profile: Profile, settings: Settings, token: Token, now: Callable[[], datetime] = clock.now
) -> None:
    """Record and deliver a new grant that has been saved: by a sign-in, an import, or minting."""
    at = now()
    with suppress(WtrError), profile.token_file.lock(_PATIENCE):
        rotates = state.read(profile.token_path).rotates  # nothing else applies to the new grant
        recorded = _bound_state(profile, token, State())
        recorded.rotates = rotates
        recorded.last = LastOutcome(Event.RETRIEVED.value, at)
        recorded.refreshed_at = at
        recorded.warn_before = settings[WARN_BEFORE]
        left = token.refresh_left(at)
        if left is not None:
            # A user who has just signed in is not called back at once, however near the end is.
            end = at + left
            recorded.record_warnings(end, recorded.due_warnings(end, left, settings[WARN_BEFORE]))
        state.write(profile.token_path, recorded)
    delivery.deliver(profile, settings, Event.RETRIEVED, token)


def record_refusal(profile: Profile, token: Token, error: WtrError, now: datetime) -> State:
    """Record that Webex answered 401 to this access token in another request.

    Return the state with it, whether it could be recorded or not.
    """
    recorded = _bound_state(profile, token)
    if recorded.refused_since is not None:
        return recorded
    recorded.refused_since = now
    with suppress(WtrError):
        with profile.token_file.lock(_PATIENCE):
            stored = profile.token_file.read()
            if stored is None or not stored.token.same_access(token):
                return recorded
            recorded = _bound_state(profile, stored.token)
            recorded.refused_since = recorded.refused_since or now
            state.write(profile.token_path, recorded)
        history.append(profile, history.new_entry(Event.REFUSED, stored.token, error))
    return recorded


def record_acceptance(profile: Profile, token: Token) -> None:
    """Record that Webex accepts this access token, if it was recorded as refused."""
    if state.read(profile.token_path).refused(token.access_token.reveal()) is None:
        return
    with suppress(WtrError), profile.token_file.lock(_PATIENCE):
        recorded = state.read(profile.token_path)
        if recorded.refused(token.access_token.reveal()) is not None:
            recorded.refused_since, recorded.refused_again = None, False
            state.write(profile.token_path, recorded)


def should_show_notice(profile: Profile, notice: str) -> bool:
    """Return whether to show a notice. One that recurs with every reading is shown once."""
    if not notice.endswith(KEEPS_NO_MODES):
        return True
    name = state.checksum(notice)
    if state.read(profile.token_path).said == name:
        return False
    with suppress(WtrError), profile.token_file.lock(_PATIENCE):
        recorded = state.read(profile.token_path)
        recorded.said = name
        state.write(profile.token_path, recorded)
    return True


def announce_sign_in(
    profile: Profile, settings: Settings, now: Callable[[], datetime] = clock.now
) -> bool:
    """Announce to the onToken command that the refresh token ends soon, once for all processes.

    That is once for each time of ``warnBefore``, and once for several that have passed together.
    Call it whenever the token was read, not under the token's lock; it is cheap while there is
    nothing to announce. Return whether it was announced now.
    """
    # A process that the onToken command has started leaves the announcement to the next one.
    if "WTR_EVENT" in os.environ:
        return False
    with suppress(WtrError):
        stored = profile.token_file.read()
        if due_announcement(stored, state.read(profile.token_path), settings, now()) is None:
            return False
        with profile.token_file.lock(_PATIENCE):
            stored = profile.token_file.read()
            found = due_announcement(stored, state.read(profile.token_path), settings, now())
            if stored is None or found is None:
                return False
            end, limits = found
            recorded = _bound_state(profile, stored.token)
            recorded.record_warnings(end, limits)
            recorded.warn_before = settings[WARN_BEFORE]
            # Recorded first, so that a process killed in between causes no second announcement.
            is_written = state.write(profile.token_path, recorded)
        if is_written and not settings.can_mint:  # minting needs no user
            delivery.deliver(profile, settings, Event.SIGN_IN_SOON, stored.token)
            return True
    return False


def due_announcement(
    stored: StoredToken | None, recorded: State, settings: Settings, now: datetime
) -> tuple[datetime, tuple[int, ...]] | None:
    """Return the refresh token's end and the limits to announce now; None for nothing. No I/O."""
    if stored is None or settings.app_id not in ("", stored.app_id):
        return None
    end = stored.token.refresh_expires_at
    if end is None or stored.token.refresh_token is None:
        return None
    if since_sign_in_needed(recorded, stored.token) is not None:
        return None
    limits = recorded.due_warnings(end, end - now, settings[WARN_BEFORE])
    return (end, limits) if limits else None


def _bound_state(profile: Profile, token: Token, recorded: State | None = None) -> State:
    """Return the profile's state, or ``recorded``, without what concerns another token."""
    recorded = state.read(profile.token_path) if recorded is None else recorded
    refresh_token = token.refresh_token.reveal() if token.refresh_token else None
    recorded.bind(token.access_token.reveal(), refresh_token)
    return recorded
