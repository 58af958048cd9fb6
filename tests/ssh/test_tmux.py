"""tmux on the server, reached over SSH: where the person's terminal is two programs away."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import PROGRAM, Home
from tests.support.programs import required
from tests.support.terminal import Terminal

# tmux leaves the name of the clipboard empty.
_OSC52 = re.compile(rb"\x1b\]52;c?;([A-Za-z0-9+/=]+)(?:\a|\x1b\\)")


@dataclass(frozen=True)
class Tmux:
    """A tmux server of one test; started by the first login that attaches."""

    folder: Path

    def attach(self, log_in: LogIn, setting: str = "") -> Terminal:
        """Logs in and attaches to the session, in which the program runs."""
        configuration = self.folder / "tmux.conf"
        configuration.write_text(setting + "\n")
        tmux = (required("tmux"), "-S", str(self.folder / "socket"), "-f", str(configuration))
        return log_in(command=(*tmux, "new-session", "-A", "-s", "work", *PROGRAM)).terminal

    def told(self, *command: str) -> str:
        tmux = (required("tmux"), "-S", str(self.folder / "socket"))
        return subprocess.run(
            [*tmux, *command], capture_output=True, text=True, timeout=20
        ).stdout.strip()


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    required("tmux")
    # Not tmp_path: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="wtr-tmux-"))
    server = Tmux(folder)
    yield server
    server.told("kill-server")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    "setting",
    ["", "set -g set-clipboard off", "set -g set-clipboard on", "set -g allow-passthrough on"],
    ids=["default", "off", "on", "passthrough"],
)
def test_a_copy_in_tmux_arrives_at_the_terminal_and_stays_nowhere(
    signed_in: Home, log_in: LogIn, tmux: Tmux, setting: str
) -> None:
    terminal = tmux.attach(log_in, setting)
    terminal.wait_for("● valid")
    terminal.press("c")
    terminal.wait_for("sent to your terminal's clipboard (through tmux)")
    terminal.wait_until(lambda _: bool(_OSC52.search(terminal.received)), "OSC 52")
    (arrived,) = _OSC52.findall(terminal.received)
    assert b64decode(arrived).decode() == signed_in.stored_fields()["access_token"]
    assert tmux.told("list-buffers") == ""


def test_the_title_says_over_ssh_and_in_tmux(signed_in: Home, log_in: LogIn, tmux: Tmux) -> None:
    terminal = tmux.attach(log_in)
    terminal.resize(120, 24)
    terminal.wait_for("default")


@pytest.mark.parametrize("how", ["detached", "connection lost"])
def test_the_program_goes_on_in_tmux_and_is_right_after_attaching_again(
    configured: Home, log_in: LogIn, tmux: Tmux, how: str
) -> None:
    first = tmux.attach(log_in)
    first.wait_for("Listening on port")
    start = first.find(r"http://localhost:\d+/s/[2-9a-z]{8}")
    program = tmux.told("display-message", "-p", "#{pane_pid}")
    if how == "detached":
        first.press("\x02", "d")
        assert first.wait() == 0
    else:
        first.process.kill()
        first.wait()
    first.wait_until(lambda _: tmux.told("list-clients") == "", "nobody to be attached")

    again = tmux.attach(log_in)
    again.wait_for("F3 Sign in", "Listening on port", start, "q Quit")
    assert tmux.told("display-message", "-p", "#{pane_pid}") == program
    before = again.text
    again.wait_until(lambda screen: screen != before, "the countdown to go on")
