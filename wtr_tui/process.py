"""Running another program with a time limit, without our terminal and without our secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple

_OWN_PREFIXES = ("WEBEX_", "WTR_")
_SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD")


class Result(NamedTuple):
    """The outcome of a run."""

    problem: str = ""
    """A predicate for its name, like ``failed with exit code 3``; "" on success."""
    output: bytes = b""
    """Its standard output, where that was captured, whatever the exit code."""
    started: bool = True
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return not self.problem


def run(
    command: Sequence[str],
    *,
    limit: float,
    environ: Mapping[str, str],
    stdin: bytes = b"",
    capture: bool = False,
    log: IO[bytes] | None = None,
    keep_running: bool = False,
    on_terminal: bool = False,
) -> Result:
    """Run ``command`` without a shell for up to ``limit`` seconds; never raises for it.

    It gets a session of its own, without a controlling terminal to draw or to ask for a password
    on. At the limit its process group is killed; with ``keep_running`` it is left running, which
    is a success. Standard output is dropped, captured with ``capture`` or, together with standard
    error, written to the file ``log``; only ``capture`` waits until every child has closed the
    pipe. ``on_terminal`` leaves it standard input, standard error and the controlling terminal, so
    that it can ask for a PIN. The environment is ``environ`` :func:`without_secrets`.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=None if on_terminal else subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else log or subprocess.DEVNULL,
            stderr=None if on_terminal else log or subprocess.DEVNULL,
            env=without_secrets(environ),
            start_new_session=not on_terminal,
        )
    except OSError as error:
        return Result(f"could not be started: {error.strerror}", started=False)
    except ValueError:
        return Result("could not be started: its name is impossible", started=False)
    try:
        output, _ = process.communicate(stdin or None, timeout=limit)
    except subprocess.TimeoutExpired:
        if keep_running:
            # Without a wait it would stay a zombie once it ends.
            threading.Thread(target=process.wait, name=command[0], daemon=True).start()
            return Result()
        with process:  # closes its pipes and reaps it
            if on_terminal:  # its group is ours
                process.kill()
            else:
                _kill_group(process)
        return Result(f"was not done after {limit:g} s and was killed", timed_out=True)
    return Result(_problem(process.returncode), output or b"")


def expand_home(program: str, environ: Mapping[str, str]) -> str:
    """Expand ``~`` and ``$HOME`` at the beginning of a program's path, as a shell would."""
    for variable in ("$HOME/", "${HOME}/"):
        if program.startswith(variable) and environ.get("HOME"):
            return f"{environ['HOME']}/{program[len(variable) :]}"
    return os.path.expanduser(program)  # noqa: PTH111 - a name, not only a path


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` without the client secret and tokens, which only ``wtr exec`` passes on.

    Left out is every variable that begins with ``WEBEX_`` or ``WTR_`` and contains ``SECRET``,
    ``TOKEN`` or ``PASSWORD``.
    """
    return {name: value for name, value in environ.items() if not _is_secret(name)}


def _is_secret(name: str) -> bool:
    return name.startswith(_OWN_PREFIXES) and any(word in name for word in _SECRET_WORDS)


def _problem(exit_code: int) -> str:
    if exit_code < 0:
        return f"was killed by signal {-exit_code}"
    return f"failed with exit code {exit_code}" if exit_code else ""


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: PermissionError for a zombie
        process.kill()
