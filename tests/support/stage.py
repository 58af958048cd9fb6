"""Where the screens are played: a home, a clock that stands still, and nobody beyond it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from textual._context import visible_screen_stack
from textual.pilot import Pilot

from tests.support.clock import Clock
from tests.support.tokens import APP_ID
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui.environment.surroundings import SshSession, Surroundings
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.sandbox.demo import settings_text
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens import MessageLine
from wtr_tui.tui.screens.sign_in import SignInScreen
from wtr_tui.tui.session import Session
from wtr_tui.tui.widgets.figures import Figures

DESK = Surroundings(display=True, terminal=True, user="ann", host="jump")
OVER_SSH = Surroundings(
    ssh=SshSession("10.0.0.7", "10.1.2.3"),
    terminal=True,
    user="ann",
    host="jump",
)
ANN = Account("Ann Example", "ann@example.com", "")
SECRET = "5ec7e7" * 10

_Result = TypeVar("_Result")


class NoWebex(WebexClient):
    """Knows one person, or that the token may not say; everything else would be the network."""

    def __init__(self, person: Account | None) -> None:
        super().__init__("http://127.0.0.1:9/v1", APP_ID, Secret(SECRET))
        self._known = person

    def account(self, access_token: Secret, **_: object) -> Account | None:
        return self._known

    def warm(self) -> None:
        """Nothing will be asked."""


class StagedSession(Session):
    """A session whose client is ``webex``, where one is given."""

    webex: WebexClient | None = None

    def client(self) -> WebexClient:
        return self.webex or super().client()


@dataclass
class Stage:
    """One profile below ``home``; its files are written with :meth:`write` and :meth:`save`."""

    home: Path
    clock: Clock
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environ.setdefault("HOME", str(self.home.absolute()))

    @property
    def profile(self) -> Profile:
        return Profile(
            "default",
            self.home / ".config/wtr-tui/default.yaml",
            self.home / ".local/state/wtr-tui/default.json",
        )

    def write(self, text: str) -> Path:
        """Writes the settings file."""
        path = self.profile.settings_path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def configure(self, **values: object) -> Path:
        """Writes complete settings, with these values beside or instead of the usual ones."""
        usual: Mapping[str, object] = {"appid": APP_ID, "secret": SECRET}
        lines = [f"{key}: {value}\n" for key, value in {**usual, **values}.items()]
        return self.write("".join(lines))

    def configure_for(self, sandbox: Sandbox, **values: object) -> Path:
        """Writes settings for the sandbox's integration."""
        extra = "".join(f"{key}: {value}\n" for key, value in values.items())
        return self.write(settings_text(sandbox) + extra)

    def save(self, token: Token, app_id: str = APP_ID) -> StoredToken:
        """Writes the token file, as another process would."""
        stored = StoredToken(app_id, token)
        self.profile.token_file.save(stored)
        return stored

    def stored(self) -> StoredToken:
        found = self.profile.token_file.read()
        assert found is not None
        return found

    def session(
        self,
        surroundings: Surroundings = OVER_SSH,
        *,
        webex: WebexClient | None = None,
    ) -> StagedSession:
        session = StagedSession(self.profile, self.environ, surroundings, self.clock)
        session.webex = webex
        return session

    def app(
        self,
        surroundings: Surroundings = OVER_SSH,
        *,
        webex: WebexClient | None = None,
    ) -> WtrApp:
        return WtrApp(self.session(surroundings, webex=webex))


async def until(pilot: Pilot[_Result], condition: Callable[[], bool], what: str = "") -> None:
    """Lets the program work until the condition holds; fails where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what or condition}\n{seen(pilot)}"
        await pilot.pause()
        await asyncio.sleep(0.005)


def seen(pilot: Pilot[_Result]) -> str:
    """The text of the screen as a terminal would show it, with what is behind a dialog."""
    visible_screen_stack.set(pilot.app._background_screens)
    update = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in update)


async def shows(pilot: Pilot[int], text: str) -> None:
    """Waits until the text is on the screen, whatever lines it is broken into, or in figures."""

    def is_there() -> bool:
        figures = " ".join(each.text for each in pilot.app.screen.query(Figures))
        shown = seen(pilot).replace("│", " ")  # a frame's sides are between its lines
        return " ".join(text.split()) in " ".join(f"{shown} {figures}".split())

    await until(pilot, is_there, f"“{text}” on the screen")


async def settled(pilot: Pilot[int]) -> str:
    """The screen once nothing is looked up any more; a sign-in may wait for its browser."""
    await until(
        pilot, lambda: all(it.is_finished or it.group == "retrieval" for it in pilot.app.workers)
    )
    before, now = "", seen(pilot)
    while now != before:
        await pilot.pause()
        before, now = now, seen(pilot)
    return now


def sign_in_screen(pilot: Pilot[int]) -> SignInScreen:
    """The sign-in view, once it has been built."""
    app = pilot.app
    assert isinstance(app, WtrApp)
    screen = app.full_screens["sign-in"]
    assert isinstance(screen, SignInScreen)
    return screen


def told(pilot: Pilot[int]) -> str:
    """What the line for messages says."""
    app = pilot.app
    assert isinstance(app, WtrApp)
    assert app.full_screen is not None
    lines = app.full_screen.query(MessageLine)  # none before it is built
    return next((line.plain for line in lines), "")


async def tells(pilot: Pilot[int], text: str) -> None:
    """Waits until the line for messages says this, somewhere."""
    await until(pilot, lambda: text in told(pilot), f"“{text}” told")
