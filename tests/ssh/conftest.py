"""A server to log in to over SSH, and the program started there from another terminal."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ssh.server import SshServer
from tests.support.environment import child_environ
from tests.support.home import PROGRAM, Home
from tests.support.program import (  # noqa: F401
    configured,
    home,
    sandbox,
    signed_in,
)
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE, wait_until

# What sshd sets, or must not find: the program is to learn of SSH from the real thing.
_OF_THE_LOGIN = ("SSH_CONNECTION", "SSH_TTY", "TERM")
_NOTED = 'echo $$ > "$1"; shift; exec "$@"'


@dataclass(frozen=True)
class Login:
    """The program on the server, and the terminal in front of the person."""

    terminal: Terminal
    pid: int
    """Of the program, not of the ssh client."""

    def wait_until_ended(self) -> None:
        """Waits for the end of a program that is nobody's child here."""
        if sys.platform != "linux":
            wait_until(lambda: not _exists(self.pid), "the end of the program")
            return
        # Not whether it exists: in a container nobody may ever collect what has ended.
        try:
            end = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            ended, _, _ = select.select([end], [], [], PATIENCE)
        finally:
            os.close(end)
        assert ended, f"the program was still there after {PATIENCE} s"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


LogIn = Callable[..., Login]


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    server = SshServer(tmp_path_factory.mktemp("sshd"))
    yield server
    server.stop()


@pytest.fixture
def log_in(home: Home, ssh_server: SshServer, tmp_path: Path) -> Iterator[LogIn]:  # noqa: F811
    """``log_in()`` logs in and starts the program, with ``variables`` in its environment.

    ``command`` is what is started in its place; ``TERM`` is that of the person's terminal.
    """
    running: list[Terminal] = []

    def begin(
        *arguments: str,
        command: Sequence[str] = PROGRAM,
        server: SshServer = ssh_server,
        inside: Sequence[str] = (),
        TERM: str = "xterm-256color",
        **variables: str,
    ) -> Login:
        note = tmp_path / f"pid-{len(running)}"
        there = {**home.environ, **variables}
        remote = [
            *("env", *(f"{name}={there[name]}" for name in there if name not in _OF_THE_LOGIN)),
            *("sh", "-c", _NOTED, "-", str(note), *command, *arguments),
        ]
        here = child_environ(HOME=str(home.folder), TERM=TERM)
        terminal = Terminal([*inside, *server.command(remote)], here, cwd=home.folder)
        running.append(terminal)
        terminal.wait_until(lambda _: note.exists() and note.read_text().endswith("\n"), "a pid")
        return Login(terminal, int(note.read_text()))

    yield begin
    for terminal in running:
        terminal.close()
