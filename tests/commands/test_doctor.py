"""``wtr doctor``: what would go wrong here, a line each."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import timedelta

import pytest

from tests.support.home import Home, Ran
from tests.support.programs import ordinary
from tests.support.webex import Fault, Integration, Sandbox
from wtr_tui.clock import iso, now
from wtr_tui.doctor import Level, check_files
from wtr_tui.storage import profiles

IMF = "%a, %d %b %Y %H:%M:%S GMT"


def lines(ran: Ran, subject: str) -> list[str]:
    return [line for line in ran.out.splitlines() if line[2:].startswith(f"{subject}:")]


def marks(ran: Ran, subject: str) -> set[str]:
    return {line[0] for line in lines(ran, subject)}


@pytest.fixture
def ready(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    home.sign_in(sandbox)
    return home


def test_where_all_is_well_nothing_is_wrong(ready: Home, integration: Integration) -> None:
    ran = ready.run("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert "✗" not in ran.out
    assert "App ID from file" in lines(ran, "settings")[0]
    assert integration.redirect_uri in lines(ran, "port")[0]
    assert "agree" in lines(ran, "clock")[0]
    assert "valid" in lines(ran, "token")[0]
    for subject in ("files", "you are", "browser", "clipboard", "proxy", "certificates", "webex"):
        assert lines(ran, subject)


def test_it_says_nothing_secret(ready: Home, sandbox: Sandbox) -> None:
    ran = ready.run("doctor", "-d", HTTPS_PROXY="http://me:SENTINEL@proxy.example.com:3128")
    token = ready.stored().token
    assert token.refresh_token is not None
    for secret in (
        *(token.access_token.reveal(), token.refresh_token.reveal()),
        *(sandbox.integration.secret.reveal(), "SENTINEL"),
    ):
        assert secret not in ran.out + ran.err


def test_offline_asks_nobody(ready: Home, sandbox: Sandbox) -> None:
    ran = ready.run("doctor", "--offline")
    assert ran.code == 0
    assert not sandbox.requests
    assert not lines(ran, "webex")


def test_it_is_there_for_programs_too(ready: Home) -> None:
    rows = ready.run("doctor", "--offline", "--json").rows
    assert {"level": "good", "subject": "proxy", "words": "none."} in rows


def test_the_proxy_is_named_without_its_password(home: Home) -> None:
    ran = home.run(
        "doctor",
        "--offline",
        WEBEX_APPID="C12ab",
        WEBEX_SECRET="s3cret",
        HTTPS_PROXY="http://me:SENTINEL@proxy.example.com:3128",
    )
    assert "proxy.example.com:3128 (from $HTTPS_PROXY)" in lines(ran, "proxy")[0]
    assert "App ID from $WEBEX_APPID" in lines(ran, "settings")[0]
    assert "SENTINEL" not in ran.out + ran.err


def test_a_proxy_that_cannot_be_used_is_told_once_and_nobody_is_asked(home: Home) -> None:
    variables = {"WEBEX_APPID": "C12ab", "WEBEX_SECRET": "s3cret"}
    ran = home.run("doctor", HTTPS_PROXY="socks5://127.0.0.1:9", **variables)
    assert ran.code == 1
    assert ran.out.count("is a SOCKS proxy") == 1
    assert not lines(ran, "webex")


def test_a_taken_port_is_wrong_and_its_holder_is_named(
    ready: Home, integration: Integration
) -> None:
    with socket.create_server(("127.0.0.1", int(integration.redirect_uri.rpartition(":")[2]))):
        ran = ready.run("doctor", "--offline")
    assert ran.code == 1
    assert marks(ran, "port") == {"✗"}
    assert "pid" in lines(ran, "port")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "The App ID is missing"),
        ("appid: C12ab\n", "The secret is missing"),
        ("appid: [\n", "line"),
        ("appid: C12ab\nsecret: x1\nredirectPort: 99999\n", "redirectPort"),
        ("appid: C12ab\nsecret: x1\ncaFile: /no/such/file\n", "/no/such/file"),
    ],
)
def test_settings_that_will_not_do_are_wrong(home: Home, text: str | None, words: str) -> None:
    if text is not None:
        home.settings_path().parent.mkdir(parents=True)
        home.settings_path().write_text(text)
    ran = home.run("doctor", "--offline")
    assert ran.code == 1
    assert any(words in line and line[0] == "✗" for line in ran.out.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "App ID missing, secret missing, scopes default, port default."),
        ("appid: C12ab\nsecret: x1\nredirectPort: 99999\n",
         "App ID from file, secret from file, scopes default, port not usable."),
    ],
)  # fmt: skip
def test_a_missing_setting_is_no_unusable_one(home: Home, text: str, words: str) -> None:
    home.settings_path().parent.mkdir(parents=True)
    home.settings_path().write_text(text)
    assert lines(home.run("doctor", "--offline"), "settings")[0].endswith(words)


def test_a_file_that_cannot_be_understood_is_told_on_one_line(home: Home) -> None:
    home.settings_path().parent.mkdir(parents=True)
    home.settings_path().write_text("appid: C12ab\nsecret: [x1\n")
    line = next(line for line in home.run("doctor", "--offline").out.splitlines() if "✗" in line)
    assert "^" not in line  # it marks a place in a line that is not shown
    assert "Correct it there" in line


def test_a_folder_that_cannot_be_made_is_wrong(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    (home.folder / ".local").mkdir(mode=0o500)
    ran = home.run("doctor", "--offline", under=ordinary())
    assert ran.code == 1
    assert marks(ran, "files") == {"✗"}
    assert f"{home.folder / '.local'} cannot be written to" in lines(ran, "files")[0]


def test_a_full_disk_is_wrong(ready: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = profiles.find(None, None, ready.environ)
    assert {finding.level for finding in check_files(found)} == {Level.GOOD}
    real = os.statvfs(ready.folder)
    full = os.statvfs_result((*real[:4], 1, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    last = list(check_files(found))[-1]
    assert last.level is Level.BAD
    assert "the disk of" in last.message


def test_files_that_others_can_read_are_told_before_they_are_mended(ready: Home) -> None:
    ready.token_path().chmod(0o644)
    ready.token_path().parent.chmod(0o755)
    ready.settings_path().chmod(0o644)
    ran = ready.run("doctor", "--offline")
    assert ran.code == 0
    assert marks(ran, "files") == {"!"}
    assert "!" in marks(ran, "settings")


def test_a_file_that_is_none_is_wrong(ready: Home) -> None:
    aside = ready.token_path().rename(ready.folder / "elsewhere.json")
    ready.token_path().symlink_to(aside)
    ran = ready.run("doctor", "--offline")
    assert ran.code == 1
    assert "✗" in marks(ran, "files") & marks(ran, "token")


@pytest.mark.parametrize(
    ("changes", "mark", "words"),
    [
        ({"expires_at": iso(now() - timedelta(hours=1))}, "!", "expired"),
        ({"expires_at": iso(now() + timedelta(hours=2))}, "!", "valid, "),
        ({"expires_at": None}, "✓", "not known"),
        ({"refresh_token": None}, "!", "no refresh token"),
        ({"refresh_expires_at": iso(now() - timedelta(hours=1))}, "✗", "refresh token has expired"),
        ({"refresh_expires_at": iso(now() + timedelta(days=3))}, "!", "somebody has to sign in by"),
        ({"appid": "Cother"}, "✗", "belongs to the App ID Cother"),
    ],
)
def test_the_token_is_judged(
    ready: Home, changes: dict[str, object], mark: str, words: str
) -> None:
    ready.write_token({**json.loads(ready.token_path().read_text()), **changes})
    ran = ready.run("doctor", "--offline")
    assert any(line[0] == mark and words in line for line in lines(ran, "token"))
    assert ran.code == (1 if mark == "✗" else 0)


def test_a_clock_that_is_wrong_is_told(ready: Home, sandbox: Sandbox) -> None:
    ahead = (now() + timedelta(minutes=10)).strftime(IMF)
    sandbox.faults.next("people/me", Fault(headers={"Date": ahead}))
    ran = ready.run("doctor")
    assert marks(ran, "clock") == {"!"}
    assert "behind Webex" in lines(ran, "clock")[0]


def test_a_token_that_webex_no_longer_takes_is_wrong(ready: Home, sandbox: Sandbox) -> None:
    sandbox.revoke(ready.stored().token.access_token.reveal())
    ran = ready.run("doctor")
    assert ran.code == 1
    assert marks(ran, "webex") == {"✗"}


def test_webex_out_of_reach_is_wrong(ready: Home, sandbox: Sandbox) -> None:
    sandbox.faults.always("people/me", Fault(reset=True))
    assert marks(ready.run("doctor"), "webex") == {"✗"}


def test_keys_that_the_screens_refuse_are_named(ready: Home) -> None:
    assert lines(ready.run("doctor", "--offline"), "keys") == []
    with ready.settings_path().open("a") as file:
        file.write(
            "keys:\n  sav: f9\n  nonsense: f8\n  reload: no-key\n  refresh: c\n  quit: f12\n"
        )
    ran = ready.run("doctor", "--offline")
    assert ran.code == 0
    assert marks(ran, "keys") == {"!"}
    beginnings = (
        "c, for refresh, is that of copy",
        "there is no action sav. Did you mean save?",
        "there is no action nonsense.",
        "no-key, for reload, is no key.",
        "the actions are approve, auto, ",
    )
    for line, beginning in zip(lines(ran, "keys"), beginnings, strict=True):
        assert line.partition(": ")[2].startswith(beginning)


def test_a_lock_that_is_held_is_told(ready: Home) -> None:
    lock = ready.token_path().with_suffix(".lock")
    lock.touch(mode=0o600)
    with lock.open("r+") as held:
        held.write("4711\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        ran = ready.run("doctor", "--offline")
    assert marks(ran, "lock") == {"!"}
    assert "4711" in lines(ran, "lock")[0]


def test_over_ssh_the_forwarding_is_shown(ready: Home) -> None:
    ran = ready.run("doctor", "--offline", SSH_CONNECTION="10.0.0.7 50022 10.1.2.3 22")
    assert "over SSH from 10.0.0.7" in lines(ran, "you are")[0]
    assert "ssh -N" in lines(ran, "forwarding")[0]


def test_a_terminal_that_cannot_show_the_marks_is_no_fault(ready: Home) -> None:
    ran = ready.run("doctor", "--offline", PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert "\\u2713 proxy" in ran.out


@pytest.mark.parametrize("variable", ["HOME", "XDG_STATE_HOME", "SSL_CERT_FILE"])
def test_a_path_that_is_too_long_ends_no_check(home: Home, sandbox: Sandbox, variable: str) -> None:
    home.configure(sandbox)
    ran = home.run("doctor", "--offline", **{variable: f"/{'long' * 1_200}"})
    assert (ran.code, ran.err) == (1, "")
    assert "certificates: " in ran.out
