"""Where the user sits: over SSH, in tmux, in a container, at a desktop; and what follows."""

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

_PORT = 22
_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_SERVERS = ("sshd", "dropbear")  # OpenSSH 9.8 and newer: sshd-session
# Above one of these stands the login that once started it, not the one that sits here now.
_MULTIPLEXERS = frozenset({"tmux: server", "screen", "SCREEN"})
_MOST_PARENTS = 64
_TMUX_LIMIT = 1.0
_CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))


class SshSession(NamedTuple):
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


def ssh_session(variables: Mapping[str, str]) -> SshSession | None:
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


class ParentProcesses(NamedTuple):
    """A process and its parents, nearest first, up to the first tmux or screen server.

    ``sudo`` and ``su`` take SSH_CONNECTION away; sshd stays among the parents. All empty where
    ``/proc`` does not exist or does not show the processes.
    """

    names: tuple[str, ...] = ()
    login: str = ""
    """The account that sshd logged in, which sudo and su do not change; empty if unknown."""
    variables: Mapping[str, str] = {}
    """SSH_CONNECTION and its kin, each from the nearest process that has it and lets us look."""

    @property
    def multiplexer(self) -> str:
        """The tmux or screen server they end at."""
        return self.names[-1] if self.names and self.names[-1] in _MULTIPLEXERS else ""

    def session(self) -> SshSession | None:
        """The SSH session they belong to, as far as they tell of it; None where there is none."""
        under_sshd = any(name.startswith(_SERVERS) for name in self.names)
        return ssh_session(self.variables) or (SshSession() if under_sshd else None)


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
            if not login and (title := _TITLE.match(_fields(folder / "cmdline")[0])):
                login = title["login"]
            continue  # its own environment is that of the service
        for entry in _fields(folder / "environ"):
            variable, _, value = entry.partition("=")
            if variable in _VARIABLES and value:
                variables.setdefault(variable, value)
    return ParentProcesses(tuple(names), login, variables)


# sshd writes "sshd: alice@pts/0" or "sshd-session: alice [priv]" over its arguments. The account
# may hold an @ itself (alice@corp.example).
_TITLE = re.compile(r"^sshd[a-z-]*: (?P<login>[^ ]+?)(?: \[priv\]|@(?:pts/|tty|notty).*)$")


def _fields(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return [""]


class Surroundings(NamedTuple):
    """What is known of the machine and the terminal.

    A hint: every way to sign in stays open whatever it says.
    """

    ssh: SshSession | None = None
    mosh: bool = False
    tmux: bool = False
    tmux_commands: bool = False
    """``$TMUX`` names the tmux server, so commands can be sent to it."""
    screen: bool = False
    vscode: bool = False
    vscode_helper: bool = False
    """VS Code gave ``$BROWSER``: what is opened here opens beside the user, port included."""
    wsl: bool = False
    container: bool = False
    macos: bool = False
    display: bool = False
    terminal: bool = False
    """A full screen can be drawn: a terminal on both sides, and not a dumb one."""
    user: str = ""
    """The account the user logged in with, also under sudo and su."""
    host: str = ""

    @property
    def remote(self) -> bool:
        """Whether the user's browser and clipboard are on another machine."""
        return self.ssh is not None or self.vscode_helper

    def describe(self) -> str:
        """``over SSH from 10.0.0.7, in tmux``."""
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
        """Whether to open a browser unasked; ``setting`` is auto, never or always.

        Over SSH it would open on a screen nobody sees, unless VS Code carries it back.
        """
        if setting in {"never", "always"}:
            return setting == "always"
        return self.vscode_helper or (self.ssh is None and (self.display or self.wsl))

    def forward_command(self, port: int) -> str:
        """``ssh -N … -L 6855:localhost:6855 you@10.1.2.3``, to be typed where the browser is.

        ExitOnForwardFailure: where the port is taken over there, ssh says so and ends, instead of
        staying without a use.
        """
        server = self.host or "HOST"
        words = ["ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-L", forwarding(port)]
        if self.ssh is not None:
            if self.ssh.server_is_reachable:
                server = self.ssh.server_address
            if self.ssh.server_port != _PORT:
                words += ["-p", str(self.ssh.server_port)]
        # ssh splits at the last @ and takes an IPv6 address without brackets here.
        return shlex.join([*words, f"{self.user or 'USER'}@{server}"])

    def forward_note(self) -> str:
        """A sentence on what the command cannot know: the name the user has for this host."""
        if self.ssh is not None and self.ssh.server_is_reachable:
            return "Through a jump host or an alias? Put that in the ssh line's last word."
        return "The ssh line's last word is a guess: put the name you log in to this machine with."

    def escape_line(self, port: int) -> str:
        """The same within the running SSH session, as a sentence; empty where that cannot be.

        mosh and VS Code have no such keys. ssh_config(5): off by default since OpenSSH 9.2.
        """
        if self.ssh is None or self.mosh or self.vscode_helper:
            return ""
        return (
            f"In this SSH session: press Enter, then ~C, and type -L {forwarding(port)} "
            "(OpenSSH 9.2+: only with EnableEscapeCommandline yes)."
        )


def attached_client(environ: Mapping[str, str]) -> tuple[int | None, str | None]:
    """The process of the tmux client whose key was pressed last; SSH_CONNECTION at the last attach.

    For ``$SSH_CONNECTION`` in the pane is that of whoever opened it. None for the client where
    nobody is attached; for the connection "" where that client had none, None where tmux cannot
    say. Both None outside tmux, and where it is not there or does not answer within a second.

    Only the server that ``$TMUX`` names is asked. Under sudo the variable is gone, and it is not
    looked up among the parents: a tmux server may tell its client to run a command (detach-client
    -E), so root must not connect to a user's server unasked.
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
    """What has to be looked up beside the environment."""

    platform: str = "linux"
    """As ``sys.platform``."""
    kernel: str = ""
    """``/proc/version``, which names Microsoft under WSL."""
    container: bool = False
    terminal: bool = False
    """Keyboard (standard input) and screen (standard error: Textual draws there) are one."""
    user: str = ""
    host: str = ""
    parents: ParentProcesses = ParentProcesses()
    tmux_client: ParentProcesses | None = None
    """The attached tmux client and its parents; None: not in tmux, nobody attached, unknown."""
    tmux_connection: str | None = None
    """SSH_CONNECTION at the last attach to the tmux session; see :func:`attached_client`."""


def detect(environ: Mapping[str, str] | None = None) -> Surroundings:
    """The surroundings of this process. Never raises; a second at most, where tmux hangs."""
    environ = os.environ if environ is None else environ
    return infer(environ, collect_facts(environ))


def collect_facts(environ: Mapping[str, str]) -> SystemFacts:
    """Never raises; takes milliseconds, or a second where tmux does not answer."""
    client, connection = attached_client(environ)
    return SystemFacts(
        platform=sys.platform,
        kernel=_fields(Path("/proc/version"))[0],
        container=any(file.exists() for file in _CONTAINER_FILES),
        terminal=os.isatty(0) and os.isatty(2),
        user=_user(environ),
        # Not the qualified name: asking DNS for it can take many seconds.
        host=os.uname().nodename,
        parents=parent_processes(os.getppid()),
        tmux_client=parent_processes(client) if client is not None else None,
        tmux_connection=connection,
    )


def infer(environ: Mapping[str, str], facts: SystemFacts) -> Surroundings:
    """What the environment and the facts say together (pure)."""
    macos = facts.platform == "darwin"
    container = facts.container or bool(environ.get("container"))  # set by podman and systemd
    client = facts.tmux_client
    parents = facts.parents
    login = (client.login if client else "") or parents.login or environ.get("SUDO_USER", "")
    return Surroundings(
        ssh=_ssh(environ, facts),
        mosh="mosh-server" in (client or parents).names,
        tmux=bool(environ.get("TMUX")) or parents.multiplexer == "tmux: server",
        tmux_commands=bool(environ.get("TMUX")),
        screen=bool(environ.get("STY")) or parents.multiplexer in ("screen", "SCREEN"),
        vscode=environ.get("TERM_PROGRAM") == "vscode" or "VSCODE_IPC_HOOK_CLI" in environ,
        vscode_helper=bool(environ.get("VSCODE_IPC_HOOK_CLI") and environ.get("BROWSER")),
        # A container on a WSL machine has Microsoft's kernel, but not the way to Windows.
        wsl=bool(environ.get("WSL_DISTRO_NAME"))
        or ("microsoft" in facts.kernel.lower() and not container),
        container=container,
        macos=macos,
        display=macos or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")),
        terminal=facts.terminal and environ.get("TERM") != "dumb",
        # Shown on the terminal, and part of a command that is copied into a shell.
        user=cleaned(login or facts.user),
        host=cleaned(facts.host),
    )


def _ssh(environ: Mapping[str, str], facts: SystemFacts) -> SshSession | None:
    """The session, if any, by the best evidence there is.

    A pane of tmux keeps the variables of the login that opened it: whoever is attached now tells
    more, and its silence means that the user sits at the machine itself.
    """
    if facts.tmux_client is not None and facts.tmux_client.names:
        return facts.tmux_client.session()
    if facts.tmux_connection is not None:
        return ssh_session({"SSH_CONNECTION": facts.tmux_connection})
    return ssh_session(environ) or facts.parents.session()


def _user(environ: Mapping[str, str]) -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container run under a number that has no account
        return environ.get("USER") or environ.get("LOGNAME") or ""
