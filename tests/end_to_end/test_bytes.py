"""What the program sends while nothing happens but time: a slow line has to carry it."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from statistics import median

from tests.support.home import Home
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Sandbox

# One is drawn each second.
_MOST_BYTES = 150
_PICTURES = 4
_PICTURE = re.compile(rb"\x1b\[\?2026h.*?\x1b\[\?2026l", re.DOTALL)


def pictures(terminal: Terminal, after: int) -> list[bytes]:
    """Those that were drawn after so many bytes."""
    return _PICTURE.findall(terminal.received[after:])


def test_waiting_for_the_browser_and_counting_a_token_down_cost_little(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    terminals = {"waiting": start()}
    for profile, left, size in (
        ("two-weeks", timedelta(days=14), (80, 24)),
        ("large", timedelta(days=14), (200, 60)),
        ("ten-minutes", timedelta(minutes=10), (80, 24)),
    ):
        configured.configure(sandbox, profile)
        configured.sign_in(sandbox, profile, left=left)
        terminals[profile] = start("--profile", profile)
        terminals[profile].resize(*size)
    terminals["waiting"].wait_for("Listening on port")
    for profile in terminals.keys() - {"waiting"}:
        terminals[profile].wait_for("● valid", "Robin Example")
    seen = {profile: len(terminal.received) for profile, terminal in terminals.items()}
    for profile, terminal in terminals.items():
        after = seen[profile]
        # The first ones may hold what came with the screen.
        terminal.wait_until(partial(enough_pictures, terminal, after), "some more pictures")
        assert median(map(len, pictures(terminal, after))) < _MOST_BYTES, profile


def enough_pictures(terminal: Terminal, after: int, _screen: str) -> bool:
    return len(pictures(terminal, after)) > _PICTURES
