"""What is pictured: each scene plays keys on a fixed stage and gives the screen as SVG."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot

from tests.clock import Clock
from tests.pictures.photograph import photograph
from tests.pictures.stand_ins import PicturedWebex
from tests.tokens import APP_ID, a_token
from tests.tui.stage import ANN, DESK, OVER_SSH, Stage, shows
from wtr_tui.host.surroundings import Surroundings

Play = Callable[[Pilot[int]], Awaitable[None]]


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


async def _first_steps(pilot: Pilot[int]) -> None:
    await shows(pilot, "Make an integration")


async def _sign_in(pilot: Pilot[int]) -> None:
    await shows(pilot, "Listening on port")


async def _sign_in_at_a_desk(pilot: Pilot[int]) -> None:
    await _sign_in(pilot)
    await shows(pilot, "Asked firefox to open the page")


async def _device(pilot: Pilot[int]) -> None:
    await _sign_in(pilot)
    await pilot.press("d")
    await shows(pilot, "729703")


async def _token(pilot: Pilot[int]) -> None:
    await shows(pilot, ANN.display_name)


async def _help(pilot: Pilot[int]) -> None:
    await _token(pilot)
    await pilot.press("question_mark")
    await shows(pilot, "Esc closes")


async def _settings(pilot: Pilot[int]) -> None:
    await pilot.press("f4")
    await shows(pilot, "Register this redirect URI")


async def _scopes(pilot: Pilot[int]) -> None:
    await _settings(pilot)
    await pilot.press("ctrl+o")
    await shows(pilot, "7 chosen")
    await pilot.press(*"people")
    await shows(pilot, "spark:people_read")


SCENES = (
    Scene("first-steps", _first_steps, settings=False),
    Scene("settings", _settings),
    Scene("scopes", _scopes),
    Scene("sign-in", _sign_in_at_a_desk, surroundings=DESK),
    Scene("sign-in-over-ssh", _sign_in),
    Scene("device-code", _device),
    Scene("token", _token, token=True),
    Scene("token-light", _token, token=True, theme="wtr-light"),
    Scene("token-ends-soon", _token, token=True, age=timedelta(days=13, hours=2)),
    Scene("token-wide", _token, token=True, size=(120, 36)),
    Scene("help", _help, token=True),
)


async def drawn(scene: Scene, home: Path) -> str:
    """The scene's picture as SVG; the same text every time."""
    clock = Clock()
    stage = Stage(home, clock, {"HOME": str(home)})
    if scene.settings:
        stage.configure()
    if scene.token:
        stage.save(a_token(obtained_at=clock() - scene.age), APP_ID)
    app = stage.app(scene.surroundings, webex=PicturedWebex(clock))
    # Nothing is to be refreshed while the picture is taken.
    app.session.keeper.auto = scene.age < timedelta(days=12)
    app.theme = scene.theme
    async with app.run_test(size=scene.size) as pilot:
        await scene.play(pilot)
        picture = await photograph(pilot, scene.name)
        await app.retrieval.close_attempt()
    return picture
