"""A server that replaces refresh tokens and punishes the use of an old one, and kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.home import Home, Ran, ended
from tests.support.waiting import PATIENCE, wait_until
from tests.support.webex import Fault, Integration, Sandbox
from wtr_tui.model import StoredToken

MANY = 6
# The program dies where it would …
SAVE = "wtr_tui.storage.private_file:write_private"
TELL = "wtr_tui.commands.token:print_token"
GIVE = "wtr_tui.commands.token:_format"


@pytest.fixture
def sandbox(integration: Integration) -> Iterator[Sandbox]:
    """Rotates; its tokens live as long as Webex's."""
    days = 86_400.0
    with Sandbox(
        [integration], access_lifetime=14 * days, refresh_lifetime=90 * days, rotate=True
    ) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox) -> Home:
    """Settings and a token of this server, which is due to be refreshed."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    home = Home(folder)
    home.configure(sandbox)
    home.sign_in(sandbox)
    return home


def killed(home: Home, place: str, *words: str) -> StoredToken:
    """Runs the program until it is killed at ``place``; gives what the file holds then."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.spoilt", "kill", place, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        env=home.environ,
        cwd=home.folder,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == b""
    return home.stored()


def refreshes(sandbox: Sandbox) -> int:
    return len(sandbox.requests_to("access_token"))


def works(home: Home, sandbox: Sandbox) -> bool:
    """Whether the stored tokens are those that the server takes."""
    before = home.stored().token
    done = home.run("refresh")
    after = home.stored().token
    return done.code == 0 and not after.same_access(before)


def test_many_at_once_never_use_a_refresh_token_twice(home: Home, sandbox: Sandbox) -> None:
    """E57: one reuse would revoke everything, for all of them."""
    first = home.stored().token
    running = [home.start("refresh") for _ in range(MANY)]
    done: list[Ran] = [ended(one) for one in running]
    assert [one.code for one in done] == [0] * MANY, done
    used = [request.form.text("refresh_token") for request in sandbox.requests_to("access_token")]
    assert len(used) == len(set(used))
    assert not home.stored().token.same_access(first)
    assert works(home, sandbox)


def test_windows_and_scripts_at_once_share_one_new_token(home: Home, sandbox: Sandbox) -> None:
    """E57: scripts that ask for the token at the moment it has run out."""
    expired(home)
    running = [home.start("token") for _ in range(MANY)]
    done = [ended(one) for one in running]
    assert {one.code for one in done} == {0}, done
    assert {one.out.strip() for one in done} == {home.stored().token.access_token.reveal()}
    assert refreshes(sandbox) == 1


def expired(home: Home) -> None:
    stored = home.stored()
    token = stored.token._replace(expires_at=stored.token.obtained_at)
    home.token_file().save(stored._replace(token=token))


@pytest.mark.parametrize(
    ("place", "words", "old"),
    [(TELL, "refresh", None), (GIVE, "token", expired)],
    ids=["refresh", "token"],
)
def test_killed_before_it_could_tell_the_next_start_has_the_new_token(
    home: Home, sandbox: Sandbox, place: str, words: str, old: Callable[[Home], None] | None
) -> None:
    """E57: the answer is on the disk before anything is said."""
    if old is not None:
        old(home)
    before = home.stored().token
    after = killed(home, place, words).token
    assert not after.same_access(before)
    assert after.refresh_token != before.refresh_token
    assert home.run("token").out.strip() == after.access_token.reveal()
    assert refreshes(sandbox) == 1
    assert works(home, sandbox)


def test_killed_between_answer_and_file_where_tokens_stay_costs_nothing(
    home: Home, sandbox: Sandbox
) -> None:
    """E57: Webex's way. The refresh token that is on the disk is as good as ever."""
    sandbox.rules = replace(sandbox.rules, rotate=False)
    before = home.stored()
    assert killed(home, SAVE, "refresh") == before
    assert refreshes(sandbox) == 1
    assert works(home, sandbox)


def test_killed_between_answer_and_file_where_tokens_rotate_asks_for_a_sign_in(
    home: Home, sandbox: Sandbox
) -> None:
    """E52, E57: the one moment that cannot be saved ends in a sentence, and nothing is deleted."""
    before = home.stored()
    assert killed(home, SAVE, "refresh") == before
    content = home.token_path().read_bytes()
    for _ in range(2):
        done = home.run("refresh")
        assert done.code == 3
        assert "Webex no longer accepts the refresh token" in done.err
        assert "Sign in with wtr retrieve" in done.err
        assert home.token_path().read_bytes() == content
    assert refreshes(sandbox) == 3


@pytest.mark.parametrize("carried_out", [False, True], ids=["not seen yet", "granted"])
def test_killed_while_it_waits_for_the_answer_leaves_lock_and_file_in_order(
    home: Home, sandbox: Sandbox, carried_out: bool
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=False)
    sandbox.faults.next("access_token", Fault(hang=True, carried_out=carried_out))
    before = home.stored()
    waiting = home.start("refresh")
    try:
        wait_until(lambda: refreshes(sandbox) or waiting.poll() is not None, "the request")
        assert waiting.poll() is None
    finally:
        waiting.kill()
        ended(waiting)
    assert home.stored() == before
    assert works(home, sandbox)
    assert not list(home.token_path().parent.glob(".*.tmp"))


def test_the_lock_of_a_killed_program_is_nobodys(home: Home) -> None:
    """Who comes after it waits for nothing."""
    killed(home, SAVE, "refresh")
    begun = time.monotonic()
    with home.token_file().lock(timeout=0):
        assert time.monotonic() - begun < PATIENCE
