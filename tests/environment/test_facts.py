from __future__ import annotations

import os
import pwd
import time
from pathlib import Path

import pytest

from tests.environment.conftest import Script
from tests.support.tmux_server import TmuxServer
from wtr_tui.environment.surroundings import SshSession, collect_facts, detect, infer


def test_the_person_and_the_machine_have_names() -> None:
    facts = collect_facts({})

    assert facts.user == pwd.getpwuid(os.getuid()).pw_name
    assert facts.host == os.uname().nodename


def test_an_account_without_a_name_takes_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert collect_facts({"LOGNAME": "ada"}).user == "ada"
    assert collect_facts({}).user == ""


def test_tmux_is_asked_only_inside_tmux(script: Script, programs: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script("tmux", f': > "{asked}"')
    path = f"{programs}:{os.environ['PATH']}"

    collect_facts({"PATH": path})
    assert not asked.exists()

    collect_facts({"PATH": path, "TMUX": "/tmp/any,1,0"})
    assert asked.exists()


@pytest.mark.parametrize(
    "body", ["exec sleep 600", "exit 1", "echo", "echo nonsense; echo more", "kill -9 $$"]
)
def test_a_tmux_that_fails_in_any_way_leaves_the_environment_to_tell(
    script: Script, programs: Path, body: str
) -> None:
    script("tmux", body)
    environ = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "TMUX": "/tmp/any,1,0",
        "SSH_CONNECTION": "10.0.0.7 50000 10.0.0.1 22",
    }
    begun = time.monotonic()

    seen = detect(environ)

    assert time.monotonic() - begun < 60
    assert seen.ssh == SshSession("10.0.0.7", "10.0.0.1")


def test_who_is_attached_now_counts_not_who_opened_the_pane(tmux_server: TmuxServer) -> None:
    earlier = "10.0.0.8 50000 10.0.0.1 22"
    with tmux_server.attach(SSH_CONNECTION=earlier):
        pane = {**tmux_server.pane_environ(), "SSH_CONNECTION": earlier}
        tmux_server.command("detach-client")

    with tmux_server.attach(SSH_CONNECTION="10.0.0.7 50000 10.0.0.1 2222"):
        seen = infer(pane, collect_facts(pane))

    assert seen.ssh == SshSession("10.0.0.7", "10.0.0.1", 2222)
