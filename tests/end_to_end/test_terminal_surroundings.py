"""What a terminal and a shell bring along: sizes in the environment, keys on the bare page."""

from __future__ import annotations

import pytest

from tests.support.home import Home
from tests.support.program import Start


def test_the_terminals_own_size_wins_over_the_environment(signed_in: Home, start: Start) -> None:
    signed_in.extra.update({"COLUMNS": "200", "LINES": "60"})
    terminal = start()
    terminal.wait_for("● valid", "q Quit", "? Help")


@pytest.mark.parametrize("key", [b"\r", b"\x1b", b"q"], ids=["enter", "escape", "q"])
def test_the_bare_page_is_left_by_any_key_that_leaves_and_nothing_is_echoed(
    signed_in: Home, start: Start, key: bytes
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press("V")
    terminal.wait_for("Esc or q to go back.")
    before = len(terminal.received)
    # What is in a key's sequence, a paste or a late answer is no key of its own.
    terminal.send(b"xyz\x1b[A\x1bOq\x1b[?64;1;2c\x1b[200~q\r\x1b[201~\x1b]11;rgb:q/q/q\x1b\\")
    terminal.forget_screen()
    terminal.resize(80, 20)
    terminal.wait_for("Esc or q to go back.")
    terminal.send(key)
    terminal.wait_for("● valid", "q Quit")
    assert terminal.process.poll() is None
    assert b"xyz" not in terminal.received[before:]


def test_a_sign_in_says_that_the_secret_would_be_sent_elsewhere(
    configured: Home, start: Start
) -> None:
    terminal = start(WEBEX_BASEURL="http://localhost:9/v1")
    terminal.wait_for("$WEBEX_BASEURL names http://localhost:9/v1: a sign-in would send there")
