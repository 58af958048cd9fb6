"""A port of this machine that nobody else uses, nor another run of the tests."""

from __future__ import annotations

import socket
import sys
from collections import deque

from wtr_tui.sandbox import ports

# More than one test ever uses; a claim costs an open descriptor.
_KEPT = 64
_claims: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that is free now, and that no other test is given for a while.

    Nobody holds it between its choice and its use: of two runs at once, which draw a thousand
    ports each from the same twelve thousand, one in five would draw one that the other has.
    """
    while True:
        port = ports.free_port()
        if _claimed(port):
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
