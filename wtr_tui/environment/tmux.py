"""Commands to the tmux server that ``$TMUX`` names: who is attached, and its clipboard.

Only ever to the server of our own environment. Under sudo the variable is gone, and it is not
looked up among the parents: a tmux server may tell its client to run a command (detach-client -E),
so root must not connect to a user's server unasked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from wtr_tui import process

_QUERY_LIMIT = 1.0


@dataclass(frozen=True)
class Attached:
    """Who looks at our pane. ``$SSH_CONNECTION`` in the pane is that of whoever opened it."""

    client_pid: int | None
    """The tmux client whose key was pressed last; None where nobody is attached."""
    connection: str | None
    """SSH_CONNECTION at the last attach; empty: that client had none; None: tmux cannot say."""


def attached(environ: Mapping[str, str]) -> Attached | None:
    """None where tmux is not there or does not answer within a second."""
    client = ("display-message", "-p", "#{client_pid}")
    session = ("show-environment", "SSH_CONNECTION")
    command = ["tmux", *client, ";", *session]
    result = process.run(command, limit=_QUERY_LIMIT, environ=environ, capture=True)
    lines = result.output.decode("utf-8", "replace").splitlines()
    if not lines:
        return None
    pid = int(lines[0]) if lines[0].isdecimal() else None
    answer = lines[1] if len(lines) > 1 else ""
    if answer.startswith("SSH_CONNECTION="):
        return Attached(pid, answer.partition("=")[2])
    return Attached(pid, "" if answer == "-SSH_CONNECTION" else None)


def copy(text: str, environ: Mapping[str, str], limit: float) -> bool:
    """Has tmux send ``text`` to the clipboard of the terminal it runs in.

    True where tmux took it: it cannot say whether the terminal did. Works with every value of
    set-clipboard and allow-passthrough, where a sequence of our own is dropped by default.
    Needs tmux 3.2 (load-buffer -w). Blocks up to ``limit`` seconds, and as long again to clean up.
    """
    name = f"wtr-tui-{os.getpid()}"
    # One client for both commands: if we are killed meanwhile, tmux still removes the buffer.
    load = ("load-buffer", "-w", "-b", name, "-")
    delete = ("delete-buffer", "-b", name)
    command = ["tmux", *load, ";", *delete]
    result = process.run(command, limit=limit, environ=environ, stdin=text.encode())
    if result.timed_out:
        process.run(["tmux", *delete], limit=limit, environ=environ)
    return result.ok
