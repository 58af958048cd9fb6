from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import cast

import pytest

from tests.support.full_disk import files_of_at_most
from tests.support.refreshing import how, kind, refresh
from tests.support.webex import Fault, Sandbox
from wtr_tui import clock, tokens
from wtr_tui.errors import (
    ForeignToken,
    GrantRejected,
    NoRefreshToken,
    NotSaved,
    RequestRefused,
    SettingsError,
    SignInNeeded,
    StorageError,
    TemporaryError,
    WrongClient,
    WtrError,
)
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.oauth.responses import token_from
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.tokens import How, Obtained

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=timezone.utc)


def token_of(
    life: timedelta | None, *, refresh_token: str | None = "refresh", access: str = "access"
) -> Token:
    return Token(
        access_token=Secret(access),
        obtained_at=NOW,
        expires_at=None if life is None else NOW + life,
        refresh_token=None if refresh_token is None else Secret(refresh_token),
    )


@pytest.fixture
def profile(profile_dir: Path) -> Profile:
    return Profile("default", profile_dir / "default.yaml", profile_dir / "state" / "default.json")


@pytest.fixture
def settings(sandbox: Sandbox) -> Settings:
    return Settings(
        app_id=sandbox.integration.client_id,
        secret=sandbox.integration.secret,
        base_url=sandbox.base_url,
    )


@pytest.fixture
def stored(sandbox: Sandbox, profile: Profile) -> Token:
    """A token the sandbox has granted, in the profile's file."""
    token = token_from(sandbox.issue(), now=clock.now().replace(microsecond=0))
    save(profile, sandbox.integration.client_id, token)
    return token


def save(profile: Profile, app_id: str, token: Token) -> None:
    with profile.token_file.lock():
        profile.token_file.save(StoredToken(app_id, token))


def saved(profile: Profile) -> Token:
    found = profile.token_file.read()
    assert found is not None
    return found.token


def requests(sandbox: Sandbox) -> int:
    return len(sandbox.requests_to("access_token"))


def test_a_refreshed_token_is_in_the_file_when_it_is_told(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    outcome = tokens.refresh(profile, settings)
    assert outcome.how is How.REFRESHED
    assert not outcome.token.same_access(stored)
    assert saved(profile).same_access(outcome.token)
    assert saved(profile).refresh_token == stored.refresh_token
    assert profile.token_path.stat().st_mode & 0o777 == 0o600
    assert requests(sandbox) == 1


def test_a_rotated_refresh_token_is_kept_and_works(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=True)
    first = tokens.refresh(profile, settings)
    second = tokens.refresh(profile, settings)
    assert first.how is How.REFRESHED
    assert second.how is How.REFRESHED
    all_three = {stored.refresh_token, first.token.refresh_token, second.token.refresh_token}
    assert len(all_three) == 3


def test_the_same_token_again_is_told_and_saved(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    sandbox.rules = replace(sandbox.rules, same_token=timedelta(days=1))
    first = tokens.refresh(profile, settings)
    second = tokens.refresh(profile, settings)
    assert first.how in (How.REFRESHED, How.SAME)
    assert second.how is How.SAME
    assert saved(profile).same_access(second.token)


def test_without_a_token_a_sign_in_is_needed(
    sandbox: Sandbox, profile: Profile, settings: Settings
) -> None:
    assert isinstance(refresh(profile, settings), SignInNeeded)
    assert requests(sandbox) == 0


@pytest.mark.parametrize(
    ("within", "expected"),
    [(1, How.ALREADY_FRESH), (170, How.ALREADY_FRESH), (1000, How.REFRESHED)],
)
def test_a_token_is_refreshed_only_within_the_time_asked_for(
    sandbox: Sandbox,
    profile: Profile,
    settings: Settings,
    stored: Token,
    within: float,
    expected: How,
) -> None:
    outcome = refresh(
        profile, settings, within=timedelta(seconds=within), now=lambda: stored.obtained_at
    )
    assert how(outcome) is expected
    assert requests(sandbox) == (1 if expected is How.REFRESHED else 0)


def test_what_another_process_refreshed_is_not_refreshed_again(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    seen = stored._replace(access_token=Secret("seen-before"))
    outcome = tokens.refresh(profile, settings, seen=seen)
    assert outcome.how is How.ALREADY_FRESH
    assert outcome.token.same_access(stored)
    assert requests(sandbox) == 0


def test_what_another_process_left_expired_is_refreshed(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    seen = stored._replace(access_token=Secret("seen-before"))
    assert stored.expires_at is not None
    expires_at = stored.expires_at
    outcome = refresh(profile, settings, seen=seen, now=lambda: expires_at)
    assert how(outcome) is How.REFRESHED


def test_the_token_that_was_seen_is_refreshed(
    profile: Profile, settings: Settings, stored: Token
) -> None:
    assert how(refresh(profile, settings, seen=stored)) is How.REFRESHED


def test_of_many_at_the_same_instant_one_asks_webex(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    sandbox.rules = replace(sandbox.rules, rotate=True)
    outcomes: list[Obtained | WtrError] = []
    together = threading.Barrier(6)

    def run() -> None:
        together.wait()
        outcomes.append(refresh(profile, settings, seen=stored))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = sorted(kind(outcome) for outcome in outcomes)
    assert kinds == ["already-fresh"] * 5 + ["refreshed"]
    assert requests(sandbox) == 1
    assert len({cast(Obtained, outcome).token.access_token for outcome in outcomes}) == 1


def test_another_app_ids_token_is_never_sent(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    outcome = refresh(profile, settings.replace(app_id="C" + "f" * 64))
    assert isinstance(outcome, ForeignToken)
    assert settings.app_id[:10] in outcome.message
    assert "Cfffffffff…" in outcome.message
    assert requests(sandbox) == 0


def test_a_token_without_refresh_token_is_refused_with_the_reason(
    sandbox: Sandbox, profile: Profile, settings: Settings
) -> None:
    save(profile, settings.app_id, token_of(timedelta(hours=12), refresh_token=None))
    outcome = refresh(profile, settings)
    assert isinstance(outcome, NoRefreshToken)
    assert "no refresh token" in outcome.message
    assert requests(sandbox) == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [("", "Set secret in"), ("secret: s\nscopes: ''\n", "At least one scope is needed")],
)
def test_with_a_setting_missing_or_wrong_nothing_is_sent(
    sandbox: Sandbox, profile: Profile, stored: Token, line: str, says: str
) -> None:
    profile.settings_path.write_text(
        f"appid: {sandbox.integration.client_id}\nbaseUrl: {sandbox.base_url}\n{line}"
    )
    outcome = refresh(profile, profile.load_settings({}))
    assert isinstance(outcome, SettingsError)
    assert says in str(outcome)
    assert requests(sandbox) == 0


def test_a_wrong_secret_is_not_mistaken_for_a_dead_token(
    profile: Profile, settings: Settings, stored: Token
) -> None:
    before = profile.token_path.read_bytes()
    assert isinstance(refresh(profile, settings.replace(secret=Secret("x"))), WrongClient)
    assert profile.token_path.read_bytes() == before


def test_a_dead_refresh_token_asks_for_a_sign_in_and_deletes_nothing(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    assert stored.refresh_token is not None
    sandbox.revoke(stored.refresh_token.reveal())
    before = profile.token_path.read_bytes()
    outcome = refresh(profile, settings)
    assert isinstance(outcome, SignInNeeded)
    assert "Sign in with wtr retrieve" in outcome.hint
    assert profile.token_path.read_bytes() == before
    assert requests(sandbox) == 1


class Meanwhile:
    """A client whose refresh is rejected, after something else has happened."""

    def __init__(self, happens: Callable[[], None]) -> None:
        self._happens = happens

    def refresh(self, token: Token) -> Token:
        self._happens()
        raise GrantRejected("The refresh token is not accepted.")


@pytest.mark.parametrize(
    ("access", "life", "expected"),
    [
        ("newer", timedelta(hours=1), "already-fresh"),
        ("newer", timedelta(hours=-1), "sign-in-needed"),
        ("access", timedelta(hours=1), "sign-in-needed"),
    ],
)
def test_a_rejected_token_is_looked_up_once_more(
    profile: Profile, access: str, life: timedelta, expected: str
) -> None:
    settings = Settings(app_id="C1", secret=Secret("s"))
    save(profile, "C1", token_of(timedelta(minutes=1)))

    def another_program_signs_in() -> None:
        profile.token_file.save(StoredToken("C1", token_of(life, access=access)))

    client = Meanwhile(another_program_signs_in)
    outcome = refresh(profile, settings, client=client, now=lambda: NOW)  # type: ignore[arg-type]  # a stand-in
    assert kind(outcome) == expected


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        (Fault(status=429, headers={"Retry-After": "7"}), timedelta(seconds=7)),
        (Fault(status=503), None),
        (Fault(status=200, body="<html><title>Hotel</title></html>"), None),
        (Fault(status=403, body="<html><title>Hotel</title></html>"), None),
        (Fault(status=200, body="{}"), None),
        (Fault(redirect="http://127.0.0.1:1/"), None),
        (Fault(close_after_read=True), None),
        (Fault(reset=True), None),
    ],
)
def test_what_may_pass_is_temporary_and_keeps_the_file(
    sandbox: Sandbox,
    profile: Profile,
    settings: Settings,
    stored: Token,
    fault: Fault,
    retry_after: timedelta | None,
) -> None:
    before = profile.token_path.read_bytes()
    sandbox.faults.always("access_token", fault)
    outcome = refresh(profile, settings)
    assert isinstance(outcome, TemporaryError)
    assert outcome.retry_after == retry_after
    assert profile.token_path.read_bytes() == before
    sandbox.faults.clear()
    assert how(refresh(profile, settings)) is How.REFRESHED


def test_an_answer_that_got_lost_is_temporary_and_the_next_refresh_succeeds(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    sandbox.faults.next("access_token", Fault(close_after_read=True, carried_out=True))
    assert isinstance(refresh(profile, settings), TemporaryError)
    assert len(sandbox.requests_to("access_token")) == 1
    assert how(refresh(profile, settings)) is How.REFRESHED


def test_a_definite_refusal_is_not_temporary(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    sandbox.faults.next("access_token", Fault(status=400, body='{"error": "invalid_scope"}'))
    outcome = refresh(profile, settings)
    assert isinstance(outcome, RequestRefused)
    assert "invalid_scope" in outcome.message


def test_a_ca_file_that_is_missing_is_told(
    tmp_path: Path, profile: Profile, settings: Settings, stored: Token
) -> None:
    outcome = refresh(profile, settings.replace(ca_file=tmp_path / "missing.pem"))
    assert isinstance(outcome, SettingsError)
    assert "missing.pem" in outcome.message


def test_a_file_that_holds_no_token_is_told_and_kept(
    sandbox: Sandbox, profile: Profile, settings: Settings, stored: Token
) -> None:
    profile.token_path.write_bytes(b'{"access_token": "half')
    outcome = refresh(profile, settings)
    assert isinstance(outcome, StorageError)
    assert profile.token_path.name in outcome.message
    assert "half" not in outcome.message
    assert profile.token_path.read_bytes() == b'{"access_token": "half'
    assert requests(sandbox) == 0


def test_a_token_that_cannot_be_saved_is_handed_over_all_the_same(
    profile: Profile, settings: Settings, stored: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("No space left on device.", "Make room.")

    monkeypatch.setattr("wtr_tui.storage.token_file.TokenFile.save", full)
    outcome = refresh(profile, settings)
    assert isinstance(outcome, NotSaved)
    assert outcome.message == "No space left on device."
    assert not outcome.token.same_access(stored)
    assert saved(profile).same_access(stored)


@pytest.mark.parametrize("left", [3600, -60])
def test_without_room_for_the_answer_webex_is_not_asked(
    sandbox: Sandbox,
    profile: Profile,
    settings: Settings,
    stored: Token,
    left: int,
) -> None:
    token = stored._replace(expires_at=clock.now() + timedelta(seconds=left))
    profile.token_file.save(StoredToken(settings.app_id, token))
    with files_of_at_most(100):
        outcome = refresh(profile, settings)
    assert requests(sandbox) == 0
    assert isinstance(outcome, StorageError)
    assert "File too large" in outcome.message
    assert saved(profile).same_access(stored)


def test_a_lock_that_stays_held_is_temporary_and_says_by_whom(
    profile: Profile, settings: Settings, stored: Token
) -> None:
    with profile.token_file.lock():
        outcome = refresh(profile, settings, lock=profile.token_file.lock(0.0))
    assert isinstance(outcome, TemporaryError)
    assert str(os.getpid()) in outcome.message
