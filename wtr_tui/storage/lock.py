"""One process at a time: an advisory lock on a file of its own.

``fcntl.flock`` directly: the kernel frees it when its holder dies, however that happens. The
package filelock wraps the same call, but loads asyncio, which costs more than the rest of a
command for scripts.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wtr_tui.errors import StorageError, TemporaryError

_POLL_SECONDS = 0.02


class LockHeld(TemporaryError):
    """Another process has held the lock for longer than one waits for it."""


@contextmanager
def exclusive(path: Path, timeout: float = 10.0) -> Iterator[None]:
    """Holds the lock on ``path``; the file is made, mode 0600, and never removed.

    Waits up to ``timeout`` seconds, then raises LockHeld, which names the holder's process id.
    Raises StorageError where the file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise StorageError(
            f"The lock {path} cannot be opened: {error.strerror}.",
            "Check the owner and the rights of its folder.",
        ) from error
    try:
        _acquire(descriptor, path, timeout)
        _note_holder(descriptor)
        yield
    finally:
        # Closing frees the lock; removing the file would let two processes hold two locks.
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockHeld(
                    f"{_holder(descriptor)} has been using the token file for more than"
                    f" {timeout:g} s.",
                    f"Wait for it, or end it; the lock is {path}.",
                ) from None
            time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise StorageError(
                f"The file system of {path} cannot lock files: {error.strerror}.",
                "Set $XDG_STATE_HOME to a folder on a local disk.",
            ) from error
        else:
            return


def _note_holder(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except OSError:
        # A full disk must not keep anybody from refreshing: the note is for a message only.
        return


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 20, 0).strip()
    return f"Another wtr-tui (pid {text.decode()})" if text.isdigit() else "Another process"
