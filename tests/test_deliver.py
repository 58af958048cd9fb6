"""The setting ``deliver``: files that always hold the present access token."""

from __future__ import annotations

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.webex import Rules, Sandbox
from wtr_tui import delivery
from wtr_tui.errors import StorageError, UnsafeFile
from wtr_tui.history import Event
from wtr_tui.storage import profiles
from wtr_tui.storage.settings import load
from wtr_tui.storage.settings_table import DELIVER
from wtr_tui.storage.settings_values import Sink

SOON = timedelta(minutes=2)
OTHER_USER = 12_345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return Home(folder)


@pytest.fixture
def webex(home: Home, sandbox: Sandbox) -> Sandbox:
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1))
    home.configure(
        sandbox,
        "default",
        "deliver:",
        "- file: ~/app/token",
        f"- env: {home.folder}/app/.env",
        "  key: MY_TOKEN",
    )
    home.sign_in(sandbox, left=SOON)
    return sandbox


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_new_token_is_written_and_signing_out_empties_the_files(
    home: Home, webex: Sandbox
) -> None:
    token, env = home.folder / "app" / "token", home.folder / "app" / ".env"
    env.parent.mkdir()
    env.write_text("A=1\nMY_TOKEN=old\nB=2\n")
    env.chmod(0o640)
    new = home.run("token").out.strip()
    assert token.read_text() == new
    assert mode(token) == 0o600
    assert env.read_text() == f"A=1\nMY_TOKEN={new}\nB=2\n"
    assert mode(env) == 0o640

    ran = home.run("sign-out")
    assert not home.token_path().exists(), ran.err
    assert token.read_text() == ""
    assert env.read_text() == "A=1\nMY_TOKEN=\nB=2\n"


def test_of_two_refreshes_the_newest_token_is_written(home: Home, webex: Sandbox) -> None:
    found = profiles.find(None, None, home.environ)
    known = load(found.settings_path, home.environ)
    older = home.stored().token
    assert home.run("refresh").code == 0
    delivery.deliver(found, known, Event.REFRESHED, older)
    newest = home.stored().token
    assert not newest.same_access(older)
    assert (home.folder / "app" / "token").read_text() == newest.access_token.reveal()


def test_a_failing_file_is_told_and_harms_nothing(home: Home, webex: Sandbox) -> None:
    (home.folder / "app").mkdir()
    (home.folder / "app" / "token").mkdir()
    ran = home.run("refresh")
    assert ran.code == 0
    assert f"{home.folder}/app/token" in ran.err
    assert "not affected" in ran.err
    token = str(home.stored_fields()["access_token"])
    assert token not in ran.err
    assert f"MY_TOKEN={token}\n" in (home.folder / "app" / ".env").read_text()


def test_the_doctor_looks_at_them(home: Home, webex: Sandbox) -> None:
    found = home.run("doctor", "--offline").out
    assert "app/token is written with the next new token" in found
    home.run("refresh")
    found = home.run("doctor", "--offline").out
    assert "app/token holds the token" in found
    assert "app/.env, MY_TOKEN holds the token" in found
    (home.folder / "app" / "token").write_text("another")
    (home.folder / "app" / ".env").chmod(0o644)
    found = home.run("doctor", "--offline").out
    assert "holds another token" in found
    assert "other users may read" in found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"K=new\n"),
        (b"A=1", b"A=1\nK=new\n"),
        (b"A=1\n", b"A=1\nK=new\n"),
        (b"A=1\r\nK=old\r\nB=2\r\n", b"A=1\r\nK=new\r\nB=2\r\n"),
        (b"A=1\r\n", b"A=1\r\nK=new\r\n"),
        (b"K=old", b"K=new"),
        (b"export K=old # note\nB='x'\n", b"export K=new\nB='x'\n"),
        (b"K = old\nK=older\nKK=1\n", b"K = old\nK=new\nKK=1\n"),
        (b"#K=old\nXK=1\n", b"#K=old\nXK=1\nK=new\n"),
        (b"\xff\xfe=\x00\n\n\n", b"\xff\xfe=\x00\n\n\nK=new\n"),
    ],
)
def test_one_line_is_replaced_or_appended_and_no_other_byte(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(before)
    delivery.write_sink(Sink(path, "K"), "new")
    assert path.read_bytes() == after
    assert delivery.holds_token(Sink(path, "K"), "new")
    delivery.write_sink(Sink(path, "K"), "new")
    assert path.read_bytes() == after


def test_nothing_is_made_only_to_be_empty(tmp_path: Path) -> None:
    for sink in (Sink(tmp_path / "token"), Sink(tmp_path / ".env", "K")):
        delivery.write_sink(sink, "")
    (tmp_path / ".env").write_text("A=1\n")
    delivery.write_sink(Sink(tmp_path / ".env", "K"), "")
    assert (tmp_path / ".env").read_text() == "A=1\n"
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


def test_a_link_of_this_user_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to("real")
    delivery.write_sink(Sink(tmp_path / ".env", "K"), "new")
    assert (tmp_path / ".env").is_symlink()
    assert (tmp_path / "real").read_text() == "A=1\nK=new\n"


@needs_root
def test_a_link_of_another_user_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    link = tmp_path / ".env"
    link.symlink_to("mine")
    os.chown(link, OTHER_USER, OTHER_USER, follow_symlinks=False)
    with pytest.raises(UnsafeFile, match="belongs to"):
        delivery.write_sink(Sink(link), "new")
    assert (tmp_path / "mine").read_text() == ""


@needs_root
def test_mode_and_owner_stay(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    os.chown(path, 0, OTHER_USER)
    path.chmod(0o640)
    delivery.write_sink(Sink(path, "K"), "new")
    facts = path.stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (0, OTHER_USER, 0o640)


@pytest.mark.parametrize("kind", ["folder", "pipe", "own"])
def test_what_is_no_file_of_the_users_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    keep_off: list[Path] = []
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("settings")
        keep_off = [path]
    with pytest.raises(StorageError):
        delivery.write_sink(Sink(path), "new", protected=keep_off)
    assert kind != "own" or path.read_text() == "settings"
    assert [file.name for file in tmp_path.iterdir()] == ["it"]


def test_many_at_once_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    keys = [f"K{number}" for number in range(20)]
    threads = [
        threading.Thread(target=delivery.write_sink, args=(Sink(path, key), key.lower()))
        for key in keys
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = path.read_text().splitlines()
    assert lines[0] == "A=1"
    assert sorted(lines[1:]) == sorted(f"{key}={key.lower()}" for key in keys)
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    "line",
    [
        "deliver: /a/file",
        "deliver: [/a/file]",
        "deliver: [{file: /a, key: K}]",
        "deliver: [{file: /a, env: /b}]",
        "deliver: [{env: /b, key: 'a b'}]",
        "deliver: [{env: ''}]",
        "deliver: [{sink: /a}]",
        "deliver: [{file: [/a]}]",
    ],
)
def test_another_shape_is_a_problem_with_a_sentence(tmp_path: Path, line: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"appid: C1\nsecret: s\n{line}\n")
    path.chmod(0o600)
    (problem,) = load(path, {"HOME": str(tmp_path)}).problems
    assert problem.key == "deliver"
    assert problem.fault.endswith(".")


def test_one_entry_needs_no_list_and_paths_go_by_the_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("appid: C1\nsecret: s\ndeliver: {env: ../x/.env}\n")
    path.chmod(0o600)
    known = load(path, {"HOME": str(tmp_path)})
    assert not known.problems
    assert known[DELIVER] == (Sink(tmp_path.parent / "x" / ".env", "WEBEX_ACCESS_TOKEN"),)
