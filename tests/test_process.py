from __future__ import annotations

import os
import select
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.environment import child_environ
from wtr_tui import process
from wtr_tui.environment import clipboard

ENVIRON = child_environ()
SECRETS = ("WEBEX_SECRET", "WEBEX_CLIENT_SECRET", "WEBEX_TOKEN", "WEBEX_ACCESS_TOKEN")


def run(body: str, *, capture: bool = True, stdin: bytes = b"") -> process.Result:
    command = ["/bin/sh", "-c", body]
    return process.run(command, limit=20, environ=ENVIRON, capture=capture, stdin=stdin)


def test_the_output_counts_whatever_the_exit_code() -> None:
    result = run("echo seen; echo unseen >&2; exit 3")

    assert result.output == b"seen\n"
    assert result.problem == "failed with exit code 3"
    assert not result.ok


def test_standard_input_is_given_and_else_empty() -> None:
    assert run('read line; echo "$line"', stdin=b"given\n").output == b"given\n"
    assert run("cat").output == b""


def test_a_program_that_reads_nothing_is_no_error() -> None:
    assert run("exit 0", stdin=b"x" * 1_000_000).ok


def test_a_program_that_is_killed_is_told_by_its_signal() -> None:
    assert run("kill -9 $$").problem == "was killed by signal 9"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["/no such program"], "could not be started: No such file or directory"),
        (["/"], "could not be started: Permission denied"),
        (["nul\0character"], "could not be started: its name is impossible"),
    ],
)
def test_what_cannot_be_started_has_a_reason(command: list[str], problem: str) -> None:
    result = process.run(command, limit=20, environ=ENVIRON)

    assert (result.problem, result.started, result.timed_out) == (problem, False, False)


@pytest.mark.parametrize("capture", [True, False])
def test_at_the_limit_the_program_and_its_children_are_killed(
    tmp_path: Path, capture: bool
) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    body = f"trap '' TERM HUP; exec 3> '{alive}'; sleep 600 & sleep 600"
    watched = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    begun = time.monotonic()

    result = process.run(["sh", "-c", body], limit=1, environ=ENVIRON, capture=capture)

    assert time.monotonic() - begun < 60
    assert result.timed_out
    assert result.problem == "was not done after 1 s and was killed"
    closed = select.poll()
    closed.register(watched, select.POLLHUP)  # once the last process that holds it is gone
    assert closed.poll(20_000)
    os.close(watched)


def test_a_program_that_may_stay_is_left_running_at_the_limit(tmp_path: Path) -> None:
    gate, note = tmp_path / "gate", tmp_path / "note"
    os.mkfifo(gate)
    os.mkfifo(note)
    command = ["sh", "-c", f"read line < '{gate}'; echo alive > '{note}'"]

    result = process.run(command, limit=0.2, environ=ENVIRON, keep_running=True)

    assert result == process.Result()
    gate.write_text("go on\n")
    assert note.read_text() == "alive\n"


def test_a_child_that_is_left_behind_is_not_waited_for_with_a_log(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    body = f"echo printed; echo complained >&2; (read line < '{gate}') & exit 0"
    begun = time.monotonic()
    with tempfile.TemporaryFile() as log:
        result = process.run(["sh", "-c", body], limit=60, environ=ENVIRON, log=log)
        log.seek(0)
        printed = log.read()
    gate.write_text("go on\n")

    assert result.ok
    assert time.monotonic() - begun < 50
    assert printed == b"printed\ncomplained\n"


def test_the_environment_is_the_one_given_without_secrets() -> None:
    environ = dict.fromkeys(SECRETS, "must not be seen") | {"WTR_ONLY": "this"}
    command = ["/bin/sh", "-c", "export -p"]

    output = process.run(command, limit=20, environ=environ, capture=True).output.decode()

    assert "WTR_ONLY" in output
    assert "HOME" not in output
    assert not any(name in output for name in SECRETS)
    assert "must not" not in output


def test_nothing_else_in_the_package_starts_programs() -> None:
    """Or what is said here of time limits and environments would not hold for them.

    ``clipboard`` has one function that runs in a process of its own, from which pyperclip starts
    others.
    ``driver`` has a child stop itself, without any environment, which a limit would not outlast.
    """
    package = Path(process.__file__).parent
    starting = ("import subprocess", "create_subprocess", "os.system(", "os.spawn", "posix_spawn")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in starting)
    }

    assert found == {"process.py", "environment/clipboard.py", "tui/driver.py"}
    assert not hasattr(clipboard, "subprocess")


def test_only_our_own_secrets_are_taken_away() -> None:
    kept = {
        "WEBEX_APPID": "C1",
        "WEBEX_BASEURL": "https://webexapis.com/v1",
        "WTR_PROFILE": "prod",
        "GITHUB_TOKEN": "of somebody else",
        "BROWSER": "firefox",
    }

    assert process.without_secrets({**kept, **dict.fromkeys(SECRETS, "x")}) == kept
