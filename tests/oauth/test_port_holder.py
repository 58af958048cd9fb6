"""Naming the program that has a port."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from pathlib import Path

import pytest

from wtr_tui.oauth.listener import port_holder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
)


def in_table(address: str, state: str = "0A", uid: int = 0, inode: int = 4711) -> str:
    queues = "00000000:00000000 00:00000000 00000000"
    return f"   0: {address} 00000000:0000 {state} {queues} {uid} 0 {inode}"


def machine(proc: Path, tcp: str = "", tcp6: str = "") -> Path:
    (proc / "net").mkdir()
    (proc / "net" / "tcp").write_text(f"{HEADER}\n{tcp}\n")
    (proc / "net" / "tcp6").write_text(f"{HEADER}\n{tcp6}\n")
    process = proc / "1234"
    (process / "fd").mkdir(parents=True)
    (process / "fd" / "3").symlink_to("socket:[4711]")
    (process / "comm").write_text("rapportd\n")
    (proc / "self").mkdir()
    return proc


def test_this_very_process_is_found() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        assert f"(pid {os.getpid()})" in port_holder(port, "127.0.0.1")
        assert port_holder(port, "::1") == ""


def test_a_descriptor_that_is_closed_meanwhile_hides_no_process() -> None:
    """One such is sure: that of the folder, the lowest that is free."""
    with Path(os.devnull).open("rb") as low, socket.socket() as held:
        assert low.fileno() < held.fileno()
        held.bind(("127.0.0.1", 0))
        held.listen()
        low.close()
        assert f"(pid {os.getpid()})" in port_holder(held.getsockname()[1], "127.0.0.1")


ANY6 = "0" * 32
LOOPBACK6 = "00000000000000000000000001000000"


@pytest.mark.parametrize(
    ("address", "tables", "found"),
    [
        ("127.0.0.1", {"tcp": in_table("0100007F:1AC7")}, True),
        ("127.0.0.1", {"tcp": in_table("00000000:1AC7")}, True),
        ("127.0.0.1", {"tcp6": in_table(f"{ANY6}:1AC7")}, True),
        ("::1", {"tcp6": in_table(f"{LOOPBACK6}:1AC7")}, True),
        ("::1", {"tcp6": in_table(f"{ANY6}:1AC7")}, True),
        ("127.0.0.1", {"tcp6": in_table(f"{LOOPBACK6}:1AC7")}, False),
        ("127.0.0.1", {"tcp": in_table("020200C0:1AC7")}, False),
        ("127.0.0.1", {"tcp": in_table("0100007F:1AC8")}, False),
        ("127.0.0.1", {"tcp": in_table("0100007F:1AC7", state="01")}, False),
        ("127.0.0.1", {"tcp": "nonsense"}, False),
    ],
)
@pytest.mark.skipif(sys.byteorder != "little", reason="the tables are written for little endian")
def test_only_what_listens_where_the_port_is_needed_counts(
    address: str, tables: dict[str, str], found: bool, tmp_path: Path
) -> None:
    holder = port_holder(6855, address, machine(tmp_path, **tables))
    assert holder == ("rapportd (pid 1234)" if found else "")


@pytest.mark.skipif(sys.byteorder != "little", reason="the tables are written for little endian")
def test_of_another_users_program_the_user_is_named(tmp_path: Path) -> None:
    uid = os.getuid()
    proc = machine(tmp_path, in_table("0100007F:1AC7", uid=uid, inode=1))
    assert port_holder(6855, "127.0.0.1", proc) == f"a program of {pwd.getpwuid(uid).pw_name}"


def test_a_machine_without_proc_tells_nothing(tmp_path: Path) -> None:
    assert port_holder(6855, "127.0.0.1", tmp_path / "none") == ""
