"""Files for one person's eyes, replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from wtr_tui.errors import StorageError

LARGEST = 1024 * 1024


def read(path: Path) -> bytes | None:
    """The content; None only where there is no such file.

    Raises StorageError for everything else, with the path and the reason: a link, a pipe, another
    person's file, no right to read, more than a megabyte. A file that others can read is made
    private.
    """
    try:
        # O_NONBLOCK: a pipe in its place would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        _require_own_regular(path, os.fstat(descriptor), descriptor)
        return _all_of(path, descriptor)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)


def read_shared(path: Path) -> bytes | None:
    """The content of a file that a person wrote: links are fine, and its mode is left alone.

    None only where there is no such file; raises StorageError for everything else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StorageError(f"{path} is not an ordinary file.", "Move it away.")
        return _all_of(path, descriptor)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)


def write(path: Path, content: bytes) -> None:
    """Replaces the file: private from its first byte, on the disk before it takes the name.

    Whatever fails, the old file is there unchanged. Raises OSError, or StorageError where
    something else than a file of ours has the name.
    """
    make_folder(path.parent)
    _require_replaceable(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.fchmod(descriptor, 0o600)  # whatever the umask says
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        _forget(temporary)
        raise
    _sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Makes the folder, mode 0700, with its parents; an existing one of ours is made private."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = folder.stat()
        if facts.st_uid == os.getuid() and stat.S_IMODE(facts.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            "Check the rights of the folder above it, or set $XDG_CONFIG_HOME or $XDG_STATE_HOME.",
        ) from error


def _all_of(path: Path, descriptor: int) -> bytes:
    content = b""
    while chunk := os.read(descriptor, 65_536):
        content += chunk
        if len(content) > LARGEST:
            raise StorageError(f"{path} is larger than a megabyte: it is no file of ours.")
    return content


def _require_own_regular(path: Path, facts: os.stat_result, descriptor: int) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise StorageError(f"{path} is not an ordinary file.", "Move it away.")
    if facts.st_uid not in {os.getuid(), 0}:
        raise StorageError(
            f"{path} belongs to another user (id {facts.st_uid}).", "Move it away, or take it over."
        )
    if stat.S_IMODE(facts.st_mode) & 0o077 and facts.st_uid == os.getuid():
        os.fchmod(descriptor, 0o600)


def _require_replaceable(path: Path) -> None:
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(facts.st_mode):
        raise StorageError(
            f"{path} is not an ordinary file, so it is not replaced.", "Move it away."
        )
    if facts.st_uid not in {os.getuid(), 0}:
        raise StorageError(f"{path} belongs to another user, so it is not replaced.")


def _forget(temporary: Path) -> None:
    try:
        temporary.unlink()
    except OSError:
        return  # what matters is the error that led here


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return  # some network file systems cannot; the file itself is safe
    finally:
        os.close(descriptor)


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be read: {error.strerror} (errno {error.errno}).",
        "It is left as it is; nothing is written in its place.",
    )
