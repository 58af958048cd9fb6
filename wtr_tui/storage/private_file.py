"""Files that hold secrets: 0600 from their first byte, replaced as a whole or not at all.

Paths are texts and nothing but ``os`` and ``stat`` is imported: pathlib alone takes longer to
import than a token takes to read.
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
"""How a notice ends that is true at every reading: nothing can be done about it."""

_OTHERS = 0o077
# What O_NOFOLLOW meets on Linux and macOS, and on FreeBSD.
_IS_LINK = (errno.ELOOP, errno.EMLINK)
_PATIENCE = 10.0  # seconds, for another process that rewrites the same file


def read_private(path: str, *, repair: bool = True) -> tuple[bytes, tuple[str, ...]]:
    """The content of a file of this user, and what had to be repaired, as sentences.

    A mode that lets others read is set to 0600; without ``repair`` it is refused. Raises
    FileNotFoundError where there is no file, another OSError where it cannot be read, and
    UnsafeFile where it must not be: a symbolic link, anything but a regular file, another
    user's, or more than 1 MiB.
    """
    descriptor = _opened(path, os.O_RDONLY)
    try:
        facts = os.fstat(descriptor)
        _refuse_unless_own_file(path, facts)
        if not repair and facts.st_mode & _OTHERS:
            raise UnsafeFile(f"{path} is open to other users.")
        notices = _tighten(descriptor, path, facts, PRIVATE_FILE)
        return _read_up_to_limit(descriptor, path), notices
    finally:
        os.close(descriptor)


def write_private(
    path: str, content: bytes, *, tighten_folder: bool = False, flush: bool = True
) -> tuple[str, ...]:
    """Replaces the file by one with this content, mode 0600; gives what was noticed on the way.

    Afterwards the file is whole, the new one or, where an exception was raised, the old one:
    a temporary file beside it is written, flushed to the disk and renamed. A missing folder is
    made with mode 0700; an existing one is narrowed to that with ``tighten_folder``. Without
    ``flush`` a power failure may leave an empty file: for what can be known anew. Raises
    OSError where the system refuses, UnsafeFile where the file, or the folder, is not this
    user's own.
    """
    folder, name = os.path.split(path)
    make_private_folder(folder)
    directory = _open_folder(folder)
    try:
        facts = os.fstat(directory)
        _refuse_foreign_folder(folder, facts)
        _refuse_to_replace(directory, path, name)
        notices: tuple[str, ...] = ()
        if tighten_folder and facts.st_uid == os.geteuid():
            notices = _tighten(directory, folder, facts, PRIVATE_FOLDER)
        _replace(directory, name, lambda: (content, None), flush=flush)
        return notices + _flush_folder(directory, path) if flush else notices
    finally:
        _close_quietly(directory)


def rewrite(path: str, change: Callable[[bytes], bytes], *, flush: bool = True) -> None:
    """Replaces the content of a file by ``change(content)``; mode and owner stay.

    One that is not there is empty, and made with mode 0600. Of several processes one after the
    other does it; one that takes ten seconds was stopped, and is not waited for. The file is whole
    at every moment. Raises OSError, and UnsafeFile for anything but a regular file of this user.
    """
    folder, name = os.path.split(path)
    make_private_folder(folder)
    directory = _open_folder(folder)

    def changed() -> tuple[bytes, os.stat_result | None]:
        try:
            descriptor = _opened(name, os.O_RDONLY, directory)
        except FileNotFoundError:
            return change(b""), None
        try:
            facts = os.fstat(descriptor)
            _refuse_unless_own_file(path, facts, root_may=True)
            return change(_read_up_to_limit(descriptor, path)), facts
        finally:
            os.close(descriptor)

    try:
        _replace(directory, name, changed, flush=flush, patience=_PATIENCE)
        if flush:
            _flush_folder(directory, path)
    finally:
        _close_quietly(directory)


def require_space(path: str, size: int) -> None:
    """Raises OSError where a file of so many bytes could not be written beside ``path`` now."""
    folder, name = os.path.split(path)
    directory = _open_folder(folder)
    try:
        temporary, descriptor = _temporary(directory, name)
        try:
            _fill(descriptor, bytes(size), flush=False)
        finally:
            os.close(descriptor)
            _remove(directory, temporary)
    finally:
        _close_quietly(directory)


def fingerprint(path: str) -> tuple[int, ...] | None:
    """Differs when the file does, without reading it; None where there is none to be seen."""
    try:
        facts = os.stat(path, follow_symlinks=False)  # noqa: PTH116
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_ctime_ns, facts.st_mtime_ns


def temporary_path(path: str) -> str:
    """The file that is written before it becomes ``path``: a killed writer leaves it behind."""
    folder, name = os.path.split(path)
    return f"{folder}/{_temporary_name(name)}"


def _temporary_name(name: str) -> str:
    return f".{name}.tmp"


def try_claim(
    path: str, flags: int = os.O_RDONLY, directory: int | None = None, patience: float = 0.0
) -> int | None:
    """A descriptor of a file of this user that no other process has try_claim; None: one has.

    Until it is closed no other gets it. A process that ends has it no longer: so the temporary
    file of a killed writer is known. ``directory`` is its folder, if that is open; ``patience``,
    in seconds, is for who has it.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            descriptor = _opened(path, flags, directory)
        except (OSError, UnsafeFile):
            return None  # it has just been renamed, or is none of ours
        try:
            facts = os.fstat(descriptor)
            _refuse_unless_own_file(path, facts)
            is_one = facts.st_nlink == 1
            # Who had it may have renamed it since it was opened.
            if is_one and _is_locked(descriptor) and is_at(descriptor, path, directory):
                return descriptor
        except (OSError, UnsafeFile):
            deadline = 0.0
        _close_quietly(descriptor)
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.002)


def is_at(descriptor: int, path: str, directory: int | None = None) -> bool:
    """Whether an open file still has this path: it may have been renamed, or removed by hand."""
    try:
        found = os.stat(path, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def put_in_place(temporary: str, path: str) -> None:
    """Ends what a killed writer began: the temporary file, which is whole, becomes ``path``."""
    _sync(temporary)
    os.rename(temporary, path)  # noqa: PTH104
    _sync(os.path.dirname(path) or ".")  # noqa: PTH120


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    """Locks an open file; the system lets go of the lock when its process ends.

    Raises OSError where the file system has no locks: nobody is to be waited for there.
    """
    import fcntl  # here: to read a token needs none

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_private_folder(folder: str) -> None:
    """Makes the folder and what is missing above it, all with mode 0700.

    Raises OSError, and UnsafeFile where it would be in another user's folder.
    """
    if not folder or os.access(folder, os.F_OK):
        return
    above = folder.rpartition("/")[0]
    make_private_folder(above)
    # Before anything is made: root's folder in a user's home would lock that user out.
    _refuse_foreign_folder(above or "/", os.stat(above or "/"))  # noqa: PTH116
    try:
        os.mkdir(folder, PRIVATE_FOLDER)  # noqa: PTH102
    except FileExistsError:
        # Another process was faster; something that is no folder fails where it is opened.
        return


def require_own_folder(path: str) -> None:
    """Raises UnsafeFile where a file of this path would lie in another user's folder.

    Looks at the folder, or the nearest one above it that is there; makes nothing.
    """
    folder = os.path.dirname(path)  # noqa: PTH120
    while folder.strip("/") and not os.access(folder, os.F_OK):
        folder = os.path.dirname(folder)  # noqa: PTH120
    try:
        facts = os.stat(folder or "/")  # noqa: PTH116
    except OSError:
        return  # whoever writes there will hear of it
    _refuse_foreign_folder(folder or "/", facts)


def open_private(path: str) -> int:
    """A descriptor of a file of this user for reading and writing; made with 0600 if missing.

    Raises OSError, or UnsafeFile as :func:`read_private` does.
    """
    descriptor = _opened(path, os.O_RDWR | os.O_CREAT)
    try:
        facts = os.fstat(descriptor)
        _refuse_unless_own_file(path, facts)
        _tighten(descriptor, path, facts, PRIVATE_FILE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _opened(path: str, flags: int, directory: int | None = None) -> int:
    """A descriptor of the file, in ``directory`` where its folder is open already; no link's."""
    # Without O_NONBLOCK opening a FIFO would wait for its writer.
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags, PRIVATE_FILE, dir_fd=directory)
    except OSError as error:
        if error.errno in _IS_LINK:
            raise _link(path) from error
        raise


def _open_folder(folder: str) -> int:
    return os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _refuse_foreign_folder(folder: str, facts: os.stat_result) -> None:
    # Root's folders are beyond suspicion: /tmp, /etc. Any other owner could swap the file.
    if facts.st_uid not in (os.geteuid(), 0):
        raise UnsafeFile(
            f"The folder {folder} belongs to {user_name(facts.st_uid)},"
            f" not to {user_name(os.geteuid())}.",
            "Nothing is kept in another user's folder.",
        )


def _refuse_to_replace(directory: int, path: str, name: str) -> None:
    try:
        facts = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(facts.st_mode):
        raise _link(path)
    _refuse_unless_own_file(path, facts)


def _refuse_unless_own_file(path: str, facts: os.stat_result, *, root_may: bool = False) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise UnsafeFile(f"{path} is not a regular file.", "Move it away, then try again.")
    if facts.st_uid != os.geteuid() and not (root_may and os.geteuid() == 0):
        raise UnsafeFile(
            f"{path} belongs to {user_name(facts.st_uid)}, not to {user_name(os.geteuid())}.",
            "Another user's file is left alone: run the program as that user.",
        )


def _read_up_to_limit(descriptor: int, path: str) -> bytes:
    content = read_all(descriptor)
    if len(content) > LARGEST:
        raise UnsafeFile(f"{path} is larger than 1 MiB, so it is left alone.")
    return content


def _link(path: str) -> UnsafeFile:
    return UnsafeFile(
        f"{path} is a symbolic link; a file with secrets has to be a file itself.",
        "Replace the link by the file it leads to.",
    )


def _tighten(descriptor: int, path: str, facts: os.stat_result, mode: int) -> tuple[str, ...]:
    if not facts.st_mode & _OTHERS:
        return ()
    found = stat.S_IMODE(facts.st_mode)
    try:
        os.fchmod(descriptor, mode)
    except OSError as error:
        why = f"{cause(error)}."
    else:
        if not os.fstat(descriptor).st_mode & _OTHERS:
            return (f"{path} was open to other users (mode {found:o}); its mode is now {mode:o}.",)
        why = KEEPS_NO_MODES
    return (f"{path} is open to other users (mode {found:o}) and stays so: {why}",)


def read_regular(path: str) -> tuple[bytes, os.stat_result]:
    """The content of a file that may be anybody's, links followed, and whose it is.

    Little more than LARGEST of it. Raises OSError, and UnsafeFile for anything but a regular file.
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
    """What there is to read, and little more than LARGEST where it has no end."""
    content = b""
    while len(content) <= LARGEST and (part := os.read(descriptor, 65_536)):
        content += part
    return content


def _temporary(directory: int, name: str, patience: float = 0.0) -> tuple[str, int]:
    """A temporary file for ``name``: as long as its descriptor is open, it has a writer.

    What a killed writer left is written anew, so that no second one is ever left. ``patience`` is
    for another writer, in seconds.
    """
    usual = _temporary_name(name)
    descriptor = try_claim(usual, os.O_WRONLY | os.O_CREAT, directory, patience)
    if descriptor is not None:
        return usual, descriptor
    other = f".{name}.{os.urandom(6).hex()}.tmp"
    return other, _opened(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL, directory)


def _fill(descriptor: int, content: bytes, *, flush: bool) -> None:
    os.ftruncate(descriptor, 0)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    if flush:
        os.fsync(descriptor)
    # A network file system may report the full disk only where a descriptor is closed.
    os.close(os.dup(descriptor))


def _replace(
    directory: int,
    name: str,
    made: Callable[[], tuple[bytes, os.stat_result | None]],
    *,
    flush: bool,
    patience: float = 0.0,
) -> None:
    """Writes a temporary file and renames it.

    ``made`` gives the content and whose owner and mode it gets, once nobody else is writing.
    """
    temporary, descriptor = _temporary(directory, name, patience)
    try:
        own = os.fstat(descriptor)
        _tighten(descriptor, temporary, own, PRIVATE_FILE)  # a killed writer had opened it
        content, like = made()
        _fill(descriptor, content, flush=flush)
        if like is not None:
            if (own.st_uid, own.st_gid) != (like.st_uid, like.st_gid):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        _remove(directory, temporary)
        raise
    finally:
        _close_quietly(descriptor)


def _flush_folder(directory: int, path: str) -> tuple[str, ...]:
    try:
        os.fsync(directory)
    except OSError as error:
        # The new file is in place and whole; it may only not survive a power failure just now.
        return (f"{path} is saved, but the disk did not confirm it: {cause(error)}.",)
    return ()


def _close_quietly(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        # What counts has been flushed: a failure here says nothing about the file.
        return


def _remove(directory: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except OSError:
        # It was never made, or was already renamed.
        return
