"""Where the user sits: over SSH, in tmux, in a container, at a desktop; and what follows."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wtr_tui import process
from wtr_tui.environment import ssh as ssh_
from wtr_tui.environment.ssh import ParentProcesses, SshSession, parent_processes
from wtr_tui.text import cleaned

_TMUX_LIMIT = 1.0
_CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True)
class Surroundings:
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

    def words(self) -> str:
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
        """``ssh -N … -L 6855:localhost:6855 you@10.1.2.3``, to be typed where the browser is."""
        return ssh_.forward_command(self.ssh, self.user or "USER", self.host or "HOST", port)

    def forward_note(self) -> str:
        """A sentence on what the command cannot know: the name the user has for this host."""
        if self.ssh is not None and self.ssh.server_is_reachable:
            return "If you log in through a jump host or an alias, put that in its last word."
        return "Its last word is a guess: put the one you log in to this machine with."

    def escape_line(self, port: int) -> str:
        """The same within the running SSH session, as a sentence; empty where that cannot be.

        mosh and VS Code have no such keys. ssh_config(5): off by default since OpenSSH 9.2.
        """
        if self.ssh is None or self.mosh or self.vscode_helper:
            return ""
        return (
            f"In this SSH session: press Enter, then ~C, and type -L {ssh_.forwarding(port)} "
            "(from OpenSSH 9.2 on, ssh must have been started with EnableEscapeCommandline yes)."
        )


@dataclass(frozen=True)
class Attached:
    """Who looks at our pane. ``$SSH_CONNECTION`` in the pane is that of whoever opened it."""

    client_pid: int | None
    """The tmux client whose key was pressed last; None where nobody is attached."""
    connection: str | None
    """SSH_CONNECTION at the last attach; empty: that client had none; None: tmux cannot say."""


def attached(environ: Mapping[str, str]) -> Attached | None:
    """None outside tmux, and where it is not there or does not answer within a second.

    Only the server that ``$TMUX`` names is asked. Under sudo the variable is gone, and it is not
    looked up among the parents: a tmux server may tell its client to run a command (detach-client
    -E), so root must not connect to a user's server unasked.
    """
    if not environ.get("TMUX"):
        return None
    client = ("display-message", "-p", "#{client_pid}")
    session = ("show-environment", "SSH_CONNECTION")
    command = ["tmux", *client, ";", *session]
    result = process.run(command, limit=_TMUX_LIMIT, environ=environ, capture=True)
    lines = result.output.decode("utf-8", "replace").splitlines()
    if not lines:
        return None
    pid = int(lines[0]) if lines[0].isdecimal() else None
    answer = lines[1] if len(lines) > 1 else ""
    if answer.startswith("SSH_CONNECTION="):
        return Attached(pid, answer.partition("=")[2])
    return Attached(pid, "" if answer == "-SSH_CONNECTION" else None)


@dataclass(frozen=True)
class SystemFacts:
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
    parents: ParentProcesses = field(default_factory=ParentProcesses)
    tmux_client: ParentProcesses | None = None
    """The attached tmux client and its parents; None: not in tmux, nobody attached, unknown."""
    tmux_connection: str | None = None
    """SSH_CONNECTION at the last attach to the tmux session; see :class:`Attached`."""


def look(environ: Mapping[str, str] | None = None) -> Surroundings:
    """The surroundings of this process. Never raises; a second at most, where tmux hangs."""
    environ = os.environ if environ is None else environ
    return observe(environ, gather(environ))


def gather(environ: Mapping[str, str]) -> SystemFacts:
    """Never raises; takes milliseconds, or a second where tmux does not answer."""
    tmux = attached(environ)
    client = tmux.client_pid if tmux else None
    return SystemFacts(
        platform=sys.platform,
        kernel=_kernel(),
        container=any(file.exists() for file in _CONTAINER_FILES),
        terminal=_is_terminal(0) and _is_terminal(2),
        user=_user(environ),
        # Not the qualified name: asking DNS for it can take many seconds.
        host=os.uname().nodename,
        parents=parent_processes(os.getppid()),
        tmux_client=parent_processes(client) if client is not None else None,
        tmux_connection=tmux.connection if tmux else None,
    )


def observe(environ: Mapping[str, str], facts: SystemFacts) -> Surroundings:
    """What the environment and the facts say together (pure)."""
    macos = facts.platform == "darwin"
    container = facts.container or bool(environ.get("container"))  # set by podman and systemd
    client = facts.tmux_client
    parents = facts.parents
    login = (client.login if client else "") or parents.login or environ.get("SUDO_USER", "")
    return Surroundings(
        ssh=_ssh(environ, facts),
        mosh=(client or parents).under_mosh,
        tmux=bool(environ.get("TMUX")) or parents.in_tmux,
        tmux_commands=bool(environ.get("TMUX")),
        screen=bool(environ.get("STY")) or parents.in_screen,
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
        return ssh_.session({"SSH_CONNECTION": facts.tmux_connection})
    return ssh_.session(environ) or facts.parents.session()


def _kernel() -> str:
    try:
        return Path("/proc/version").read_text(errors="replace")
    except OSError:
        return ""


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _user(environ: Mapping[str, str]) -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container run under a number that has no account
        return environ.get("USER") or environ.get("LOGNAME") or ""
