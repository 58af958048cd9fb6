"""The terminals that people really have at the other end."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import Home
from tests.support.terminal import Terminal

_COLOURS = {
    "all": re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;2;"),
    "256": re.compile(rb"\x1b\[(?:[\d;]*;)?[34]8;5;"),
    # One parameter of the sequence that is none of a longer colour's.
    "16": re.compile(rb"\x1b\[(?:[0-9];)*(?:[34]|9|10)[0-7](?:;(?:4|10)[0-7])?m"),
}


def _colours_of(terminal: Terminal) -> set[str]:
    """In which ones it was drawn by the program, which is left with this."""
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    return {name for name, colour in _COLOURS.items() if colour.search(terminal.received)}


@pytest.mark.parametrize(
    ("variables", "theme", "colours"),
    [
        ({}, "dark", {"256"}),
        ({"COLORTERM": "truecolor"}, "light", {"all"}),
        ({"LANG": "C"}, "ansi", {"16"}),
        ({"NO_COLOR": "1"}, "auto", set()),
    ],
    ids=["256", "all", "ansi", "none"],
)
def test_every_screen_is_drawn_in_the_colours_there_are(
    signed_in: Home, log_in: LogIn, variables: dict[str, str], theme: str, colours: set[str]
) -> None:
    with signed_in.settings_path().open("a") as settings:
        settings.write(f"theme: {theme}\n")
    terminal = log_in(**variables).terminal
    terminal.wait_for("WTR²", "Auto-refresh", "● valid", "q Quit")
    terminal.press("f3")
    terminal.wait_for("You have a token")
    terminal.press("enter")
    terminal.wait_for("Listening on port", "forward the port", "ssh -N", "q Quit")
    terminal.press("f4")
    terminal.wait_for("App ID", "Redirect port")
    terminal.press("f1")
    terminal.wait_for("Help · Settings")
    terminal.press("escape")
    terminal.press("f3")
    terminal.wait_for("Listening on port")
    assert _colours_of(terminal) == colours


@pytest.mark.parametrize(
    ("term", "theme", "colours"),
    [
        ("screen-256color", "auto", "256"),
        ("linux", "light", "16"),
        ("xterm", "dark", "16"),
        ("no-such-terminal", "auto", "16"),
    ],
)
def test_how_many_colours_there_are_is_read_from_the_name_of_the_terminal(
    signed_in: Home, log_in: LogIn, term: str, theme: str, colours: str
) -> None:
    with signed_in.settings_path().open("a") as settings:
        settings.write(f"theme: {theme}\n")
    terminal = log_in(TERM=term).terminal
    terminal.wait_for("WTR²", "Auto-refresh", "● valid", "q Quit")
    assert _colours_of(terminal) == {colours}


def test_without_colour_the_screen_shown_and_the_cursor_are_reversed(
    signed_in: Home, log_in: LogIn
) -> None:
    terminal = log_in(NO_COLOR="1").terminal
    terminal.wait_for("● valid")
    terminal.press("f4")
    terminal.wait_for("App ID", "Redirect port")
    terminal.press("tab")
    for reversed_text in (rb" F4 Settings ", rb"."):
        pattern = re.compile(rb"\x1b\[(?:\d+;)*7(?:;\d+)*m" + reversed_text + rb"\x1b")
        terminal.wait_until(partial(_received, terminal, pattern), reversed_text)


def _received(terminal: Terminal, pattern: re.Pattern[bytes], _screen: str) -> bool:
    return bool(pattern.search(terminal.received))


def test_a_terminal_that_cannot_draw_is_told_the_commands_for_it(
    signed_in: Home, log_in: LogIn
) -> None:
    terminal = log_in(TERM="dumb").terminal
    assert terminal.wait() == 2
    told = " ".join(terminal.received.decode().split())
    for command in ("wtr token", "wtr refresh", "wtr retrieve", "wtr status"):
        assert command in told
    assert "\x1b" not in told
