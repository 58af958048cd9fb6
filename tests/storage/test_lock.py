"""One process at a time, and nobody is locked out for ever."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.storage.fifo import without_waiting
from wtr_tui.errors import TEMPORARY, LockHeld, LockUnusable, UnsafeFile
from wtr_tui.storage.lock import Lock

HOLD = """
import sys
from wtr_tui.storage.lock import Lock
with Lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "work.lock"


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@contextmanager
def held_by_another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process inside the lock; it lets go when its stdin closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_file_is_private_and_stays(path: Path) -> None:
    with Lock(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.read_text() == f"{os.getpid()}\n"
    assert path.exists()
    assert path.read_text() == ""


def test_it_can_be_taken_again(path: Path) -> None:
    for _ in range(3):
        with Lock(path, timeout=0):
            pass


def test_who_holds_it_too_long_is_named(path: Path) -> None:
    with held_by_another(path) as holder:
        begun = time.monotonic()
        with pytest.raises(LockHeld) as held, Lock(path, timeout=0.2):
            pytest.fail("two at once")
        assert time.monotonic() - begun >= 0.2
        assert held.value.pid == holder.pid
        assert f"process {holder.pid}" in held.value.message
        assert str(path) in held.value.message
        assert held.value.exit_code == TEMPORARY


def test_a_holder_that_is_not_known_is_not_made_up(path: Path) -> None:
    with held_by_another(path):
        path.write_text("nonsense")
        with pytest.raises(LockHeld, match=r"\(a process\)") as held, Lock(path, timeout=0):
            pytest.fail("two at once")
        assert held.value.pid == 0


def test_it_is_free_once_its_holder_is_killed(path: Path) -> None:
    with held_by_another(path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with Lock(path, timeout=5):
            assert path.read_text() == f"{os.getpid()}\n"


def test_one_waits_until_the_other_lets_go(path: Path) -> None:
    with held_by_another(path) as holder:
        entered = threading.Event()

        def enter() -> None:
            with Lock(path, timeout=30):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.1)
        assert holder.stdin is not None
        holder.stdin.close()
        waiting.join(30)
        assert entered.is_set()


def test_threads_exclude_each_other(path: Path) -> None:
    inside = 0
    most = 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(5):
            with Lock(path, timeout=30):
                inside += 1
                most = max(most, inside)
                os.sched_yield()
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1


def test_an_error_while_it_is_closed_ends_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.close

    def failing(descriptor: int) -> None:
        real(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched, Lock(path):
        patched.setattr(os, "close", failing)
    with Lock(path, timeout=0):
        pass


def test_an_error_inside_lets_go(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lock(path):
        raise ZeroDivisionError
    with Lock(path, timeout=0):
        pass


def test_a_lock_on_a_file_that_was_removed_excludes_nobody_and_is_not_taken(path: Path) -> None:
    with held_by_another(path):
        path.unlink()
        # The other holds a file that has no name any more; a new one is made and locked.
        with Lock(path, timeout=5):
            assert path.read_text() == f"{os.getpid()}\n"


def test_a_file_that_is_removed_while_it_is_being_locked_is_made_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_flock = fcntl.flock
    opened: list[int] = []

    def flock(descriptor: int, operation: int) -> None:
        if not opened:
            path.unlink()
        opened.append(descriptor)
        real_flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with Lock(path, timeout=5):
        assert path.read_text() == f"{os.getpid()}\n"
    assert len(opened) == 2


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_that_knows_no_locks_is_told(
    path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    before = open_descriptors()
    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(LockUnusable, match=errno.errorcode[code]), Lock(path):
        pytest.fail("locked nothing")
    assert open_descriptors() == before


def test_a_disk_without_room_for_the_pid_locks_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pwrite(descriptor: int, text: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", pwrite)
    with Lock(path), pytest.raises(LockHeld), Lock(path, timeout=0):
        pytest.fail("two at once")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_refused(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "link":
        path.symlink_to(path.with_name("other"))
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()

    def enter() -> None:
        with Lock(path, timeout=0):
            pytest.fail("locked something that is no file")

    before = open_descriptors()
    with pytest.raises((UnsafeFile, LockUnusable), match=str(path)):
        without_waiting(path, enter)
    assert open_descriptors() == before
    assert not path.with_name("other").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder has to be")
    path = tmp_path / "state" / "work.lock"
    with (
        pytest.raises(LockUnusable, match=r"work\.lock cannot be used: Not a directory"),
        Lock(path),
    ):
        pytest.fail("locked nothing")


def test_no_descriptor_is_left_open(path: Path) -> None:
    with held_by_another(path):
        before = open_descriptors()
        for _ in range(10):
            with pytest.raises(LockHeld), Lock(path, timeout=0):
                pytest.fail("two at once")
        assert open_descriptors() == before


def test_a_lock_that_is_handed_on_is_entered_without_waiting_for_itself(tmp_path: Path) -> None:
    path = str(tmp_path / "work.lock")
    lock = Lock(path, timeout=0.0)
    lock.acquire()
    with lock:
        assert lock.is_held
    assert not lock.is_held
    lock.release()
    with Lock(path, timeout=0.0):
        assert not lock.is_held
