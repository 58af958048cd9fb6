"""A sign-in as somebody else than the stored token's owner: saved aside, asked about, and only
then put in place."""

from __future__ import annotations

import json
import re
import stat
from datetime import timedelta
from pathlib import Path

import pexpect
import pytest

from tests.support.expecting import expect
from tests.support.home import PROGRAM, START_URL, Home, ended, start_url
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE
from tests.support.webex import Fault, Sandbox

SOMEBODY_ELSE = {
    "user_id": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9lbHNl",
    "display_name": "Eve Else",
    "email": "eve@example.org",
    "organization": "00000000-1111-2222-3333-444444444444",
}


@pytest.fixture
def elses(home: Home, sandbox: Sandbox) -> Home:
    """A home whose stored token belongs to somebody else than the sandbox signs in."""
    home.configure(sandbox, "default", "scopes: spark:kms spark:people_read")
    home.sign_in(sandbox, left=timedelta(days=13))  # nothing is refreshed meanwhile
    home.write_token(dict(home.stored_fields(), account=SOMEBODY_ELSE, base_url=sandbox.base_url))
    return home


def aside(home: Home) -> list[Path]:
    return sorted(home.token_path().parent.glob("default.put-aside-*"))


def signed_in_aside(home: Home, sandbox: Sandbox) -> tuple[Path, str]:
    """Signs in without a terminal: the file the token is kept in, and what was said."""
    running = home.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    ran = ended(running)
    assert ran.code == 1
    assert ran.out == ""
    (path,) = aside(home)
    return path, ran.err


def on_a_terminal(home: Home, *words: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *words],
        env={**home.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 2000),
    )


def test_without_a_terminal_it_is_refused_and_kept_aside_until_it_is_imported(
    elses: Home, sandbox: Sandbox
) -> None:
    before = elses.token_path().read_bytes()
    path, said = signed_in_aside(elses, sandbox)
    assert elses.token_path().read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Eve Else (eve@example.org)" in said
    fields = json.loads(path.read_text())
    assert fields["account"]["email"] in said
    line = re.search(r"wtr (import .*?) takes it", said)
    assert line is not None
    assert elses.run(*line[1].split()).code == 0
    taken = elses.stored_fields()
    for name in ("access_token", "refresh_token", "account", "base_url"):
        assert taken[name] == fields[name]
    assert not aside(elses)


def test_without_a_terminal_a_sign_in_by_another_account_than_the_setting_names_is_refused(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(
        sandbox, "default", "scopes: spark:kms spark:people_read\naccount: ann@example.com"
    )
    path, said = signed_in_aside(home, sandbox)
    assert not home.token_path().exists()
    assert "the setting account expects ann@example.com" in said
    assert json.loads(path.read_text())["account"]["email"] in said


def test_with_outputs_asked_for_a_refused_token_is_not_printed(
    elses: Home, sandbox: Sandbox
) -> None:
    running = elses.start("retrieve", "--no-browser", "-o", "-j")
    sandbox.approve(start_url(running))
    assert ended(running).out == ""


@pytest.mark.parametrize("answer", ["y", "n", ""])
def test_on_a_terminal_it_is_asked_about(elses: Home, sandbox: Sandbox, answer: str) -> None:
    before = elses.token_path().read_bytes()
    child = on_a_terminal(elses, "retrieve", "--no-browser")
    sandbox.approve(expect(child, START_URL)[0])
    child.expect("Replace the stored token")
    (path,) = aside(elses)  # on the disk before the question
    new = json.loads(path.read_text())
    assert elses.token_path().read_bytes() == before
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    kept = [*elses.token_path().parent.glob("default.json.other-account-*")]
    if answer == "y":
        assert elses.stored_fields()["access_token"] == new["access_token"]
        assert [file.read_bytes() for file in kept] == [before]
        assert child.exitstatus == 0
    else:
        assert elses.token_path().read_bytes() == before
        assert kept == []
        assert child.exitstatus == 1
    assert bool(aside(elses)) == (answer == "")


def test_a_kill_at_the_question_loses_nothing_and_the_next_start_asks_again(
    elses: Home, sandbox: Sandbox
) -> None:
    child = on_a_terminal(elses, "retrieve", "--no-browser")
    sandbox.approve(expect(child, START_URL)[0])
    child.expect("Replace the stored token")
    child.kill(9)
    child.close(force=True)
    (path,) = aside(elses)
    new = json.loads(path.read_text())
    again = on_a_terminal(elses, "retrieve", "--no-browser")
    again.expect("Replace the stored token")
    again.sendline("y")
    again.expect(START_URL)
    again.sendintr()
    again.expect(pexpect.EOF)
    again.close()
    assert elses.stored_fields()["access_token"] == new["access_token"]
    assert not aside(elses)


def test_the_screen_asks_at_its_start_about_what_was_put_aside(
    elses: Home, sandbox: Sandbox
) -> None:
    path, _ = signed_in_aside(elses, sandbox)
    new = json.loads(path.read_text())
    terminal = Terminal(PROGRAM, {**elses.environ, "TERM": "xterm-256color"}, cwd=elses.folder)
    try:
        terminal.wait_for("Replace the stored token?", "Eve Else")
        terminal.press("y")
        terminal.wait_for("The token is replaced")
    finally:
        terminal.close()
    assert elses.stored_fields()["access_token"] == new["access_token"]
    assert not aside(elses)


def test_a_kill_before_the_file_has_its_name_loses_nothing(elses: Home, sandbox: Sandbox) -> None:
    path, _ = signed_in_aside(elses, sandbox)
    written = path.read_bytes()
    temporary = path.with_name(f".{path.name}.tmp")
    path.rename(temporary)
    assert str(path) in elses.run("retrieve", "--no-browser", "--timeout", "1").err
    assert (path.read_bytes(), temporary.exists()) == (written, False)


def test_signing_out_leaves_nothing_of_what_was_put_aside(elses: Home, sandbox: Sandbox) -> None:
    path, _ = signed_in_aside(elses, sandbox)
    half = path.with_name(f".{path.name}.tmp")
    half.write_bytes(path.read_bytes()[:100])
    assert elses.run("sign-out").code == 0
    left = [each.name for each in path.parent.iterdir() if "put-aside" in each.name]
    assert left == []


def test_the_screen_asks_after_the_sign_in(elses: Home, sandbox: Sandbox) -> None:
    before = elses.token_path().read_bytes()
    terminal = Terminal(PROGRAM, {**elses.environ, "TERM": "xterm-256color"}, cwd=elses.folder)
    try:
        terminal.wait_for("F2 Token")
        terminal.press("\x1bOR")  # F3
        terminal.wait_for("Enter signs in again")
        terminal.press("\r")
        sandbox.approve(terminal.find(START_URL.pattern))
        terminal.wait_for("Replace the stored token?", "Eve Else")
        assert len(aside(elses)) == 1
        terminal.press("n")
        terminal.wait_for("nothing was replaced")
    finally:
        terminal.close()
    assert elses.token_path().read_bytes() == before
    assert not aside(elses)


def test_the_same_account_again_is_not_asked_about(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "scopes: spark:kms spark:people_read")
    for _ in range(2):
        running = home.start("retrieve", "--no-browser")
        sandbox.approve(start_url(running))
        ran = ended(running)
        assert ran.code == 0, ran.err
        account = home.stored_fields()["account"]
        assert isinstance(account, dict)
        assert f"{account['display_name']} ({account['email']})" in ran.err
        assert not aside(home)
    assert home.run("refresh").code == 0
    assert home.stored_fields()["account"] == account


def test_the_owner_of_a_token_of_0_1_0_is_asked_of_webex(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "scopes: spark:kms spark:people_read")
    home.sign_in(sandbox)  # says nothing of its account
    somebody = {"id": "another", "emails": ["eve@example.org"], "displayName": "Eve Else"}
    running = home.start("retrieve", "--no-browser")
    url = start_url(running)
    sandbox.faults.next("people/me", Fault(status=200, body=json.dumps(somebody)))
    sandbox.approve(url)
    ran = ended(running)
    assert ran.code == 1
    assert len(aside(home)) == 1


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_owner_that_webex_does_not_name_is_no_other(
    elses: Home, sandbox: Sandbox, status: int
) -> None:
    del_org = dict(SOMEBODY_ELSE, organization="")
    elses.write_token(dict(elses.stored_fields(), account=del_org))
    sandbox.faults.always("people/me", Fault(status=status, body="{}"))
    running = elses.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    ran = ended(running)
    assert ran.code == 0, ran.err
    assert "Webex does not name its owner" in ran.err
    assert not aside(elses)


def test_another_organisation_alone_is_another_account(elses: Home, sandbox: Sandbox) -> None:
    other = dict(SOMEBODY_ELSE, user_id="", email="", display_name="")
    elses.write_token(dict(elses.stored_fields(), account=other))
    sandbox.faults.always("people/me", Fault(status=403, body="{}"))
    running = elses.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    assert ended(running).code == 1
    assert len(aside(elses)) == 1
