from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.environment.conftest import Script
from tests.support.environment import child_environ
from tests.support.tmux_server import TmuxServer
from wtr_tui.environment import surroundings
from wtr_tui.environment.clipboard import SEQUENCES, Route, copy_by_tmux, osc52
from wtr_tui.environment.surroundings import attached_client

TOKEN = "ZDA4" + "x" * 100


def carried(text: str) -> bytes:
    """What of an OSC 52 sequence is the same whoever wrote it."""
    return osc52(text).rpartition(";")[2].encode()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="by-default"),
        pytest.param(["-s", "set-clipboard", "on"], id="set-clipboard-on"),
        pytest.param(["-s", "set-clipboard", "off"], id="set-clipboard-off"),
        pytest.param(["-g", "allow-passthrough", "on"], id="allow-passthrough-on"),
    ],
)
@pytest.mark.parametrize("text", [TOKEN, "x" * 6_000], ids=["token", "long"])
def test_tmux_sends_to_its_terminal_whatever_its_options_say(
    tmux_server: TmuxServer, options: list[str], text: str
) -> None:
    with tmux_server.attach() as terminal:
        if options:
            tmux_server.command("set-option", *options)

        assert copy_by_tmux(text, tmux_server.pane_environ(), 20.0)

        terminal.wait_for_output(carried(text))


def test_no_buffer_is_left_behind_and_those_of_the_person_stay(tmux_server: TmuxServer) -> None:
    with tmux_server.attach():
        tmux_server.command("set-buffer", "mine")

        assert copy_by_tmux(TOKEN, tmux_server.pane_environ(), 20.0)

        assert tmux_server.command("list-buffers", "-F", "#{buffer_sample}") == "mine"


@pytest.mark.parametrize(
    ("options", "wrap", "arrives"),
    [
        ([], osc52, False),
        (["-s", "set-clipboard", "on"], osc52, True),
        (["-s", "set-clipboard", "off"], osc52, False),
        ([], SEQUENCES[Route.OSC52_TMUX_PASSTHROUGH], False),
        (["-g", "allow-passthrough", "on"], SEQUENCES[Route.OSC52_TMUX_PASSTHROUGH], True),
    ],
)
def test_sequences_get_through_only_where_tmux_was_told_to(
    tmux_server: TmuxServer, options: list[str], wrap: object, arrives: bool
) -> None:
    assert callable(wrap)
    with tmux_server.attach() as terminal:
        if options:
            tmux_server.command("set-option", *options)

        tmux_server.write_to_pane(wrap(TOKEN) + "and then this")

        assert (carried(TOKEN) in terminal.wait_for_output(b"and then this")) is arrives


def test_the_attached_client_is_known_by_its_process_and_connection(
    tmux_server: TmuxServer,
) -> None:
    with tmux_server.attach(SSH_CONNECTION="10.0.0.7 50000 10.0.0.1 22") as terminal:
        known = attached_client(tmux_server.pane_environ())

        assert known == (terminal.process.pid, "10.0.0.7 50000 10.0.0.1 22")


def test_a_client_that_came_without_ssh_clears_the_connection(tmux_server: TmuxServer) -> None:
    with tmux_server.attach(SSH_CONNECTION="10.0.0.7 50000 10.0.0.1 22"):
        pane = tmux_server.pane_environ()
        tmux_server.command("detach-client")
    with tmux_server.attach() as desk:
        assert attached_client(pane) == (desk.process.pid, "")


def test_nobody_attached_is_no_client(tmux_server: TmuxServer) -> None:
    with tmux_server.attach():
        pane = tmux_server.pane_environ()
        tmux_server.command("detach-client")

    assert attached_client(pane)[0] is None


def test_a_tmux_variable_without_a_server_is_no_answer(tmp_path: Path) -> None:
    environ = child_environ(TMUX=f"{tmp_path}/gone,1,0")

    assert attached_client(environ) == (None, None)
    assert not copy_by_tmux(TOKEN, environ, 20.0)


def test_without_the_program_there_is_no_answer(programs: Path) -> None:
    environ = {"PATH": str(programs), "TMUX": "/tmp/any,1,0"}

    assert attached_client(environ) == (None, None)
    assert not copy_by_tmux(TOKEN, environ, 1.0)


def test_a_tmux_too_old_for_w_has_not_copied(script: Script, programs: Path) -> None:
    script("tmux", 'case "$*" in *" -w "*) echo "unknown option -- w" >&2; exit 1;; esac')

    assert not copy_by_tmux(TOKEN, {"PATH": str(programs)}, 20.0)


def test_the_text_is_not_in_the_arguments(script: Script, programs: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script("tmux", f'echo "$*" >> "{seen}"; exec cat >> "{seen}.input"')
    environ = {"PATH": f"{programs}:{os.environ['PATH']}"}

    assert copy_by_tmux(TOKEN, environ, 20.0)

    assert TOKEN not in seen.read_text()
    assert Path(f"{seen}.input").read_text() == TOKEN


def test_a_tmux_that_hangs_is_given_up_and_its_buffer_removed(
    script: Script, programs: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    script("tmux", f'case "$1" in load-buffer) exec sleep 600;; esac; echo "$@" > "{seen}"')
    environ = {"PATH": f"{programs}:{os.environ['PATH']}"}
    begun = time.monotonic()

    assert not copy_by_tmux(TOKEN, environ, 2.0)

    assert time.monotonic() - begun < 60
    assert seen.read_text() == f"delete-buffer -b wtr-tui-{os.getpid()}\n"


def test_a_tmux_that_does_not_answer_is_waited_for_no_longer_than_the_limit(
    script: Script, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "_TMUX_LIMIT", 0.2)
    script("tmux", "exec sleep 600")
    environ = {"PATH": f"{programs}:{os.environ['PATH']}", "TMUX": "/tmp/any,1,0"}
    begun = time.monotonic()

    assert attached_client(environ) == (None, None)
    assert time.monotonic() - begun < 60
