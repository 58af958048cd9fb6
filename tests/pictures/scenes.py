"""What is pictured: each scene plays keys on a fixed stage and gives the screen as SVG."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.pictures.photograph import photograph
from tests.pictures.stand_ins import OPENED, START_PATH, USER_CODE, PicturedWebex
from tests.support.clock import Clock
from tests.support.stage import ANN, DESK, OVER_SSH, SECRET, Stage, seen, shows, until
from tests.support.tokens import APP_ID, LIFE, a_token
from wtr_tui import history
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.history import Entry, Event
from wtr_tui.model import Account, StoredToken
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.screens import WtrScreen

Play = Callable[[Pilot[int]], Awaitable[None]]


SIZES = ((80, 24), (160, 45))
THEMES = {"": "wtr-dark", "-light": "wtr-light"}


@dataclass(frozen=True)
class Scene:
    """Pictured in each size and theme. ``age`` is that of the token, None where there is none;
    ``settings`` says whether there are any."""

    name: str
    play: Play
    surroundings: Surroundings = OVER_SSH
    settings: bool = True
    age: timedelta | None = None


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
    # The other profiles are looked at after the first picture; a dialog before that ends it.
    other = re.compile(rf"\b{_OTHERS[-1][0]}\b")
    await until(pilot, lambda: bool(other.search(seen(pilot))), "the other profiles")


async def _help(pilot: Pilot[int]) -> None:
    await _token(pilot)
    await _dialog(pilot, "question_mark")


async def _palette(pilot: Pilot[int]) -> None:
    await _token(pilot)
    await _dialog(pilot, "ctrl+p")


async def _history(pilot: Pilot[int]) -> None:
    await _token(pilot)
    await _dialog(pilot, "H")


async def _profiles(pilot: Pilot[int]) -> None:
    await pilot.press("f5")
    await on_screen(pilot, "Profiles")


async def _settings(pilot: Pilot[int]) -> None:
    await pilot.press("f4")
    await on_screen(pilot, "Settings")


async def _scopes(pilot: Pilot[int]) -> None:
    await _settings(pilot)
    await _dialog(pilot, "ctrl+o")
    await pilot.press(*"people")
    await shows(pilot, "spark:people_read")


_HOUR, _EXPIRED = timedelta(hours=1), LIFE + timedelta(hours=2)
SCENES = (
    Scene("first-steps", _first_steps, settings=False),
    Scene("settings", _settings),
    Scene("scopes", _scopes),
    Scene("sign-in", _sign_in_at_a_desk, surroundings=DESK),
    Scene("sign-in-over-ssh", _sign_in),
    Scene("device-code", _device),
    Scene("token", _token, age=_HOUR),
    Scene("token-ends-soon", _token, age=timedelta(days=13, hours=2)),
    Scene("token-expired", _token, age=_EXPIRED),
    Scene("profiles", _profiles, age=_HOUR),
    Scene("history", _history, age=_HOUR),
    Scene("palette", _palette, age=_HOUR),
    Scene("help", _help, age=_HOUR),
)

# Name, owner, age of its token: a fine one, one that expires soon, one that is over.
_OTHERS = (
    ("calling-a", Account("Bob Berg", "bob@a.example", ""), timedelta(days=8)),
    ("calling-b", Account("Cleo Adams", "cleo@b.example", ""), timedelta(days=13, hours=2)),
    ("lab", Account("", "", ""), _EXPIRED),
)
_HISTORY = (
    (timedelta(days=9), Event.RETRIEVED, "screen", ""),
    (timedelta(days=6), Event.REFRESHED, "systemd", ""),
    (timedelta(days=2), Event.FAILED, "systemd", "Webex cannot be reached (DNS)"),
    (timedelta(days=2, hours=-1), Event.REFRESHED, "systemd", ""),
    (timedelta(hours=3), Event.SAME_TOKEN, "wtr refresh", ""),
    (timedelta(hours=1), Event.REFRESHED, "screen", ""),
)


def _add_others(stage: Stage) -> None:
    """Other profiles beside the one pictured, and what happened to its token."""
    now = stage.clock()
    for name, account, age in _OTHERS:
        settings = stage.profile.settings_path.with_name(f"{name}.yaml")
        settings.touch(mode=0o600)
        settings.write_text(f"appid: {APP_ID}\nsecret: {SECRET}\nautoRefresh: false\n")
        token = a_token(obtained_at=now - age)
        other = Profile(name, settings, stage.profile.token_path.with_name(f"{name}.json"))
        other.token_file.save(StoredToken(APP_ID, token, account=account))
    for ago, event, by, message in _HISTORY:
        place = by if by == "systemd" else "terminal"
        entry = Entry(now - ago, event, by, place=place, message=message)
        history.append(stage.profile, entry._replace(expires_at=entry.at + LIFE))


async def drawn(scene: Scene, size: tuple[int, int], home: Path) -> dict[str, str]:
    """The scene's pictures as SVG, by their names; the same text every time."""
    clock = Clock()
    stage = Stage(home, clock, {"HOME": str(home)})
    if scene.settings:
        stage.configure()
    if scene.age is not None:
        token = a_token(obtained_at=clock() - scene.age)
        stage.profile.token_file.save(StoredToken(APP_ID, token, account=ANN))
        _add_others(stage)
    app = stage.app(scene.surroundings, webex=PicturedWebex(clock))
    # Nothing is to be refreshed while the picture is taken.
    app.session.auto_refresh.auto = scene.age is None or scene.age < timedelta(days=12)
    pictures = {}
    async with app.run_test(size=size) as pilot:
        await scene.play(pilot)
        for suffix, theme in THEMES.items():
            app.theme = theme
            name = f"{scene.name}-{size[0]}x{size[1]}{suffix}"
            pictures[name] = await photograph(pilot, name)
        for screen in app.built_screens():
            await screen.close_attempt()
    return pictures
