"""What every screen shares: the profile, its settings, the place, and the way to Webex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from wtr_tui import clock
from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import SettingsError
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient


class Demo(Protocol):
    """A stand-in for Webex and for the user's browser, handed in by whoever starts the screens."""

    def approve(self, start_url: str) -> None:
        """Opens the start address, approves, and lets the browser go back to the program."""

    def approved_address(self, authorize_url: str) -> str:
        """Approves; the address where the browser would end, with the code."""


@dataclass
class Session:
    """One run of the program on one profile."""

    profile: Profile
    environ: Mapping[str, str]
    surroundings: Surroundings
    now: Callable[[], datetime] = clock.now
    demo: Demo | None = None
    """None where the real Webex is meant."""
    settings: Settings = field(init=False)
    settings_error: SettingsError | None = field(init=False, default=None)
    """Why the settings' file cannot be read; ``settings`` then holds the defaults."""
    keeper: AutoRefresh = field(init=False)

    def __post_init__(self) -> None:
        self.load_settings()
        self.keeper = self._keeper()

    def _keeper(self) -> AutoRefresh:
        keeper = AutoRefresh(self.profile, self.settings.app_id, auto=self.settings.auto_refresh)
        keeper.follow(self.settings)
        return keeper

    def use(self, profile: Profile) -> None:
        """Goes on with another profile, as if the program had been started with it."""
        self.profile = profile
        self.load_settings()
        self.keeper = self._keeper()

    def load_settings(self) -> None:
        """Reads file and environment again. A file that cannot be read leaves the environment."""
        from wtr_tui.storage import settings

        try:
            self.settings = settings.load(self.profile.settings_path, self.environ)
            self.settings_error = None
        except SettingsError as error:
            self.settings = settings.without_file(self.environ)
            self.settings_error = error
        if hasattr(self, "keeper"):
            self.keeper.follow(self.settings)

    @property
    def place(self) -> str:
        """The profile and the surroundings, for the title: ``default · over SSH from 10.0.0.7``."""
        if self.demo is not None:
            return "sandbox · not the real Webex"
        return f"{self.profile.name} · {self.surroundings.words()}"

    @property
    def settings_place(self) -> str:
        """The settings' file as a person would write it: ``~/.config/wtr-tui/default.yaml``."""
        path = str(self.profile.settings_path)
        home = self.environ.get("HOME", "").rstrip("/")
        return f"~{path[len(home) :]}" if home and path.startswith(f"{home}/") else path

    @property
    def ready(self) -> bool:
        """Whether the settings are enough to talk to Webex."""
        return self.settings_error is None and not self.settings.problems

    def client(self) -> WebexClient:
        from wtr_tui.oauth.client import WebexClient

        settings = self.settings
        return WebexClient(
            settings.base_url,
            settings.app_id,
            settings.secret,
            ca_file=settings.ca_file,
            now=self.now,
        )
