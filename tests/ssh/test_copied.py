"""Copying over SSH: to the clipboard beside the person, and never to the server's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import Home

_RECORDER = '#!/bin/sh\ncat >> "{record}"\n'
_TOOLS = ("xclip", "xsel", "wl-copy", "pbcopy", "clip.exe", "klipper", "qdbus")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """What the server's own clipboard was given; its programs are beside it, for PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    record = folder / "record"
    for name in _TOOLS:
        tool = folder / name
        tool.write_text(_RECORDER.format(record=record))
        tool.chmod(0o755)
    return record


def with_clipboard(home: Home, record: Path) -> dict[str, str]:
    """A server with a desktop of its own, or a forwarded display."""
    return {"PATH": f"{record.parent}:{home.environ['PATH']}", "DISPLAY": ":0"}


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("c", "{}"),
        ("C", "Authorization: Bearer {}"),
        ("e", "export WEBEX_ACCESS_TOKEN={}"),
    ],
    ids=["token", "header", "export"],
)
def test_a_copy_arrives_at_the_terminal_and_leaves_the_servers_clipboard_alone(
    signed_in: Home, log_in: LogIn, record: Path, key: str, form: str
) -> None:
    terminal = log_in(**with_clipboard(signed_in, record)).terminal
    terminal.wait_for("● valid")
    terminal.press(key)
    terminal.wait_for("sent to your terminal's clipboard (OSC 52)", "If paste gives nothing")
    assert terminal.clipboard() == form.format(signed_in.stored_text("access_token"))
    assert not record.exists()
    assert signed_in.stored_text("access_token") not in terminal.text


def test_the_setting_local_takes_the_servers_clipboard_and_says_so(
    signed_in: Home, log_in: LogIn, record: Path
) -> None:
    with signed_in.settings_path().open("a") as settings:
        settings.write("clipboard: local\n")
    terminal = log_in(**with_clipboard(signed_in, record)).terminal
    terminal.wait_for("● valid")
    terminal.press("c")
    terminal.wait_for("it is in this machine's clipboard")
    assert record.read_text() == signed_in.stored_text("access_token")
    assert b"\x1b]52;" not in terminal.received
