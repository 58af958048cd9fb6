"""The socket of ``wtr serve``: where it lies, who is at its other end, and reading a token from it.

Whoever connects reads one access token and a line feed, then the end of the file. There is nothing
else to it, so that ``nc -U``, socat and systemd's LoadCredential= are clients, too.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time

from wtr_tui.errors import StorageError, TemporaryError, UnsafeFile
from wtr_tui.text import is_visible_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "WTR_SOCKET"
"""Names a socket; while it is set, tokens come from there and from nowhere else."""

LIMIT = 90.0
"""Seconds for a token to arrive: longer than any refresh at the other end."""

_LARGEST = 65_536
_LONGEST_PATH = 107 if sys.platform == "linux" else 103
_UCRED = struct.Struct("iII")  # pid, uid, gid: unix(7)
_XUCRED = struct.Struct("Ii")  # version, uid, …: unix(4) of macOS
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_XUCRED_SIZE = 76


def default_path(profile: str, environ: Mapping[str, str], state_dir: str) -> str:
    """``$XDG_RUNTIME_DIR/wtr-tui/PROFILE.sock``, else ``PROFILE.sock`` under the state folder."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        return f"{runtime.rstrip('/')}/wtr-tui/{profile}.sock"
    return f"{state_dir}/run/{profile}.sock"


def require_short(path: str) -> None:
    """Raises StorageError for a path that no socket can have: the system takes about 100 bytes."""
    size = len(os.fsencode(path))
    if size > _LONGEST_PATH:
        raise StorageError(
            f"The path {path} is {size} bytes long; a socket's can have {_LONGEST_PATH}.",
            "Choose a shorter one.",
        )


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end, as the system knows it. Raises OSError where it cannot say."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(credentials)[1])
    return uid_of_xucred(connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE))


def uid_of_xucred(credentials: bytes) -> int:
    """The uid in the ``struct xucred`` of macOS and FreeBSD, of the version 0 both have."""
    version, uid = _XUCRED.unpack_from(credentials)
    if version != 0:
        raise OSError(f"unknown version {version} of struct xucred")
    return int(uid) & 0xFFFF_FFFF


def is_trusted(uid: int) -> bool:
    """Whether it is this user or root."""
    return uid in (0, os.geteuid())


def receive(path: str, limit: float = LIMIT) -> str:
    """The access token that the socket gives, within ``limit`` seconds.

    Raises TemporaryError where nobody serves it or no token came, UnsafeFile where another user
    serves it, StorageError where it cannot be used at all.
    """
    require_short(path)
    deadline = time.monotonic() + limit
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(limit)
        try:
            connection.connect(path)
            uid = peer_uid(connection)
            if not is_trusted(uid):
                raise UnsafeFile(
                    f"The socket {path} (${VARIABLE}) is served by another user (uid {uid}).",
                    "Its token is not used: it may be anybody's.",
                )
            content = _read_all(connection, deadline)
        except (FileNotFoundError, ConnectionError, TimeoutError, BlockingIOError) as error:
            raise _nothing(path, error.strerror or "no answer in time") from error
        except OSError as error:
            raise StorageError(
                f"The socket {path} (${VARIABLE}) cannot be used: {error.strerror or error}."
            ) from error
    token = content.removesuffix(b"\n").decode("ascii", "replace")
    if not token:
        raise _nothing(path, "it is open, but gave nothing")
    if len(content) > _LARGEST or not is_visible_ascii(token):
        raise StorageError(f"What the socket {path} (${VARIABLE}) gives is no token.")
    return token


def _read_all(connection: socket.socket, deadline: float) -> bytes:
    content = b""
    while len(content) <= _LARGEST:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(_LARGEST)
        if not piece:
            break
        content += piece
    return content


def _nothing(path: str, why: str) -> TemporaryError:
    return TemporaryError(
        f"The socket {path} (${VARIABLE}) gives no token: {why}.",
        "See that wtr serve runs at its other end and has a token, and that ssh -R is connected.",
    )
