"""Another program, run for a limited time and away from our terminal.

Its own session: it has no controlling terminal to draw on or to read a password from, and the
whole group can be ended when the time is up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence


def output(command: Sequence[str], *, limit: float, environ: Mapping[str, str]) -> str | None:
    """What the program printed, whatever its exit code.

    None where it could not be started or was not done after ``limit`` seconds.
    """
    ended = _run(command, b"", subprocess.PIPE, limit, environ)
    return None if ended is None else ended[1].decode("utf-8", "replace")


def feed(
    command: Sequence[str], text: str, *, limit: float, environ: Mapping[str, str]
) -> int | None:
    """Gives ``text`` to the program's standard input; its exit code, or None as above.

    Its output is not a pipe: xclip and wl-copy leave a child behind that would hold it open.
    """
    ended = _run(command, text.encode(), subprocess.DEVNULL, limit, environ)
    return None if ended is None else ended[0]


def _run(
    command: Sequence[str], given: bytes, stdout: int, limit: float, environ: Mapping[str, str]
) -> tuple[int, bytes] | None:
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError):  # ValueError: a NUL character in the command
        return None
    with process:
        try:
            printed, _ = process.communicate(given, timeout=limit)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            return None
    return process.returncode, printed or b""
