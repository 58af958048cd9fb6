"""Where the person sits: over SSH, in tmux, in a container, at a desktop; and what follows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from wtr_tui.host import ssh_session
from wtr_tui.host.facts import Facts, gather
from wtr_tui.host.ssh_session import SshSession


class Evidence(Enum):
    """How it is known that the person came over SSH, in words."""

    ENVIRONMENT = "$SSH_CONNECTION"
    TMUX_CLIENT = "the attached tmux client"
    TMUX_SESSION = "the tmux session's environment"
    PARENTS = "the parent processes"


@dataclass(frozen=True)
class Surroundings:
    """What is known of the place. A hint: every way to sign in stays open whatever it says."""

    ssh: SshSession | None = None
    via: Evidence | None = None
    mosh: bool = False
    tmux: bool = False
    tmux_commands: bool = False
    """``$TMUX`` names the tmux server, so it can be asked and told things."""
    screen: bool = False
    vscode: bool = False
    vscode_helper: bool = False
    """VS Code gave ``$BROWSER``: what is opened here opens beside the person, port included."""
    wsl: bool = False
    container: bool = False
    macos: bool = False
    display: bool = False
    terminal: bool = False
    """A full screen can be drawn: a terminal on both sides, and not a dumb one."""
    user: str = ""
    """The account the person logged in with, also under sudo and su."""
    host: str = ""

    @property
    def remote(self) -> bool:
        """Whether the person's browser and clipboard are on another machine."""
        return self.ssh is not None or self.vscode_helper

    def words(self) -> str:
        """``over SSH from 10.0.0.7, in tmux``."""
        if self.ssh is not None:
            place = " from ".join(filter(None, ["over SSH", self.ssh.client_address]))
        elif self.container:
            place = "in a container"
        elif self.wsl:
            place = "in WSL"
        else:
            place = "at this machine's desktop" if self.display else "at this machine's console"
        inside = {"tmux": self.tmux, "screen": self.screen, "VS Code": self.vscode}
        return ", in ".join([place, *(name for name, is_so in inside.items() if is_so)])

    def should_open_browser(self, setting: str = "auto") -> bool:
        """Whether to open a browser unasked; ``setting`` is auto, never or always.

        Over SSH it would open on a screen nobody sees, unless VS Code carries it back.
        """
        if setting in {"never", "always"}:
            return setting == "always"
        return self.vscode_helper or (self.ssh is None and (self.display or self.wsl))

    def forward_command(self, port: int) -> str:
        """``ssh -N … -L 6855:localhost:6855 you@10.1.2.3``, to be typed where the browser is."""
        return ssh_session.forward_command(self.ssh, self.user or "USER", self.host or "HOST", port)

    def forward_note(self) -> str:
        """A sentence on what the command cannot know: the name the person uses for this host."""
        if self.ssh is not None and ssh_session.address_is_known(self.ssh):
            return "If you log in through a jump host or an alias, put that in its last word."
        return "Its last word is a guess: put the one you log in to this machine with."

    def escape_line(self, port: int) -> str:
        """The same within the running SSH session, as a sentence; empty where that cannot be.

        mosh and VS Code have no such keys. ssh_config(5): off by default since OpenSSH 9.2.
        """
        if self.ssh is None or self.mosh or self.vscode_helper:
            return ""
        return (
            f"In this SSH session: press Enter, then ~C, and type -L {ssh_session.tunnel(port)} "
            "(from OpenSSH 9.2 on, ssh must have been started with EnableEscapeCommandline yes)."
        )


def look(environ: Mapping[str, str] | None = None) -> Surroundings:
    """The surroundings of this process. Never raises; a second at most, where tmux hangs."""
    environ = os.environ if environ is None else environ
    return observe(environ, gather(environ))


def observe(environ: Mapping[str, str], facts: Facts) -> Surroundings:
    """What the environment and the facts say together (pure)."""
    ssh, via = _ssh(environ, facts)
    macos = facts.platform == "darwin"
    container = facts.container or bool(environ.get("container"))  # set by podman and systemd
    client = facts.tmux_client
    parents = facts.parents
    login = (client.login if client else "") or parents.login or environ.get("SUDO_USER", "")
    return Surroundings(
        ssh=ssh,
        via=via,
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
        user=login or facts.user,
        host=facts.host,
    )


def _ssh(environ: Mapping[str, str], facts: Facts) -> tuple[SshSession | None, Evidence | None]:
    """The session, if any, by the best evidence there is.

    A pane of tmux keeps the variables of the login that opened it: whoever is attached now tells
    more, and its silence means that the person sits at the machine itself.
    """
    client = facts.tmux_client
    if client is not None and client.names:
        ssh = ssh_session.session(client.variables)
        if ssh is None and client.under_sshd:
            ssh = SshSession()
        return ssh, Evidence.TMUX_CLIENT if ssh else None
    if facts.tmux_connection is not None:
        ssh = ssh_session.session({"SSH_CONNECTION": facts.tmux_connection})
        return ssh, Evidence.TMUX_SESSION if ssh else None
    ssh = ssh_session.session(environ)
    if ssh is not None:
        return ssh, Evidence.ENVIRONMENT
    ssh = ssh_session.session(facts.parents.variables)
    if ssh is None and facts.parents.under_sshd:
        ssh = SshSession()
    return ssh, Evidence.PARENTS if ssh else None
