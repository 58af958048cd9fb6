"""The sockets of the listener: this machine's loopback addresses, and nothing else."""

from __future__ import annotations

import errno
import socket
import sys

from wtr_tui.errors import WtrError
from wtr_tui.oauth.port_holder import port_holder

ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 256
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_OTHER_WAYS = "Sign in with the full address and paste where the browser ends, or use a device code"


class CannotListen(WtrError):
    """The redirect cannot be received here. Other ways to sign in go on working."""


class PortTaken(CannotListen):
    """Another program has the port, on at least one of the two addresses.

    ``family`` is that address, ``holder`` the program as far as this machine tells.
    """

    def __init__(self, port: int, family: str, holder: str) -> None:
        super().__init__(
            f"Port {port} on {family} is taken by {holder or 'another program'}.",
            "Quit that program; or register another port with the integration and enter it in the"
            f" settings. {_OTHER_WAYS}.",
        )
        self.port = port
        self.family = family
        self.holder = holder


def listening_sockets(port: int) -> list[socket.socket]:
    """Sockets that listen on 127.0.0.1 and ::1, the literal addresses (RFC 8252 §7.3, §8.3).

    A family the machine lacks is left out. Raises PortTaken when either address is taken: half of
    the answers would go to the other program; CannotListen when neither can be had.
    """
    sockets: list[socket.socket] = []
    refusal: OSError | None = None
    try:
        for family, address in ADDRESSES:
            try:
                sockets.append(_listening(family, address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise PortTaken(port, address, port_holder(port, address)) from error
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
