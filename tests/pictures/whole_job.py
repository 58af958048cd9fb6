"""The whole job in one run of the program: settings, sign in, token, refresh, copy."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

from textual import events
from textual.pilot import Pilot

from tests.clock import Clock
from tests.pictures.photograph import photograph
from tests.pictures.recording import Frame
from tests.pictures.stand_ins import PicturedListener, PicturedWebex
from tests.tokens import APP_ID
from tests.tui.stage import ANN, OVER_SSH, SECRET, Stage, shows
from wtr_tui import refresh
from wtr_tui.oauth.authorization import Granted
from wtr_tui.oauth.listener import BrowserArrived
from wtr_tui.secret import Secret
from wtr_tui.storage.settings_values import DEFAULT_SCOPES
from wtr_tui.tui.app import WtrApp

PORTAL_URL = "https://webexapis.com/v1/authorize?" + urlencode(
    {
        "client_id": APP_ID,
        "response_type": "code",
        "redirect_uri": "http://localhost:6855",
        "scope": " ".join(DEFAULT_SCOPES),
        "state": "set_state_here",
    }
)
_LATER = timedelta(days=12, hours=21, minutes=20)


async def whole_job(home: Path) -> list[Frame]:
    """Plays it over SSH, where it is the hardest, and gives what the person sees."""
    clock = Clock()
    webex = PicturedWebex(clock)
    app = Stage(home, clock, {"HOME": str(home)}).app(OVER_SSH, webex=webex)
    with mock.patch.object(refresh, "refresh", partial(refresh.refresh, client=webex)):
        async with app.run_test(size=(80, 24)) as pilot:
            return await _Player(app, pilot, clock, webex).play()


class _Player:
    def __init__(self, app: WtrApp, pilot: Pilot[int], clock: Clock, webex: PicturedWebex) -> None:
        self.app, self.pilot, self.clock, self.webex = app, pilot, clock, webex
        self.frames: list[Frame] = []

    async def play(self) -> list[Frame]:
        await self._settings()
        await self._sign_in()
        await self._token()
        return self.frames

    async def _settings(self) -> None:
        await shows(self.pilot, "Make an integration")
        await self._shot(3, "Nothing is set yet: paste the OAuth URL the portal shows", "paste")
        await self._paste(PORTAL_URL, *["tab"] * 4)
        await shows(self.pilot, "Filled in from the OAuth URL")
        await self._shot(2, "That fills in everything but the secret")
        await self._paste(SECRET, *["shift+tab"] * 3)
        await self.pilot.press("ctrl+s")
        await shows(self.pilot, "Saved to")
        await self._shot(2, "Paste the secret, save", "^s")

    async def _sign_in(self) -> None:
        await self.pilot.press("f3")
        await shows(self.pilot, "Listening on port")
        await self._shot(
            4, "Sign in over SSH: run that line on your laptop, open the address", "F3"
        )
        self._passes(timedelta(seconds=12))
        listener = PicturedListener.started[-1]
        listener.on_event(BrowserArrived())
        await shows(self.pilot, "Your browser reached us")
        await self._shot(2, "The laptop's browser is there: agree at Webex")
        self._passes(timedelta(seconds=6))
        answered = asyncio.ensure_future(listener.on_answer(Granted(Secret("code"))))
        await shows(self.pilot, "Exchanging the code")
        await self._shot(1, "The answer came back through the ssh line")
        self.webex.answering.set()
        await answered

    async def _token(self) -> None:
        await shows(self.pilot, "the token is saved")
        await shows(self.pilot, ANN.display_name)
        await self._shot(4, "There it is: a token that lives for 14 days")
        await self.pilot.press("escape")
        self._passes(_LATER)
        await shows(self.pilot, "ends soon")
        await self._shot(2.5, "Nearly two weeks later it comes to its end …")
        await self.pilot.press("r")
        await shows(self.pilot, "Refreshed at")
        await self._shot(3, "… and is refreshed: on a key, or in time by itself", "r")
        await self.pilot.press("c")
        await shows(self.pilot, "Sent to your terminal's clipboard")
        await self._shot(4, "Copied through ssh, to the laptop's clipboard", "c", poster=True)

    async def _shot(self, seconds: float, words: str, key: str = "", poster: bool = False) -> None:
        picture = await photograph(self.pilot, f"frame-{len(self.frames)}")
        self.frames.append(Frame(picture, seconds, words, key, poster))

    async def _paste(self, text: str, *way_to_the_field: str) -> None:
        await self.pilot.press(*way_to_the_field)
        field = self.app.focused
        assert field is not None
        field.post_message(events.Paste(text))
        await self.pilot.pause()

    def _passes(self, span: timedelta) -> None:
        """Time goes by, and the screen shows it now and not at its next tick."""
        self.clock.advance(span)
        assert self.app.shown is not None
        self.app.shown.on_second(self.clock())
