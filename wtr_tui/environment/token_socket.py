"""The Unix socket of ``wtr serve``: its path, its peer's user, and the client.

A client that connects reads one access token and a line feed, then the end of the stream. There is
no more to the protocol, so ``nc -U``, socat and systemd's LoadCredential= are clients too.
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
"""The variable with the path of a socket; while it is set, tokens come only from there."""

LIMIT = 90.0
"""Seconds to wait for a token: longer than a refresh by ``wtr serve`` takes."""

_LARGEST = 65_536
_LONGEST_PATH = 107 if sys.platform == "linux" else 103
_UCRED = struct.Struct("iII")  # pid, uid, gid: unix(7)
_XUCRED = struct.Struct("Ii")  # version, uid, …: unix(4) of macOS
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_XUCRED_SIZE = 76


def default_path(profile: str, environ: Mapping[str, str], state_dir: str) -> str:
    """Return ``$XDG_RUNTIME_DIR/wtr-tui/PROFILE.sock``, else ``STATE_DIR/run/PROFILE.sock``."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        return f"{runtime.rstrip('/')}/wtr-tui/{profile}.sock"
    return f"{state_dir}/run/{profile}.sock"


def require_short(path: str) -> None:
    """Raise StorageError for a path too long for a socket: the system allows about 100 bytes."""
    size = len(os.fsencode(path))
    if size > _LONGEST_PATH:
        raise StorageError(
            f"The path {path} is {size} bytes long; a socket's can have {_LONGEST_PATH}.",
            "Choose a shorter one.",
        )


def peer_uid(connection: socket.socket) -> int:
    """Return the user id of the peer, as the kernel knows it. Raise OSError."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(credentials)[1])
    return uid_of_xucred(connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE))


def uid_of_xucred(credentials: bytes) -> int:
    """Return the uid in a ``struct xucred`` of macOS or FreeBSD, version 0. Raise OSError."""
    version, uid = _XUCRED.unpack_from(credentials)
    if version != 0:
        raise OSError(f"unknown version {version} of struct xucred")
    return int(uid) & 0xFFFF_FFFF


def is_trusted(uid: int) -> bool:
    """Return whether it is this user or root."""
    return uid in (0, os.geteuid())


def receive(path: str, limit: float = LIMIT) -> str:
    """Read the access token from the socket within ``limit`` seconds.

    Raise TemporaryError where it is not served or no token came, UnsafeFile where another user
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
            raise _no_token(path, error.strerror or "no answer in time") from error
        except OSError as error:
            raise StorageError(
                f"The socket {path} (${VARIABLE}) cannot be used: {error.strerror or error}."
            ) from error
    token = content.removesuffix(b"\n").decode("ascii", "replace")
    if not token:
        raise _no_token(path, "it is open, but gave nothing")
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


def _no_token(path: str, why: str) -> TemporaryError:
    return TemporaryError(
        f"The socket {path} (${VARIABLE}) gives no token: {why}.",
        "See that wtr serve runs at its other end and has a token, and that ssh -R is connected.",
    )
