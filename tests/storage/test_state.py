"""What is noted beside a token: bound to the token it speaks of, and harmless in any shape."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import NOON
from wtr_tui.storage import paths, state
from wtr_tui.storage.state import LastOutcome, State

DAY = timedelta(days=1)
LIMITS = state.DEFAULT_WARN_BEFORE


@pytest.fixture
def token_path(tmp_path: Path) -> str:
    return str(tmp_path / "work.json")


def noted() -> State:
    known = State()
    known.bind("access", "refresh")
    known.last = LastOutcome("temporary", NOON, "Webex is busy – ☂.")
    known.refreshed_at = NOON - DAY
    known.refused_since = NOON
    known.sign_in_needed_since = NOON
    known.message = "Webex no longer accepts the refresh token."
    known.record_warnings(NOON + DAY, LIMITS)
    known.end_stays = True
    known.mint_failures, known.mint_again_at = 2, NOON + DAY
    return known


def test_what_was_noted_is_read_again(token_path: str) -> None:
    assert state.write(token_path, noted())
    path = Path(token_path).with_suffix(".state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    known = state.read(token_path)
    assert known.last is not None
    assert (known.last.kind, known.last.at) == ("temporary", NOON)
    assert known.last.message == "Webex is busy – ☂."
    assert known.refreshed_at == NOON - DAY
    assert known.refused("access") == NOON
    assert known.sign_in_needed("refresh") == NOON
    assert known.mint_deferred_until("access") == NOON + DAY
    assert known.message == "Webex no longer accepts the refresh token."
    assert known.is_end_fixed(NOON + DAY)
    assert not known.is_end_extended(NOON + DAY)
    assert known.due_warnings(NOON + DAY, DAY) == ()


def test_no_token_is_in_it(token_path: str) -> None:
    known = State()
    known.bind("the access token itself", "the refresh token itself")
    state.write(token_path, known)
    assert "itself" not in Path(token_path).with_suffix(".state").read_text()


def test_a_new_token_ends_what_was_known_of_the_one_before(token_path: str) -> None:
    state.write(token_path, noted())
    known = state.read(token_path)
    assert known.refused("another") is None
    assert known.mint_deferred_until("another") is None
    assert known.sign_in_needed("another") is None
    assert known.sign_in_needed(None) is None
    known.bind("another", "refresh")
    assert (known.refused_since, known.sign_in_needed_since) == (None, None)


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b'{"version": 2}',
        b'{"version": 1, "last": {"at": 5}}',
        b'{"version": 1, "last": []}',
        b'{"version": 1, "refused_since": "yesterday"}',
        b'{"version": 1, "given": ["x"], "end": 4, "warn_before": "14d"}',
        b'{"version": 1, "given": [null]}',
        b'{"version": 1, "access": [], "sign_in_needed_since": 3, "refreshed_at": {}}',
        b'{"version": 1, "mint_failures": 1e999}',
        b'{"version": 1, "warn_before": [1e999]}',
        b'{"version": 1, "warn_before": [NaN, null]}',
        b"[" * 200_000,
    ],
)
def test_what_cannot_be_understood_is_nothing_known(token_path: str, found: bytes) -> None:
    path = Path(token_path).with_suffix(".state")
    path.touch(mode=0o600)
    path.write_bytes(found)
    assert state.longest_warning(token_path) in (None, max(state.DEFAULT_WARN_BEFORE))
    known = state.read(token_path)
    assert known.refused("access") is None
    assert known.sign_in_needed("refresh") is None
    assert known.due_warnings(NOON + DAY, DAY) == LIMITS
    assert state.write(token_path, noted())
    assert state.read(token_path).refused("access") == NOON


def test_a_folder_or_a_link_in_its_place_is_nothing_known_and_left_alone(
    token_path: str, tmp_path: Path
) -> None:
    path = Path(token_path).with_suffix(".state")
    path.mkdir()
    assert not state.write(token_path, noted())
    assert state.read(token_path).last is None
    path.rmdir()
    other = tmp_path / "other"
    other.write_text("as it was")
    path.symlink_to(other)
    assert not state.write(token_path, noted())
    assert other.read_text() == "as it was"


def test_it_is_no_profile(token_path: str, tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    token = Path(paths.token_path("work", environ))
    token.parent.mkdir()
    token.touch()
    assert state.write(str(token), noted())
    assert paths.profile_names(environ) == ["work"]


@pytest.mark.parametrize(
    ("left", "given", "due"),
    [
        (15 * DAY, (), ()),
        (14 * DAY, (), LIMITS[:1]),
        (13 * DAY, LIMITS[:1], ()),
        (3 * DAY, LIMITS[:1], LIMITS[:2]),
        (20 * DAY / 24, (), LIMITS),
        (20 * DAY / 24, LIMITS, ()),
        (20 * DAY / 24, LIMITS[:1], LIMITS),
        (timedelta(0), (), ()),
        (-DAY, (), ()),
    ],
)
def test_each_limit_is_announced_once(
    left: timedelta, given: tuple[int, ...], due: tuple[int, ...]
) -> None:
    known = State()
    known.given = given
    assert known.due_warnings(NOON + left, left) == due


def test_an_end_that_moves_with_each_refresh_is_not_announced() -> None:
    known = State()
    known.end, known.end_stays = NOON + DAY, False
    assert known.due_warnings(NOON + DAY, DAY) == ()
    # Nothing is known about another end.
    assert known.due_warnings(NOON + 2 * DAY, 2 * DAY) == LIMITS[:2]


def test_an_end_that_was_only_computed_anew_is_not_announced_again() -> None:
    known = State()
    known.record_warnings(NOON + 3 * DAY, LIMITS[:2])
    later = timedelta(seconds=2)
    assert known.due_warnings(NOON + 3 * DAY + later, 3 * DAY + later) == ()
    assert known.due_warnings(NOON + 3 * DAY, 3 * DAY - later) == ()


def test_an_end_that_has_moved_is_announced_anew() -> None:
    known = State()
    known.record_warnings(NOON + DAY, LIMITS)
    far = 90 * DAY
    assert known.due_warnings(NOON + far, far) == ()
    assert known.due_warnings(NOON + far, 2 * DAY) == LIMITS[:2]


def test_whether_an_end_is_fixed_is_forgotten_with_another_end_alone() -> None:
    known = State()
    known.end, known.end_stays = NOON + DAY, True
    known.record_warnings(NOON + DAY, LIMITS)
    assert known.is_end_fixed(NOON + DAY)
    known.record_warnings(NOON + 2 * DAY, LIMITS)
    assert known.end_stays is None
