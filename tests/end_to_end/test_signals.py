"""Ending, resting and coming back: the terminal is left as it was found, and the port free."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.ports import is_free, port_of
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE
from tests.support.webex import Integration

_HANGING_UP = pytest.mark.parametrize(
    "command",
    [
        pytest.param(PROGRAM, id="told"),
        # nohup, or a shell that ignores it for its children.
        pytest.param(("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "-", *PROGRAM), id="ignoring"),
    ],
)


def port_is_free(integration: Integration) -> bool:
    return is_free(port_of(integration.redirect_uri))


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
    for _ in range(int(os.environ.get("WTR_KILL_POINTS", "3"))):
        terminal = start(cold=True)
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
    assert terminal.process.wait(PATIENCE) != 0
    assert port_is_free(integration)


@_HANGING_UP
def test_a_terminal_that_goes_away_is_told_in_the_exit_code(
    configured: Home, start: Start, command: tuple[str, ...]
) -> None:
    terminal = start(command=command)
    terminal.wait_for("Listening on port")
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) == 129


def test_a_terminal_that_goes_away_unannounced_ends_the_program(
    configured: Home, start: Start, integration: Integration
) -> None:
    """As in a container, where somebody else leads the session and is told."""
    terminal = start(controlling=False)
    terminal.wait_for("Listening on port")
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) != 0
    assert port_is_free(integration)


@pytest.fixture(params=["directly", "in a script"])
def in_shell(
    request: pytest.FixtureRequest, signed_in: Home, start: Start, tmp_path: Path
) -> Terminal:
    """The program, started from a shell with job control."""
    script = tmp_path / "program"
    how = "exec {}" if request.param == "directly" else "{}; exit $?"
    script.write_text("#!/bin/sh\n" + how.format(shlex.join(PROGRAM)) + "\n")
    script.chmod(0o755)
    terminal = start(command=("bash", "--norc", "--noprofile", "-i"), PS1="shell> ")
    terminal.wait_for("shell>")
    terminal.press(str(script), "enter")
    return terminal


def test_ctrl_z_gives_the_terminal_back_to_the_shell_and_fg_paints_everything_again(
    in_shell: Terminal,
) -> None:
    terminal = in_shell
    terminal.wait_for("● valid")
    for _ in range(2):
        terminal.press("ctrl+z")
        terminal.wait_for("Stopped", "shell>")
        assert not terminal.in_full_screen
        # What is different is of the shell's own line editor.
        assert set(terminal.not_restored()) <= {"mode 2004 is on", "stty differs"}

        terminal.forget_screen()
        terminal.press("fg", "enter")

        terminal.wait_for("WTR²", "● valid", "Sign-in", "q Quit")
        assert terminal.in_full_screen
    terminal.forget_screen()
    terminal.press("q")
    terminal.wait_for("shell>")  # what is typed before that, the program takes with it
    terminal.press("exit", "enter")
    assert terminal.wait() == 0


@pytest.mark.parametrize(
    "command",
    [PROGRAM, ("/bin/sh", "-c", '"$@"; exit $?', "-", *PROGRAM)],
    ids=["alone", "in a shell without job control"],
)
def test_ctrl_z_where_no_shell_could_resume_it_says_so_and_goes_on(
    signed_in: Home, start: Start, command: tuple[str, ...]
) -> None:
    terminal = start(command=command)
    terminal.wait_for("● valid")
    terminal.press("ctrl+z")
    terminal.wait_for("Not sent to the background")
    terminal.press("f4")
    terminal.wait_for("App ID")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0


def test_a_stop_signal_where_no_shell_could_resume_it_does_nothing(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.signal(signal.SIGTSTP)
    terminal.press("f4")
    terminal.wait_for("App ID")


def test_a_program_that_is_continued_again_and_again_repaints_and_ends_with_its_terminal(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    for signals in ((signal.SIGSTOP, signal.SIGCONT), *[(signal.SIGCONT,)] * 10):
        terminal.forget_screen()
        for number in signals:
            terminal.signal(number)
        terminal.wait_for("WTR²", "● valid", "Sign-in", "q Quit")
    threads = len([*Path(f"/proc/{terminal.process.pid}/task").iterdir()])
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) == 129
    assert threads < 10  # each time another one would read the keys, and another one write


def test_a_sign_in_goes_on_after_ctrl_z_and_fg(
    configured: Home, start: Start, integration: Integration
) -> None:
    terminal = start(command=("bash", "--norc", "--noprofile", "-i"), PS1="shell> ")
    terminal.wait_for("shell>")
    terminal.press(shlex.join(PROGRAM), "enter")
    terminal.wait_for("Listening on port")
    terminal.press("ctrl+z")
    terminal.wait_for("Stopped")
    terminal.forget_screen()
    terminal.press("fg", "enter")
    terminal.wait_for("Listening on port", "left", "/s/")
    assert not port_is_free(integration)


def test_what_was_stopped_and_continues_gives_the_terminal_back_as_it_was_before(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.signal(signal.SIGSTOP)
    terminal.forget_screen()
    terminal.signal(signal.SIGCONT)
    terminal.wait_for("WTR²", "● valid", "q Quit")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert terminal.not_restored() == []


def test_what_continues_in_the_background_leaves_the_terminal_to_the_shell(
    signed_in: Home, in_shell: Terminal
) -> None:
    terminal = in_shell
    terminal.wait_for("● valid")
    terminal.press("ctrl+z")
    terminal.wait_for("Stopped", "shell>")
    terminal.forget_screen()
    terminal.press("set -b; bg", "enter")  # bash says at once what becomes of it
    terminal.wait_for("Stopped")
    assert not terminal.in_full_screen
    terminal.forget_screen()
    terminal.press("fg", "enter")
    terminal.wait_for("WTR²", "● valid", "q Quit")
    terminal.forget_screen()
    terminal.press("q")
    terminal.wait_for("shell>")  # what is typed before that, the program takes with it
    terminal.press("exit", "enter")
    assert terminal.wait() == 0
