"""A port of this machine that nobody uses at the moment."""

from __future__ import annotations

import errno
import random
import socket

# Below the range from which the kernel takes the ports of outgoing connections: none of those
# can take the port between its choice and its use.
_FIRST, _LAST = 20_000, 32_000


def free_port(preferred: int | None = None) -> int:
    """A port that is free on 127.0.0.1 and on ::1: the preferred one where it is.

    Raises OSError where a hundred ports in turn are taken.
    """
    candidates = [preferred] if preferred is not None else []
    candidates += random.SystemRandom().sample(range(_FIRST, _LAST), 100)
    for port in candidates:
        if _is_free(port):
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST}")


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.bind((address, port))
        except OSError as error:
            # A machine without IPv6 does not stand in the way of the other family.
            if family is socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                continue
            return False
    return True
