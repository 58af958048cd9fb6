"""A slow line and a breaking one: how much is sent, and what is left when it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import PROGRAM, Home
from tests.support.ports import is_free
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox

# It takes about a third of a second; this is what a busy machine may make of it.
_SOON = 8.0
# nohup, or a shell that ignores it for its children.
_IGNORING = ("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "-", *PROGRAM)

_MEASURED_SECONDS = 8
_MOST_BYTES = 110


@pytest.mark.parametrize(
    ("command", "how"),
    [(PROGRAM, "killed"), (PROGRAM, "~."), (_IGNORING, "killed")],
    ids=["killed", "~.", "ignoring"],
)
@pytest.mark.parametrize("during", ["sign-in", "token", "plain page"])
def test_the_program_ends_with_the_connection(
    configured: Home,
    log_in: LogIn,
    sandbox: Sandbox,
    integration: Integration,
    record_property: Callable[[str, object], None],
    during: str,
    command: tuple[str, ...],
    how: str,
) -> None:
    if during != "sign-in":
        configured.sign_in(sandbox)
    kept = _content(configured.token_path().parent)
    login = log_in(command=command)
    terminal = login.terminal
    port = urlsplit(integration.redirect_uri).port
    if during == "sign-in":
        terminal.wait_for("Listening on port")
        assert not is_free(port)
    else:
        terminal.wait_for("● valid")
    if during == "plain page":
        terminal.press("V")
        terminal.wait_for("Esc or q to go back.")

    began = time.monotonic()
    if how == "killed":
        terminal.process.kill()
    else:
        terminal.press("enter", "~.")
    login.wait_until_ended(_SOON)
    seconds = time.monotonic() - began
    print(f"ended after {seconds:.2f} s")
    record_property("seconds", round(seconds, 2))

    assert is_free(port)
    assert _content(configured.token_path().parent) == kept


def _content(folder: Path) -> dict[str, bytes]:
    """The tokens and the reports of crashes; lock, history and state may have gone on."""
    files = [path for path in folder.glob("*") if path.suffix in (".json", ".txt")]
    return {path.name: path.read_bytes() for path in files}


def test_ctrl_z_and_fg_in_the_shell_of_the_session(
    signed_in: Home, log_in: LogIn, tmp_path: Path
) -> None:
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\nexec {' '.join(PROGRAM)}\n")
    script.chmod(0o755)
    terminal = log_in(command=("bash", "--norc", "--noprofile", "-i"), PS1="shell> ").terminal
    terminal.wait_for("shell>")
    terminal.press(str(script), "enter")
    terminal.wait_for("● valid")
    for _ in range(2):
        terminal.press("ctrl+z")
        terminal.wait_until(lambda _: not terminal.in_full_screen, "the shell")
        terminal.wait_for("Stopped")
        terminal.forget_screen()
        terminal.press("fg", "enter")
        terminal.wait_for("WTR²", "Auto-refresh", "● valid", "Sign-in", "q Quit")
    terminal.press("q")
    terminal.wait_until(lambda _: not terminal.in_full_screen, "the shell")
    terminal.press("exit", "enter")
    assert terminal.wait() == 0


def test_a_waiting_screen_sends_about_a_hundred_bytes_a_second(
    signed_in: Home, log_in: LogIn, record_property: Callable[[str, object], None]
) -> None:
    token = log_in().terminal
    token.wait_for("● valid")
    waiting = log_in().terminal
    waiting.wait_for("● valid")
    waiting.press("f3")
    waiting.wait_for("Enter signs in again")
    waiting.press("enter")
    waiting.wait_for("Listening on port", "/s/")

    screens = {"sign-in": waiting, "token": token}
    for terminal in screens.values():
        for _ in range(3):  # what came with the screen has come
            terminal.wait_for_bytes(beyond=len(terminal.received))
    before = {name: _received(terminal) for name, terminal in screens.items()}
    began = time.monotonic()
    time.sleep(_MEASURED_SECONDS)  # the measurement itself
    seconds = time.monotonic() - began
    for name, terminal in screens.items():
        shown, wire = (
            (now - then) / seconds
            for now, then in zip(_received(terminal), before[name], strict=True)
        )
        print(f"{name}: {shown:.0f} bytes a second, {wire:.0f} with what SSH adds")
        record_property(f"{name} bytes per second", round(shown))
        assert 10 < shown <= _MOST_BYTES


def _received(terminal: Terminal) -> tuple[int, int]:
    """Bytes for the terminal, and bytes that the ssh client has read, which are encrypted."""
    read = Path(f"/proc/{terminal.process.pid}/io").read_text()
    return len(terminal.received), int(read.partition("rchar: ")[2].split()[0])
