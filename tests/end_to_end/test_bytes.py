"""What the program sends while nothing happens but time: a slow line has to carry it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Sandbox

_LIMIT = 150  # bytes a second
_SECONDS = 5.0
_DAYS = 86_400


def bytes_per_second(terminal: Terminal) -> float:
    """The average while the screen counts on by itself. Prints it too (``pytest -s``)."""
    settled = 0
    while settled < 2:  # what came with the screen has come, and only the clock draws
        waiting = time.monotonic()
        terminal.wait_for_bytes(beyond=len(terminal.received))
        settled = settled + 1 if time.monotonic() - waiting > 0.5 else 0
    before, began = terminal.received, time.monotonic()
    time.sleep(_SECONDS)  # the measurement itself
    after, seconds = terminal.received, time.monotonic() - began
    pictures = after.count(b"\x1b[?2026h") - before.count(b"\x1b[?2026h")
    rate = (len(after) - len(before)) / seconds
    print(f"{rate:.0f} bytes and {pictures / seconds:.1f} pictures a second")
    assert pictures > 1, "the screen stands still"
    return rate


def test_waiting_for_the_browser_costs_little(configured: Home, start: Start) -> None:
    terminal = start()
    terminal.wait_for("Listening on port")
    assert bytes_per_second(terminal) < _LIMIT


@pytest.mark.parametrize(
    ("lifetime", "size"),
    [(14 * _DAYS, (80, 24)), (14 * _DAYS, (200, 60)), (600, (80, 24))],
    ids=["two-weeks", "two-weeks-on-a-large-terminal", "ten-minutes"],
)
def test_counting_a_token_down_costs_little(
    configured: Home, start: Start, sandbox: Sandbox, lifetime: int, size: tuple[int, int]
) -> None:
    sandbox.rules = replace(sandbox.rules, access_lifetime=timedelta(seconds=lifetime))
    configured.sign_in(sandbox, left=timedelta(seconds=lifetime))
    terminal = start()
    terminal.resize(*size)
    terminal.wait_for("● valid", "Robin Example")
    assert bytes_per_second(terminal) < _LIMIT
