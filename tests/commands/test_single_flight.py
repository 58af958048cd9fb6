"""While one process refreshes, the others wait for the file and not for the lock."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui import clock, tokens
from wtr_tui.errors import LockHeld
from wtr_tui.storage.lock import Lock

EXPIRED = timedelta(minutes=-1)


@pytest.fixture
def expired(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    return home


def asked(home: Home, min_left: int = 300) -> tuple[object, object]:
    return tokens.await_refresh(None, None, home.environ, min_left)


def renew(home: Home, left: timedelta = timedelta(hours=1)) -> None:
    """As another process would write it."""
    fields = json.loads(home.token_path().read_text())
    home.write_token({**fields, "expires_at": clock.iso(clock.now() + left)})


def test_the_first_one_gets_the_lock(expired: Home) -> None:
    members, lock = tokens.await_refresh(None, None, expired.environ, 300)
    assert members is None
    assert lock is not None
    assert lock.is_held
    with pytest.raises(LockHeld), Lock(str(expired.token_path().with_suffix(".lock")), 0.0):
        pass
    lock.release()


def test_who_waits_has_the_new_token_while_the_lock_is_still_held(expired: Home) -> None:
    with expired.token_file().lock():
        waiting = expired.start("token")
        assert waiting.poll() is None
        renew(expired)
        out, err = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, err) == (0, "")
    assert out.strip() == expired.stored().token.access_token.reveal()


def test_nobody_waits_for_a_token_that_has_not_ended(expired: Home) -> None:
    renew(expired, timedelta(minutes=2))
    with expired.token_file().lock():
        assert asked(expired) == (None, None)


def test_a_lock_that_nobody_lets_go_of_is_given_as_it_is(
    expired: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.1)
    with expired.token_file().lock():
        members, lock = tokens.await_refresh(None, None, expired.environ, 300)
        assert members is None
        assert lock is not None
        assert not lock.is_held


def test_a_token_without_a_refresh_token_is_nobodys_turn(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    assert asked(home) == (None, None)
    home.sign_in(sandbox, left=EXPIRED)
    fields = json.loads(home.token_path().read_text())
    home.write_token({**fields, "refresh_token": None})
    assert asked(home) == (None, None)
