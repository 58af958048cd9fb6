"""What has to be looked up beside the environment to know where the person sits."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wtr_tui.host import tmux
from wtr_tui.host.processes import PROC, Ancestry, ancestry

_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True)
class Facts:
    """Looked up once; what follows from it is decided in ``surroundings``."""

    platform: str = "linux"
    """As ``sys.platform``."""
    kernel: str = ""
    """``/proc/version``, which names Microsoft under WSL."""
    container: bool = False
    terminal: bool = False
    """Keyboard (standard input) and screen (standard error: Textual draws there) are one."""
    user: str = ""
    host: str = ""
    parents: Ancestry = field(default_factory=Ancestry)
    tmux_client: Ancestry | None = None
    """The attached tmux client and its parents; None: not in tmux, nobody attached, not told."""
    tmux_connection: str | None = None
    """SSH_CONNECTION at the last attach to the tmux session; see :class:`tmux.Attached`."""


def gather(environ: Mapping[str, str]) -> Facts:
    """Never raises; takes milliseconds, or a second where tmux does not answer."""
    attached = tmux.attached(environ) if environ.get("TMUX") else None
    client = attached.client_pid if attached else None
    return Facts(
        platform=sys.platform,
        kernel=_kernel(),
        container=any(mark.exists() for mark in _CONTAINER_MARKS),
        terminal=_is_terminal(0) and _is_terminal(2),
        user=_user(environ),
        # Not the qualified name: asking DNS for it can take many seconds.
        host=os.uname().nodename,
        parents=ancestry(os.getppid()),
        tmux_client=ancestry(client) if client is not None else None,
        tmux_connection=attached.connection if attached else None,
    )


def _kernel() -> str:
    try:
        return (PROC / "version").read_text(errors="replace")
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
