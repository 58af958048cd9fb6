"""Colours, signs and alignment on a terminal; nothing of it where the output is piped."""

from __future__ import annotations

import re
from datetime import timedelta

import pexpect
import pytest

from tests.support.home import PROGRAM, Home
from tests.support.waiting import PATIENCE
from tests.support.webex import Fault, Sandbox
from wtr_tui.commands.output import Style

SGR = re.compile(r"\x1b\[\d+m")


def on_terminal(home: Home, *words: str, width: int = 80, **variables: str) -> str:
    terminal = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *words],
        env={**home.environ, "TERM": "xterm", **variables},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, width),
    )
    return str(terminal.read()).replace("\r\n", "\n")


@pytest.fixture
def ready(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox, "default", "theme: lite")
    home.sign_in(sandbox, left=timedelta(days=3))
    return home


@pytest.mark.parametrize(
    "words", [("status", "--no-who"), ("status", "--all"), ("doctor", "--offline")], ids=" ".join
)
def test_a_terminal_gets_what_a_pipe_gets_with_colours_and_signs_and_no_line_too_long(
    ready: Home, words: tuple[str, ...]
) -> None:
    shown = on_terminal(ready, *words)
    assert SGR.search(shown)
    without = SGR.sub("", shown)
    assert "\x1b" not in without
    assert "✓" in without
    long = [line for line in without.splitlines() if len(line) > 80 and " " in line.strip()[40:]]
    assert not long
    piped = ready.run(*words, TERM="xterm").out
    assert "\x1b" not in piped
    # The same words in the same order, but for the headline, the signs and where a line ends.
    said = " ".join(without.split())
    for line in piped.splitlines():
        if line.startswith("State"):
            continue  # that is the headline
        if "clipboard" in line or "left" in line:
            continue  # what is true there, and then
        words_alone = re.sub(r"\d+ (d|h|min|s)\b", "", line.rpartition(": ")[2])
        for word in words_alone.split()[-3:]:
            assert word in said


def test_the_state_stands_first_in_its_colour(ready: Home, sandbox: Sandbox) -> None:
    shown = on_terminal(ready, "status", "--no-who")
    assert re.match(r"\x1b\[32m✓ valid, (3 d|2 d 23 h) left\x1b", shown)
    sandbox.faults.next("people/me", Fault(status=401, body='{"message": "no"}'))
    refused = on_terminal(ready, "status")
    assert refused.startswith("\x1b[31m✗ refused by Webex\x1b[0m\n")
    assert not ready.run("status", "--no-who").out.startswith("✓")


def test_a_token_that_webex_refuses_is_no_valid_one(ready: Home, sandbox: Sandbox) -> None:
    sandbox.faults.always("people/me", Fault(status=401, body='{"message": "no"}'))
    ran = ready.run("status")
    assert ran.code == 1
    assert "wtr refresh gets another one" in ran.out
    assert "not asked" not in ran.out


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_unwanted(ready: Home, variables: dict[str, str]) -> None:
    for words in (("status", "--no-who"), ("status", "--all"), ("doctor", "--offline")):
        assert "\x1b" not in on_terminal(ready, *words, width=80, **variables)


def test_refresh_history_and_check_have_the_colours_of_their_outcomes(
    ready: Home, sandbox: Sandbox
) -> None:
    refreshed = on_terminal(ready, "refresh", "--all")
    assert "\x1b[32m✓ 1 profile: 1 refreshed, 0 fresh enough, 0 failed.\x1b[0m" in refreshed
    sandbox.faults.always("access_token", Fault(status=503, body="{}"))
    assert "\x1b[31m✗ Not refreshed." in on_terminal(ready, "refresh")
    history = on_terminal(ready, "history")
    assert re.search(r"\x1b\[32m✓ refreshed +\x1b", history)
    assert re.search(r"\x1b\[31m✗ failed +\x1b", history)
    soon = on_terminal(ready, "check", "--all", "--crit", "1d", "--warn", "365d")
    assert re.match(r"\x1b\[33m!\x1b\[0m \x1b\[1mdefault\x1b\[0m +warning: ", soon)
    for words in (("refresh",), ("history",), ("check",)):
        assert "\x1b" not in on_terminal(ready, *words, NO_COLOR="1")
        ran = ready.run(*words, TERM="xterm")
        assert not set("✓✗\x1b") & set(ran.out + ran.err)


@pytest.mark.parametrize(
    "words", [("refresh", "--all"), ("refresh",), ("history",), ("token", "--profile", "no" * 30)]
)
def test_nothing_is_broken_within_a_word_by_the_edge_of_the_terminal(
    ready: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    sandbox.faults.always("access_token", Fault(status=503, body="{}"))
    ready.run("refresh")
    shown = SGR.sub("", on_terminal(ready, *words))
    # A path goes on: it is there to be copied.
    assert all(len(line) <= 80 or " " not in line[5:] for line in shown.splitlines()), shown
    assert len(shown.splitlines()) > 1


def test_the_subjects_of_the_doctor_stand_in_a_column_and_are_summed_up(ready: Home) -> None:
    lines = on_terminal(ready, "doctor", "--offline", NO_COLOR="1", width=60).splitlines()
    assert all(line[:2] in ("✓ ", "! ", "✗ ", "  ") for line in lines[:-2])
    assert all(line[15] == " " != line[16] for line in lines[:-2])
    assert re.fullmatch(r"All will work; \d deserves? a look\.", lines[-1])


def test_what_hangs_below_an_entry_keeps_its_lines() -> None:
    style = Style(is_terminal=True, coloured=False, width=50)
    shown = style.entry("Problem", "One sentence that is longer than a line\nAnother", 10)
    assert shown == ("Problem   One sentence that is longer than a line\n          Another")


def test_control_characters_are_not_obeyed_between_colours() -> None:
    style = Style(is_terminal=True, coloured=True, width=80)
    assert style.paint("a\x1b[0mb", "good") == "\x1b[32ma\\x1b[0mb\x1b[0m"
