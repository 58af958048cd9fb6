"""A home, a stand-in for Webex beside it, and the program started in a terminal of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.terminal import Terminal
from tests.support.environment import program_environ
from tests.support.webex import Integration, Sandbox
from wtr_tui import clock
from wtr_tui.oauth.token import granted
from wtr_tui.sandbox.demo import settings_text
from wtr_tui.storage.token_file import StoredToken, TokenFile

PROGRAM = (sys.executable, "-m", "wtr_tui")
_DAY = 86_400.0


@dataclass(frozen=True)
class Home:
    """One person's home, empty at first, on a machine they are logged in to over SSH."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment: see :func:`program_environ`."""
        return program_environ(
            HOME=str(self.folder),
            TERM="xterm-256color",
            SSH_CONNECTION="10.0.0.7 50022 10.1.2.3 22",
            SSH_TTY="/dev/pts/7",
        )

    @property
    def settings_path(self) -> Path:
        return self.folder / ".config" / "wtr-tui" / "default.yaml"

    @property
    def token_path(self) -> Path:
        return self.folder / ".local" / "state" / "wtr-tui" / "default.json"

    def configure(self, sandbox: Sandbox) -> None:
        """Writes a settings file for the sandbox's integration."""
        self.settings_path.parent.mkdir(parents=True, mode=0o700)
        self.settings_path.touch(mode=0o600)
        self.settings_path.write_text(settings_text(sandbox))

    def sign_in(self, sandbox: Sandbox) -> None:
        """Leaves a token in the token file, as an earlier sign-in would."""
        token = granted(sandbox.issue(), now=clock.now())
        TokenFile(self.token_path).save(StoredToken(sandbox.integration.client_id, token))

    def token(self) -> Mapping[str, str]:
        """What the token file holds."""
        held = json.loads(self.token_path.read_text())
        assert isinstance(held, dict)
        return held


Start = Callable[..., Terminal]


@pytest.fixture
def sandbox(integration: Integration) -> Iterator[Sandbox]:
    """A running stand-in whose tokens live as long as Webex's: none is refreshed unasked."""
    with Sandbox([integration], access_lifetime=14 * _DAY, refresh_lifetime=90 * _DAY) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return Home(folder)


@pytest.fixture
def configured(home: Home, sandbox: Sandbox) -> Home:
    """A home with settings and no token."""
    home.configure(sandbox)
    return home


@pytest.fixture
def signed_in(configured: Home, sandbox: Sandbox) -> Home:
    """A home with settings and a token."""
    configured.sign_in(sandbox)
    return configured


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """``start()`` runs the program in a terminal, with ``variables`` in its environment.

    ``command`` is what runs in place of the program.
    """
    running: list[Terminal] = []

    def begin(
        *arguments: str,
        command: tuple[str, ...] = PROGRAM,
        controlling: bool = True,
        **variables: str,
    ) -> Terminal:
        terminal = Terminal(
            (*command, *arguments),
            {**home.environ, **variables},
            cwd=home.folder,
            controlling=controlling,
        )
        running.append(terminal)
        return terminal

    yield begin
    for terminal in running:
        terminal.close()
