"""Refreshing while the screens are open: one refresh at a time, whichever screen is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wtr_tui.background import in_thread
from wtr_tui.errors import WtrError
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.model import Token
    from wtr_tui.tokens import Obtained
    from wtr_tui.tui.app import WtrApp
    from wtr_tui.tui.session import Session


class Refreshing:
    """Begins refreshes, tells what came of them, and waits for them at the end."""

    def __init__(self, app: WtrApp) -> None:
        self._app = app
        self._requests: set[asyncio.Future[Obtained | WtrError]] = set()
        self.running = False

    def start(self, *, asked: bool) -> None:
        """Refreshes in the background; ``asked`` by the person, or by the clock."""
        if not self.running:
            self.running = True
            self._app.run_worker(self._refresh(asked), group="refresh")

    async def wait(self, patience: float) -> None:
        """Waits, at most so many seconds, for an answer that is under way."""
        if self._requests:
            await asyncio.wait(self._requests, timeout=patience)

    async def _refresh(self, asked: bool) -> None:
        app = self._app
        session = app.session
        keeper = session.keeper
        seen = keeper.stored.token if keeper.stored is not None else None
        if asked:
            app.tell("Refreshing …")
        request = asyncio.ensure_future(in_thread(lambda: _refreshed(session, seen)))
        self._requests.add(request)
        try:
            outcome = await asyncio.shield(request)
        finally:
            self._requests.discard(request)
            self.running = False
        if session.keeper is not keeper:
            return  # the person has gone on with another profile, which this says nothing about
        from wtr_tui.tokens import How
        from wtr_tui.tui.outcome_words import told

        now = session.now()
        keeper.learn(outcome, now)
        keeper.look(now)
        same = not isinstance(outcome, WtrError) and outcome.how is How.SAME
        session.refresh_remark = f"same token again at {now.astimezone():%H:%M}" if same else ""
        app.token_changed()
        app.tell(*told(outcome, keeper, now, asked=asked))

    def save_again(self) -> None:
        """Tries once more to write a token that could not be saved."""
        self._app.run_worker(self._save(), group="save", exclusive=True)

    async def _save(self) -> None:
        app = self._app
        keeper = app.session.keeper
        stored = keeper.stored
        if stored is None or not keeper.unsaved:
            return
        token_file = app.session.profile.token_file

        def save() -> None:
            with token_file.lock():
                token_file.save(stored)

        try:
            await in_thread(save)
        except WtrError as error:
            app.tell(f"NOT SAVED: {error}", Tone.BAD)
            return
        keeper.unsaved = False
        keeper.look(app.session.now())
        app.token_changed()
        app.tell("Saved.", Tone.GOOD)


def _refreshed(session: Session, seen: Token | None) -> Obtained | WtrError:
    # Loaded with the first refresh, on its thread: the first picture needs none of it.
    from wtr_tui import tokens

    try:
        return tokens.refresh(session.profile, session.settings, now=session.now, seen=seen)
    except WtrError as error:
        return error
