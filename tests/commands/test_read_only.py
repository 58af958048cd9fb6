"""A disk that cannot be written to: the token is handed out all the same, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import Home, Ran
from tests.support.programs import ordinary
from tests.support.webex import Sandbox

EXPIRED = timedelta(minutes=-1)


@pytest.fixture
def locked_out(home: Home, sandbox: Sandbox) -> Iterator[Home]:
    """The folder of the token may be read, not written to, once ``run`` is used."""
    home.configure(sandbox)
    yield home
    home.token_path().parent.chmod(0o700)


def run(home: Home, *words: str) -> Ran:
    """As an ordinary user."""
    home.token_path().parent.chmod(0o500)
    return home.run(*words, under=ordinary())


def test_a_token_that_has_run_out_is_refreshed_and_given(
    locked_out: Home, sandbox: Sandbox
) -> None:
    old = locked_out.sign_in(sandbox, left=EXPIRED)
    before = locked_out.token_path().read_bytes()
    ran = run(locked_out, "token")
    assert ran.code == 0
    assert ran.out.strip() not in ("", old)
    assert "The new token is NOT SAVED." in ran.err
    assert "Permission denied" in ran.err
    assert len(sandbox.requests_to("access_token")) == 1
    assert locked_out.token_path().read_bytes() == before


def test_as_long_as_the_token_is_valid_it_is_given_and_webex_is_left_alone(
    locked_out: Home, sandbox: Sandbox
) -> None:
    old = locked_out.sign_in(sandbox, left=timedelta(minutes=2))
    ran = run(locked_out, "token")
    assert (ran.code, ran.out.strip()) == (0, old)
    assert "Not refreshed, but still valid. The lock file" in ran.err
    assert sandbox.requests_to("access_token") == ()


def test_a_refresh_gives_what_it_could_not_save_and_fails(
    locked_out: Home, sandbox: Sandbox
) -> None:
    old = locked_out.sign_in(sandbox, left=EXPIRED)
    ran = run(locked_out, "refresh", "-j")
    assert ran.code == 1
    assert ran.json["access_token"] not in ("", old)
    assert "Refreshed, but NOT SAVED." in ran.err


def test_an_imported_refresh_token_is_not_used_up_for_nothing(
    locked_out: Home, sandbox: Sandbox
) -> None:
    kept = locked_out.folder / "refresh-token"
    kept.write_text(str(sandbox.issue()["refresh_token"]))
    locked_out.token_path().parent.mkdir(parents=True, mode=0o700)
    ran = run(locked_out, "import", "--refresh-token", str(kept))
    assert ran.code == 1
    assert "Permission denied" in ran.err
    assert sandbox.requests == ()


def test_a_server_that_replaces_refresh_tokens_is_not_asked_for_what_could_not_be_saved(
    locked_out: Home, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=True)
    locked_out.sign_in(sandbox, left=timedelta(days=1))
    assert locked_out.run("refresh").code == 0
    locked_out.write_token(locked_out.stored_fields() | {"expires_at": "2026-01-01T00:00:00Z"})
    asked = len(sandbox.requests)
    for command in ("token", "refresh"):
        ran = run(locked_out, command)
        assert (ran.code, "Permission denied" in ran.err) == (1, True)
    assert len(sandbox.requests) == asked
    locked_out.token_path().parent.chmod(0o700)
    assert locked_out.run("token").code == 0
