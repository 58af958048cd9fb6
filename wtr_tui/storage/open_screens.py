"""Which profiles the open screens keep alive, so that other processes can say so.

Each program with screens holds a lock on a file of its own beside the tokens, ``.screen-…``: its
process id, then the names of the profiles, a line each. The system lets go of the lock however the
program ends. What cannot be written or read harms nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from wtr_tui.errors import StorageError
from wtr_tui.storage.private_file import open_private

_PREFIX = ".screen-"
_LARGEST = 1024 * 1024


class OpenScreen:
    """What this program keeps alive, for others to see until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_PREFIX}{os.urandom(4).hex()}"
        self._descriptor = -1
        self._shown: bytes | None = None

    def show(self, names: Iterable[str]) -> None:
        """Names the profiles; costs nothing where they are the same. Waits for no one for long."""
        text = "\n".join([str(os.getpid()), *names, ""]).encode()
        if text == self._shown or not self._path.parent.is_dir():
            return
        with suppress(OSError, StorageError):
            if self._descriptor < 0:
                self._descriptor = self._locked()
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))
            self._shown = text

    def close(self) -> None:
        """Takes the file away."""
        if self._descriptor >= 0:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor, self._shown = -1, None

    def _locked(self) -> int:
        while True:
            descriptor = open_private(str(self._path))
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)  # nobody else has it for more than a look
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # taken away by a look just before it was locked


def keeper_of(name: str, folder: Path) -> int | None:
    """The process id of open screens, other than this process, that keep the profile alive."""
    try:
        found = [path for path in folder.iterdir() if path.name.startswith(_PREFIX)]
    except OSError:
        return None
    for path in found:
        with suppress(OSError, ValueError):
            pid, *names = _held(path)
            if name in names and int(pid) != os.getpid():
                return int(pid)
    return None


def _held(path: Path) -> list[str]:
    """The lines of an open program; none of one that has ended, whose file is taken away."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, _LARGEST, 0).decode().splitlines()
    else:
        path.unlink()
        return []
    finally:
        os.close(descriptor)
