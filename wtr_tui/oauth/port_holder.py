"""Which program listens on a port, as far as Linux tells the present user."""

from __future__ import annotations

import contextlib
import pwd
import socket
import struct
from pathlib import Path

_LISTEN = "0A"
# Where the holder of an address can stand: table, family, addresses. A socket on [::] usually
# holds the port of IPv4 too.
_PLACES = {
    "127.0.0.1": (
        ("tcp", socket.AF_INET, ("127.0.0.1", "0.0.0.0")),  # noqa: S104 - only compared
        ("tcp6", socket.AF_INET6, ("::", "::ffff:127.0.0.1")),
    ),
    "::1": (("tcp6", socket.AF_INET6, ("::1", "::")),),
}


def port_holder(port: int, address: str, proc: Path = Path("/proc")) -> str:
    """``python3 (pid 4711)``, ``a program of bob``, or "" where the machine does not tell.

    ``address`` is 127.0.0.1 or ::1. Another user's processes cannot be looked into; their name
    can be told all the same.
    """
    for table, family, addresses in _PLACES[address]:
        ends = {f"{_in_hex(family, each)}:{port:04X}" for each in addresses}
        for inode, uid in _listeners(proc / "net" / table, ends):
            return _process(inode, proc) or f"a program of {_user(uid)}"
    return ""


def _listeners(table: Path, ends: set[str]) -> list[tuple[str, int]]:
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return []
    rows = [line.split() for line in lines]
    return [
        (row[9], int(row[7]))
        for row in rows
        if len(row) > 9 and row[1] in ends and row[3] == _LISTEN
    ]


def _in_hex(family: socket.AddressFamily, address: str) -> str:
    packed = socket.inet_pton(family, address)
    # The kernel prints each 32-bit word as a number in the machine's own byte order.
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))


def _process(inode: str, proc: Path) -> str:
    wanted = f"socket:[{inode}]"
    for process in proc.iterdir():
        if process.name.isdigit():
            # Processes end while they are looked at, and others' are closed to us.
            with contextlib.suppress(OSError):
                if any(str(link.readlink()) == wanted for link in (process / "fd").iterdir()):
                    name = (process / "comm").read_text("utf-8", "replace").strip()
                    return f"{name} (pid {process.name})"
    return ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user with the number {uid}"
