"""Where one run of the benchmarks happens, and how thoroughly."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks.installed import Installed
from tests.benchmarks.stand_in import StandIn
from wtr_tui import clock
from wtr_tui.model import StoredToken
from wtr_tui.oauth.responses import token_from
from wtr_tui.storage import settings
from wtr_tui.storage.token_file import TokenFile

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Home:
    """One person's home folder, reached over SSH: no browser is opened there."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "SSH_CONNECTION": "10.0.0.7 50022 10.1.2.3 22",
        }

    @property
    def settings_path(self) -> Path:
        return self._settings_path("default")

    @property
    def token_path(self) -> Path:
        return self._token_path("default")

    def configure(self, text: str, profile: str = "default") -> None:
        path = self._settings_path(profile)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        path.chmod(0o600)

    def store(
        self,
        app_id: str,
        answer: Mapping[str, object],
        *,
        at: datetime | None = None,
        profile: str = "default",
    ) -> None:
        """Leaves the token there, as a sign-in ``at`` that instant would have."""
        token = token_from(answer, now=at or clock.now())
        path = self._settings_path(profile)
        known = settings.load(path, self.environ) if path.exists() else None
        stored = StoredToken(app_id, token) if known is None else known.stored(token)
        TokenFile(self._token_path(profile)).save(stored)

    def stored(self) -> dict[str, str]:
        held = json.loads(self.token_path.read_text())
        assert isinstance(held, dict)
        return held

    def _settings_path(self, profile: str) -> Path:
        return self.folder / ".config" / "wtr-tui" / f"{profile}.yaml"

    def _token_path(self, profile: str) -> Path:
        return self.folder / ".local" / "state" / "wtr-tui" / f"{profile}.json"


@dataclass(frozen=True)
class Place:
    """``smoke`` takes every measurement once and briefly: it shows that it can be taken."""

    installed: Installed
    stand_in: StandIn
    folder: Path
    smoke: bool

    def runs(self, wanted: int) -> int:
        return 1 if self.smoke else wanted

    def seconds(self, wanted: float) -> float:
        return min(wanted, 2.0) if self.smoke else wanted

    def home(self, name: str) -> Home:
        """A new home whose settings are complete."""
        home = Home(self.folder / name)
        home.folder.mkdir(mode=0o700)
        home.configure(self.stand_in.settings)
        return home

    def signed_in(self, name: str, life: float | None = None, age: float = 0.0) -> Home:
        """A new home with a token, of Webex's usual life or ``life`` seconds, ``age`` old."""
        home = self.home(name)
        answer = self.stand_in.issue() if life is None else self.stand_in.issue(life, 5 * life)
        at = clock.now() - timedelta(seconds=age)
        home.store(self.stand_in.app_id, answer, at=at)
        return home

    def program(self, *arguments: str) -> tuple[str, ...]:
        return (self.installed.program, *arguments)

    def python(self, *arguments: str) -> tuple[str, ...]:
        return (self.installed.python, *arguments)

    def baseline(self, name: str, *arguments: str) -> tuple[str, ...]:
        """One of the small programs this one is held against."""
        return self.python(str(PROGRAMS / name), *arguments)


def progress(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
