"""Files with secrets: private from the first byte, whole at every moment, only one's own."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.faults import Counted
from tests.storage.fifo import without_waiting
from wtr_tui.errors import UnsafeFile
from wtr_tui.storage.private_file import (
    LARGEST,
    read_private,
    temporary_path,
    try_claim,
    write_private,
)

OLD = b"old content\n"
NEW = b"new content, which is longer\n" * 50


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "wtr-tui"
    folder.mkdir(mode=0o700)
    return folder / "default.json"


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat(follow_symlinks=False).st_mode)


def another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this process takes itself for somebody else."""
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)


def test_what_was_written_is_read(path: Path) -> None:
    write_private(str(path), OLD)
    write_private(str(path), NEW)
    assert read_private(str(path)) == (NEW, ())
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("_open_umask")
def test_no_file_is_ever_open_to_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the mode in the moment each file comes into being, with umask 000."""
    modes = []
    real_open = os.open

    def watched(*arguments: object, **named: object) -> int:
        descriptor: int = real_open(*arguments, **named)  # type: ignore[arg-type]  # passed on
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode):
            modes.append(stat.S_IMODE(facts.st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", watched)
    write_private(str(path), OLD)
    assert modes == [0o600]
    assert mode_of(path) == 0o600


@pytest.mark.usefixtures("_open_umask")
def test_missing_folders_are_made_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "wtr-tui" / "default.json"
    write_private(str(path), OLD)
    assert mode_of(path.parent) == 0o700
    assert mode_of(path.parent.parent) == 0o700


def test_a_folder_is_narrowed_only_when_asked(path: Path) -> None:
    path.parent.chmod(0o755)
    assert write_private(str(path), OLD) == ()
    assert mode_of(path.parent) == 0o755
    (notice,) = write_private(str(path), OLD, restrict_folder=True)
    assert mode_of(path.parent) == 0o700
    assert notice == f"{path.parent} was open to other users (mode 755); its mode is now 700."


def test_a_file_open_to_others_is_repaired_with_a_notice(path: Path) -> None:
    path.write_bytes(OLD)
    path.chmod(0o644)
    content, (notice,) = read_private(str(path))
    assert content == OLD
    assert mode_of(path) == 0o600
    assert notice == f"{path} was open to other users (mode 644); its mode is now 600."
    assert read_private(str(path)) == (OLD, ())


def test_a_file_that_was_open_to_others_is_replaced_by_a_private_one(path: Path) -> None:
    path.write_bytes(OLD)
    path.chmod(0o666)
    write_private(str(path), NEW)
    assert mode_of(path) == 0o600


def test_a_mode_that_cannot_be_repaired_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(OLD)
    path.chmod(0o640)

    def refused(descriptor: int, mode: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fchmod", refused)
    content, (notice,) = read_private(str(path))
    assert content == OLD
    assert "stays so: Read-only file system (EROFS)" in notice


def test_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(OLD)
    path.symlink_to(target)
    with pytest.raises(UnsafeFile, match="is a symbolic link"):
        read_private(str(path))
    with pytest.raises(UnsafeFile, match="is a symbolic link"):
        write_private(str(path), NEW)
    assert path.is_symlink()
    assert target.read_bytes() == OLD


def test_a_fifo_is_refused_without_waiting_for_its_writer(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(UnsafeFile, match="not a regular file"):
        without_waiting(path, lambda: read_private(str(path)))
    with pytest.raises(UnsafeFile, match="not a regular file"):
        without_waiting(path, lambda: write_private(str(path), NEW))
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(UnsafeFile, match="not a regular file"):
        read_private(str(path))
    with pytest.raises(UnsafeFile, match="not a regular file"):
        write_private(str(path), NEW)


def test_another_users_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(OLD)
    another_user(monkeypatch)
    with pytest.raises(UnsafeFile, match="belongs to"):
        read_private(str(path))
    with pytest.raises(UnsafeFile, match="belongs to"):
        write_private(str(path), NEW)
    assert path.read_bytes() == OLD


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(path.parent, 4321, -1)
    with pytest.raises(UnsafeFile, match=r"The folder .* belongs to user 4321"):
        write_private(str(path), NEW)
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_no_folder_is_made_in_another_users(path: Path) -> None:
    os.chown(path.parent, 4321, -1)
    with pytest.raises(UnsafeFile, match=rf"The folder {path.parent} belongs to user 4321"):
        write_private(str(path.parent / "a" / "b" / "token"), NEW)
    assert list(path.parent.iterdir()) == []


def test_a_huge_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(UnsafeFile, match="larger than 1 MiB"):
        read_private(str(path))


def test_short_writes_are_continued(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, rest: real_write(descriptor, rest[:7]))
    write_private(str(path), NEW)
    assert path.read_bytes() == NEW


def test_the_content_is_flushed_before_it_takes_the_name(path: Path) -> None:
    calls = Counted()
    with calls.installed():
        write_private(str(path), NEW)
    order = [name for name in calls.names if name in ("write", "fsync", "rename")]
    assert order == ["write", "fsync", "rename", "fsync"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("folder", ["there", "missing", "open"])
def test_whichever_call_fails_the_file_is_whole(tmp_path: Path, code: int, folder: str) -> None:
    """Fails every system call of a save in turn: afterwards the file is the old or the new one."""

    def prepared(run: int) -> Path:
        path = tmp_path / str(run) / "wtr-tui" / "default.json"
        if folder != "missing":
            path.parent.mkdir(parents=True)
            path.parent.chmod(0o700 if folder == "there" else 0o755)
            path.write_bytes(OLD)
            path.chmod(0o600)
        return path

    calls = Counted()
    path = prepared(-1)
    with calls.installed():
        write_private(str(path), NEW, restrict_folder=True)
    assert {"open", "write", "fsync", "rename", "close"} <= set(calls.names)
    before = None if folder == "missing" else OLD
    for failing, name in enumerate(calls.names):
        path = prepared(failing)
        failed = False
        with Counted(failing, code).installed():
            try:
                write_private(str(path), NEW, restrict_folder=True)
            except OSError as error:
                failed = error.errno == code
        found = path.read_bytes() if path.exists() else None
        renamed = "rename" in calls.names[:failing]
        assert found == (before if failed and not renamed else NEW), f"{name}, call {failing}"
        leftovers = list(path.parent.glob(".*")) if path.parent.exists() else []
        assert not any(left.stat().st_size for left in leftovers), f"{name}, call {failing}"


def test_a_disk_that_does_not_confirm_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    (notice,) = write_private(str(path), NEW)
    assert "is saved, but the disk did not confirm it" in notice
    assert path.read_bytes() == NEW


def test_what_a_killed_writer_left_behind_is_written_anew(path: Path) -> None:
    left = Path(temporary_path(str(path)))
    left.write_bytes(NEW * 2)
    write_private(str(path), NEW)
    assert path.read_bytes() == NEW
    assert not left.exists()


def test_a_writer_that_was_stopped_for_long_keeps_its_temporary_file(path: Path) -> None:
    """Another writer would get its file, and have half a content put in place."""
    stopped = Path(temporary_path(str(path)))
    stopped.write_bytes(OLD)
    with stopped.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        assert try_claim(str(stopped)) is None
        write_private(str(path), NEW)
        assert stopped.read_bytes() == OLD
    write_private(str(path), NEW)
    assert not stopped.exists()


def test_a_disk_that_knows_no_locks_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    def sleep(seconds: float) -> None:
        pytest.fail("waited for nobody")

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(time, "sleep", sleep)
    path.write_bytes(OLD)
    assert try_claim(str(path), wait=5) is None
    write_private(str(path), NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "linked twice"])
def test_what_stands_in_the_place_of_the_temporary_file_is_passed_by(path: Path, kind: str) -> None:
    temporary, other = Path(temporary_path(str(path))), path.parent / "elsewhere"
    if kind == "fifo":
        os.mkfifo(temporary)
    elif kind == "link":
        temporary.symlink_to(other)
    elif kind == "folder":
        temporary.mkdir()
    else:
        other.write_bytes(OLD)
        temporary.hardlink_to(other)
    without_waiting(temporary, lambda: try_claim(str(temporary)))
    without_waiting(temporary, lambda: write_private(str(path), NEW))
    assert path.read_bytes() == NEW
    assert not other.exists() or other.read_bytes() == OLD


def test_no_descriptor_is_left_open(path: Path) -> None:
    def open_ones() -> int:
        return sum(1 for _ in Path("/dev/fd").iterdir())

    write_private(str(path), OLD)
    before = open_ones()
    for failing in range(12):
        with Counted(failing, errno.EIO).installed():
            try:
                write_private(str(path), NEW)
                read_private(str(path))
            except OSError:
                continue
    path.unlink()
    path.symlink_to("/nowhere")
    with pytest.raises(UnsafeFile):
        read_private(str(path))
    assert open_ones() == before
