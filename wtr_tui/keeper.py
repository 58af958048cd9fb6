"""Keeps the token alive while the program is open: follows its file, and says when to refresh."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtr_tui import schedule
from wtr_tui.errors import WtrError
from wtr_tui.model import Account
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.token_file import StoredToken
from wtr_tui.storage.token_origin import other_base_url

if TYPE_CHECKING:
    from wtr_tui.refresh_outcome import Outcome
    from wtr_tui.storage.settings import Settings

# Webex answers a second refresh within a day with the same token: asking again at once is idle.
_SAME_TOKEN_PAUSE = timedelta(hours=1)

# No pause after a failure or the same token is longer.
_LONGEST_REST = max(_SAME_TOKEN_PAUSE, schedule.LONGEST_PAUSE)

_LEAST_PAUSE = timedelta(seconds=5)
_CLOCK_TOLERANCE = timedelta(minutes=1)


class Keeper:
    """The token of one profile, as the screens see it. Asked once a second, never waits.

    ``stored`` is what the file holds, or the one that could not be written (``unsaved``);
    ``problem`` is why the file cannot be used, ``stopped`` why auto-refresh rests for good.
    """

    def __init__(self, profile: Profile, app_id: str, *, auto: bool) -> None:
        self.profile = profile
        self.app_id = app_id
        self.base_url = self.file_base_url = ""
        self.auto = auto
        self.stored: StoredToken | None = None
        self.unsaved = False
        self.problem: WtrError | None = None
        self.stopped = ""
        self.clock_went_back = False
        self._fingerprint: object = object()  # differs from every real one
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
        try:
            fingerprint = self.profile.token_file.fingerprint()
        except WtrError as error:
            self._fingerprint = object()  # whatever is there afterwards has to be read
            return self._met(error) or changed
        if fingerprint == self._fingerprint:
            return changed
        self._fingerprint = fingerprint
        try:
            stored = self.profile.token_file.read()
        except WtrError as error:
            return self._met(error) or changed
        self.problem = None
        if self.unsaved and not self._replaces_unsaved(stored):
            return True
        before = self.stored
        self.stored = stored
        self.unsaved = False
        if stored != before:
            self.forget_failures()
        return True

    def _met(self, error: WtrError) -> bool:
        told_already = self.problem is not None and str(self.problem) == str(error)
        self.problem = error
        return not told_already

    def _replaces_unsaved(self, stored: StoredToken | None) -> bool:
        """Whether the file holds something newer: mending its mode changes the file, too."""
        held = self.stored
        if stored is None or held is None or stored.app_id != held.app_id:
            return held is None
        return stored.token.obtained_at > held.token.obtained_at

    @property
    def foreign(self) -> bool:
        """Whether the token belongs to another App ID, or base URL, than the settings name."""
        stored = self.stored
        if stored is None:
            return False
        return (bool(self.app_id) and stored.app_id != self.app_id) or bool(self.other_base_url)

    @property
    def other_base_url(self) -> str:
        """The base URL the token came from, where that is not the one of the settings; else ""."""
        if self.stored is None or not self.base_url:
            return ""
        return other_base_url(self.stored, self.base_url, self.file_base_url)

    def follow(self, settings: Settings) -> None:
        """Takes in the App ID and the base URL that the settings name by now."""
        self.app_id = settings.app_id
        self.base_url = settings.base_url
        self.file_base_url = settings.file_base_url

    def hold(self, stored: StoredToken) -> None:
        """Keeps a token that could not be written, so that it can still be used and saved later."""
        self.stored = stored
        self.unsaved = True

    def next_at(self) -> datetime | None:
        """When auto-refresh will act next; None when it is off, stopped or has nothing to do."""
        if not self.auto or self.stopped or self.stored is None or self.foreign or self.unsaved:
            return None
        if self.stored.token.refresh_token is None:
            return None
        planned = schedule.next_refresh_at(self.stored.token)
        if planned is None:
            return None
        return planned if self._not_before is None else max(planned, self._not_before)

    def due(self, now: datetime) -> bool:
        at = self.next_at()
        return at is not None and now >= at

    def switch_auto(self) -> None:
        self.auto = not self.auto
        self.forget_failures()

    def forget_failures(self) -> None:
        self._failures = 0
        self._not_before = None
        self.stopped = ""

    def learn(self, outcome: Outcome, now: datetime) -> None:
        """Takes in what a refresh led to: back-off for what is temporary, rest for what is not."""
        # Loaded with the first refresh: the first picture needs none of them.
        from wtr_tui import refresh_outcome as outcomes

        if isinstance(outcome, (outcomes.Temporary, outcomes.StoreFailed)):
            self._failures += 1
            wish = outcome.retry_after if isinstance(outcome, outcomes.Temporary) else None
            self._not_before = now + self._pause_after_failure(wish, now)
        elif isinstance(outcome, outcomes.SameToken):
            self.forget_failures()
            self._not_before = now + _pause_after_same(outcome.token.left(now))
        elif isinstance(outcome, outcomes.NotSaved):
            account = self.stored.account if self.stored is not None else Account()
            self.hold(StoredToken(self.app_id, outcome.token, self.base_url, account))
        elif isinstance(outcome, (outcomes.Refreshed, outcomes.AlreadyFresh)):
            self.forget_failures()
        else:
            self.stopped = outcome.message

    def _pause_after_failure(self, wish: timedelta | None, now: datetime) -> timedelta:
        """Never past the middle of what is left: a short-lived token gets its chances, too."""
        pause = schedule.backoff(self._failures, wish)
        left = self.stored.token.left(now) if self.stored is not None else None
        if left is None or left <= timedelta(0) or wish is not None:
            return pause
        return min(pause, max(left / 2, _LEAST_PAUSE))


def _pause_after_same(left: timedelta | None) -> timedelta:
    """Half of what is left, up to an hour: a short-lived token shall not run out meanwhile."""
    half = _SAME_TOKEN_PAUSE if left is None else left / 2
    return min(_SAME_TOKEN_PAUSE, max(half, timedelta(seconds=30)))
