"""The sandbox as somebody meets it who tries the program for the first time."""

from __future__ import annotations

from tests.support.program import Start


def test_the_sandbox_opens_on_the_sign_in_and_says_what_to_press(start: Start) -> None:
    terminal = start("--sandbox")
    terminal.wait_for("press a to approve", "left")
    terminal.press("a")
    terminal.wait_for("● valid", "Signed in")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
