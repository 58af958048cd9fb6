"""Auto-refresh: when to refresh a token, how long to wait after a failure, following its files.

Nothing here asks Webex: :func:`wtr_tui.tokens.refresh` does, when this says so.
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
"""Between two refreshes: Webex may give the same token back, with ever less time left."""

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)

# Webex answers a second refresh within a day with the same token: asking again at once is idle.
_SAME_TOKEN_PAUSE = timedelta(hours=1)

# No pause after a failure or the same token is longer.
_LONGEST_REST = max(_SAME_TOKEN_PAUSE, LONGEST_PAUSE)

_LEAST_PAUSE = timedelta(seconds=5)
_ANNOUNCEMENT_PAUSE = timedelta(minutes=1)
_CLOCK_TOLERANCE = timedelta(minutes=1)


class AutoRefresh:
    """The token of one profile, as the screens see it. Asked once a second, never waits.

    ``stored`` is what the file holds, or the one that could not be written (``unsaved``);
    ``problem`` is why the file cannot be used, ``stopped`` why auto-refresh rests for good.
    """

    problem_word = "file unusable"
    """What the screens call it where there is a ``problem``."""
    is_refreshed_elsewhere = False
    """Whether a token without a refresh token is replaced all the same: nobody has to sign in."""

    def __init__(self, profile: Profile, settings: Settings, *, auto: bool) -> None:
        self.profile = profile
        self.settings = settings
        self.auto = auto
        self.stored: StoredToken | None = None
        self.unsaved = False
        self.problem: WtrError | None = None
        self.stopped = ""
        self.known = State()
        """What is noted beside the token, by this process or another one."""
        self.clock_went_back = False
        self._notices: list[str] = []
        self._mark: object = object()  # differs from every real one
        self._known_mark: object = object()
        self._stopped_under: object = None
        self._announce_after = datetime.min.replace(tzinfo=timezone.utc)
        self._latest: datetime | None = None
        self._failures = 0
        self._not_before: datetime | None = None

    def look(self, now: datetime) -> bool:
        """Reads the file again when it changed since the last look; tells whether it did."""
        went_back = self._latest is not None and now < self._latest - _CLOCK_TOLERANCE
        changed = went_back != self.clock_went_back
        self.clock_went_back = went_back
        if self._latest is None or now > self._latest:
            self._latest = now
        if self._not_before is not None and self._not_before - now > _LONGEST_REST:
            # Planned on a clock that was ahead: kept, it would last until that year comes.
            self._not_before = None
        changed = self._look_at_known() or changed
        if self.stopped and self.profile.settings_fingerprint() != self._stopped_under:
            self.forget_failures()  # what stopped it may have been mended
            changed = True
        mark = self.profile.token_file.fingerprint()
        if mark == self._mark:
            return changed
        self._mark = mark
        try:
            stored = self.profile.token_file.read()
        except WtrError as error:
            return self._met(error) or changed
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
        """What reading the file has repaired since this was asked last, in sentences; or ""."""
        taken = " ".join(self._notices)
        self._notices.clear()
        return taken

    def _look_at_known(self) -> bool:
        token_path = str(self.profile.token_path)
        mark = state.fingerprint(token_path)
        if mark == self._known_mark:
            return False
        self._known_mark = mark
        self.known = state.read(token_path)
        return True

    def _met(self, error: WtrError) -> bool:
        is_repeated = self.problem is not None and str(self.problem) == str(error)
        self.problem = error
        return not is_repeated

    def _replaces_unsaved(self, stored: StoredToken | None) -> bool:
        """Whether the file holds something newer: mending its mode changes the file, too."""
        held = self.stored
        if stored is None or held is None or stored.app_id != held.app_id:
            return held is None
        return stored.token.obtained_at > held.token.obtained_at

    @property
    def is_foreign(self) -> bool:
        """Whether the token belongs to another App ID, or base URL, than the settings name."""
        return self.stored is not None and token_state.is_foreign(self.stored, self.settings)

    @property
    def other_base_url(self) -> str:
        """The base URL the token came from, where that is not the one of the settings; else ""."""
        return "" if self.stored is None else token_state.other_base_url(self.stored, self.settings)

    def use_settings(self, settings: Settings) -> None:
        """Takes in the settings as they are by now."""
        if self.settings.unread and not settings.unread:
            self.forget_failures()  # what could not be read has been mended
        self.settings = settings

    @property
    def is_lost(self) -> bool:
        """Whether Webex no longer accepts the refresh token, so that somebody has to sign in."""
        token = self.stored.token if self.stored is not None else None
        if token is None or token.refresh_token is None:
            return False
        needed = token_state.since_sign_in_needed(self.known, token)
        return needed is not None and not self.settings.can_mint

    def keep_unsaved(self, stored: StoredToken) -> None:
        """Keeps a token that could not be written, so that it can still be used and saved later."""
        self.stored = stored
        self.unsaved = True

    def next_at(self) -> datetime | None:
        """When auto-refresh will act next; None when it is off, stopped or has nothing to do."""
        if not self.auto or self.stopped or self.stored is None or self.is_foreign or self.unsaved:
            return None
        if self.stored.token.refresh_token is None or self.is_lost:
            return None
        if self.settings.unread or self.settings.problems:
            return None  # it would be refused; once they are mended, they are followed
        planned = next_refresh_at(self.stored.token, self.known)
        since = self.known.refused(self.stored.token.access_token.reveal())
        if since is not None and not self.known.refused_again:
            planned = since  # once: a refresh may give one that Webex accepts
        if planned is None:
            return None
        return planned if self._not_before is None else max(planned, self._not_before)

    def due(self, now: datetime) -> bool:
        at = self.next_at()
        if at is None or self.stored is None or now >= at:
            return at is not None
        waits = self._not_before is not None and now < self._not_before
        return self.stored.token.is_postdated(now) and not waits

    def announcement_due(self, now: datetime) -> bool:
        """Whether the refresh token's end is to be announced, by whoever is first; then asks for
        a minute's patience: where that cannot be noted it would be due for ever."""
        if self.stored is None or self.is_foreign or self.unsaved:
            return False
        left = self.stored.token.refresh_left(now)
        limits = self.settings[WARN_BEFORE]
        soonest = timedelta(seconds=max(limits, default=0))
        if left is None or left > soonest or now < self._announce_after:
            return False
        self._announce_after = now + _ANNOUNCEMENT_PAUSE
        from wtr_tui.outcomes import due_announcement  # needed in the last days alone

        return due_announcement(self.stored, self.known, self.settings, now) is not None

    def toggle_auto(self) -> None:
        self.auto = not self.auto
        self.forget_failures()

    def forget_failures(self) -> None:
        self._failures = 0
        self._not_before = None
        self.stopped = ""

    def record_result(self, result: Obtained | WtrError, now: datetime) -> None:
        """Takes in what a refresh led to: back-off for what is temporary, rest for what is not."""
        # Loaded with the first refresh: the first picture needs none of it.
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
        """Never past the middle of what is left: a short-lived token gets its chances, too."""
        pause = backoff(self._failures + 1, wish)
        left = self.stored.token.left(now) if self.stored is not None else None
        if wish is None and left is not None and left > timedelta(0):
            cap = max(left / 2, _LEAST_PAUSE)
            if cap < pause:
                # Not counted: the pause after the end would inherit what these never waited.
                return cap
        self._failures += 1
        return pause


def _pause_after_same(left: timedelta | None) -> timedelta:
    """Half of what is left, up to an hour: a short-lived token shall not run out meanwhile."""
    half = _SAME_TOKEN_PAUSE if left is None else left / 2
    return min(_SAME_TOKEN_PAUSE, max(half, timedelta(seconds=30)))


def next_refresh_at(token: Token, known: State) -> datetime | None:
    """When to refresh: at a tenth of the lifetime left, at least 5 min, at most 1 day before.

    A token that lives for minutes is refreshed at half its life, and one whose refresh token ends
    sooner so long before that. None for a token without a known end or without a refresh token,
    and where the refresh token ends first and has been used for the last time.
    """
    if token.expires_at is None or token.refresh_token is None:
        return None
    life = token.expires_at - token.obtained_at
    lead = min(max(life / 10, LEAST_LEAD), MOST_LEAD, max(life / 2, timedelta(0)))
    planned = max(token.expires_at - lead, token.obtained_at + LEAST_GAP)
    end = token.refresh_expires_at
    if end is None or planned < end - lead:
        return planned
    before_end = token_state.refresh_before_end(known, token, lead)
    if before_end is None:
        return planned if planned < end else None
    return max(before_end, token.obtained_at + (end - token.obtained_at) / 2)


def backoff(
    attempt: int, retry_after: timedelta | None = None, jitter: float | None = None
) -> timedelta:
    """How long to wait after the ``attempt``-th failure in a row (from 1).

    What the server wishes, else 15 s doubling to 15 min, less up to a quarter by ``jitter``
    (0 to 1; drawn where it is not given), so that many programs do not come back at once.
    """
    if retry_after is not None:
        return min(max(retry_after, timedelta(seconds=1)), LONGEST_PAUSE)
    if jitter is None:
        jitter = random.random()  # noqa: S311 - spreads load, protects nothing
    doublings = min(max(attempt, 1) - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE) * (1 - jitter / 4)
