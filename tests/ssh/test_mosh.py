"""Through a real mosh, which sends how the screen differs and not what the program wrote."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.programs import required
from tests.support.terminal import Terminal

_COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\a")


@pytest.fixture
def terminal(signed_in: Home) -> Iterator[Terminal]:
    """The program, seen through mosh."""
    command = [required("mosh-server"), "new", "-i", "127.0.0.1", "--", *PROGRAM]
    client = required("mosh-client")
    environ = {**signed_in.environ, "LANG": "C.UTF-8", "MOSH_SERVER_NETWORK_TMOUT": "60"}
    begun = subprocess.run(
        command, env=environ, cwd=signed_in.folder, capture_output=True, text=True, check=True
    )
    connect = re.search(r"MOSH CONNECT (\d+) (\S+)", begun.stdout)
    server = re.search(r"pid = (\d+)", begun.stderr + begun.stdout)
    assert connect, begun
    assert server, begun
    try:
        key = {**environ, "MOSH_KEY": connect[2], "MOSH_PREDICTION_DISPLAY": "never"}
        with Terminal([client, "127.0.0.1", connect[1]], key) as running:
            yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(server[1]), signal.SIGTERM)


def test_the_same_token_copied_twice_arrives_twice(terminal: Terminal, signed_in: Home) -> None:
    token = signed_in.stored().token.access_token.reveal()
    sent = base64.b64encode(token.encode())
    terminal.wait_for("● valid")

    def copied(times: int) -> None:
        terminal.press("c")
        terminal.wait_until(
            lambda _: _COPIED.findall(terminal.received).count(sent) == times, times
        )

    copied(1)
    copied(2)
    copied(3)
    assert terminal.clipboard() == token
