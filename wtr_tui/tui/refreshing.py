"""Background refreshes while the screens are open, and the warnings of deliveries.

A profile has one refresh at a time. The modules for it are imported on its thread, as the first
picture needs none of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from wtr_tui.errors import NotSaved, SignInNeeded, StorageError, TemporaryError, WtrError
from wtr_tui.shutdown import in_thread
from wtr_tui.tui.display import join_names
from wtr_tui.tui.keys import key
from wtr_tui.tui.themes import Tone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wtr_tui.auto_refresh import AutoRefresh
    from wtr_tui.tokens import Obtained
    from wtr_tui.tui.app import WtrApp
    from wtr_tui.tui.session import WatchedProfile

_MAX_CONCURRENT = 8
"""Refreshes: of a hundred profiles that are due together, the others wait."""


class Refreshing:
    """Starts refreshes, shows their outcomes, and waits for those in flight at the end."""

    def __init__(self, app: WtrApp) -> None:
        self._app = app
        self._requests: set[asyncio.Future[Obtained | WtrError]] = set()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)

    def start(self, profiles: Sequence[WatchedProfile], *, by_user: bool) -> None:
        """Refresh in the background, as asked ``by_user`` or because it is due."""
        started = [each for each in profiles if not each.refreshing]
        for each in started:
            each.refreshing = True
        if len(profiles) == 1 and started:
            if by_user and started[0] is self._app.session.current:
                self._app.show_message("Refreshing …")
            self._app.run_worker(self._refresh_one(started[0], by_user), group="refresh")
        elif started:
            self._app.run_worker(self._refresh_all(started), group="refresh")

    async def wait(self, patience: float) -> None:
        """Wait for refreshes in flight, at most so many seconds."""
        if self._requests:
            await asyncio.wait(self._requests, timeout=patience)

    async def _refresh_one(self, watched: WatchedProfile, by_user: bool) -> None:
        app = self._app
        outcome = await self._perform(watched)
        app.token_changed()
        now = app.session.now()
        sentence, tone = describe_outcome(outcome, watched.auto_refresh, now, by_user=by_user)
        if app.session.current is watched:
            app.show_message(sentence, tone)
        elif by_user:
            watched.new_alert(now)  # mark it as shown: the message gives the reason, too
            app.show_message(f"{watched.profile.name}: {sentence}", tone)

    async def _refresh_all(self, started: list[WatchedProfile]) -> None:
        app, count, failed = self._app, len(started), 0
        app.show_message(f"Refreshing {count} profiles: 0 done …")
        app.token_changed()
        outcomes = asyncio.as_completed([self._perform(each) for each in started])
        for done, next_one in enumerate(outcomes, 1):
            failed += isinstance(await next_one, WtrError)
            app.token_changed()
            if done < count:
                wrong = f", {failed} not" if failed else ""
                app.show_message(f"Refreshing {count} profiles: {done - failed} done{wrong} …")
        sentence = f"{count - failed} of {count} refreshed."
        if failed:
            names = join_names([each.profile.name for each in started if each.refresh_error])
            sentence = f"{sentence[:-1]}, not {names}: the frame of each says why."
        for each in started:
            each.new_alert(app.session.now())  # mark it as shown: this message is to stay
        app.show_message(sentence, Tone.WARN if failed else Tone.GOOD)

    async def _perform(self, watched: WatchedProfile) -> Obtained | WtrError:
        """Refresh, record the outcome, and return it."""
        now, auto_refresh = self._app.session.now, watched.auto_refresh
        # The token to replace: another process may do so while this one waits for a slot.
        seen = watched.token

        def refreshed() -> Obtained | WtrError:
            from wtr_tui import tokens

            try:
                return tokens.refresh(watched.profile, watched.settings_now(), now=now, seen=seen)
            except WtrError as error:
                return error

        async with self._slots:
            request = asyncio.ensure_future(in_thread(refreshed))
            self._requests.add(request)
            try:
                outcome = await asyncio.shield(request)
            finally:
                self._requests.discard(request)
                watched.refreshing = False
        auto_refresh.record_result(outcome, now())
        auto_refresh.look(now())
        watched.refresh_error = watched.refresh_note = ""
        if isinstance(outcome, WtrError):
            watched.refresh_error = outcome.message
        elif outcome.how is outcome.how.SAME:
            watched.refresh_note = f"same token again at {now().astimezone():%H:%M}"
        return outcome

    def announce_sign_in(self, watched: WatchedProfile) -> None:
        """Run the onToken command, once, because the refresh token expires soon."""

        def announce() -> None:
            from wtr_tui.outcomes import announce_sign_in

            announce_sign_in(watched.profile, watched.settings, self._app.session.now)

        self._app.run_worker(in_thread(announce), group="announce")

    def save_again(self) -> None:
        """Try once more to write the tokens that could not be saved."""
        self._app.run_worker(self._save(), group="save", exclusive=True)

    async def _save(self) -> None:
        app = self._app
        unsaved = [each for each in app.session.watched if each.auto_refresh.unsaved]
        for watched in unsaved:
            try:
                await in_thread(watched.save)
            except WtrError as error:
                other = watched is not app.session.current
                name = f"{watched.profile.name}: " if other else ""
                app.show_message(f"{name}NOT SAVED: {error}", Tone.BAD)
                return
            watched.auto_refresh.look(app.session.now())
            app.token_changed()
            app.show_message("Saved.", Tone.GOOD)


def describe_outcome(
    obtained: Obtained | WtrError, auto_refresh: AutoRefresh, now: datetime, *, by_user: bool
) -> tuple[str, Tone]:
    """Return a sentence about a refresh asked ``by_user``, or due, and its tone."""
    if isinstance(obtained, NotSaved):
        again, copies = key("save", "s"), key("copy", "c")
        keys = f"{again} tries again; {copies} copies it meanwhile."
        return f"NOT SAVED: {obtained.message} {keys}", Tone.BAD
    if isinstance(obtained, (TemporaryError, StorageError)):
        at = auto_refresh.next_at()
        again = f"Next try at {at.astimezone():%H:%M:%S}." if at else ""
        again = again or f"{key('refresh', 'r')} tries again."
        tone = Tone.WARN if isinstance(obtained, TemporaryError) else Tone.BAD
        return f"Not refreshed: {obtained.message} {again}", tone
    if isinstance(obtained, WtrError):
        sentence = f"{obtained.message} {obtained.hint}".rstrip()
        if isinstance(obtained, SignInNeeded):
            return f"{sentence} {key('go-sign-in', 'f3')} signs in; nothing was deleted.", Tone.BAD
        return sentence if by_user else f"{sentence} Auto-refresh has stopped.", Tone.BAD
    clock, how = f"{now.astimezone():%H:%M}", obtained.how
    if how is how.REFRESHED:
        return f"Refreshed at {clock}: a new access token.", Tone.GOOD
    if how is how.SAME:
        return (
            f"Webex returned the same token at {clock}, as it often does within a day."
            " It stays valid until the time shown.",
            Tone.GOOD,
        )
    return "Another program had refreshed it already: this is its token.", Tone.GOOD


class DeliveryWarnings(logging.Handler):
    """Collects the warnings of deliveries, for the next tick to show."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._sentences: deque[str] = deque()
        self._logger: logging.Logger | None = None

    def attach(self) -> None:
        from wtr_tui.delivery import LOGGER

        self._logger = logging.getLogger(LOGGER)
        self._logger.addHandler(self)

    def detach(self) -> None:
        if self._logger is not None:
            self._logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._sentences.append(record.getMessage())

    def take(self) -> str:
        """Remove and return the oldest warning; "" for none."""
        return self._sentences.popleft() if self._sentences else ""
