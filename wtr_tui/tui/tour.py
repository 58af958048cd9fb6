"""The tour of the demo: all that the program does, in a minute, without a key. Any key ends it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wtr_tui.tui.keys import with_keys

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

STOPS = (
    ("app.go('sign-in')", "The ways to sign in are all open at once; the first one counts.", 8),
    ("screen.device", "Without any redirect: a device code, typed in on any machine.", 9),
    ("screen.approve", "Approved in the demo's browser. The token is saved.", 3),
    ("app.go('token')", "How long it lives, and its next refresh. {copy:c} copies the token.", 8),
    ("screen.refresh", "Refreshed: by {refresh:r}, or by itself while this is open.", 7),
    ("app.go('settings')", "All settings, each with where its value comes from.", 8),
    ("app.go('profiles')", "A profile is one integration; all of them are kept alive.", 8),
    ("app.go('check')", "What would go wrong here, looked for before it does.", 8),
    ("app.go('token')", "That was all. {go-sign-in:F3} signs in again, {help:?} helps.", 0),
)
"""What is done, what is said of it, and how long it is to be looked at, in seconds."""


async def show(app: WtrApp) -> None:
    """Goes from stop to stop, until it is over or cancelled."""
    for number, (action, sentence, seconds) in enumerate(STOPS, 1):
        await app.run_action(action)
        await asyncio.sleep(0.5)  # what the action itself says comes first
        app.tell(f"{number}/{len(STOPS)} {with_keys(sentence)}")
        await asyncio.sleep(seconds)
