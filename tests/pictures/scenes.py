"""What is pictured: each scene plays keys on a fixed stage and gives the screen as SVG."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot

from tests.clock import Clock
from tests.tokens import APP_ID, a_token
from tests.tui.stage import ANN, DESK, OVER_SSH, NoWebex, Stage, shows, until
from wtr_tui.host.surroundings import Surroundings
from wtr_tui.oauth.device import DeviceAuthorization
from wtr_tui.secret import Secret
from wtr_tui.tui.app import WtrApp

Play = Callable[[Pilot[int]], Awaitable[None]]


class PicturedWebex(NoWebex):
    """Gives one device code, always the same."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(ANN)
        self._clock = clock

    def device_authorize(self, scopes: object) -> DeviceAuthorization:
        page = "https://oauth-helper-r.wbx2.com/verify"
        return DeviceAuthorization(
            device_code=Secret("none"),
            user_code="729703",
            verification_uri=page,
            verification_uri_complete=f"{page}?userCode=5c5eb1e0",
            expires_at=self._clock() + timedelta(minutes=5),
            interval=timedelta(minutes=1),
        )


@dataclass(frozen=True)
class Scene:
    """One picture. ``token``: whether the profile has one; ``settings``: whether it has those."""

    name: str
    play: Play
    size: tuple[int, int] = (80, 24)
    surroundings: Surroundings = OVER_SSH
    settings: bool = True
    token: bool = False
    theme: str = "wtr-dark"
    age: timedelta = timedelta(hours=1)


async def _nothing(pilot: Pilot[int]) -> None:
    await pilot.pause()


async def _sign_in(pilot: Pilot[int]) -> None:
    await shows(pilot, "Listening on port")


async def _device(pilot: Pilot[int]) -> None:
    await _sign_in(pilot)
    await pilot.press("d")
    await shows(pilot, "729703")


async def _whose(pilot: Pilot[int]) -> None:
    await shows(pilot, ANN.display_name)


async def _revealed(pilot: Pilot[int]) -> None:
    await _whose(pilot)
    await pilot.press("question_mark")
    await shows(pilot, "Esc closes")


async def _settings(pilot: Pilot[int]) -> None:
    await pilot.press("f4")
    await shows(pilot, "Register this redirect URI")


async def _scopes(pilot: Pilot[int]) -> None:
    await _settings(pilot)
    await pilot.press("ctrl+o")
    await pilot.press(*"people")
    await shows(pilot, "spark:people_read")


SCENES = (
    Scene("first-steps", _nothing, settings=False),
    Scene("settings", _settings),
    Scene("scopes", _scopes),
    Scene("sign-in", _sign_in, surroundings=DESK),
    Scene("sign-in-over-ssh", _sign_in),
    Scene("device-code", _device),
    Scene("token", _whose, token=True),
    Scene("token-light", _whose, token=True, theme="wtr-light"),
    Scene("token-ends-soon", _whose, token=True, age=timedelta(days=13, hours=2)),
    Scene("token-wide", _whose, token=True, size=(120, 36)),
    Scene("help", _revealed, token=True),
)


async def drawn(scene: Scene, home: Path) -> str:
    """The scene's picture as SVG; the same text every time."""
    clock = Clock()
    stage = Stage(home, clock, {"HOME": str(home)})
    if scene.settings:
        stage.configure(autoRefresh="true")
    if scene.token:
        stage.save(a_token(obtained_at=clock() - scene.age), APP_ID)
    # Nothing is to be opened or refreshed while the picture is taken.
    app = WtrApp(
        stage.session(replace(scene.surroundings, display=False), webex=PicturedWebex(clock))
    )
    app.session.keeper.auto = scene.age < timedelta(days=12)
    app.theme = scene.theme
    async with app.run_test(size=scene.size) as pilot:
        await pilot.pause()
        await scene.play(pilot)
        await until(pilot, lambda: not app._animator._animations)
        await asyncio.sleep(0)
        await pilot.pause()
        picture = app.export_screenshot(title="wtr-tui")
        app.retrieval.action_cancel()
    return picture
