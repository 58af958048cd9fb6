"""A connection that breaks, and a program that rests: what is left when it is gone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.ssh.conftest import LogIn
from tests.support.home import PROGRAM, Home
from tests.support.ports import is_free, port_of
from tests.support.webex import Integration, Sandbox

# nohup, or a shell that ignores it for its children.
_IGNORING = ("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "-", *PROGRAM)


@pytest.mark.parametrize(
    ("command", "how"),
    [(PROGRAM, "killed"), (PROGRAM, "~."), (_IGNORING, "killed")],
    ids=["killed", "~.", "ignoring"],
)
@pytest.mark.parametrize("during", ["sign-in", "token", "plain page"])
def test_the_program_ends_with_the_connection(
    configured: Home,
    log_in: LogIn,
    sandbox: Sandbox,
    integration: Integration,
    during: str,
    command: tuple[str, ...],
    how: str,
) -> None:
    if during != "sign-in":
        configured.sign_in(sandbox, left=timedelta(days=14))  # nothing to be refreshed meanwhile
    kept = _kept(configured)
    login = log_in(command=command)
    terminal = login.terminal
    port = port_of(integration.redirect_uri)
    if during == "sign-in":
        terminal.wait_for("Listening on port")
        assert not is_free(port)
    else:
        terminal.wait_for("● valid")
    if during == "plain page":
        terminal.press("V")
        terminal.wait_for("Esc or q to go back.")

    if how == "killed":
        terminal.process.kill()
    else:
        terminal.press("enter", "~.")
    login.wait_until_ended()

    assert is_free(port)
    assert _kept(configured) == kept


def _kept(home: Home) -> dict[str, object]:
    """The grant, and the names of reports of crashes and of files that were set aside.

    The account is written beside the token once it is known; lock, history and state go on.
    """
    folder = home.token_path().parent
    token = home.stored_fields() if home.token_path().exists() else {}
    grant = {name: token.get(name) for name in ("access_token", "refresh_token", "expires_at")}
    odd = [*folder.glob("crash-*"), *folder.glob("*.tmp"), *folder.glob("*.corrupt*")]
    return {**grant, "odd": sorted(path.name for path in odd)}


def test_ctrl_z_and_fg_in_the_shell_of_the_session(
    signed_in: Home, log_in: LogIn, tmp_path: Path
) -> None:
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\nexec {' '.join(PROGRAM)}\n")
    script.chmod(0o755)
    terminal = log_in(command=("bash", "--norc", "--noprofile", "-i"), PS1="shell> ").terminal
    terminal.wait_for("shell>")
    terminal.press(str(script), "enter")
    terminal.wait_for("● valid")
    for _ in range(2):
        terminal.press("ctrl+z")
        terminal.wait_until(lambda _: not terminal.in_full_screen, "the shell")
        terminal.wait_for("Stopped")
        terminal.forget_screen()
        terminal.press("fg", "enter")
        terminal.wait_for("WTR²", "Auto-refresh", "● valid", "Sign-in", "q Quit")
    terminal.press("q")
    terminal.wait_until(lambda _: not terminal.in_full_screen, "the shell")
    terminal.wait_for("shell>")  # what is typed while a program ends is dropped with its input
    terminal.press("exit", "enter")
    assert terminal.wait() == 0
