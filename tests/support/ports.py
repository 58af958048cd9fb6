"""A port of this machine that nobody else uses, nor another run of the tests."""

from __future__ import annotations

import errno
import random
import socket
import sys
from collections import deque
from urllib.parse import urlsplit

# More than one test ever uses; a claim costs an open descriptor.
_KEPT = 64
_claims: deque[socket.socket] = deque()

# Below the range from which the kernel takes the ports of outgoing connections: none of those
# can take the port between its choice and its use.
_FIRST, _LAST = 20_000, 32_000


def free_port() -> int:
    """A port that is free now, and that no other test is given for a while.

    Nobody holds it between its choice and its use: of two runs at once, which draw a thousand
    ports each from the same twelve thousand, one in five would draw one that the other has.
    """
    for port in random.SystemRandom().sample(range(_FIRST, _LAST), 200):
        if is_free(port) and _claimed(port):
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST}")


def is_free(port: int) -> bool:
    """Whether nobody listens there, on 127.0.0.1 and on ::1."""
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


def port_of(address: str) -> int:
    """The port that the address names."""
    port = urlsplit(address).port
    assert port is not None
    return port


def _claimed(port: int) -> bool:
    if sys.platform != "linux":
        return True
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0wtr-tui-tests-{port}")  # in no folder, and gone with this process
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    if len(_claims) > _KEPT:
        _claims.popleft().close()
    return True
