"""The person's laptop in a network of its own, and the server and Webex as seen from there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.ssh.network import Network
from tests.ssh.server import SshServer
from tests.support.environment import child_environ, program_environ
from wtr_tui.sandbox.demo import REDIRECT_PORT

_BROWSER = """
import sys
from tests.support.webex import browser
try:
    print(getattr(browser, sys.argv[1])(sys.argv[2]).text)
except browser.BrowserStuck as stuck:
    sys.exit(str(stuck))
"""


class Laptop:
    """Runs commands on the laptop; what it starts is ended by whoever started it."""

    def __init__(self, network: Network, server: SshServer) -> None:
        self.inside = network.on_laptop
        self.on_server = network.on_server
        self.server = server

    def browse(self, how: str, url: str) -> tuple[bool, str]:
        """Opens ``url`` with a function of the sandbox's browser: did it work, and the words."""
        command = [*self.inside, sys.executable, "-c", _BROWSER, how, url]
        ran = subprocess.run(
            command, env=program_environ(), capture_output=True, text=True, timeout=60
        )
        return ran.returncode == 0, ran.stdout or ran.stderr

    @contextmanager
    def running(self, line: str) -> Iterator[subprocess.Popen[str]]:
        """Runs an ssh line as it stands; given back once it forwards, or has ended."""
        program, *rest = self.server.adapted(line)
        # Its log is how one learns that the ports are forwarded, without connecting to them.
        with subprocess.Popen(
            [*self.inside, program, "-v", *rest],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=child_environ(),
            text=True,
        ) as process:
            assert process.stderr is not None
            for told in process.stderr:
                if "Entering interactive session" in told:
                    break
            else:
                process.wait()
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def webex(network: Network, laptop: Laptop) -> Iterator[str]:
    """The sandbox, at the same address on the server and on the laptop; gives its settings file."""
    command = [sys.executable, "-m", "tests.support.webex", "--redirect-port", str(REDIRECT_PORT)]
    with subprocess.Popen(
        [*network.on_server, *command], env=program_environ(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            base_url = process.stdout.readline().strip()
            settings = ""
            while base_url not in settings:  # its last line
                settings += process.stdout.readline()
            port = urlsplit(base_url).port
            server = laptop.server
            way = f"-p {server.port} {server.user}@{server.address}"
            with laptop.running(f"ssh -N -L {port}:127.0.0.1:{port} {way}"):
                yield settings
        finally:
            process.terminate()
