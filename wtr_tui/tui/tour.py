"""The tour of the demo: all that the program does, in a minute, without a key. Any key ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import App

from wtr_tui.tui.keys import with_keys


@dataclass(frozen=True)
class Stop:
    """What is done, what is said of it, and how long it is to be looked at, in seconds."""

    action: str
    sentence: str
    seconds: float = 8.0


STOPS = (
    Stop("app.go('sign-in')", "The ways to sign in are all open at once; the first one counts."),
    Stop("screen.device", "Without any redirect: a device code, typed in on any machine.", 9.0),
    Stop("screen.approve", "Approved in the demo's browser. The token is saved.", 3.0),
    Stop("app.go('token')", "How long it lives, and its next refresh. {copy:c} copies the token."),
    Stop("screen.refresh", "Refreshed: by {refresh:r}, or by itself while this is open.", 7.0),
    Stop("app.go('settings')", "All settings, each with where its value comes from."),
    Stop("app.go('profiles')", "A profile is one integration; all of them are kept alive."),
    Stop("app.go('check')", "What would go wrong here, looked for before it does."),
    Stop("app.go('token')", "That was all. {go-sign-in:F3} signs in again, {help:?} helps.", 0.0),
)


class Tour:
    """Goes from stop to stop until it is over, or stopped."""

    def __init__(
        self, app: App[int], tell: Callable[[str], None], stops: Sequence[Stop] = STOPS
    ) -> None:
        self._app = app
        self._tell = tell
        self._stops = stops
        self.is_under_way = True

    def begin(self) -> None:
        self._app.run_worker(self._go(), group="tour")

    def stop(self) -> None:
        self.is_under_way = False
        self._app.workers.cancel_group(self._app, "tour")
        self._tell("The tour is over: the keys are yours.")

    async def _go(self) -> None:
        for number, stop in enumerate(self._stops, 1):
            await self._app.run_action(stop.action)
            await asyncio.sleep(0.5)  # what the action itself says comes first
            self._tell(f"{number}/{len(self._stops)} {with_keys(stop.sentence)}")
            await asyncio.sleep(stop.seconds)
        self.is_under_way = False
