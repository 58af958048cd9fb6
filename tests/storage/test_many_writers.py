"""The token file is whole at every moment, whoever dies or writes beside one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage import forked_writers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wtr-tui" / "default.json"


def run(which: str, path: Path) -> dict[str, object]:
    root = str(Path(forked_writers.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, forked_writers.__file__, which, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_writer_killed_in_the_middle_leaves_the_old_file_or_the_new_one(path: Path) -> None:
    assert run("killed", path) == {"whole": 60, "modes": ["0o600"]}


def test_whichever_call_a_writer_is_killed_before_the_file_is_whole(path: Path) -> None:
    found = run("killed-before-each-call", path)
    calls = found["calls"]
    assert isinstance(calls, list)
    # From its last byte on a new token counts, although its file is not renamed yet.
    written = calls.index("write")
    assert found["found"] == ["a"] * (written + 1) + ["b"] * (len(calls) - written - 1)
    # The content was never in a file of another name for which others had rights.
    assert found["modes"] == ["0o600"]


def test_twenty_writers_under_the_lock_lose_nothing(path: Path) -> None:
    found = run("locked", path)
    assert found == {"failed": 0, "scopes": sorted(f"s:{number}" for number in range(20))}


def test_twenty_writers_that_forget_the_lock_still_leave_a_whole_file(path: Path) -> None:
    found = run("unlocked", path)
    assert found["failed"] == 0
    assert found["scopes"]
    assert not list(path.parent.glob(".*.tmp"))
