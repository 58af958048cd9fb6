"""Terminals of every size, and none at all."""

from __future__ import annotations

import os
import subprocess
import time
from itertools import cycle

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.program import Start


@pytest.mark.parametrize(
    ("key", "name"),
    [("f2", "Auto-refresh"), ("f3", "You have a token"), ("f4", "App ID"), ("?", "Help · Token")],
    ids=["token", "sign-in", "settings", "help"],
)
def test_every_screen_survives_every_size_of_the_terminal(
    signed_in: Home, start: Start, key: str, name: str
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press(key)
    terminal.wait_for(name)
    for size in ((40, 10), (200, 60), (5, 2), (1, 1), (80, 24)):
        before = len(terminal.received)
        terminal.forget_screen()
        terminal.resize(*size)
        terminal.wait_for_bytes(beyond=before)
    terminal.wait_for(name)
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert terminal.not_restored() == []


def test_a_terminal_that_has_its_size_again_at_once_is_painted_anew(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("WTR²", "● valid", "q Quit")
    for _ in range(3):
        terminal.resize(5, 2)
        terminal.resize(80, 24)
        terminal.wait_for("WTR²", "● valid", "q Quit")


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_without_a_terminal_the_screens_say_so_and_do_not_open(home: Home, stream: str) -> None:
    # The other stream is a terminal.
    ours, theirs = os.openpty()
    ran = subprocess.run(
        PROGRAM,
        env=home.environ,
        cwd=home.folder,
        stdin=subprocess.DEVNULL if stream == "stdin" else theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if stream == "stderr" else theirs,
        timeout=60,
    )
    os.close(theirs)
    told = ran.stderr if stream == "stderr" else os.read(ours, 4096)
    os.close(ours)
    assert ran.returncode == 2
    assert b"terminal" in told
    assert b"\x1b" not in told
    assert ran.stdout == b""


def test_a_terminal_that_cannot_draw_is_refused(home: Home, start: Start) -> None:
    terminal = start(TERM="dumb")
    assert terminal.wait() == 2
    assert b"\x1b" not in terminal.received
    assert b"terminal" in terminal.received


def test_a_dialog_is_whole_after_sizes_that_follow_each_other_at_any_pace(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press("?")
    terminal.wait_for("Help · Token")
    pauses = cycle((0, 0.001, 0.003, 0.01, 0.03, 0.06, 0.03))
    for _ in range(20):
        for size in ((40, 10), (200, 60), (5, 2), (1, 1), (80, 24)):
            terminal.forget_screen()
            terminal.resize(*size)
            time.sleep(next(pauses))
        terminal.wait_for("Help · Token")
