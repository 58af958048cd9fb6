"""What is pictured: each scene plays keys on a fixed stage and gives the screen as SVG."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.pictures.photograph import photograph
from tests.pictures.stand_ins import OPENED, START_PATH, USER_CODE, PicturedWebex
from tests.support.clock import Clock
from tests.support.stage import ANN, DESK, OVER_SSH, Stage, shows, until
from tests.support.tokens import APP_ID, a_token
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.tui.screens.base import WtrScreen

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


async def on_screen(pilot: Pilot[int], name: str) -> None:
    """Waits until this full screen is there. No words on it: those may change, and be pictured."""

    def is_there() -> bool:
        shown = pilot.app.screen
        return isinstance(shown, WtrScreen) and name == shown.HELP_NAME and shown.is_built

    await until(pilot, is_there, f"the screen {name}")


async def _dialog(pilot: Pilot[int], key: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ModalScreen), f"what {key} opens")


async def _first_steps(pilot: Pilot[int]) -> None:
    await on_screen(pilot, "Settings")


async def _sign_in(pilot: Pilot[int]) -> None:
    await shows(pilot, START_PATH)


async def _sign_in_at_a_desk(pilot: Pilot[int]) -> None:
    await _sign_in(pilot)
    await shows(pilot, OPENED)


async def _device(pilot: Pilot[int]) -> None:
    await _sign_in(pilot)
    await pilot.press("d")
    await shows(pilot, USER_CODE)


async def _token(pilot: Pilot[int]) -> None:
    await shows(pilot, ANN.display_name)


async def _help(pilot: Pilot[int]) -> None:
    await _token(pilot)
    await _dialog(pilot, "question_mark")


async def _settings(pilot: Pilot[int]) -> None:
    await pilot.press("f4")
    await on_screen(pilot, "Settings")


async def _scopes(pilot: Pilot[int]) -> None:
    await _settings(pilot)
    await _dialog(pilot, "ctrl+o")
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
        await app.full_screens["sign-in"].close_attempt()
    return picture
