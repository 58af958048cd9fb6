"""Auto-refresh: following a token's files, when to refresh it, and the back-off after failures.

No request is sent here: the screens call :func:`wtr_tui.tokens.refresh` when it is due.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from wtr_tui import token_state
from wtr_tui.errors import NotSaved, StorageError, TemporaryError, WtrError
from wtr_tui.model import StoredToken, Token
from wtr_tui.storage import state
from wtr_tui.storage.settings_table import WARN_BEFORE
from wtr_tui.storage.state import State

if TYPE_CHECKING:
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings
    from wtr_tui.tokens import Obtained

LEAST_LEAD = timedelta(minutes=5)
MOST_LEAD = timedelta(days=1)
LEAST_GAP = timedelta(seconds=10)
"""The least time between refreshes: Webex may return the same token, with ever less time left."""

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)

# Webex answers a second refresh within a day with the same token, so a repetition is useless.
_SAME_TOKEN_PAUSE = timedelta(hours=1)

# No pause is longer than this.
_LONGEST_REST = max(_SAME_TOKEN_PAUSE, LONGEST_PAUSE)

_LEAST_PAUSE = timedelta(seconds=5)
_ANNOUNCEMENT_PAUSE = timedelta(minutes=1)
_CLOCK_TOLERANCE = timedelta(minutes=1)


class AutoRefresh:
    """The token of one profile, for the screens, which poll it every second. It never blocks.

    ``stored`` is the file's token, or one that could not be saved (``unsaved``); ``problem`` is why
    the file is unusable, ``stopped`` why auto-refresh has stopped for good.
    """

    problem_word = "file unusable"
    """What the screens show for a ``problem``."""
    is_refreshed_elsewhere = False
    """Whether another process replaces a token without a refresh token, so no user has to."""

    def __init__(self, profile: Profile, settings: Settings, *, auto: bool) -> None:
        self.profile = profile
        self.settings = settings
        self.auto = auto
        self.stored: StoredToken | None = None
        self.unsaved = False
        self.problem: WtrError | None = None
        self.stopped = ""
        self.recorded = State()
        """The state recorded beside the token, by any process."""
        self.clock_went_back = False
        self._notices: list[str] = []
        self._token_fingerprint: object = object()  # differs from every real one
        self._state_fingerprint: object = object()
        self._stopped_under: object = None
        self._announce_after = datetime.min.replace(tzinfo=timezone.utc)
        self._latest: datetime | None = None
        self._failures = 0
        self._not_before: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Reread the files that have changed since the last call; return whether anything has."""
        changes = (
            self._check_clock(now),
            self._reread_state(),
            self._follow_settings_file(),
            self._reread_token(),
        )
        return any(changes)

    def _check_clock(self, now: datetime) -> bool:
        went_back = self._latest is not None and now < self._latest - _CLOCK_TOLERANCE
        changed = went_back != self.clock_went_back
        self.clock_went_back = went_back
        if self._latest is None or now > self._latest:
            self._latest = now
        if self._not_before is not None and self._not_before - now > _LONGEST_REST:
            # Planned when the clock was ahead: it would last until that time comes.
            self._not_before = None
        return changed

    def _reread_state(self) -> bool:
        token_path = self.profile.token_path
        fingerprint = state.fingerprint(token_path)
        if fingerprint == self._state_fingerprint:
            return False
        self._state_fingerprint = fingerprint
        self.recorded = state.read(token_path)
        return True

    def _follow_settings_file(self) -> bool:
        """Resume after a change of the settings file, which may remove the reason for stopping."""
        if not self.stopped or self.profile.settings_fingerprint() == self._stopped_under:
            return False
        self.forget_failures()
        return True

    def _reread_token(self) -> bool:
        fingerprint = self.profile.token_file.fingerprint()
        if fingerprint == self._token_fingerprint:
            return False
        self._token_fingerprint = fingerprint
        try:
            stored = self.profile.token_file.read()
        except WtrError as error:
            is_repeated = self.problem is not None and str(self.problem) == str(error)
            self.problem = error
            return not is_repeated
        self.problem = None
        if stored is not None:
            self._notices += stored.notices
        if self.unsaved and not self._replaces_unsaved(stored):
            return True
        before = self.stored
        self.stored = stored
        self.unsaved = False
        if stored != before:
            self.forget_failures()
        return True

    def take_notices(self) -> str:
        """Return the notices of reading the file since the last call, in sentences; "" for none."""
        taken = " ".join(self._notices)
        self._notices.clear()
        return taken

    def _replaces_unsaved(self, stored: StoredToken | None) -> bool:
        """Return whether the file holds a newer token. Repairing its mode changes it, too."""
        held = self.stored
        if stored is None or held is None or stored.app_id != held.app_id:
            return held is None
        return stored.token.obtained_at > held.token.obtained_at

    @property
    def is_foreign(self) -> bool:
        """Whether the token belongs to another App ID or base URL than the settings name."""
        return self.stored is not None and token_state.is_foreign(self.stored, self.settings)

    @property
    def other_base_url(self) -> str:
        """The base URL the token came from, if the settings name another one; else ""."""
        return "" if self.stored is None else token_state.other_base_url(self.stored, self.settings)

    def use_settings(self, settings: Settings) -> None:
        """Replace the settings, after their file has changed."""
        if self.settings.unread and not settings.unread:
            self.forget_failures()  # an unreadable file may have been the reason
        self.settings = settings

    @property
    def is_lost(self) -> bool:
        """Whether Webex no longer accepts the refresh token, so that a user has to sign in."""
        token = self.stored.token if self.stored is not None else None
        if token is None or token.refresh_token is None:
            return False
        needed = token_state.since_sign_in_needed(self.recorded, token)
        return needed is not None and not self.settings.can_mint

    def keep_unsaved(self, stored: StoredToken) -> None:
        """Hold a token that could not be saved, to use it and save it later."""
        self.stored = stored
        self.unsaved = True

    def next_at(self) -> datetime | None:
        """Return when to refresh next; None if it is off, stopped or impossible."""
        if not self.auto or self.stopped or self.stored is None or self.is_foreign or self.unsaved:
            return None
        if self.stored.token.refresh_token is None or self.is_lost:
            return None
        if self.settings.unread or self.settings.problems:
            return None  # a refresh would raise SettingsError
        planned = next_refresh_at(self.stored.token, self.recorded)
        since = self.recorded.refused(self.stored.token.access_token.reveal())
        if since is not None and not self.recorded.refused_again:
            planned = since  # one refresh may give a token that Webex accepts
        if planned is None:
            return None
        return planned if self._not_before is None else max(planned, self._not_before)

    def due(self, now: datetime) -> bool:
        """Return whether to refresh now."""
        at = self.next_at()
        if at is None or self.stored is None:
            return False
        if self.stored.token.is_postdated(now):
            at = self._not_before or now  # what is planned by its wrong end does not count
        return now >= at

    def announcement_due(self, now: datetime) -> bool:
        """Return whether to announce the refresh token's end now, at most once a minute.

        Where the announcement cannot be recorded, it stays due for ever.
        """
        if self.stored is None or self.is_foreign or self.unsaved:
            return False
        left = self.stored.token.refresh_left(now)
        limits = self.settings[WARN_BEFORE]
        soonest = timedelta(seconds=max(limits, default=0))
        if left is None or left > soonest or now < self._announce_after:
            return False
        self._announce_after = now + _ANNOUNCEMENT_PAUSE
        from wtr_tui.outcomes import due_announcement  # needed in the last days only

        return due_announcement(self.stored, self.recorded, self.settings, now) is not None

    def toggle_auto(self) -> None:
        """Switch auto-refresh on or off, and forget failures."""
        self.auto = not self.auto
        self.forget_failures()

    def forget_failures(self) -> None:
        """End the back-off, and resume after a definite failure."""
        self._failures = 0
        self._not_before = None
        self.stopped = ""

    def record_result(self, result: Obtained | WtrError, now: datetime) -> None:
        """Record the result of a refresh: back off after a temporary failure, else stop."""
        # Needed after the first refresh only.
        from wtr_tui.tokens import How

        if isinstance(result, NotSaved):
            self.keep_unsaved(self.settings.stored(result.token, self.stored))
        elif isinstance(result, (TemporaryError, StorageError)):
            wish = result.retry_after if isinstance(result, TemporaryError) else None
            self._not_before = now + self._pause_after_failure(wish, now)
        elif isinstance(result, WtrError):
            self.stopped = result.message
            self._stopped_under = self.profile.settings_fingerprint()
        else:
            self.forget_failures()
            if result.how is How.SAME:
                self._not_before = now + _pause_after_same(result.token.left(now))

    def _pause_after_failure(self, wish: timedelta | None, now: datetime) -> timedelta:
        """Return the back-off, but at most half of what is left, so that there is another try."""
        pause = backoff(self._failures + 1, wish)
        left = self.stored.token.left(now) if self.stored is not None else None
        if wish is None and left is not None and left > timedelta(0):
            cap = max(left / 2, _LEAST_PAUSE)
            if cap < pause:
                # Not counted, as the pauses after the end would grow by pauses never waited.
                return cap
        self._failures += 1
        return pause


def _pause_after_same(left: timedelta | None) -> timedelta:
    """Return half of what is left, up to an hour: a short-lived token must not expire meanwhile."""
    half = _SAME_TOKEN_PAUSE if left is None else left / 2
    return min(_SAME_TOKEN_PAUSE, max(half, timedelta(seconds=30)))


def next_refresh_at(token: Token, recorded: State) -> datetime | None:
    """Return when to refresh: with a tenth of the lifetime left, at least 5 min, at most 1 day.

    A token that lives for minutes is refreshed at half its lifetime. If the refresh token ends
    first, the same time before that counts. Return None without a known end or a refresh token, and
    after the last refresh before the refresh token's end.
    """
    if token.expires_at is None or token.refresh_token is None:
        return None
    life = token.expires_at - token.obtained_at
    lead = min(max(life / 10, LEAST_LEAD), MOST_LEAD, max(life / 2, timedelta(0)))
    planned = max(token.expires_at - lead, token.obtained_at + LEAST_GAP)
    end = token.refresh_expires_at
    if end is None or planned < end - lead:
        return planned
    before_end = token_state.refresh_before_end(recorded, token, lead)
    if before_end is None:
        return planned if planned < end else None
    return max(before_end, token.obtained_at + (end - token.obtained_at) / 2)


def backoff(
    attempt: int, retry_after: timedelta | None = None, jitter: float | None = None
) -> timedelta:
    """Return how long to wait after the ``attempt``-th failure in a row (from 1).

    This is ``retry_after``, else 15 s doubling to 15 min, less up to a quarter by ``jitter`` (0 to
    1; random by default), so that many programs do not retry at once.
    """
    if retry_after is not None:
        return min(max(retry_after, timedelta(seconds=1)), LONGEST_PAUSE)
    if jitter is None:
        jitter = random.random()  # noqa: S311 - spreads load, protects nothing
    doublings = min(max(attempt, 1) - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE) * (1 - jitter / 4)
