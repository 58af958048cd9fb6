from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wtr_tui.environment.surroundings import ParentProcesses, parent_processes

CONNECTION = "10.0.0.7 50000 10.0.0.1 22"


class Proc:
    """A folder like ``/proc``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, pid: int, parent: int, name: str, title: str = "", **environment: str) -> None:
        folder = self.folder / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} ({name}) S {parent} {pid} {pid} 34816 1 4194560")
        (folder / "cmdline").write_bytes((title or name).encode() + b"\0")
        pairs = (f"{variable}={value}\0".encode() for variable, value in environment.items())
        (folder / "environ").write_bytes(b"".join(pairs))


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def test_behind_sudo_the_shell_and_sshd_are_found(proc: Proc) -> None:
    proc.add(10, 1, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
    proc.add(11, 10, "sshd", "sshd: ada [priv]", SSH_CONNECTION="of the service")
    proc.add(12, 11, "sshd", "sshd: ada@pts/0")
    proc.add(13, 12, "bash", SSH_CONNECTION=CONNECTION, SSH_TTY="/dev/pts/0", HOME="/home/ada")
    proc.add(14, 13, "sudo", SSH_CONNECTION=CONNECTION)

    assert parent_processes(14, proc.folder) == ParentProcesses(
        ("sudo", "bash", "sshd", "sshd", "sshd"),
        "ada",
        {"SSH_CONNECTION": CONNECTION, "SSH_TTY": "/dev/pts/0"},
    )
    assert parent_processes(14, proc.folder).session() is not None


def test_the_nearest_process_that_has_a_variable_tells_it(proc: Proc) -> None:
    proc.add(12, 1, "bash", SSH_CONNECTION="an earlier one", SSH_TTY="/dev/pts/9")
    proc.add(13, 12, "bash", SSH_CONNECTION=CONNECTION)

    assert parent_processes(13, proc.folder).variables == {
        "SSH_CONNECTION": CONNECTION,
        "SSH_TTY": "/dev/pts/9",
    }


@pytest.mark.parametrize("unreadable", ["environ", "cmdline"])
def test_what_another_account_hides_is_left_out(proc: Proc, unreadable: str) -> None:
    proc.add(11, 1, "sshd-session", "sshd-session: ada@pts/0")
    proc.add(12, 11, "bash", SSH_CONNECTION=CONNECTION)
    for pid in (11, 12):
        (proc.folder / str(pid) / unreadable).unlink()

    found = parent_processes(12, proc.folder)

    assert found.session() is not None
    assert found.login == ("" if unreadable == "cmdline" else "ada")
    assert found.variables == ({} if unreadable == "environ" else {"SSH_CONNECTION": CONNECTION})


@pytest.mark.parametrize(
    ("title", "login"),
    [
        ("sshd: ada@pts/0", "ada"),
        ("sshd: ada@pts/0,pts/1", "ada"),
        ("sshd: ada@notty", "ada"),
        ("sshd: ada [priv]", "ada"),
        ("sshd-session: ada@pts/12", "ada"),
        ("sshd-session: ada@corp.example@pts/0", "ada@corp.example"),
        ("sshd: CORP\\ada [priv]", "CORP\\ada"),
        ("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", ""),
        ("/usr/sbin/sshd\0-D", ""),
        ("sshd: [accepted]", ""),
        ("sshd: [net]", ""),
    ],
)
def test_sshd_names_the_account_in_its_title(proc: Proc, title: str, login: str) -> None:
    proc.add(11, 1, "sshd", title)

    assert parent_processes(11, proc.folder).login == login


@pytest.mark.parametrize("server", ["tmux: server", "screen", "SCREEN"])
def test_the_login_that_started_a_multiplexer_is_not_looked_at(proc: Proc, server: str) -> None:
    proc.add(11, 1, "sshd", "sshd: ada@pts/0")
    proc.add(12, 11, server, SSH_CONNECTION=CONNECTION)
    proc.add(13, 12, "bash")

    found = parent_processes(13, proc.folder)

    assert found == ParentProcesses(("bash", server))
    assert found.multiplexer == server
    assert found.session() is None


def test_a_name_may_hold_blanks_and_brackets(proc: Proc) -> None:
    proc.add(12, 1, "odd) S 1 (name")

    assert parent_processes(12, proc.folder).names == ("odd) S 1 (name",)


def test_parents_that_go_round_end(proc: Proc) -> None:
    proc.add(12, 13, "a")
    proc.add(13, 12, "b")

    assert set(parent_processes(12, proc.folder).names) == {"a", "b"}


@pytest.mark.parametrize("stat", ["", "12", "12 (bash)", "12 (bash) S", "12 (bash) S x"])
def test_a_strange_stat_ends_the_chain(proc: Proc, stat: str) -> None:
    proc.add(12, 1, "bash")
    (proc.folder / "12" / "stat").write_text(stat)

    assert parent_processes(12, proc.folder) == ParentProcesses()


def test_without_proc_nothing_is_known(tmp_path: Path) -> None:
    assert parent_processes(os.getpid(), tmp_path / "none") == ParentProcesses()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
def test_a_real_process_is_read() -> None:
    program = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program],
        env={"SSH_CONNECTION": CONNECTION},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        found = parent_processes(process.pid)
        process.communicate(b"\n")

    assert found.names[0].startswith("python")
    assert found.variables["SSH_CONNECTION"] == CONNECTION
