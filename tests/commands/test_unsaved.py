"""A token that cannot be written: given on a terminal, where a person can take it up."""

from __future__ import annotations

import json
from datetime import timedelta

import pexpect
import pytest

from tests.support.expecting import expect
from tests.support.home import PROGRAM, START_URL, Home
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox

# No file may grow: as on a full disk, for this program alone.
NO_ROOM = ("bash", "-c", 'ulimit -f 0; exec "$@"', "-")


@pytest.fixture
def ready(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(minutes=-1))
    return home


def on_terminal(home: Home, *words: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        required("bash"),
        [*NO_ROOM[1:], *PROGRAM, *words],
        env={**home.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 2000),
    )


def given(terminal: pexpect.spawn[str]) -> str:
    """The JSON that it prints; waits for the end, which is a failure."""
    shown = terminal.read().replace("\r\n", "\n")
    terminal.close()
    assert terminal.exitstatus == 1
    assert "NOT SAVED" in shown
    assert "wtr import --replace --profile default - takes it" in shown
    return str(shown[shown.index("{\n") : shown.index("\n}") + 2])


def test_a_refresh_token_is_not_spent_where_nothing_can_be_kept(
    ready: Home, sandbox: Sandbox
) -> None:
    before = ready.stored()
    for words in (("refresh",), ("token",), ("refresh", "-j")):
        ran = ready.run(*words, under=NO_ROOM)
        assert (ran.code, ran.out) == (1, "")
        assert "File too large" in ran.err
    assert sandbox.requests == ()
    assert ready.stored() == before
    assert ready.run("refresh").code == 0


def test_the_token_of_a_sign_in_can_be_taken_up_later(ready: Home, sandbox: Sandbox) -> None:
    terminal = on_terminal(ready, "retrieve", "--no-browser")
    sandbox.approve(expect(terminal, START_URL)[0])
    copy = given(terminal)
    assert ready.run("import", "--replace", "-", stdin=copy).code == 0
    assert ready.stored().token.access_token.reveal() == json.loads(copy)["access_token"]


def test_an_imported_refresh_token_is_not_spent_for_nothing(ready: Home, sandbox: Sandbox) -> None:
    kept = ready.folder / "refresh-token"
    kept.write_text(str(sandbox.issue()["refresh_token"]))
    ran = ready.run("import", "--replace", "--refresh-token", str(kept), under=NO_ROOM)
    assert ran.code == 1
    assert "File too large" in ran.err
    assert sandbox.requests == ()
    assert ready.run("import", "--replace", "--refresh-token", str(kept)).code == 0
