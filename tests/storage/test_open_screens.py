"""Open screens leave a mark that others see for as long as they are open, however they end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import program_environ
from wtr_tui.storage.lock import OpenScreen, open_screen_pid

_OPEN = """
import sys
from pathlib import Path
from wtr_tui.storage.lock import OpenScreen
screen = OpenScreen(Path(sys.argv[1]))
screen.show(sys.argv[2:-1])
screen.show(sys.argv[2:])
print("open", flush=True)
sys.stdin.read()
"""


def opened(folder: Path, *names: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _OPEN, str(folder), *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=program_environ(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program with open screens, for the profiles default and work."""
    process = opened(tmp_path, "default", "work")
    yield process
    process.kill()
    process.communicate()


def marks(folder: Path) -> list[Path]:
    return list(folder.glob(".screen-*"))


def test_it_is_seen_until_it_is_killed_and_nothing_stays(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    assert [open_screen_pid(name, tmp_path) for name in ("default", "work")] == [other.pid] * 2
    assert open_screen_pid("another", tmp_path) is None
    (mark,) = marks(tmp_path)
    assert mark.stat().st_mode & 0o777 == 0o600
    other.kill()
    other.wait()
    assert open_screen_pid("default", tmp_path) is None
    assert marks(tmp_path) == []


def test_its_own_mark_is_not_another_programs_and_goes_with_it(tmp_path: Path) -> None:
    own = OpenScreen(tmp_path)
    own.show(["default"])
    assert len(marks(tmp_path)) == 1
    assert open_screen_pid("default", tmp_path) is None
    own.close()
    assert marks(tmp_path) == []


def test_odd_files_of_its_name_and_a_folder_that_is_none_harm_nothing(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    os.mkfifo(tmp_path / ".screen-0")
    (tmp_path / ".screen-1").mkdir()
    (tmp_path / ".screen-2").symlink_to(tmp_path / "nowhere")
    assert open_screen_pid("work", tmp_path) == other.pid
    missing = tmp_path / "missing"
    OpenScreen(missing).show(["default"])
    assert open_screen_pid("default", missing) is None
    assert not missing.exists()
