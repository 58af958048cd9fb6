"""``wtr exec``: the program gets the token, and everything else is its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.programs import ordinary
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui import clock


@pytest.mark.parametrize("left", [timedelta(hours=1), timedelta(seconds=-1)])
def test_the_program_finds_a_valid_token_and_its_expiry(
    home: Home, sandbox: Sandbox, left: timedelta
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=left)
    ran = home.run("exec", "--", "sh", "-c", 'echo "$WEBEX_ACCESS_TOKEN"; env | grep _EXPIRES_AT')
    token = home.stored().token
    assert token.expires_at is not None
    assert ran.out.split() == [
        token.access_token.reveal(),
        f"WEBEX_ACCESS_TOKEN_EXPIRES_AT={clock.iso(token.expires_at)}",
    ]
    assert (ran.code, ran.err) == (0, "")


def test_the_client_secret_stays_for_programs_that_call_wtr_themselves(
    home: Home, sandbox: Sandbox
) -> None:
    home.sign_in(sandbox)
    ran = home.run("exec", "--", "sh", "-c", 'echo "$WEBEX_SECRET"', WEBEX_SECRET="s" * 64)
    assert ran.out == "s" * 64 + "\n"


@pytest.mark.parametrize(
    "words", [("exec", "--"), ("exec",), ("exec", "--min-left", "1m", "--"), ("exec", "-d")]
)
def test_the_programs_own_options_are_left_alone(
    home: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    home.sign_in(sandbox)
    ran = home.run(*words, "printf", "%s|", "--profile", "x", "-d", "--", "--help")
    assert ran.out == "--profile|x|-d|--|--help|"


def test_its_exit_code_and_its_standard_input_are_its_own(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox)
    ran = home.run("exec", "--", "sh", "-c", "cat; exit 42", stdin="handed through")
    assert (ran.code, ran.out) == (42, "handed through")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGPIPE])
def test_a_signal_reaches_the_program_as_if_it_had_been_started_alone(
    home: Home, sandbox: Sandbox, number: signal.Signals
) -> None:
    home.sign_in(sandbox)
    with subprocess.Popen(
        [*PROGRAM, "exec", "--", "sh", "-c", "echo ready; exec sleep 60"],
        stdout=subprocess.PIPE,
        text=True,
        env=home.environ,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(number)
        assert running.wait(PATIENCE) == -number


def test_it_is_not_started_without_a_valid_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    ran = home.run("exec", "--", "touch", "started")
    assert ran.code == 3
    assert not (home.folder / "started").exists()


def test_an_old_expiry_in_the_environment_is_not_taken_for_this_tokens(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    stored = home.token_path().read_text()
    end = home.stored().token.expires_at
    assert end is not None
    home.token_path().write_text(stored.replace(f'"{clock.iso(end)}"', "null"))
    ran = home.run("exec", "env", WEBEX_ACCESS_TOKEN_EXPIRES_AT="2020-01-01T00:00:00Z")
    assert "WEBEX_ACCESS_TOKEN=" in ran.out
    assert "EXPIRES_AT" not in ran.out


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("no-such-program", 127, "There is no program 'no-such-program'"),
        ("/etc/passwd", 126, "cannot be run"),
        ("/etc", 126, "cannot be run"),
        ("", 2, "There is no program to run"),
    ],
)
def test_a_program_that_cannot_be_run_is_told_as_a_shell_does(
    home: Home, sandbox: Sandbox, program: str, code: int, words: str
) -> None:
    home.sign_in(sandbox)
    ran = home.run("exec", "--", program)
    assert ran.code == code
    assert words in ran.err


@pytest.mark.parametrize(("named", "code"), [("no-such-program", 127), ("not-executable", 126)])
def test_a_folder_that_may_not_be_searched_is_not_the_programs_fault(
    home: Home, sandbox: Sandbox, tmp_path: Path, named: str, code: int
) -> None:
    user = ordinary()  # may skip: before there is a folder that could not be cleared away
    home.sign_in(sandbox)
    locked, searched = tmp_path / "locked", tmp_path / "searched"
    locked.mkdir(mode=0o000)
    searched.mkdir()
    (searched / "not-executable").write_text("no program")
    (searched / "not-executable").chmod(0o644)
    path = f"{locked}:{os.environ['PATH']}:{searched}"
    assert home.run("exec", "--", named, under=user, PATH=path).code == code
    locked.chmod(0o700)  # or nobody but root could clear away


def test_no_program_is_wrong_usage(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox)
    for words in (("exec",), ("exec", "--")):
        assert home.run(*words).code == 2


def test_no_process_list_shows_the_token(home: Home, sandbox: Sandbox) -> None:
    token = home.sign_in(sandbox)
    code = (
        "import pathlib; print(*(p.read_bytes() for p in pathlib.Path('/proc').glob('*/cmdline')))"
    )
    if not Path("/proc/self/cmdline").exists():
        code = "import os; os.system('ps -axww -o args')"
    ran = home.run("exec", "--", sys.executable, "-c", code)
    assert "exec" in ran.out or os.uname().sysname != "Linux"
    assert token not in ran.out


def test_its_help_shows_where_the_program_goes_and_names_its_own_exit_codes(home: Home) -> None:
    ran = home.run("exec", "--help")
    assert ran.out.startswith("usage: wtr exec [option …] -- CMD")
    assert "126" in ran.out
    assert "127" in ran.out
