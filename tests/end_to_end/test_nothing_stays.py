"""What was shown of a token is gone from the screen and from the scrollback afterwards."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.programs import required
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Pane:
    """A shell in a tmux server of its own, with ten lines of an earlier command above it."""

    socket: Path
    home: Home

    def command(self, *words: str) -> str:
        ran = subprocess.run(
            [required("tmux"), "-S", str(self.socket), "-f", "/dev/null", *words],
            env={**self.home.environ, "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return ran.stdout

    def begin(self, columns: int, rows: int, *, alternate_screen: bool) -> None:
        size = ("-x", str(columns), "-y", str(rows))
        shell = "exec env PS1='shell> ' bash --norc --noprofile -i"
        self.command("new-session", "-d", *size, shell)
        switch = "on" if alternate_screen else "off"
        self.command("set-option", "-g", "alternate-screen", switch)
        self.type("seq -f earlier-%g 10", "Enter")
        self.wait_for("earlier-10")
        self.type("PYTHONPATH=" + shlex.quote(":".join(_import_path())), end="")
        self.type(" " + shlex.join(PROGRAM), "Enter")

    def type(self, text: str, *keys: str, end: str = "") -> None:
        self.command("send-keys", "-l", text + end)
        if keys:
            self.command("send-keys", *keys)

    def everything(self) -> str:
        """History and screen; lines that the terminal has broken are whole again."""
        return self.command("capture-pane", "-p", "-J", "-S", "-")

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.everything(), f"{text} in the pane")


def _import_path() -> list[str]:
    return [str(Path(__file__).parents[2])]


@pytest.fixture
def pane(signed_in: Home) -> Iterator[Pane]:
    required("tmux")
    with TemporaryDirectory(prefix="wtr-") as folder:  # a socket's path has at most 107 bytes
        pane = Pane(Path(folder) / "socket", signed_in)
        yield pane
        subprocess.run(
            ["tmux", "-S", str(pane.socket), "kill-server"], check=False, capture_output=True
        )


@pytest.mark.parametrize("alternate_screen", [True, False], ids=["alternate", "one screen"])
@pytest.mark.parametrize("size", [(80, 24), (30, 8)], ids=str)
@pytest.mark.parametrize("shown_with", ["V", "v"])
def test_a_token_that_was_shown_is_gone_and_what_was_there_before_is_not(
    signed_in: Home, pane: Pane, size: tuple[int, int], shown_with: str, alternate_screen: bool
) -> None:
    token = signed_in.stored_text("access_token")
    pane.begin(*size, alternate_screen=alternate_screen)
    pane.wait_for("F2 Token")
    pane.type(shown_with)
    if shown_with == "V":
        pane.wait_for(token)
        pane.command("send-keys", "Enter")
        pane.wait_for("F2 Token")
        assert token not in pane.everything()
    elif size == (80, 24):
        wait_until(lambda: token[:40] in pane.everything(), "the token on the screen")
    pane.type("q")
    pane.wait_for("shell>")
    wait_until(lambda: pane.everything().rstrip().endswith("shell>"), "the shell")
    left = pane.everything()
    assert token[:20] not in left.replace("\n", "")
    if alternate_screen:
        assert "earlier-3" in left
