"""Faults of our own, made on purpose: the terminal is restored, and no secret is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Integration

SENTINEL = "ZDA4sentinel" + "0123456789abcdef" * 4

# The program, but for one function that raises an error with a secret in it.
CRASHING = f"""
import importlib, sys
from wtr_tui import cli
module, _, path = sys.argv.pop(1).partition(":")
place = importlib.import_module(module)
*names, last = path.split(".")
for name in names:
    place = getattr(place, name)

def explode(*arguments, **options):
    access_token = "{SENTINEL}"
    raise RuntimeError(access_token)

setattr(place, last, explode)
sys.exit(cli.main())
"""
KEY = ("wtr_tui.tui.app:WtrApp.action_help", "?")
MOUNT = ("wtr_tui.tui.screens.token:TokenScreen.on_token_changed", "")
CLOCK = ("wtr_tui.auto_refresh:AutoRefresh.due", "")
REFRESH = ("wtr_tui.tokens:refresh", "r")
COPY = ("wtr_tui.environment.clipboard:copy", "c")


def crashed(start: Start, home: Home, place: str, keys: str) -> tuple[Terminal, Path]:
    """The terminal and the report, once the program has ended with the fault at ``place``."""
    script = home.folder / "crashing.py"
    script.write_text(CRASHING)
    terminal = start(place, command=(PROGRAM[0], str(script)))
    if keys:
        terminal.wait_for("● valid")
        terminal.press(keys)
    assert terminal.wait() == 1
    (report,) = home.token_path().parent.glob("crash-*.txt")
    return terminal, report


@pytest.mark.parametrize(
    ("place", "keys"),
    [KEY, MOUNT, CLOCK, REFRESH, COPY],
    ids=["key", "mount", "clock", "refresh", "copy"],
)
def test_a_fault_restores_the_terminal_and_shows_no_secret(
    signed_in: Home, start: Start, integration: Integration, place: str, keys: str
) -> None:
    terminal, report = crashed(start, signed_in, place, keys)

    assert not terminal.in_full_screen
    assert terminal.not_restored() == []
    told = terminal.received.rpartition(b"\x1b[?1049l")[2].decode()
    # Without the escape sequences, and without the breaks of a long line.
    assert "".join(str(report).split()) in re.sub(r"\x1b\[[?<]?[\d;]*[a-z]|\s", "", told)
    assert report.stat().st_mode & 0o777 == 0o600
    for secret in (
        SENTINEL,
        integration.secret.reveal(),
        signed_in.stored_text("access_token"),
        signed_in.stored_text("refresh_token"),
    ):
        assert secret not in report.read_text()
        assert secret.encode() not in terminal.received


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        pytest.param(*KEY, id="key"),
        pytest.param(*CLOCK, id="clock"),
        pytest.param(*REFRESH, id="refresh"),
        pytest.param(*COPY, id="copy"),
    ],
)
def test_the_report_says_what_happened_and_where(
    signed_in: Home, start: Start, place: str, keys: str
) -> None:
    _, report = crashed(start, signed_in, place, keys)
    assert "RuntimeError" in report.read_text()
    assert "crashing.py" in report.read_text()


def test_no_secret_is_drawn_unasked_or_seen_in_the_list_of_processes(
    signed_in: Home, start: Start, integration: Integration
) -> None:
    terminal = start(cold=True)
    terminal.wait_for("● valid")
    arguments = Path(f"/proc/{terminal.process.pid}/cmdline").read_bytes()
    for secret in (
        integration.secret.reveal(),
        signed_in.stored_text("access_token"),
        signed_in.stored_text("refresh_token"),
    ):
        assert secret.encode() not in terminal.received + arguments


HURRIED = """
import sys
from wtr_tui import cli
from wtr_tui.tui import app

app._TICK_SECONDS = 0.01
sys.exit(cli.main())
"""


def test_the_clock_may_tick_while_a_screen_is_put_together(signed_in: Home, start: Start) -> None:
    script = signed_in.folder / "hurried.py"
    script.write_text(HURRIED)
    terminal = start(command=(PROGRAM[0], str(script)))
    for key, name in (("f3", "You have a token"), ("f4", "App ID"), ("f2", "● valid")):
        terminal.press(key)
        terminal.wait_for(name)
    terminal.press("q")
    assert terminal.wait() == 0
