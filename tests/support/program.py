"""Fixtures: a home, a sandbox beside it, and the program started in a terminal of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox

_DAY = 86_400.0
_LOGIN = {
    "TERM": "xterm-256color",
    "SSH_CONNECTION": "10.0.0.7 50022 10.1.2.3 22",
    "SSH_TTY": "/dev/pts/7",
}
"""The user is on another machine: nothing of this one's clipboard and browser is used."""


class Start(Protocol):
    """What the fixture :func:`start` gives."""

    def __call__(
        self,
        *arguments: str,
        command: tuple[str, ...] = PROGRAM,
        controlling: bool = True,
        cold: bool = False,
        **variables: str,
    ) -> Terminal: ...


@pytest.fixture
def sandbox(integration: Integration) -> Iterator[Sandbox]:
    """A running stand-in whose tokens live as long as Webex's: none is refreshed unasked."""
    with Sandbox([integration], access_lifetime=14 * _DAY, refresh_lifetime=90 * _DAY) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return Home(folder, dict(_LOGIN))


@pytest.fixture
def configured(home: Home, sandbox: Sandbox) -> Home:
    """A home with settings and no token."""
    home.configure(sandbox)
    return home


@pytest.fixture
def signed_in(configured: Home, sandbox: Sandbox) -> Home:
    """A home with settings and a token."""
    configured.sign_in(sandbox, left=timedelta(days=14))
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
        cold: bool = False,
        **variables: str,
    ) -> Terminal:
        terminal = Terminal(
            (*command, *arguments),
            {**home.environ, **variables},
            cwd=home.folder,
            controlling=controlling,
            cold=cold,
        )
        running.append(terminal)
        return terminal

    yield begin
    for terminal in running:
        terminal.close()
