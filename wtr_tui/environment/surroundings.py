"""How the user reaches this machine: over SSH, in tmux, in a container, at its desktop."""

from __future__ import annotations

import ipaddress
import os
import pwd
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from wtr_tui import process
from wtr_tui.text import cleaned

PROC = Path("/proc")

_SSH_PORT = 22
_SSH_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_SSH_SERVERS = ("sshd", "dropbear")  # OpenSSH 9.8 and newer: sshd-session
# The parent of one of these is the login that once started it, not the present one.
_MULTIPLEXERS = frozenset({"tmux: server", "screen", "SCREEN"})
_MOST_PARENTS = 64
_TMUX_LIMIT = 1.0
_CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))


class SshSession(NamedTuple):
    """An SSH connection as sshd sees it; an unknown address is ""."""

    client_address: str = ""
    server_address: str = ""
    server_port: int = _SSH_PORT

    @property
    def server_is_reachable(self) -> bool:
        """Whether the user's machine can most likely connect to the server's address.

        The client did so, without DNS or a search domain. But not if there is something between
        the two: a forwarded port or a container (loopback), NAT (a public client and a private
        server), or an address that needs its interface (link-local).
        """
        server = _parse_address(self.server_address)
        if server is None or server.is_loopback or server.is_link_local or server.is_unspecified:
            return False
        client = _parse_address(self.client_address)
        return not (server.is_private and client is not None and client.is_global)


def ssh_session(variables: Mapping[str, str]) -> SshSession | None:
    """Return the session in SSH_CONNECTION, SSH_CLIENT or SSH_TTY; None for none.

    ssh(1): SSH_CONNECTION is client address, client port, server address, server port.
    The older SSH_CLIENT is client address, client port, server port.
    """
    connection = variables.get("SSH_CONNECTION", "").split()
    client = variables.get("SSH_CLIENT", "").split()
    if len(connection) == 4:
        client_address, server_address = map(_plain_address, connection[::2])
        # sshd without a socket writes "UNKNOWN 65535": the port is valid only with an address.
        port = _parse_port(connection[3]) if server_address else _SSH_PORT
        return SshSession(client_address, server_address, port)
    if len(client) == 3:
        client_address = _plain_address(client[0])
        port = _parse_port(client[2]) if client_address else _SSH_PORT
        return SshSession(client_address, server_port=port)
    # A malformed variable still means SSH.
    return SshSession() if connection or client or variables.get("SSH_TTY") else None


def forwarding(port: int) -> str:
    # "localhost", not 127.0.0.1: the listener may have only one address family.
    return f"{port}:localhost:{port}"


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _plain_address(text: str) -> str:
    """Return the address, of ``::ffff:10.0.0.7`` (sshd on a dual socket) its IPv4; "" for none."""
    address = _parse_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return "" if address is None else str(address)


def _parse_port(text: str) -> int:
    port = int(text) if text.isdecimal() and len(text) <= 5 else 0
    return port if 0 < port < 65_536 else _SSH_PORT


class ParentProcesses(NamedTuple):
    """A process and its parents, nearest first, up to the first tmux or screen server.

    ``sudo`` and ``su`` remove SSH_CONNECTION, but sshd stays among the parents. All is empty where
    ``/proc`` does not exist or hides the processes.
    """

    names: tuple[str, ...] = ()
    login: str = ""
    """The account that sshd logged in, which sudo and su do not change; "" if unknown."""
    variables: Mapping[str, str] = {}
    """SSH_CONNECTION, SSH_CLIENT and SSH_TTY, each of the nearest readable process that has it."""

    @property
    def multiplexer(self) -> str:
        """The tmux or screen server that is the last of them, else ""."""
        return self.names[-1] if self.names and self.names[-1] in _MULTIPLEXERS else ""

    def session(self) -> SshSession | None:
        """Return the SSH session they belong to, else None."""
        under_sshd = any(name.startswith(_SSH_SERVERS) for name in self.names)
        return ssh_session(self.variables) or (SshSession() if under_sshd else None)


def parent_processes(pid: int, proc: Path = PROC) -> ParentProcesses:
    """Return the process ``pid`` and its parents. Never raises: unreadable ones are left out."""
    names: list[str] = []
    variables: dict[str, str] = {}
    login = ""
    while pid > 1 and len(names) < _MOST_PARENTS:
        folder = proc / str(pid)
        try:
            # "4711 (comm, which may contain spaces and brackets) S 4710 …"
            head, _, tail = (folder / "stat").read_text(errors="replace").rpartition(")")
            pid = int(tail.split()[1])
        except (OSError, ValueError, IndexError):
            break
        name = head.partition("(")[2]
        names.append(name)
        if name in _MULTIPLEXERS:
            break
        if name.startswith(_SSH_SERVERS):
            if not login and (title := _SSHD_TITLE.match(_read_fields(folder / "cmdline")[0])):
                login = title["login"]
            continue  # its environment is that of the service
        for entry in _read_fields(folder / "environ"):
            variable, _, value = entry.partition("=")
            if variable in _SSH_VARIABLES and value:
                variables.setdefault(variable, value)
    return ParentProcesses(tuple(names), login, variables)


# sshd sets its title to "sshd: alice@pts/0" or "sshd-session: alice [priv]". The account may
# contain an @ (alice@corp.example).
_SSHD_TITLE = re.compile(r"^sshd[a-z-]*: (?P<login>[^ ]+?)(?: \[priv\]|@(?:pts/|tty|notty).*)$")


def _read_fields(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return [""]


class Surroundings(NamedTuple):
    """What is known about the machine and the terminal.

    It decides on defaults and hints only: no method of sign-in is excluded by it.
    """

    ssh: SshSession | None = None
    mosh: bool = False
    tmux: bool = False
    tmux_commands: bool = False
    """Whether ``$TMUX`` names the tmux server, so that commands can be sent to it."""
    screen: bool = False
    vscode: bool = False
    vscode_helper: bool = False
    """Whether VS Code set ``$BROWSER``: it opens URLs on the user's machine and forwards ports."""
    wsl: bool = False
    container: bool = False
    macos: bool = False
    display: bool = False
    terminal: bool = False
    """Whether a full screen can be drawn: both input and output are a terminal, and not dumb."""
    user: str = ""
    """The account the user logged in with, even under sudo or su."""
    host: str = ""

    @property
    def remote(self) -> bool:
        """Whether the user's browser and clipboard are on another machine."""
        return self.ssh is not None or self.vscode_helper

    def describe(self) -> str:
        """Return a phrase such as ``over SSH from 10.0.0.7, in tmux``."""
        if self.ssh is not None:
            where = " from ".join(filter(None, ["over SSH", self.ssh.client_address]))
        elif self.container:
            where = "in a container"
        elif self.wsl:
            where = "in WSL"
        else:
            where = "at this machine's desktop" if self.display else "at this machine's console"
        inside = {"tmux": self.tmux, "screen": self.screen, "VS Code": self.vscode}
        return ", in ".join([where, *(name for name, is_so in inside.items() if is_so)])

    def should_open_browser(self, setting: str = "auto") -> bool:
        """Return whether to open a browser unasked; ``setting`` is auto, never or always.

        Over SSH it would open on the wrong machine, unless VS Code forwards it.
        """
        if setting in {"never", "always"}:
            return setting == "always"
        return self.vscode_helper or (self.ssh is None and (self.display or self.wsl))

    def forward_command(self, port: int) -> str:
        """Return ``ssh -N … -L 6855:localhost:6855 you@10.1.2.3``, to run where the browser is.

        With ExitOnForwardFailure ssh reports a port that is taken there, instead of running on
        without forwarding.
        """
        server = self.host or "HOST"
        words = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-L", forwarding(port)]
        if self.ssh is not None:
            if self.ssh.server_is_reachable:
                server = self.ssh.server_address
            if self.ssh.server_port != _SSH_PORT:
                words += ["-p", str(self.ssh.server_port)]
        # ssh splits at the last @ and expects an IPv6 address without brackets here.
        return shlex.join([*words, f"{self.user or 'USER'}@{server}"])

    def forward_note(self) -> str:
        """Return a sentence about the host name in the command, which is uncertain."""
        if self.ssh is not None and self.ssh.server_is_reachable:
            return "Through a jump host or an alias? Put that in the ssh line's last word."
        return "The ssh line's last word is a guess: put the name you log in to this machine with."

    def escape_line(self, port: int) -> str:
        """Return a sentence on how to forward within the running SSH session, "" if impossible.

        mosh and VS Code have no such keys. ssh_config(5): off by default since OpenSSH 9.2.
        """
        if self.ssh is None or self.mosh or self.vscode_helper:
            return ""
        return (
            f"In this SSH session: press Enter, then ~C, and type -L {forwarding(port)} "
            "(OpenSSH 9.2+: only with EnableEscapeCommandline yes)."
        )


def attached_client(environ: Mapping[str, str]) -> tuple[int | None, str | None]:
    """Return the pid of the most recent tmux client, and SSH_CONNECTION at the last attach.

    ``$SSH_CONNECTION`` in the pane is that of the login that opened it. The pid is None where no
    client is attached; the connection is "" where the client had none, None where tmux does not
    know it. Both are None outside tmux, and where it does not answer within a second.

    Only the server in ``$TMUX`` is asked. sudo removes the variable, and it is not looked up among
    the parents: a tmux server may have its client run a command (detach-client -E), so root must
    not connect to a user's server unasked.
    """
    if not environ.get("TMUX"):
        return None, None
    client = ("display-message", "-p", "#{client_pid}")
    session = ("show-environment", "SSH_CONNECTION")
    command = ["tmux", *client, ";", *session]
    result = process.run(command, limit=_TMUX_LIMIT, environ=environ, capture=True)
    pid, answer, *_ = [*result.output.decode("utf-8", "replace").splitlines(), "", ""]
    variable, mark, connection = answer.partition("=")
    known = connection if variable == "SSH_CONNECTION" and mark else None
    return (
        int(pid) if pid.isdecimal() else None,
        "" if answer == "-SSH_CONNECTION" else known,
    )


class SystemFacts(NamedTuple):
    """The facts about the system beyond the environment variables."""

    platform: str = "linux"
    """As ``sys.platform``."""
    kernel: str = ""
    """``/proc/version``, which names Microsoft under WSL."""
    container: bool = False
    terminal: bool = False
    """Whether standard input and standard error, where Textual draws, are a terminal."""
    user: str = ""
    host: str = ""
    parents: ParentProcesses = ParentProcesses()
    tmux_client: ParentProcesses | None = None
    """The attached tmux client and its parents; None outside tmux, for no client, or unknown."""
    tmux_connection: str | None = None
    """SSH_CONNECTION at the last attach to the tmux session; see :func:`attached_client`."""


def detect(environ: Mapping[str, str]) -> Surroundings:
    """Return the surroundings of this process. Never raises; takes a second where tmux hangs."""
    return infer(environ, collect_facts(environ))


def collect_facts(environ: Mapping[str, str]) -> SystemFacts:
    """Look up the facts. Never raises; takes milliseconds, or a second where tmux hangs."""
    client, connection = attached_client(environ)
    return SystemFacts(
        platform=sys.platform,
        kernel=_read_fields(Path("/proc/version"))[0],
        container=any(file.exists() for file in _CONTAINER_FILES),
        terminal=os.isatty(0) and os.isatty(2),
        user=_user_name(environ),
        # Not the fully qualified name: DNS can take many seconds.
        host=os.uname().nodename,
        parents=parent_processes(os.getppid()),
        tmux_client=parent_processes(client) if client is not None else None,
        tmux_connection=connection,
    )


def infer(environ: Mapping[str, str], facts: SystemFacts) -> Surroundings:
    """Infer the surroundings from the environment and the facts (pure)."""
    macos = facts.platform == "darwin"
    container = facts.container or bool(environ.get("container"))  # set by podman and systemd
    client = facts.tmux_client
    parents = facts.parents
    login = (client.login if client else "") or parents.login or environ.get("SUDO_USER", "")
    return Surroundings(
        ssh=_find_ssh_session(environ, facts),
        mosh="mosh-server" in (client or parents).names,
        tmux=bool(environ.get("TMUX")) or parents.multiplexer == "tmux: server",
        tmux_commands=bool(environ.get("TMUX")),
        screen=bool(environ.get("STY")) or parents.multiplexer in ("screen", "SCREEN"),
        vscode=environ.get("TERM_PROGRAM") == "vscode" or "VSCODE_IPC_HOOK_CLI" in environ,
        vscode_helper=bool(environ.get("VSCODE_IPC_HOOK_CLI") and environ.get("BROWSER")),
        # A container on WSL has Microsoft's kernel, but no access to Windows.
        wsl=bool(environ.get("WSL_DISTRO_NAME"))
        or ("microsoft" in facts.kernel.lower() and not container),
        container=container,
        macos=macos,
        display=macos or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")),
        terminal=facts.terminal and environ.get("TERM") != "dumb",
        # Shown on the terminal, and part of a command the user copies into a shell.
        user=cleaned(login or facts.user),
        host=cleaned(facts.host),
    )


def _find_ssh_session(environ: Mapping[str, str], facts: SystemFacts) -> SshSession | None:
    """Return the present SSH session, if any.

    A tmux pane keeps the variables of the login that opened it, so the attached client decides;
    where that has no session, the user is at the machine itself.
    """
    if facts.tmux_client is not None and facts.tmux_client.names:
        return facts.tmux_client.session()
    if facts.tmux_connection is not None:
        return ssh_session({"SSH_CONNECTION": facts.tmux_connection})
    return ssh_session(environ) or facts.parents.session()


def _user_name(environ: Mapping[str, str]) -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container run with a user id that has no account
        return environ.get("USER") or environ.get("LOGNAME") or ""
