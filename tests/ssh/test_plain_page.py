"""Long texts in one piece: on the bare terminal, to be selected, and as links."""

from __future__ import annotations

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import Home

START_ADDRESS = r"http://localhost:\d+/s/[2-9a-z]{8}"
_PROMPT = b"Esc or q to go back."


def test_the_full_address_is_printed_in_one_piece(configured: Home, log_in: LogIn) -> None:
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    terminal.press("u")
    terminal.wait_for("sent to your terminal's clipboard")
    address = terminal.clipboard()
    assert "redirect_uri=" in address
    assert len(address) > 160  # so it has to be wrapped, by the terminal alone

    before = len(terminal.received)
    terminal.press("w")
    terminal.wait_until(lambda _: _PROMPT in terminal.received[before:], "the plain page")
    page = terminal.received[before:].rpartition(b"\x1b[?1049h")[2]
    assert b"\r\n\r\n" + address.encode() + b"\r\n" in page

    terminal.forget_screen()
    terminal.press("enter")
    terminal.wait_for("F3 Sign in", "Listening on port", "left", "q Quit")
    assert terminal.in_full_screen


def test_the_token_is_printed_in_one_piece_and_does_not_stay(
    signed_in: Home, log_in: LogIn
) -> None:
    token = signed_in.stored_text("access_token")
    terminal = log_in().terminal
    terminal.wait_for("● valid")
    before = len(terminal.received)
    terminal.press("V")
    terminal.wait_until(lambda _: _PROMPT in terminal.received[before:], "the plain page")
    page = terminal.received[before:].rpartition(b"\x1b[?1049h")[2]
    assert b"\r\n\r\n" + token.encode() + b"\r\n" in page
    assert token in terminal.text.replace("\n", "")

    terminal.press("enter")
    terminal.wait_for("WTR²", "● valid", "Sign-in", "q Quit")
    assert terminal.in_full_screen
    terminal.press("q")
    assert terminal.wait() == 0
    assert token not in terminal.text.replace("\n", "")


@pytest.mark.parametrize("which", ["start", "full"])
def test_the_addresses_are_links_for_terminals_that_know_them(
    configured: Home, log_in: LogIn, which: str
) -> None:
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    address = terminal.find(START_ADDRESS)
    if which == "full":
        terminal.press("u")
        terminal.wait_for("sent to your terminal's clipboard")
        address = terminal.clipboard()
    terminal.wait_until(
        lambda _: f";{address}\x1b\\".encode() in terminal.received, "a link (OSC 8)"
    )
