"""What the command line takes, and what it says where it takes it not."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.ports import free_port
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui import __version__
from wtr_tui.commands import COMMANDS


def test_without_a_terminal_the_headless_commands_are_named(home: Home) -> None:
    for words in ((), ("--profile", "work"), ("--sandbox",)):
        ran = home.run(*words)
        assert (ran.code, ran.out) == (2, "")
        assert all(f"wtr {name}" in ran.err for name in ("token", "refresh", "retrieve"))


def test_help_lists_every_command_and_the_exit_codes(home: Home) -> None:
    ran = home.run("--help")
    assert ran.code == 0
    assert all(f"\n  {name} " in ran.out for name in COMMANDS)
    assert "130 interrupted" in " ".join(ran.out.split())
    assert "$WTR_PROFILE" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(home: Home, name: str) -> None:
    ran = home.run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: wtr {name}")
    assert "exit codes" in ran.out
    assert "--profile" in ran.out


@pytest.mark.parametrize("words", [("--help",), ("exec", "--help"), ("doctor", "--offline")])
def test_a_terminal_that_cannot_show_a_sign_ends_nothing(
    home: Home, words: tuple[str, ...]
) -> None:
    # The usual port may be another one's while this runs.
    integration = {"WEBEX_APPID": "C12ab", "WEBEX_SECRET": "s3cret"}
    port = str(free_port())
    ran = home.run(*words, PYTHONIOENCODING="ascii", WEBEX_REDIRECTPORT=port, **integration)
    assert (ran.code, ran.err) == (0, "")
    assert "\\u2" in ran.out


def test_an_unknown_command_is_met_with_the_one_that_was_meant(home: Home) -> None:
    ran = home.run("refersh")
    assert (ran.code, ran.out) == (2, "")
    assert "Did you mean refresh?" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("token", "--nonsense"),
        ("token", "--head"),
        ("token", "--header", "--json"),
        ("token", "--min-left", "soon"),
        ("refresh", "--within", "30m1h"),
        ("--profile",),
        ("token", "--profile", "../x"),
        ("--sandbox", "token"),
    ],
)
def test_wrong_usage_is_exit_code_2(home: Home, words: tuple[str, ...]) -> None:
    ran = home.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words",
    [("--version",), ("status", "--no-who"), ("token",), ("check",), ("refresh", "x"), ("tokne",)],
    ids="-".join,
)
def test_what_is_seen_of_a_forked_run_is_seen_of_a_started_one(
    home: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    """Most tests fork a process that has the libraries loaded: tests/support/warm.py."""
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=9.5), refresh_left=timedelta(days=80.5))
    forked, started = home.run(*words), home.run(*words, under=(required("env"),))
    assert (forked.code, forked.err) == (started.code, started.err)
    # Whatever second it is by now.
    assert re.sub(r"\d+", "N", forked.out) == re.sub(r"\d+", "N", started.out)


def test_the_version(home: Home) -> None:
    assert home.run("--version").out == f"wtr-tui {__version__}\n"


def test_a_reader_that_has_gone_is_no_fault(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox)
    with subprocess.Popen(
        [*PROGRAM, "status", "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environ,
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""
        assert running.wait(PATIENCE) == 1
