"""The listener's sockets (loopback addresses only), and which program holds a taken port."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import sys
from pathlib import Path

from wtr_tui.errors import WtrError
from wtr_tui.text import user_name

ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 256
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_OTHER_WAYS = "Sign in with the full address and paste where the browser ends, or use a device code"


class CannotListen(WtrError):
    """The redirect cannot be received here. Other methods to sign in go on working."""


def listening_sockets(port: int) -> list[socket.socket]:
    """Sockets that listen on 127.0.0.1 and ::1, the literal addresses (RFC 8252 §7.3, §8.3).

    A family the machine lacks is left out. Raises CannotListen when either address is
    taken: half of the answers would go to the other program; and when neither can be had.
    """
    sockets: list[socket.socket] = []
    refusal: OSError | None = None
    try:
        for family, address in ADDRESSES:
            try:
                sockets.append(_listening(family, address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise _taken(port, address) from error
                if error.errno not in _NO_SUCH_FAMILY:
                    raise _impossible(port, error) from error
                refusal = error
    except CannotListen:
        for opened in sockets:
            opened.close()
        raise
    if not sockets:
        assert refusal is not None
        raise _impossible(port, refusal)
    return sockets


def _listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let any program share the port.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # The last attempt's connections must not block the port (TIME_WAIT).
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.setblocking(False)
        opened.bind((address, port))
        # Two sockets can be bound to one port; only one can listen. So: at once.
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _taken(port: int, address: str) -> CannotListen:
    return CannotListen(
        f"Port {port} on {address} is taken by {port_holder(port, address) or 'another program'}.",
        "Quit that program; or register another port with the integration and enter it in the"
        f" settings. {_OTHER_WAYS}.",
    )


def _impossible(port: int, error: OSError) -> CannotListen:
    if error.errno == errno.EACCES:
        return CannotListen(
            f"Only the administrator may listen on port {port}.",
            "Register a port above 1023 with the integration and enter it in the settings."
            f" {_OTHER_WAYS}.",
        )
    return CannotListen(
        f"Port {port} cannot be listened on: {error.strerror or error}.", f"{_OTHER_WAYS}."
    )


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
    """``python3 (pid 4711)``, ``a program of bob``, or "" where it is not known.

    ``address`` is 127.0.0.1 or ::1. Another user's processes cannot be looked into; their owner
    is known all the same.
    """
    # More than once: a row can be missed while others come and go.
    for table, family, addresses in _PLACES[address] * 3:
        ends = {f"{_in_hex(family, each)}:{port:04X}" for each in addresses}
        for row in _rows(proc / "net" / table):
            if row[1] in ends and row[3] == _LISTEN:
                return _process(row[9], proc) or f"a program of {user_name(int(row[7]))}"
    return ""


def peer_uid(
    peer: tuple[str, int], here: tuple[str, int], proc: Path = Path("/proc")
) -> int | None:
    """Whose program is at the other end of a loopback connection; None where it is not known.

    ``peer`` and ``here`` are the addresses of the two ends, each with its port.
    """
    ends = []
    for host, port in (peer, here):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        ends.append(f"{_in_hex(family, host)}:{port:04X}")
    rows = _rows(proc / "net" / ("tcp6" if ":" in peer[0] else "tcp"))
    # Each end of a loopback connection has a row of its own; this is the other one's.
    return next((int(row[7]) for row in rows if row[1:3] == ends), None)


def _rows(table: Path) -> list[list[str]]:
    """Of /proc/net/tcp or tcp6: slot, local and remote address, state, …, uid, timeout, inode."""
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return []
    return [row for row in (line.split() for line in lines) if len(row) > 9]


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
