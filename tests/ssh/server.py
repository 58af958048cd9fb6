"""A real sshd with throwaway keys, and the command that logs in to it."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.programs import required

_TRIES = 5

_SERVER = """\
Port {port}
ListenAddress {address}
HostKey "{folder}/host_key"
AuthorizedKeysFile "{folder}/user_key.pub"
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitUserEnvironment no
PrintMotd no
PrintLastLog no
MaxStartups 100
"""

_CLIENT = """\
Host *
    IdentityFile "{folder}/user_key"
    IdentitiesOnly yes
    IdentityAgent none
    BatchMode yes
    HostKeyAlias server
    UserKnownHostsFile "{folder}/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    SendEnv -*
    EnableEscapeCommandline yes
    LogLevel INFO
"""


class SshServer:
    """Runs until it is stopped; whoever runs the tests may log in, and nobody else.

    ``inside`` is the beginning of a command line that runs the rest of it elsewhere.
    """

    def __init__(
        self, folder: Path, *, address: str = "127.0.0.1", inside: Sequence[str] = ()
    ) -> None:
        self._folder = folder
        self._inside = tuple(inside)
        self.address = address
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.ssh = required("ssh")
        self.client_config = folder / "ssh_config"
        # sshd runs itself again for each session, and so wants its own full path.
        sshd = shutil.which("sshd") or required("/usr/sbin/sshd")
        self._make_keys()
        self.client_config.write_text(_CLIENT.format(folder=folder))
        self._log: deque[str] = deque(maxlen=20)
        self.port, self._process = self._start(sshd)
        if os.geteuid() != 0:
            self._skip_without_terminals()

    def command(self, remote: Sequence[str], *options: str) -> list[str]:
        """Logs in with a terminal and runs ``remote`` there."""
        login = f"{self.user}@{self.address}"
        return [
            *(self.ssh, "-F", str(self.client_config), "-tt", "-p", str(self.port)),
            *options,
            *(login, shlex.join(remote)),
        ]

    def adapted(self, line: str) -> list[str]:
        """A command line as a person would type it, with the keys of the test and nothing else."""
        program, *rest = shlex.split(line)
        assert program == "ssh"
        return [self.ssh, "-F", str(self.client_config), *rest]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        # Not its log: a session that outlives it holds the other end.

    def _skip_without_terminals(self) -> None:
        """Only root can give a terminal to the group tty where devpts does not by itself."""
        ran = subprocess.run(
            [*self._inside, *self.command(["true"])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        if ran.returncode != 0:
            self.stop()
            self._reader.join()
            why = " ".join("".join(self._log).split())
            pytest.skip(f"sshd run by an ordinary user gives no terminal here: {why}")

    def _make_keys(self) -> None:
        for name in ("host_key", "user_key"):
            subprocess.run(
                [
                    *(required("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "test"),
                    *("-f", str(self._folder / name)),
                ],
                check=True,
            )
        public = (self._folder / "host_key.pub").read_text()
        (self._folder / "known_hosts").write_text(f"server {public}")

    def _start(self, sshd: str) -> tuple[int, subprocess.Popen[str]]:
        if os.geteuid() == 0:
            # Where it drops its privileges to; the service makes it at its start.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        told = ""
        for _ in range(_TRIES):  # somebody may take the free port before sshd does
            port = free_port()
            config = self._folder / "sshd_config"
            config.write_text(_SERVER.format(port=port, address=self.address, folder=self._folder))
            process = subprocess.Popen(
                [*self._inside, sshd, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("Server listening on"):
                    # Read on, or it stops where the pipe is full.
                    read = partial(self._log.extend, process.stderr)
                    self._reader = threading.Thread(target=read, daemon=True)
                    self._reader.start()
                    return port, process
                told += line
            process.wait()
            process.stderr.close()
        raise AssertionError(f"sshd did not start: {told}")
