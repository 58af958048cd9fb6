"""Locks between processes: the lock on a profile's token, and the files of open screens.

``flock`` is used directly: packages that wrap it import asyncio, which takes longer than all of
``wtr token``. The system releases a lock when its process ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from wtr_tui.errors import LockHeld, LockUnusable, StorageError
from wtr_tui.storage.private_file import is_still_at, make_private_folder, open_private, try_claim
from wtr_tui.text import cause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_SHORTEST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
_HELD_BY_ANOTHER = (errno.EAGAIN, errno.EACCES)
_SCREEN_PREFIX = ".screen-"


class Lock:
    """Mutual exclusion between processes and threads: ``with Lock(path):``.

    Waits at most ``timeout`` seconds, then raises LockHeld; raises LockUnusable or UnsafeFile
    where the lock file, which is never removed, cannot be used. With ``until`` the waiting also
    ends, without the lock, once that returns true: the process that held the lock may have done
    the work. A second Lock on the same path waits in vain; acquiring a held Lock does nothing.
    """

    __slots__ = ("_descriptor", "_path", "_timeout", "_until")

    def __init__(
        self,
        path: str | os.PathLike[str],
        timeout: float = 10.0,
        until: Callable[[], bool] | None = None,
    ) -> None:
        self._path = os.fspath(path)
        self._timeout = timeout
        self._until = until
        self._descriptor = -1

    @property
    def is_held(self) -> bool:
        return self._descriptor >= 0

    def acquire(self) -> None:
        """Acquire a lock that is passed on; elsewhere use ``with``.

        With ``until``, check :attr:`is_held` afterwards.
        """
        if self.is_held:
            return
        try:
            make_private_folder(self._path.rpartition("/")[0])
            self._descriptor = self._wait_for_lock()
        except OSError as error:
            raise LockUnusable(
                f"The lock file {self._path} cannot be used: {cause(error)}.",
                "Its folder has to be one of yours, on a disk that can be written to.",
            ) from error
        if self.is_held:
            _write_pid(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Release the lock; do nothing where it is not held."""
        if self.is_held:
            _write_pid(self._descriptor, b"")
            descriptor, self._descriptor = self._descriptor, -1
            try:
                os.close(descriptor)
            except OSError:
                # The descriptor is closed and the lock released all the same.
                return

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _wait_for_lock(self) -> int:
        deadline = time.monotonic() + self._timeout
        pause = _SHORTEST_PAUSE
        while True:
            descriptor, pid = open_private(self._path), 0
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # If the file was removed by hand, a lock on it would exclude nobody.
                if is_still_at(descriptor, self._path):
                    held, descriptor = descriptor, -1
                    return held
            except OSError as error:
                if error.errno not in _HELD_BY_ANOTHER:
                    raise
                text = os.pread(descriptor, 20, 0).strip()
                pid = int(text) if text.isdigit() else 0
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if self._until is not None and self._until():
                return -1
            left = deadline - time.monotonic()
            if left <= 0:
                raise LockHeld(self._path, pid)
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)


def _write_pid(descriptor: int, text: bytes) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
    except OSError:
        # The pid is only for another process's message; the lock holds without it.
        return


class OpenScreen:
    """A locked file beside the tokens that tells which profiles this process keeps refreshed.

    Its lines are the process id and the names of the profiles. Errors are ignored, as it only
    informs other processes.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_SCREEN_PREFIX}{os.urandom(4).hex()}"
        self._descriptor = -1
        self._shown: bytes | None = None

    def show(self, names: Iterable[str]) -> None:
        """Write the names of the profiles, unless they are the same as before."""
        text = "\n".join([str(os.getpid()), *names, ""]).encode()
        if text == self._shown or not self._path.parent.is_dir():
            return
        try:
            if self._descriptor < 0:
                self._descriptor = open_private(str(self._path))
                # Blocking: open_screen_pid() of another process may hold it for a moment.
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))
        except (OSError, StorageError):
            return
        self._shown = text

    def close(self) -> None:
        """Remove the file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor, self._shown = self._descriptor, -1, None
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                return  # the next open_screen_pid() removes it
            finally:
                os.close(descriptor)


def open_screen_pid(name: str, folder: Path) -> int | None:
    """Return the id of another process whose screens keep the profile refreshed, else None."""
    for path in folder.glob(f"{_SCREEN_PREFIX}*"):
        claim = try_claim(str(path))
        try:
            if claim is not None:
                if os.fstat(claim).st_size:  # else it was just created, and is not locked yet
                    path.unlink()  # its process has ended
            elif path.is_file():
                pid, *names = path.read_text("utf-8").splitlines()
                if name in names and int(pid) != os.getpid():
                    return int(pid)
        except (OSError, ValueError):
            continue
        finally:
            if claim is not None:
                os.close(claim)
    return None
