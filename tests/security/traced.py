"""A save under strace: which system calls it makes, and one of them made to fail or to kill."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.security.saver import MARK
from tests.support.environment import program_environ
from tests.support.programs import required
from tests.support.waiting import PATIENCE

_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")


@dataclass(frozen=True)
class Call:
    """One system call of the save; ``number`` counts those of its name in the whole process."""

    name: str
    number: int
    text: str
    """Its arguments and result."""


@dataclass(frozen=True)
class Save:
    """What one process did that was to save: its calls, and the word it ended with."""

    calls: tuple[Call, ...]
    said: str
    killed: bool


def save(path: Path, *, inject: str = "") -> Save:
    """Saves over the file at ``path`` in a process of its own. ``inject`` is strace's expression.

    The log lies outside of the folder of the file.
    """
    log = path.parents[1] / "strace.log"
    tracing = [required("strace"), "-f", "-o", str(log), "-e", "trace=%file,%desc,getsid"]
    tracing += ["-e", f"inject={inject}"] if inject else []
    if "signal=" not in inject:
        tracing.append("--seccomp-bpf")  # faster, but strace then sends no signals
    done = subprocess.run(
        [*tracing, sys.executable, "-m", "tests.security.saver", str(path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        # The calls before the save are the same in every run.
        env=program_environ(PYTHONDONTWRITEBYTECODE="1"),
        check=False,
    )
    lines = log.read_text(errors="replace").splitlines()
    assert any(f"getsid({MARK}" in line for line in lines), done.stderr or lines[-3:]
    return Save(_between_marks(lines), done.stdout, any("killed by SIGKILL" in x for x in lines))


def _between_marks(lines: list[str]) -> tuple[Call, ...]:
    seen: dict[str, int] = {}
    found = []
    inside = False
    for line in lines:
        match = _CALL.match(line)
        if match is None:
            continue
        name, text = match.groups()
        seen[name] = seen.get(name, 0) + 1
        if name == "getsid":
            if inside:
                break
            inside = True
        elif inside:
            found.append(Call(name, seen[name], text))
    return tuple(found)
