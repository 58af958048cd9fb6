"""Runs a command at another time: ``python -m tests.support.clock_shift 2028-02-29T12:00 CMD``.

The instant is ISO 8601, in UTC where it names no zone, or a number of days from now: ``+262``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


def seconds_until(when: str) -> int:
    """How far that time is ahead of the clock; ValueError where it is no time."""
    if when[:1] in "+-":
        return int(timedelta(days=float(when)).total_seconds())
    at = datetime.fromisoformat(when)
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return round(at.timestamp() - time.time())


def compile_into(folder: Path) -> Path:
    """The library that moves the clock of whatever preloads it."""
    library = folder / "clock_shift.so"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("No C compiler (cc, gcc) to compile tests/support/clock_shift.c with.")
    command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror"]
    subprocess.run([*command, "-o", str(library), str(_SOURCE)], check=True)
    return library


def main(when: str, *command: str) -> int:
    with tempfile.TemporaryDirectory(prefix="wtr-clock-") as folder:
        library = compile_into(Path(folder))
        shifted = {"SHIFT": str(seconds_until(when)), "LD_PRELOAD": str(library)}
        return subprocess.run(command, env={**os.environ, **shifted}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
