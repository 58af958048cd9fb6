"""Ending, resting and coming back: the terminal is left as it was found, and the port free."""

from __future__ import annotations

import signal
from urllib.parse import urlsplit

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.ports import is_free
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Integration

# A program whose terminal is gone is to end at once; this is what a busy machine may make of it.
_AT_ONCE = 8.0

_HANGING_UP = pytest.mark.parametrize(
    "command",
    [
        pytest.param(PROGRAM, id="told"),
        # nohup, or a shell that ignores it for its children.
        pytest.param(("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "-", *PROGRAM), id="ignoring"),
    ],
)


def port_is_free(integration: Integration) -> bool:
    port = urlsplit(integration.redirect_uri).port
    return is_free(port)


def start_waiting(start: Start) -> Terminal:
    """The program, in the middle of a sign-in."""
    terminal = start()
    terminal.wait_for("Listening on port")
    return terminal


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=["SIGTERM", "SIGHUP", "SIGINT"],
)
def test_a_signal_ends_a_running_sign_in_and_restores_the_terminal(
    configured: Home, start: Start, integration: Integration, number: signal.Signals, code: int
) -> None:
    terminal = start_waiting(start)
    assert not port_is_free(integration)

    terminal.signal(number)

    assert terminal.wait() == code
    assert not terminal.in_full_screen
    assert terminal.not_restored() == []
    assert port_is_free(integration)


def test_a_signal_while_the_first_screen_is_put_together_restores_the_terminal(
    signed_in: Home, start: Start
) -> None:
    # Again and again, since each time it meets another moment.
    for _ in range(8):
        terminal = start()
        terminal.wait_for_bytes(beyond=0)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.not_restored() == []


def test_ctrl_c_first_ends_the_sign_in_and_then_the_program(
    configured: Home, start: Start, integration: Integration
) -> None:
    terminal = start_waiting(start)
    terminal.press("ctrl+c")
    terminal.wait_for("The sign-in was cancelled")
    terminal.wait_until(lambda _: port_is_free(integration), "the port to be free")
    terminal.press("ctrl+c")
    assert terminal.wait() == 130
    assert terminal.not_restored() == []


@_HANGING_UP
def test_a_terminal_that_goes_away_ends_the_program(
    configured: Home, start: Start, integration: Integration, command: tuple[str, ...]
) -> None:
    terminal = start(command=command)
    terminal.wait_for("Listening on port")
    terminal.hang_up()
    assert terminal.process.wait(_AT_ONCE) != 0
    assert port_is_free(integration)


@_HANGING_UP
def test_a_terminal_that_goes_away_is_told_in_the_exit_code(
    configured: Home, start: Start, command: tuple[str, ...]
) -> None:
    terminal = start(command=command)
    terminal.wait_for("Listening on port")
    terminal.hang_up()
    assert terminal.process.wait(_AT_ONCE) == 129


def test_a_terminal_that_goes_away_unannounced_ends_the_program(
    configured: Home, start: Start, integration: Integration
) -> None:
    """As in a container, where somebody else leads the session and is told."""
    terminal = start(controlling=False)
    terminal.wait_for("Listening on port")
    terminal.hang_up()
    assert terminal.process.wait(_AT_ONCE) != 0
    assert port_is_free(integration)


def test_ctrl_z_gives_the_terminal_back_and_fg_paints_everything_again(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    for _ in range(2):
        terminal.press("ctrl+z")
        terminal.wait_until_stopped()
        terminal.wait_until(lambda _: not terminal.in_full_screen, "the terminal back")
        terminal.wait_until(lambda _: not terminal.not_restored(), "the terminal as it was")

        terminal.forget_screen()
        terminal.signal(signal.SIGCONT)

        terminal.wait_for("WTR²", "● valid", "Sign-in", "q Quit")
        assert terminal.in_full_screen
    terminal.press("q")
    assert terminal.wait() == 0
    assert terminal.not_restored() == []


def test_a_sign_in_goes_on_after_ctrl_z_and_fg(
    configured: Home, start: Start, integration: Integration
) -> None:
    terminal = start_waiting(start)
    terminal.press("ctrl+z")
    terminal.wait_until_stopped()
    terminal.wait_until(lambda _: not terminal.in_full_screen, "the terminal back")
    terminal.forget_screen()
    terminal.signal(signal.SIGCONT)
    terminal.wait_for("Listening on port", "left", "/s/")
    assert not port_is_free(integration)
