"""The SSH session the user came through, and how its other end reaches this machine."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")

_PORT = 22
_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_SERVERS = ("sshd", "dropbear")  # OpenSSH 9.8 and newer: sshd-session
# Above one of these stands the login that once started it, not the one that sits here now.
_MULTIPLEXERS = frozenset({"tmux: server", "screen", "SCREEN"})
_MOST_PARENTS = 64


@dataclass(frozen=True)
class SshSession:
    """The connection as sshd sees it; an address is empty where it is not known."""

    client_address: str = ""
    server_address: str = ""
    server_port: int = _PORT

    @property
    def server_is_reachable(self) -> bool:
        """Whether the user's own machine most likely reaches the server at its address.

        The client really connected to this address, so nothing works more surely: no DNS, no
        search domain. But not where something stands between the two: a forwarded port or a
        container (loopback), a public client that cannot have reached a private address (NAT, a
        cloud instance), an address that means nothing without its interface (link-local).
        """
        server = _parsed(self.server_address)
        if server is None or server.is_loopback or server.is_link_local or server.is_unspecified:
            return False
        client = _parsed(self.client_address)
        return not (server.is_private and client is not None and client.is_global)


def session(variables: Mapping[str, str]) -> SshSession | None:
    """The session that SSH_CONNECTION, SSH_CLIENT or SSH_TTY speak of; None where none does.

    ssh(1): SSH_CONNECTION is client address, client port, server address, server port.
    The older SSH_CLIENT is client address, client port, server port.
    """
    connection = variables.get("SSH_CONNECTION", "").split()
    client = variables.get("SSH_CLIENT", "").split()
    if len(connection) == 4:
        client_address, server_address = _address(connection[0]), _address(connection[2])
        # sshd without a socket writes "UNKNOWN 65535": no port without the address before it.
        port = _port(connection[3]) if server_address else _PORT
        return SshSession(client_address, server_address, port)
    if len(client) == 3:
        client_address = _address(client[0])
        port = _port(client[2]) if client_address else _PORT
        return SshSession(client_address, server_port=port)
    # Present but not understood: it is SSH all the same.
    return SshSession() if connection or client or variables.get("SSH_TTY") else None


def forward_command(ssh: SshSession | None, user: str, host: str, port: int) -> str:
    """The line to type on the user's own machine, so that its ``port`` ends here.

    ``host`` is this machine's name, used where its address is not reachable.
    ExitOnForwardFailure: where the port is taken over there, ssh says so and ends, instead of
    staying without a use.
    """
    server = ssh.server_address if ssh is not None and ssh.server_is_reachable else host
    words = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-L", forwarding(port)]
    if ssh is not None and ssh.server_port != _PORT:
        words += ["-p", str(ssh.server_port)]
    # ssh splits at the last @ and takes an IPv6 address without brackets here.
    return shlex.join([*words, f"{user}@{server}"])


def forwarding(port: int) -> str:
    # "localhost", not 127.0.0.1, at the far end: the listener may have either family only.
    return f"{port}:localhost:{port}"


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _address(text: str) -> str:
    """The address itself: sshd on a dual socket may say ``::ffff:10.0.0.7``; none: empty."""
    address = _parsed(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return "" if address is None else str(address)


def _port(text: str) -> int:
    return int(text) if text.isdecimal() and 0 < int(text) < 65_536 else _PORT


@dataclass(frozen=True)
class ParentProcesses:
    """A process and its parents, nearest first, up to the first tmux or screen server.

    ``sudo`` and ``su`` take SSH_CONNECTION away; sshd stays among the parents. All empty where
    ``/proc`` does not exist or does not show the processes.
    """

    names: tuple[str, ...] = ()
    login: str = ""
    """The account that sshd logged in, which sudo and su do not change; empty if unknown."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """SSH_CONNECTION and its kin, each from the nearest process that has it and lets us look."""

    @property
    def under_sshd(self) -> bool:
        return any(name.startswith(_SERVERS) for name in self.names)

    @property
    def under_mosh(self) -> bool:
        return "mosh-server" in self.names

    @property
    def in_tmux(self) -> bool:
        return self.names[-1:] == ("tmux: server",)

    @property
    def in_screen(self) -> bool:
        return self.names[-1:] in {("screen",), ("SCREEN",)}

    def session(self) -> SshSession | None:
        """The SSH session they belong to, as far as they tell of it; None where there is none."""
        return session(self.variables) or (SshSession() if self.under_sshd else None)


def parent_processes(pid: int, proc: Path = PROC) -> ParentProcesses:
    """The process ``pid`` and its parents. Never raises: what cannot be read is left out."""
    names: list[str] = []
    variables: dict[str, str] = {}
    login = ""
    while pid > 1 and len(names) < _MOST_PARENTS:
        folder = proc / str(pid)
        try:
            # "4711 (comm, which may hold blanks and brackets) S 4710 …"
            head, _, tail = (folder / "stat").read_text(errors="replace").rpartition(")")
            pid = int(tail.split()[1])
        except (OSError, ValueError, IndexError):
            break
        name = head.partition("(")[2]
        names.append(name)
        if name in _MULTIPLEXERS:
            break
        if name.startswith(_SERVERS):
            login = login or _login(_fields(folder / "cmdline")[0])
            continue  # its own environment is that of the service
        for entry in _fields(folder / "environ"):
            variable, _, value = entry.partition("=")
            if variable in _VARIABLES and value:
                variables.setdefault(variable, value)
    return ParentProcesses(tuple(names), login, variables)


# sshd writes "sshd: alice@pts/0" or "sshd-session: alice [priv]" over its arguments. The account
# may hold an @ itself (alice@corp.example).
_TITLE = re.compile(r"^sshd[a-z-]*: (?P<login>[^ ]+?)(?: \[priv\]|@(?:pts/|tty|notty).*)$")


def _login(title: str) -> str:
    found = _TITLE.match(title)
    return found["login"] if found else ""


def _fields(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return [""]
