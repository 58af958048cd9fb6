"""The real system calls of a save, each made to fail or to be the last (checklist F58, F59).

By default each call fails with one of the errors; ``WTR_KILL_POINTS`` (see ``test_kill_points``)
has each fail with all of them.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import wtr_tui
from tests.security.saver import NEW, OLD
from tests.security.traced import Call, Save, save
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from wtr_tui.model import StoredToken
from wtr_tui.storage.token_file import TokenFile

# Without one of these there would be nothing that is worth failing.
_ESSENTIAL = {"openat", "write", "fsync", "close"}
_RENAMES = {"rename", "renameat", "renameat2"}
_SAVED = "saved"
_ERRORS = ("ENOSPC", "EIO", "EROFS")
_EACH_WITH_ALL = "WTR_KILL_POINTS" in os.environ


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wtr-tui" / "default.json"


def held(file: TokenFile) -> StoredToken:
    stored = file.read()
    assert stored is not None
    return stored


def place_of_rename(names: Sequence[str]) -> int:
    return next(place for place, name in enumerate(names) if name in _RENAMES)


def open_to_others(folder: Path) -> list[str]:
    """What in the folder, and itself, has rights for anybody else."""
    paths = [folder, *folder.iterdir()]
    return [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


@dataclass
class Faults:
    """Saves with one of their calls made to fail, on a file that holds the old token each time."""

    path: Path
    calls: tuple[Call, ...] = ()

    def count(self) -> tuple[Call, ...]:
        """The calls of a save that succeeds."""
        TokenFile(self.path).save(OLD)
        self.calls = save(self.path).calls
        return self.calls

    def at(self, place: int, how: str) -> Save:
        """A save whose ``place``-th call fails. ``how`` is strace's word for it.

        strace counts from the start of the process. When files of the interpreter have changed
        meanwhile, another call would be met: then it is counted anew.
        """
        for _ in range(5):
            call = self.calls[place]
            TokenFile(self.path).save(OLD)
            run = save(self.path, inject=f"{call.name}:{how}:when={call.number}")
            met = len(run.calls) > place and run.calls[place].name == call.name
            if met and (run.killed or "(INJECTED)" in run.calls[place].text):
                return run
            self.count()
        raise AssertionError("the calls of the process differ from run to run")


def test_no_file_is_made_open_to_others_and_no_mode_is_widened(path: Path) -> None:
    """F58: the arguments of the calls themselves, with umask 000."""
    calls = save(path).calls
    made = [call for call in calls if "O_CREAT" in call.text or call.name.startswith("mkdir")]
    assert made
    for call in made:
        mode = re.search(r", (0[0-7]+)\)", call.text)
        assert mode is not None, call
        assert int(mode[1], 8) & 0o077 == 0, call
    for call in calls:
        if "chmod" in call.name:
            mode = re.search(r", (0[0-7]+)", call.text)
            assert mode is not None
            assert int(mode[1], 8) & 0o077 == 0, call
    assert open_to_others(path.parent) == []


def test_the_content_is_on_the_disk_before_it_takes_the_name(path: Path) -> None:
    """F59: written and flushed beside the file, renamed, and the folder flushed."""
    TokenFile(path).save(OLD)
    order = [
        "rename" if call.name in _RENAMES else call.name
        for call in save(path).calls
        if call.name in {"write", "fsync"} | _RENAMES
    ]
    assert order == ["write", "fsync", "rename", "fsync"]


@pytest.mark.parametrize("error", _ERRORS)
def test_whichever_call_fails_no_token_is_lost(path: Path, error: str) -> None:
    """F59: the old token or the new one, whole and private; and the next save works."""
    faults = Faults(path)
    names = [call.name for call in faults.count()]
    assert set(names) >= _ESSENTIAL
    renamed = place_of_rename(names)
    for place, name in enumerate(names):
        if not _EACH_WITH_ALL and _ERRORS[place % len(_ERRORS)] != error:
            continue
        run = faults.at(place, f"error={error}")
        what = f"{name}, call {place} of {names}"
        file = TokenFile(path)
        assert not run.killed, what
        assert run.said in {_SAVED, "TokenFileNotWritten", "TokenFileUnreadable"}, what
        saved = place > renamed or run.said == _SAVED
        assert held(file) == (NEW if saved else OLD), what
        if name in _ESSENTIAL - {"close", "openat"} | _RENAMES and place <= renamed:
            assert run.said != _SAVED, f"{what}: the failure was not told"
        assert open_to_others(path.parent) == [], what
        assert [left for left in path.parent.glob(".*.tmp") if left.stat().st_size] == [], what
        file.save(NEW)
        assert held(file) == NEW
        assert list(path.parent.glob(".*.tmp")) == [], what


def test_whichever_call_is_the_last_no_token_is_lost(path: Path) -> None:
    """F59: kill -9 in the moment before each call is carried out."""
    faults = Faults(path)
    names = [call.name for call in faults.count()]
    # A temporary file that is whole is taken up by the next who reads.
    whole = names.index("write")
    for place, name in enumerate(names):
        run = faults.at(place, "signal=KILL")
        what = f"{name}, call {place} of {names}"
        assert run.killed, what
        file = TokenFile(path)
        assert held(file) == (OLD if place <= whole else NEW), what
        assert open_to_others(path.parent) == [], what
        file.save(NEW)
        assert held(file) == NEW


# A file system of its own, which nobody else sees, in $1; then the rest of the words.
_MOUNTED = 'mount -t tmpfs -o mode=700,size="$1" none "$2" && shift 2 && exec "$@"'

_ON_A_FULL_DISK = """
import os, subprocess, sys
from pathlib import Path
from tests.security.saver import NEW, OLD
from wtr_tui.storage.token_file import TokenFile
from wtr_tui.errors import TokenFileNotWritten

file = TokenFile(Path(sys.argv[1]))
file.save(OLD)
if sys.argv[2] == "full":
    filler = os.open(file.path.parents[1] / "filler", os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(filler, b"x" * 4096):
            pass
    except OSError:
        os.close(filler)
else:
    subprocess.run(["mount", "-o", "remount,ro", sys.argv[3]], check=True)
try:
    file.save(NEW)
except TokenFileNotWritten as error:
    print(error)
assert file.read() == OLD, "the old token is gone"
assert list(file.path.parent.iterdir()) == [file.path], "something was left behind"
if sys.argv[2] == "full":
    os.unlink(file.path.parents[1] / "filler")
else:
    subprocess.run(["mount", "-o", "remount,rw", sys.argv[3]], check=True)
file.save(NEW)
assert file.read() == NEW
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")
@pytest.mark.parametrize(
    ("disk", "told"),
    [("full", "No space left on device (ENOSPC)"), ("read-only", "Read-only file system (EROFS)")],
)
def test_a_disk_that_refuses_keeps_the_old_token(path: Path, disk: str, told: str) -> None:
    """F59: a real file system without room, or not to be written to, and later well again."""
    mounted = path.parents[1] / "disk"
    mounted.mkdir()
    apart = [required("unshare"), "-m", "sh", "-c", _MOUNTED, "-", "64k", str(mounted)]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    done = subprocess.run(
        [
            *(*apart, sys.executable, "-c", _ON_A_FULL_DISK),
            *(str(mounted / "wtr-tui" / "default.json"), disk, str(mounted)),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(wtr_tui.__file__).parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
