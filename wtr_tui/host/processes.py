"""What the parents of a process tell about the login it belongs to, read from ``/proc``.

``sudo`` and ``su`` take SSH_CONNECTION away; sshd stays among the parents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")

SSH_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")

# Above one of these stands the login that once started it, not the one that sits here now.
_MULTIPLEXERS = frozenset({"tmux: server", "screen", "SCREEN"})
_SSH_SERVERS = ("sshd", "dropbear")  # OpenSSH 9.8 and newer: sshd-session
_DEPTH = 64


@dataclass(frozen=True)
class Ancestry:
    """A chain of processes, nearest first, up to the first tmux or screen server.

    All empty where ``/proc`` does not exist or does not show the processes.
    """

    names: tuple[str, ...] = ()
    login: str = ""
    """The account that sshd logged in, which sudo and su do not change; empty if unknown."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """SSH_CONNECTION and its kin, each from the nearest process that has it and lets us look."""

    @property
    def under_sshd(self) -> bool:
        return any(name.startswith(_SSH_SERVERS) for name in self.names)

    @property
    def under_mosh(self) -> bool:
        return "mosh-server" in self.names

    @property
    def in_tmux(self) -> bool:
        return self.names[-1:] == ("tmux: server",)

    @property
    def in_screen(self) -> bool:
        return bool(self.names) and self.names[-1] in {"screen", "SCREEN"}


def ancestry(pid: int, proc: Path = PROC) -> Ancestry:
    """The process ``pid`` and its parents. Never raises: what cannot be read is left out."""
    names: list[str] = []
    variables: dict[str, str] = {}
    login = ""
    while pid > 1 and len(names) < _DEPTH:
        folder = proc / str(pid)
        try:
            # "4711 (comm, which may hold blanks and brackets) S 4710 …"
            head, _, tail = (folder / "stat").read_text(errors="replace").rpartition(")")
            parent = int(tail.split()[1])
        except (OSError, ValueError, IndexError):
            break
        name = head.partition("(")[2]
        names.append(name)
        if name in _MULTIPLEXERS:
            break
        if name.startswith(_SSH_SERVERS):
            login = login or _login(_fields(folder / "cmdline"))
        else:
            # sshd's own environment is that of its service.
            for variable, value in _environment(folder).items():
                variables.setdefault(variable, value)
        pid = parent
    return Ancestry(tuple(names), login, variables)


# sshd writes "sshd: alice@pts/0" or "sshd-session: alice [priv]" over its arguments. The account
# may hold an @ itself (alice@corp.example).
_TITLE = re.compile(r"^sshd[a-z-]*: (?P<login>[^ ]+?)(?: \[priv\]|@(?:pts/|tty|notty).*)$")


def _login(command_line: list[str]) -> str:
    found = _TITLE.match(command_line[0]) if command_line else None
    return found["login"] if found else ""


def _environment(folder: Path) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in _fields(folder / "environ"))
    return {name: value for name, _, value in pairs if name in SSH_VARIABLES and value}


def _fields(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return []
