"""The whole job in one run of the program: settings, sign in, token, refresh, copy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.pictures.photograph import photograph
from tests.pictures.recording import Frame
from tests.pictures.scenes import on_screen
from tests.pictures.stand_ins import REFRESHED, START_PATH, PicturedListener, PicturedWebex
from tests.support.clock import Clock
from tests.support.stage import ANN, OVER_SSH, SECRET, Stage, seen, shows, told, until
from tests.support.tokens import APP_ID
from wtr_tui import tokens
from wtr_tui.model import Secret
from wtr_tui.oauth.authorization import Granted
from wtr_tui.oauth.steps import BrowserArrived
from wtr_tui.storage.settings_table import DEFAULT_SCOPES
from wtr_tui.token_state import TokenState
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
    with mock.patch.object(tokens, "refresh", partial(tokens.refresh, client=webex)):
        async with app.run_test(size=(80, 24)) as pilot:
            return await _Player(app, pilot, clock, webex).play()


class _Player:
    def __init__(self, app: WtrApp, pilot: Pilot[int], clock: Clock, webex: PicturedWebex) -> None:
        self.app, self.pilot, self.clock, self.webex = app, pilot, clock, webex
        self.frames: list[Frame] = []
        self._going_on: list[object] = []  # asyncio itself lets tasks go

    async def play(self) -> list[Frame]:
        await self._settings()
        await self._sign_in()
        await self._token()
        return self.frames

    async def _settings(self) -> None:
        await on_screen(self.pilot, "Settings")
        await self._shot(3, "Nothing is set yet: paste the OAuth URL the portal shows", "paste")
        await self._paste(PORTAL_URL, "#portal")
        await shows(self.pilot, APP_ID[:12])
        await self._shot(2, "That fills in everything but the secret")
        await self._paste(SECRET, "#field-secret Input")
        await self.pilot.press("ctrl+s")
        await until(self.pilot, lambda: self.app.session.current.is_configured, "saved settings")
        await self._shot(2, "Paste the secret, save", "^s")

    async def _sign_in(self) -> None:
        await self.pilot.press("f3")
        await shows(self.pilot, START_PATH)
        await self._shot(4, "Over SSH: run that line on your laptop, open the address there", "F3")
        listener = PicturedListener.started[-1]
        await self._passes(timedelta(seconds=12))
        await self._answer(lambda: listener.on_step(BrowserArrived()))
        await self._shot(2, "The laptop's browser is there: agree at Webex")
        await self._passes(timedelta(seconds=6))
        answer = Granted(Secret("code"))
        await self._answer(lambda: asyncio.ensure_future(listener.on_answer(answer)))
        await self._shot(1, "The answer came back through the ssh line")
        self.webex.answering.set()

    async def _token(self) -> None:
        await on_screen(self.pilot, "Token")
        await shows(self.pilot, ANN.display_name)
        await until(self.pilot, lambda: bool(told(self.pilot)), "the sign-in's last word")
        await self._shot(4, "There it is: a token that lives for 14 days")
        await self.pilot.press("escape")
        await self._passes(_LATER)
        await shows(self.pilot, TokenState.SOON.value)
        await self._shot(2.5, "Nearly two weeks later it comes to its end …")
        await self.pilot.press("r")
        await shows(self.pilot, REFRESHED)
        await self._shot(3, "… and is refreshed: on a key, or in time by itself", "r")
        await self.pilot.press("c")
        await shows(self.pilot, "clipboard (OSC 52)")
        await self._shot(4, "Copied through ssh, to the laptop's clipboard", "c", poster=True)

    async def _shot(self, seconds: float, words: str, key: str = "", poster: bool = False) -> None:
        picture = await photograph(self.pilot, f"frame-{len(self.frames)}")
        self.frames.append(Frame(picture, seconds, words, key, poster))

    async def _paste(self, text: str, field: str) -> None:
        entry = self.app.screen.query_one(field, Input)
        self.app.screen.set_focus(entry)
        entry.post_message(events.Paste(text))
        await self.pilot.pause()

    async def _answer(self, happen: Callable[[], object]) -> None:
        """Lets something happen, and waits until the screen tells of it."""
        before = seen(self.pilot)
        self._going_on.append(happen())
        await until(self.pilot, lambda: seen(self.pilot) != before, "anything")

    async def _passes(self, span: timedelta) -> None:
        """Time goes by, and the screen shows it now and not at its next tick."""
        self.clock.advance(span)
        assert self.app.full_screen is not None
        self.app.full_screen.update_header()
        self.app.full_screen.on_second(self.clock())
        await self.pilot.pause()
