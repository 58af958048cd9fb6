"""Two machines on one: a server and a laptop, each with its own loopback, and a cable between.

Only so can both have the same port, and the line that is shown be run as it stands. They are
network namespaces of their own, which reach each other and nothing else.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import pytest

from tests.support.programs import required

SERVER_ADDRESS = "10.1.2.3"
LAPTOP_ADDRESS = "10.0.0.7"

# Runs as the server, which is the network it finds itself in, and ends when its input does.
_BUILD = f"""
set -e
ip link set lo up
ip link add wtr-server type veth peer name wtr-laptop
ip addr add {SERVER_ADDRESS}/8 dev wtr-server
ip link set wtr-server up
unshare -n sleep 3600 &
laptop=$!
trap 'kill $laptop' EXIT
until [ "$(readlink /proc/$laptop/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
ip link set wtr-laptop netns $laptop
nsenter -t $laptop -n ip link set lo up
nsenter -t $laptop -n ip addr add {LAPTOP_ADDRESS}/8 dev wtr-laptop
nsenter -t $laptop -n ip link set wtr-laptop up
echo $laptop
read -r end || true
"""


class Network:
    """Exists until it is stopped. Skips the test where the machine does not allow it."""

    def __init__(self) -> None:
        for program in ("unshare", "nsenter", "ip"):
            required(program)
        root = os.geteuid() == 0
        own_user = () if root else ("--user", "--map-current-user", "--keep-caps")
        self._enter_user = () if root else ("--user", "--preserve-credentials")
        self._process = subprocess.Popen(
            ["unshare", *own_user, "--net", "sh", "-c", _BUILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        laptop = self._process.stdout.readline().strip()
        if not laptop:
            _, why = self._process.communicate()
            pytest.skip(f"no network namespaces here: {why.strip()}")
        self.on_server = self._enter(str(self._process.pid))
        self.on_laptop = self._enter(laptop)

    def _enter(self, pid: str) -> Sequence[str]:
        """The beginning of a command line that runs the rest of it on that machine."""
        return (required("nsenter"), "-t", pid, *self._enter_user, "--net", "--")

    def stop(self) -> None:
        self._process.communicate("end\n")
