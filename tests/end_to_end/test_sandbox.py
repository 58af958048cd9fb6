"""The sandbox as somebody meets it who tries the program for the first time."""

from __future__ import annotations

from tests.support.program import Start

_F5, _DOWN = b"\x1b[15~", b"\x1b[B"


def test_the_sandbox_opens_on_the_sign_in_and_says_what_to_press(start: Start) -> None:
    terminal = start("--sandbox")
    terminal.wait_for("y approves", "left")
    terminal.press("y")
    terminal.wait_for("● valid", "Signed in", "Robin Example")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0


def test_the_sandbox_has_a_service_app_that_is_minted_on_the_screens(start: Start) -> None:
    terminal = start("--sandbox")
    terminal.wait_for("y approves")
    terminal.press("y")
    terminal.wait_for("● valid", "Signed in")
    terminal.send(_F5)
    terminal.wait_for("n New", "unattended")
    terminal.send(_DOWN)
    terminal.wait_for("─ unattended ─")
    terminal.press("s")
    terminal.wait_for("Signed in as a service app.")
    terminal.send(_F5)
    terminal.wait_for("─ unattended ─")
    terminal.press("o")
    terminal.wait_for("Sign out of unattended?")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0


def test_the_tour_shows_the_demo_around_until_a_key_is_pressed(start: Start) -> None:
    terminal = start("--tour")
    terminal.wait_for("1/9 The ways to sign in")
    terminal.wait_for("2/9 Without any redirect")
    terminal.press("q")
    terminal.wait_for("The tour is over: the keys are yours.")
    terminal.press("q")
    assert terminal.wait() == 0
