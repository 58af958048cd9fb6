"""A real tmux server for one test."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.terminal import Terminal


class TmuxServer:
    """One session, one pane in which nothing runs but ``sleep``; started by the first attach."""

    def __init__(self, socket: Path, environ: Mapping[str, str]) -> None:
        self._socket = socket
        self._environ = environ

    def command(self, *words: str, check: bool = True) -> str:
        ran = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", *words],
            env=dict(self._environ),
            capture_output=True,
            text=True,
            timeout=20,
            check=check,
        )
        return ran.stdout.strip()

    def attach(self, term: str = "xterm-256color", **variables: str) -> Terminal:
        """A terminal in which a tmux client shows the session; ``variables`` are its login's."""
        command = ["tmux", "-S", str(self._socket), "-f", "/dev/null"]
        client = Terminal(
            [*command, "new-session", "-A", "-s", "work", "sleep 600"],
            {**self._environ, "TERM": term, **variables},
        )
        client.wait_for_output(b"[work]")
        return client

    def pane_environ(self) -> dict[str, str]:
        """What a program in the pane finds: tmux's variables, and those of the first login."""
        told = self.command("display-message", "-p", "#{socket_path},#{pid},0 #{pane_id}")
        tmux, pane = told.rsplit(" ", 1)
        return {**self._environ, "TMUX": tmux, "TMUX_PANE": pane, "TERM": "tmux-256color"}

    def write_to_pane(self, text: str) -> None:
        """As a program in the pane would."""
        tty = self.command("display-message", "-p", "#{pane_tty}")
        with Path(tty).open("w") as pane:
            pane.write(text)
