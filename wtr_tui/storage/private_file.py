"""Files that hold secrets: mode 0600 from their first byte, replaced atomically.

Paths are strings and little but ``os`` and ``stat`` is imported: importing pathlib alone takes
longer than reading a token.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from wtr_tui.errors import UnsafeFile
from wtr_tui.text import cause, user_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
LARGEST = 1024 * 1024
KEEPS_NO_MODES = "its file system keeps no modes."
"""The end of a notice that repeats at every reading, as nothing can be done about it."""

_GROUP_AND_OTHERS = 0o077
# The errors of O_NOFOLLOW on Linux and macOS, and on FreeBSD.
_IS_LINK = (errno.ELOOP, errno.EMLINK)
_WAIT_SECONDS = 10.0  # for another process that rewrites the same file


# Reading.


def read_private(path: str, *, repair: bool = True) -> tuple[bytes, tuple[str, ...]]:
    """Return the content of a file of this user, and notices about what was repaired.

    A mode that lets others read is set to 0600, or refused without ``repair``. Raises
    FileNotFoundError where there is no file, another OSError where it cannot be read, and
    UnsafeFile for a symbolic link, anything but a regular file, another user's file, and more
    than 1 MiB.
    """
    descriptor = _open(path, os.O_RDONLY)
    try:
        facts = os.fstat(descriptor)
        _require_own_file(path, facts)
        if not repair and facts.st_mode & _GROUP_AND_OTHERS:
            raise UnsafeFile(f"{path} is open to other users.")
        notices = _restrict_mode(descriptor, path, facts, PRIVATE_FILE)
        return _read_up_to_limit(descriptor, path), notices
    finally:
        os.close(descriptor)


def open_private(path: str) -> int:
    """Open a file of this user for reading and writing; create it with mode 0600 if missing.

    Raise OSError, or UnsafeFile as :func:`read_private` does.
    """
    descriptor = _open(path, os.O_RDWR | os.O_CREAT)
    try:
        facts = os.fstat(descriptor)
        _require_own_file(path, facts)
        _restrict_mode(descriptor, path, facts, PRIVATE_FILE)
    except BaseException:  # also KeyboardInterrupt
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: str) -> tuple[bytes, os.stat_result]:
    """Return the content of any user's file, links followed, and its stat result.

    Reads little more than LARGEST bytes. Raise OSError, and UnsafeFile for anything but a
    regular file.
    """
    # Without O_NONBLOCK opening a FIFO would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise UnsafeFile(f"{path} is not a regular file.")
        return read_all(descriptor), facts
    finally:
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """Read to the end, or little more than LARGEST bytes."""
    content = b""
    while len(content) <= LARGEST and (part := os.read(descriptor, 65_536)):
        content += part
    return content


def _read_up_to_limit(descriptor: int, path: str) -> bytes:
    content = read_all(descriptor)
    if len(content) > LARGEST:
        raise UnsafeFile(f"{path} is larger than 1 MiB, so it is left alone.")
    return content


def fingerprint(path: str) -> tuple[int, ...] | None:
    """Return a value that changes with the file, without reading it; None for no file."""
    try:
        facts = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_ctime_ns, facts.st_mtime_ns


# Writing.


def write_private(
    path: str, content: bytes, *, restrict_folder: bool = False, flush: bool = True
) -> tuple[str, ...]:
    """Replace the file atomically by one with this content and mode 0600, and return notices.

    A temporary file beside it is written, flushed to the disk and renamed, so an exception leaves
    the old file as it was. A missing folder is created with mode 0700; an existing one is set to
    that with ``restrict_folder``. Without ``flush`` a power failure may leave an empty file: only
    for what can be computed again. Raise OSError, and UnsafeFile where the file or the folder is
    another user's.
    """
    folder, name = os.path.split(path)
    make_private_folder(folder)
    directory = _open_folder(folder)
    try:
        facts = os.fstat(directory)
        _check_folder_owner(folder, facts)
        _require_replaceable(directory, path, name)
        notices: tuple[str, ...] = ()
        if restrict_folder and facts.st_uid == os.geteuid():
            notices = _restrict_mode(directory, folder, facts, PRIVATE_FOLDER)
        _replace(directory, name, lambda: (content, None), flush=flush)
        return notices + _sync_folder(directory, path) if flush else notices
    finally:
        _close_quietly(directory)


def rewrite(path: str, change: Callable[[bytes], bytes], *, flush: bool = True) -> None:
    """Replace the content of a file atomically by ``change(content)``, keeping mode and owner.

    A missing file counts as empty and is created with mode 0600. Processes take turns; one that
    takes longer than ten seconds is taken for stopped and not waited for. Raise OSError, and
    UnsafeFile for anything but a regular file of this user.
    """
    folder, name = os.path.split(path)
    make_private_folder(folder)
    directory = _open_folder(folder)

    def changed() -> tuple[bytes, os.stat_result | None]:
        try:
            descriptor = _open(name, os.O_RDONLY, directory)
        except FileNotFoundError:
            return change(b""), None
        try:
            facts = os.fstat(descriptor)
            _require_own_file(path, facts, root_may=True)
            return change(_read_up_to_limit(descriptor, path)), facts
        finally:
            os.close(descriptor)

    try:
        _replace(directory, name, changed, flush=flush, wait=_WAIT_SECONDS)
        if flush:
            _sync_folder(directory, path)
    finally:
        _close_quietly(directory)


def require_space(path: str, size: int) -> None:
    """Raise OSError where a file of ``size`` bytes could not be written beside ``path`` now."""
    folder, name = os.path.split(path)
    directory = _open_folder(folder)
    try:
        temporary, descriptor = _open_temporary(directory, name)
        try:
            _write_all(descriptor, bytes(size), flush=False)
        finally:
            os.close(descriptor)
            _remove_quietly(directory, temporary)
    finally:
        _close_quietly(directory)


def _replace(
    directory: int,
    name: str,
    make: Callable[[], tuple[bytes, os.stat_result | None]],
    *,
    flush: bool,
    wait: float = 0.0,
) -> None:
    """Write a temporary file and rename it to ``name``.

    ``make``, called once no other process is writing, returns the content, and the stat result of
    the file whose owner and mode are kept (None: this user and 0600).
    """
    temporary, descriptor = _open_temporary(directory, name, wait)
    try:
        own = os.fstat(descriptor)
        _restrict_mode(descriptor, temporary, own, PRIVATE_FILE)  # a killed writer had opened it
        content, like = make()
        _write_all(descriptor, content, flush=flush)
        if like is not None:
            if (own.st_uid, own.st_gid) != (like.st_uid, like.st_gid):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:  # also KeyboardInterrupt
        _remove_quietly(directory, temporary)
        raise
    finally:
        _close_quietly(descriptor)


def _write_all(descriptor: int, content: bytes, *, flush: bool) -> None:
    os.ftruncate(descriptor, 0)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if flush:
        os.fsync(descriptor)
    # A network file system may report a full disk only when a descriptor is closed.
    os.close(os.dup(descriptor))


def _sync_folder(directory: int, path: str) -> tuple[str, ...]:
    try:
        os.fsync(directory)
    except OSError as error:
        # The new file is complete and in place; only a power failure just now could undo it.
        return (f"{path} is saved, but the disk did not confirm it: {cause(error)}.",)
    return ()


# Temporary files, also those that killed writers left behind.


def temporary_path(path: str) -> str:
    """Return the temporary file that is renamed to ``path``: a killed writer leaves it behind."""
    folder, name = os.path.split(path)
    return f"{folder}/{_temporary_name(name)}"


def _temporary_name(name: str) -> str:
    return f".{name}.tmp"


def _open_temporary(directory: int, name: str, wait: float = 0.0) -> tuple[str, int]:
    """Create and claim a temporary file for ``name``; return its name and descriptor.

    The one a killed writer left is reused, so they do not pile up. ``wait`` is how long to wait for
    another writer, in seconds.
    """
    usual = _temporary_name(name)
    descriptor = try_claim(usual, os.O_WRONLY | os.O_CREAT, directory, wait)
    if descriptor is not None:
        return usual, descriptor
    other = f".{name}.{os.urandom(6).hex()}.tmp"
    return other, _open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL, directory)


def try_claim(
    path: str, flags: int = os.O_RDONLY, directory: int | None = None, wait: float = 0.0
) -> int | None:
    """Open a file of this user and lock it; None where another process holds the lock.

    The lock lasts until the descriptor is closed or the process ends: by that the temporary file
    of a killed writer is recognised. ``directory`` is an open descriptor of its folder; ``wait``
    is how long to wait for the lock, in seconds.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            descriptor = _open(path, flags, directory)
        except (OSError, UnsafeFile):
            return None  # it has just been renamed, or is not this user's
        try:
            facts = os.fstat(descriptor)
            _require_own_file(path, facts)
            is_one = facts.st_nlink == 1
            # The former holder may have renamed it since it was opened.
            if is_one and _try_lock(descriptor) and is_still_at(descriptor, path, directory):
                return descriptor
        except (OSError, UnsafeFile):
            deadline = 0.0
        _close_quietly(descriptor)
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.002)


def _try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed. Raise OSError where the file system has no locks."""
    import fcntl  # here, as reading a token does not need it

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_still_at(descriptor: int, path: str, directory: int | None = None) -> bool:
    """Return whether an open file still has this path: it may have been renamed or removed."""
    try:
        found = os.stat(path, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def put_in_place(temporary: str, path: str) -> None:
    """Finish what a killed writer began: rename its complete temporary file to ``path``."""
    _sync_path(temporary)
    os.rename(temporary, path)
    _sync_path(os.path.dirname(path) or ".")


def _sync_path(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Folders, owners and modes.


def make_private_folder(folder: str) -> None:
    """Create the folder and its missing parents with mode 0700.

    Raise OSError, and UnsafeFile where it would be in another user's folder.
    """
    if not folder or os.access(folder, os.F_OK):
        return
    above = folder.rpartition("/")[0]
    make_private_folder(above)
    # Before anything is created: root's folder in a user's home would lock that user out.
    _check_folder_owner(above or "/", os.stat(above or "/"))
    try:
        os.mkdir(folder, PRIVATE_FOLDER)
    except FileExistsError:
        # Another process was faster; anything but a folder fails where it is opened.
        return


def require_own_folder(path: str) -> None:
    """Raise UnsafeFile where a file of this path would lie in another user's folder.

    Checks the nearest existing folder above it; creates nothing.
    """
    folder = os.path.dirname(path)
    while folder.strip("/") and not os.access(folder, os.F_OK):
        folder = os.path.dirname(folder)
    try:
        facts = os.stat(folder or "/")
    except OSError:
        return  # writing there will report it
    _check_folder_owner(folder or "/", facts)


def _check_folder_owner(folder: str, facts: os.stat_result) -> None:
    # Root's folders, such as /tmp, are trusted. Any other owner could replace the file.
    if facts.st_uid not in (os.geteuid(), 0):
        raise UnsafeFile(
            f"The folder {folder} belongs to {user_name(facts.st_uid)},"
            f" not to {user_name(os.geteuid())}.",
            "Nothing is kept in another user's folder.",
        )


def _require_replaceable(directory: int, path: str, name: str) -> None:
    try:
        facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(facts.st_mode):
        raise _symbolic_link_error(path)
    _require_own_file(path, facts)


def _require_own_file(path: str, facts: os.stat_result, *, root_may: bool = False) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise UnsafeFile(f"{path} is not a regular file.", "Move it away, then try again.")
    if facts.st_uid != os.geteuid() and not (root_may and os.geteuid() == 0):
        raise UnsafeFile(
            f"{path} belongs to {user_name(facts.st_uid)}, not to {user_name(os.geteuid())}.",
            "Another user's file is left alone: run the program as that user.",
        )


def _symbolic_link_error(path: str) -> UnsafeFile:
    return UnsafeFile(
        f"{path} is a symbolic link; a file with secrets has to be a file itself.",
        "Replace the link by the file it leads to.",
    )


def _restrict_mode(descriptor: int, path: str, facts: os.stat_result, mode: int) -> tuple[str, ...]:
    if not facts.st_mode & _GROUP_AND_OTHERS:
        return ()
    found = stat.S_IMODE(facts.st_mode)
    try:
        os.fchmod(descriptor, mode)
    except OSError as error:
        why = f"{cause(error)}."
    else:
        if not os.fstat(descriptor).st_mode & _GROUP_AND_OTHERS:
            return (f"{path} was open to other users (mode {found:o}); its mode is now {mode:o}.",)
        why = KEEPS_NO_MODES
    return (f"{path} is open to other users (mode {found:o}) and stays so: {why}",)


# Descriptors.


def _open(path: str, flags: int, directory: int | None = None) -> int:
    """Open the file, without following a link; ``directory`` is a descriptor of its folder."""
    # Without O_NONBLOCK opening a FIFO would wait for its writer.
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags, PRIVATE_FILE, dir_fd=directory)
    except OSError as error:
        if error.errno in _IS_LINK:
            raise _symbolic_link_error(path) from error
        raise


def _open_folder(folder: str) -> int:
    return os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _close_quietly(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        # The content has been flushed before.
        return


def _remove_quietly(directory: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except OSError:
        # It was never created, or is renamed already.
        return
