"""What the operating system says, in words for the person."""

from __future__ import annotations

import errno
import os


def cause(error: OSError) -> str:
    """Why a system call failed: ``No space left on device (ENOSPC)``."""
    if error.errno is None:
        return "the system does not say why"
    return f"{os.strerror(error.errno)} ({errno.errorcode.get(error.errno, error.errno)})"


def user_name(uid: int) -> str:
    """The user's name, or ``user 1234`` where the system has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
