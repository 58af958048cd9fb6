"""The keeper follows the file, knows when to refresh, and rests when that is of no use."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import NOON
from tests.support.tokens import APP_ID, LIFE, OTHER_APP_ID, a_token
from wtr_tui import errors
from wtr_tui.auto_refresh import FIRST_PAUSE, AutoRefresh
from wtr_tui.model import StoredToken
from wtr_tui.storage import state
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.state import State
from wtr_tui.tokens import How, Obtained

DAY = timedelta(days=1)
PLANNED = NOON + LIFE - DAY


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("default", tmp_path / "default.yaml", tmp_path / "state" / "default.json")


@pytest.fixture
def keeper(profile: Profile) -> AutoRefresh:
    return AutoRefresh(profile, Settings(app_id=APP_ID), auto=True)


def saved(keeper: AutoRefresh, stored: StoredToken) -> None:
    keeper.profile.token_file.save(stored)


def following(keeper: AutoRefresh, stored: StoredToken) -> AutoRefresh:
    saved(keeper, stored)
    assert keeper.look(NOON)
    return keeper


MINE = StoredToken(APP_ID, a_token())


def test_without_a_file_there_is_no_token_and_no_problem(keeper: AutoRefresh) -> None:
    keeper.look(NOON)
    assert keeper.stored is None
    assert keeper.problem is None
    assert keeper.next_at() is None


def test_a_token_another_process_writes_is_taken_over_once(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    assert not keeper.look(NOON)
    newer = StoredToken(APP_ID, a_token("NEW1"))
    saved(keeper, newer)
    assert keeper.look(NOON)
    assert keeper.stored == newer
    assert not keeper.look(NOON)


def test_a_file_that_is_gone_leaves_no_token(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    keeper.profile.token_path.unlink()
    assert keeper.look(NOON)
    assert keeper.stored is None


def test_a_damaged_file_is_told_once_and_forgotten_when_it_is_mended(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    keeper.profile.token_path.write_text("not a token")
    assert keeper.look(NOON)
    assert keeper.problem is not None
    assert not keeper.look(NOON)
    keeper.profile.token_path.unlink()
    saved(keeper, MINE)
    assert keeper.look(NOON)
    assert keeper.problem is None
    assert keeper.stored == MINE


def test_a_file_that_could_not_be_looked_at_for_a_while_is_no_problem_afterwards(
    keeper: AutoRefresh,
) -> None:
    following(keeper, MINE)
    state = keeper.profile.token_path.parent
    away = state.with_name("away")
    state.rename(away)
    state.write_text("a file where the folder was")
    assert keeper.look(NOON)
    assert keeper.problem is not None
    state.unlink()
    away.rename(state)
    assert keeper.look(NOON)
    assert keeper.problem is None
    assert keeper.stored == MINE


def test_a_token_obtained_while_the_clock_was_ahead_is_due_once_it_is_right(
    keeper: AutoRefresh,
) -> None:
    ahead = NOON + 2 * DAY
    following(keeper, StoredToken(APP_ID, a_token(obtained_at=ahead)))
    assert keeper.due(NOON)
    assert not keeper.due(ahead)
    keeper.learn(errors.TemporaryError("Webex is busy."), NOON)
    assert not keeper.due(NOON)


@pytest.mark.parametrize(
    ("stored", "planned"),
    [
        (MINE, PLANNED),
        (StoredToken(APP_ID, a_token(life=timedelta(minutes=3))), NOON + timedelta(seconds=90)),
        (StoredToken(APP_ID, a_token(refresh=None)), None),
        (StoredToken(APP_ID, a_token(life=None)), None),
        (StoredToken(OTHER_APP_ID, a_token()), None),
    ],
    ids=["two weeks", "three minutes", "no refresh token", "end unknown", "another App ID's"],
)
def test_auto_refresh_is_planned_for_tokens_that_can_be_refreshed(
    keeper: AutoRefresh, stored: StoredToken, planned: object
) -> None:
    assert following(keeper, stored).next_at() == planned


def _switched_off(keeper: AutoRefresh) -> None:
    keeper.switch_auto()


def _told_to_sign_in(keeper: AutoRefresh) -> None:
    keeper.learn(errors.SignInNeeded("Sign in again."), NOON)


def _holding(keeper: AutoRefresh) -> None:
    keeper.hold(StoredToken(APP_ID, a_token("HELD")))


def _other_settings(keeper: AutoRefresh) -> None:
    keeper.follow(Settings(app_id=OTHER_APP_ID))


@pytest.mark.parametrize("change", [_switched_off, _told_to_sign_in, _holding, _other_settings])
def test_nothing_is_due_however_late_it_gets(
    keeper: AutoRefresh, change: Callable[[AutoRefresh], None]
) -> None:
    change(following(keeper, MINE))
    assert keeper.next_at() is None
    assert not keeper.due(NOON + 1000 * DAY)


def test_it_is_due_from_the_planned_instant_on(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    assert not keeper.due(PLANNED - timedelta(seconds=1))
    assert keeper.due(PLANNED)


@pytest.mark.parametrize(
    "outcome",
    [
        errors.SignInNeeded("The refresh token is not accepted."),
        errors.WrongClient("The secret is wrong."),
        errors.RequestRefused("It cannot be refreshed."),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_what_asking_again_would_not_change_stops_auto_refresh(
    keeper: AutoRefresh, outcome: errors.WtrError
) -> None:
    following(keeper, MINE).learn(outcome, PLANNED)
    assert keeper.stopped
    assert not keeper.due(PLANNED + DAY)


def test_a_disk_that_fails_is_tried_again(keeper: AutoRefresh) -> None:
    following(keeper, MINE).learn(errors.StorageError("The disk is full."), PLANNED)
    assert not keeper.stopped
    assert not keeper.due(PLANNED + timedelta(seconds=1))
    assert keeper.due(PLANNED + FIRST_PAUSE)


def test_a_token_from_elsewhere_ends_the_rest(keeper: AutoRefresh) -> None:
    following(keeper, MINE).learn(errors.SignInNeeded("Sign in again."), PLANNED)
    saved(keeper, StoredToken(APP_ID, a_token("NEW1", obtained_at=PLANNED)))
    keeper.look(PLANNED)
    assert not keeper.stopped
    assert keeper.due(PLANNED + LIFE)


def test_switching_auto_refresh_off_and_on_ends_the_rest(keeper: AutoRefresh) -> None:
    following(keeper, MINE).learn(errors.SignInNeeded("Sign in again."), PLANNED)
    keeper.switch_auto()
    keeper.switch_auto()
    assert keeper.auto
    assert keeper.due(PLANNED)


def test_temporary_failures_wait_longer_each_time(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    waits = []
    for _ in range(4):
        keeper.learn(errors.TemporaryError("The network is down."), PLANNED)
        at = keeper.next_at()
        assert at is not None
        waits.append((at - PLANNED).total_seconds())
    assert waits == sorted(waits)
    # 15 s doubling, less up to a quarter.
    for wait, longest in zip(waits, (15, 30, 60, 120), strict=True):
        assert longest * 0.75 <= wait <= longest


def test_the_servers_wish_when_to_ask_again_is_followed(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    keeper.learn(
        errors.TemporaryError("Too many requests.", retry_after=timedelta(seconds=70)), PLANNED
    )
    assert keeper.next_at() == PLANNED + timedelta(seconds=70)


def test_tries_just_before_the_end_do_not_lengthen_the_pause_after_it(
    keeper: AutoRefresh,
) -> None:
    following(keeper, MINE)
    now = NOON + LIFE - timedelta(seconds=50)
    tries = 0
    while now < NOON + LIFE:
        keeper.learn(errors.TemporaryError("The network is down."), now)
        at = keeper.next_at()
        assert at is not None
        now, tries = at, tries + 1
    assert tries > 3
    keeper.learn(errors.TemporaryError("The network is down."), now)
    at = keeper.next_at()
    assert at is not None
    assert at - now <= timedelta(seconds=30)


@pytest.mark.parametrize("outcome", [How.REFRESHED, How.ALREADY_FRESH])
def test_a_success_ends_the_waiting(keeper: AutoRefresh, outcome: How) -> None:
    following(keeper, MINE)
    keeper.learn(errors.TemporaryError("The network is down."), PLANNED)
    keeper.learn(Obtained(MINE.token, outcome), PLANNED)
    assert keeper.next_at() == PLANNED


@pytest.mark.parametrize(
    ("left", "pause"),
    [
        (timedelta(days=1), timedelta(hours=1)),
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta(seconds=40), timedelta(seconds=30)),
        (timedelta(seconds=-5), timedelta(seconds=30)),
    ],
)
def test_the_same_token_again_is_not_asked_for_at_once(
    keeper: AutoRefresh, left: timedelta, pause: timedelta
) -> None:
    following(keeper, MINE)
    now = NOON + LIFE - left
    keeper.learn(Obtained(MINE.token, How.SAME), now)
    assert keeper.next_at() == now + pause


def test_a_token_that_could_not_be_saved_is_kept_while_the_file_stays_as_it_is(
    keeper: AutoRefresh,
) -> None:
    following(keeper, MINE)
    held = a_token("HELD", obtained_at=NOON + DAY)
    keeper.learn(errors.NotSaved(held, "The disk is full."), NOON + DAY)
    keeper.look(NOON + DAY)
    assert keeper.unsaved
    assert keeper.stored == keeper.settings.stored(held)


def test_an_unsaved_token_survives_that_its_file_is_made_writable_again(
    keeper: AutoRefresh,
) -> None:
    following(keeper, MINE)
    held = a_token("HELD", obtained_at=NOON + DAY)
    keeper.learn(errors.NotSaved(held, "The file is not writable."), NOON + DAY)
    # What a person does who reads that sentence; it changes the file's fingerprint.
    os.utime(keeper.profile.token_path)
    keeper.look(NOON + DAY)
    assert keeper.unsaved
    assert keeper.stored == keeper.settings.stored(held)


def test_an_unsaved_token_survives_that_its_file_is_taken_away(keeper: AutoRefresh) -> None:
    following(keeper, MINE).hold(StoredToken(APP_ID, a_token("HELD")))
    keeper.profile.token_path.unlink()
    keeper.look(NOON)
    assert keeper.unsaved


def test_a_newer_token_in_the_file_replaces_an_unsaved_one(keeper: AutoRefresh) -> None:
    following(keeper, MINE).hold(StoredToken(APP_ID, a_token("HELD")))
    newer = StoredToken(APP_ID, a_token("NEW1", obtained_at=NOON + DAY))
    saved(keeper, newer)
    assert keeper.look(NOON + DAY)
    assert keeper.stored == newer
    assert not keeper.unsaved


def test_another_app_ids_token_in_the_file_does_not_replace_an_unsaved_one(
    keeper: AutoRefresh,
) -> None:
    following(keeper, MINE).hold(StoredToken(APP_ID, a_token("HELD")))
    saved(keeper, StoredToken(OTHER_APP_ID, a_token("NEW1", obtained_at=NOON + DAY)))
    keeper.look(NOON + DAY)
    assert keeper.unsaved


def test_a_clock_that_went_back_is_told_until_it_has_caught_up(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    assert keeper.look(NOON - DAY)
    assert keeper.clock_went_back
    assert not keeper.look(NOON - DAY)
    assert keeper.look(NOON)
    assert not keeper.clock_went_back


def test_a_clock_set_back_by_seconds_is_nothing_to_tell(keeper: AutoRefresh) -> None:
    following(keeper, MINE)
    keeper.look(NOON - timedelta(seconds=30))
    assert not keeper.clock_went_back


def noted(keeper: AutoRefresh, change: Callable[[State], object]) -> None:
    """Notes something beside the token, as another process would."""
    path = str(keeper.profile.token_path)
    known = state.read(path)
    assert keeper.stored is not None
    token = keeper.stored.token
    assert token.refresh_token is not None
    known.follow(token.access_token.reveal(), token.refresh_token.reveal())
    change(known)
    assert state.write(path, known)


def test_what_another_process_noted_is_known_at_the_next_look(keeper: AutoRefresh) -> None:
    following(keeper, StoredToken(APP_ID, a_token()))
    assert not keeper.look(NOON)
    noted(keeper, lambda known: setattr(known, "sign_in_needed_since", NOON))
    assert keeper.look(NOON)
    assert keeper.known.sign_in_needed("refresh-token") == NOON
    assert not keeper.look(NOON)


def test_a_token_that_webex_refuses_is_refreshed_once(keeper: AutoRefresh) -> None:
    following(keeper, StoredToken(APP_ID, a_token()))
    assert not keeper.due(NOON)
    noted(keeper, lambda known: setattr(known, "refused_since", NOON))
    keeper.look(NOON)
    assert keeper.due(NOON)
    noted(keeper, lambda known: setattr(known, "refused_again", True))
    keeper.look(NOON)
    assert not keeper.due(NOON)
    assert keeper.next_at() == PLANNED


def test_the_end_is_announced_within_its_limits_and_at_most_once_a_minute(
    keeper: AutoRefresh,
) -> None:
    following(keeper, StoredToken(APP_ID, a_token(refresh_life=20 * DAY)))
    assert not keeper.announcement_due(NOON)
    later = NOON + 7 * DAY
    assert keeper.announcement_due(later)
    assert not keeper.announcement_due(later + timedelta(seconds=59))
    assert keeper.announcement_due(later + timedelta(seconds=60))
    end = NOON + 20 * DAY
    noted(keeper, lambda known: known.announce(end, 13 * DAY, state.WARN_BEFORE[:1]))
    keeper.look(later)
    assert not keeper.announcement_due(later + timedelta(minutes=5))
    assert keeper.announcement_due(NOON + 18 * DAY)
