"""Auto-refresh follows the file, knows when to refresh, and rests when that is of no use."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.clock import NOON
from tests.support.tokens import APP_ID, LIFE, OTHER_APP_ID, a_token
from wtr_tui import errors
from wtr_tui.auto_refresh import FIRST_PAUSE, AutoRefresh
from wtr_tui.model import StoredToken
from wtr_tui.storage import state
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Problem, Settings
from wtr_tui.storage.state import State
from wtr_tui.tokens import How, Obtained

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PLANNED = NOON + LIFE - DAY


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile("default", tmp_path / "default.yaml", tmp_path / "state" / "default.json")


@pytest.fixture
def auto_refresh(profile: Profile) -> AutoRefresh:
    return AutoRefresh(profile, Settings(app_id=APP_ID), auto=True)


def saved(auto_refresh: AutoRefresh, stored: StoredToken) -> None:
    auto_refresh.profile.token_file.save(stored)


def following(auto_refresh: AutoRefresh, stored: StoredToken) -> AutoRefresh:
    saved(auto_refresh, stored)
    assert auto_refresh.look(NOON)
    return auto_refresh


MINE = StoredToken(APP_ID, a_token())


def test_without_a_file_there_is_no_token_and_no_problem(auto_refresh: AutoRefresh) -> None:
    auto_refresh.look(NOON)
    assert auto_refresh.stored is None
    assert auto_refresh.problem is None
    assert auto_refresh.next_at() is None


def test_a_token_another_process_writes_is_taken_over_once(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE)
    assert not auto_refresh.look(NOON)
    newer = StoredToken(APP_ID, a_token("NEW1"))
    saved(auto_refresh, newer)
    assert auto_refresh.look(NOON)
    assert auto_refresh.stored == newer
    assert not auto_refresh.look(NOON)


def test_a_file_that_is_gone_leaves_no_token(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE)
    auto_refresh.profile.token_path.unlink()
    assert auto_refresh.look(NOON)
    assert auto_refresh.stored is None


def test_a_damaged_file_is_told_once_and_forgotten_when_it_is_mended(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE)
    auto_refresh.profile.token_path.write_text("not a token")
    assert auto_refresh.look(NOON)
    assert auto_refresh.problem is not None
    assert not auto_refresh.look(NOON)
    auto_refresh.profile.token_path.unlink()
    saved(auto_refresh, MINE)
    assert auto_refresh.look(NOON)
    assert auto_refresh.problem is None
    assert auto_refresh.stored == MINE


def test_a_file_that_could_not_be_looked_at_for_a_while_is_no_problem_afterwards(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE)
    state = auto_refresh.profile.token_path.parent
    away = state.with_name("away")
    state.rename(away)
    state.write_text("a file where the folder was")
    assert auto_refresh.look(NOON)
    assert auto_refresh.problem is not None
    state.unlink()
    away.rename(state)
    assert auto_refresh.look(NOON)
    assert auto_refresh.problem is None
    assert auto_refresh.stored == MINE


def test_a_problem_is_told_once_and_another_one_again(auto_refresh: AutoRefresh) -> None:
    path = following(auto_refresh, MINE).profile.token_path
    copies = [path.rename(path.with_name("one")), path.with_name("another")]
    copies[1].write_text("{}")
    told = []
    for copied in copies:
        path.unlink(missing_ok=True)
        path.symlink_to(copied)
        told.append(auto_refresh.look(NOON))
    path.unlink()
    path.mkdir()
    assert [*told, auto_refresh.look(NOON)] == [True, False, True]


def test_a_token_obtained_while_the_clock_was_ahead_is_due_once_it_is_right(
    auto_refresh: AutoRefresh,
) -> None:
    ahead = NOON + 2 * DAY
    following(auto_refresh, StoredToken(APP_ID, a_token(obtained_at=ahead)))
    assert auto_refresh.due(NOON)
    assert not auto_refresh.due(ahead)
    wish = timedelta(seconds=70)
    auto_refresh.record_result(errors.TemporaryError("Webex is busy.", retry_after=wish), NOON)
    assert not auto_refresh.due(NOON + timedelta(seconds=69))
    assert auto_refresh.due(NOON + wish)


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
    auto_refresh: AutoRefresh, stored: StoredToken, planned: object
) -> None:
    assert following(auto_refresh, stored).next_at() == planned


def _switched_off(auto_refresh: AutoRefresh) -> None:
    auto_refresh.toggle_auto()


def _told_to_sign_in(auto_refresh: AutoRefresh) -> None:
    auto_refresh.record_result(errors.SignInNeeded("Sign in again."), NOON)


def _holding(auto_refresh: AutoRefresh) -> None:
    auto_refresh.keep_unsaved(StoredToken(APP_ID, a_token("HELD")))


def _other_settings(auto_refresh: AutoRefresh) -> None:
    auto_refresh.use_settings(Settings(app_id=OTHER_APP_ID))


def _unreadable_settings(auto_refresh: AutoRefresh) -> None:
    auto_refresh.use_settings(Settings(app_id=APP_ID, unread=True))


def _wrong_settings(auto_refresh: AutoRefresh) -> None:
    wrong = Problem("secret", "The secret is missing.", "", "It is missing.")
    auto_refresh.use_settings(Settings(app_id=APP_ID, problems=(wrong,)))


@pytest.mark.parametrize(
    "change",
    [
        _switched_off,
        _told_to_sign_in,
        _holding,
        _other_settings,
        _unreadable_settings,
        _wrong_settings,
    ],
)
def test_nothing_is_due_however_late_it_gets(
    auto_refresh: AutoRefresh, change: Callable[[AutoRefresh], None]
) -> None:
    change(following(auto_refresh, MINE))
    assert auto_refresh.next_at() is None
    assert not auto_refresh.due(NOON + 1000 * DAY)


@pytest.mark.parametrize(
    ("before", "after", "is_resumed"),
    [(False, False, False), (True, False, True), (True, True, False), (False, True, False)],
)
def test_only_settings_that_become_readable_end_the_waiting(
    auto_refresh: AutoRefresh, before: bool, after: bool, is_resumed: bool
) -> None:
    following(auto_refresh, MINE)
    auto_refresh.use_settings(Settings(app_id=APP_ID, unread=before))
    auto_refresh.record_result(errors.SignInNeeded("Sign in again."), NOON)
    auto_refresh.use_settings(Settings(app_id=APP_ID, unread=after))
    assert (auto_refresh.stopped == "") is is_resumed


def test_what_stopped_it_is_tried_again_once_the_settings_file_has_changed(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE).record_result(errors.WrongClient("Check the secret."), NOON)
    assert not auto_refresh.look(NOON)
    assert auto_refresh.stopped
    auto_refresh.profile.settings_path.write_text("secret: another one\n")
    assert auto_refresh.look(NOON)
    assert not auto_refresh.stopped
    assert auto_refresh.due(PLANNED)


def test_a_dead_grant_is_not_asked_about_again_because_the_settings_file_has_changed(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE)
    noted(auto_refresh, lambda known: setattr(known, "sign_in_needed_since", NOON))
    auto_refresh.record_result(errors.SignInNeeded("Sign in again."), NOON)
    auto_refresh.profile.settings_path.write_text("secret: another one\n")
    auto_refresh.look(NOON)
    assert not auto_refresh.due(NOON + 1000 * DAY)


def test_it_is_due_from_the_planned_instant_on(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE)
    assert not auto_refresh.due(PLANNED - timedelta(seconds=1))
    assert auto_refresh.due(PLANNED)


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
    auto_refresh: AutoRefresh, outcome: errors.WtrError
) -> None:
    following(auto_refresh, MINE).record_result(outcome, PLANNED)
    assert auto_refresh.stopped
    assert not auto_refresh.due(PLANNED + DAY)


def test_a_disk_that_fails_is_tried_again(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE).record_result(errors.StorageError("The disk is full."), PLANNED)
    assert not auto_refresh.stopped
    assert not auto_refresh.due(PLANNED + timedelta(seconds=1))
    assert auto_refresh.due(PLANNED + FIRST_PAUSE)


def test_a_token_from_elsewhere_ends_the_rest(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE).record_result(errors.SignInNeeded("Sign in again."), PLANNED)
    saved(auto_refresh, StoredToken(APP_ID, a_token("NEW1", obtained_at=PLANNED)))
    auto_refresh.look(PLANNED)
    assert not auto_refresh.stopped
    assert auto_refresh.due(PLANNED + LIFE)


def test_switching_auto_refresh_off_and_on_ends_the_rest(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE).record_result(errors.SignInNeeded("Sign in again."), PLANNED)
    auto_refresh.toggle_auto()
    auto_refresh.toggle_auto()
    assert auto_refresh.auto
    assert auto_refresh.due(PLANNED)


def test_temporary_failures_wait_longer_each_time(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE)
    waits = []
    for _ in range(4):
        auto_refresh.record_result(errors.TemporaryError("The network is down."), PLANNED)
        at = auto_refresh.next_at()
        assert at is not None
        waits.append((at - PLANNED).total_seconds())
    assert waits == sorted(waits)
    # 15 s doubling, less up to a quarter.
    for wait, longest in zip(waits, (15, 30, 60, 120), strict=True):
        assert longest * 0.75 <= wait <= longest


@pytest.mark.parametrize("now", [PLANNED, NOON + LIFE - timedelta(seconds=80)])
def test_the_servers_wish_when_to_ask_again_is_followed(
    auto_refresh: AutoRefresh, now: datetime
) -> None:
    following(auto_refresh, MINE)
    wish = timedelta(seconds=70)
    auto_refresh.record_result(errors.TemporaryError("Too many.", retry_after=wish), now)
    assert auto_refresh.next_at() == now + wish


@pytest.mark.parametrize(
    ("left", "shortest", "longest"),
    [(40, 11.25, 15), (20, 10, 10), (10, 5, 5), (6, 5, 5), (0, 11.25, 15), (-1, 11.25, 15)],
)
def test_the_first_pause_is_at_most_half_of_what_is_left_but_five_seconds(
    auto_refresh: AutoRefresh, left: float, shortest: float, longest: float
) -> None:
    following(auto_refresh, MINE)
    now = NOON + LIFE - timedelta(seconds=left)
    auto_refresh.record_result(errors.TemporaryError("The network is down."), now)
    at = auto_refresh.next_at()
    assert at is not None
    assert shortest <= (at - now).total_seconds() <= longest


def test_tries_just_before_the_end_do_not_lengthen_the_pause_after_it(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE)
    now = NOON + LIFE - timedelta(seconds=50)
    tries = 0
    while now < NOON + LIFE:
        auto_refresh.record_result(errors.TemporaryError("The network is down."), now)
        at = auto_refresh.next_at()
        assert at is not None
        now, tries = at, tries + 1
    assert tries > 3
    auto_refresh.record_result(errors.TemporaryError("The network is down."), now)
    at = auto_refresh.next_at()
    assert at is not None
    assert at - now <= timedelta(seconds=30)


@pytest.mark.parametrize("outcome", [How.REFRESHED, How.ALREADY_FRESH])
def test_a_success_ends_the_waiting(auto_refresh: AutoRefresh, outcome: How) -> None:
    following(auto_refresh, MINE)
    auto_refresh.record_result(errors.TemporaryError("The network is down."), PLANNED)
    auto_refresh.record_result(Obtained(MINE.token, outcome), PLANNED)
    assert auto_refresh.next_at() == PLANNED


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
    auto_refresh: AutoRefresh, left: timedelta, pause: timedelta
) -> None:
    following(auto_refresh, MINE)
    now = NOON + LIFE - left
    auto_refresh.record_result(Obtained(MINE.token, How.SAME), now)
    auto_refresh.look(now)
    assert auto_refresh.next_at() == now + pause


def test_a_token_that_could_not_be_saved_is_kept_while_the_file_stays_as_it_is(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE)
    held = a_token("HELD", obtained_at=NOON + DAY)
    auto_refresh.record_result(errors.NotSaved(held, "The disk is full."), NOON + DAY)
    auto_refresh.look(NOON + DAY)
    assert auto_refresh.unsaved
    assert auto_refresh.stored == auto_refresh.settings.stored(held)


@pytest.mark.parametrize("obtained_at", [NOON, NOON + DAY])
def test_an_unsaved_token_survives_that_its_file_is_made_writable_again(
    auto_refresh: AutoRefresh, obtained_at: datetime
) -> None:
    following(auto_refresh, MINE)
    held = a_token("HELD", obtained_at=obtained_at)
    auto_refresh.record_result(errors.NotSaved(held, "The file is not writable."), NOON + DAY)
    # What a person does who reads that sentence; it changes the file's mark.
    os.utime(auto_refresh.profile.token_path)
    assert auto_refresh.look(NOON + DAY)
    assert auto_refresh.unsaved
    assert auto_refresh.stored == auto_refresh.settings.stored(held)


def test_an_unsaved_token_survives_that_its_file_is_taken_away(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE).keep_unsaved(StoredToken(APP_ID, a_token("HELD")))
    auto_refresh.profile.token_path.unlink()
    auto_refresh.look(NOON)
    assert auto_refresh.unsaved


def test_a_newer_token_in_the_file_replaces_an_unsaved_one(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE).keep_unsaved(StoredToken(APP_ID, a_token("HELD")))
    newer = StoredToken(APP_ID, a_token("NEW1", obtained_at=NOON + DAY))
    saved(auto_refresh, newer)
    assert auto_refresh.look(NOON + DAY)
    assert auto_refresh.stored == newer
    assert not auto_refresh.unsaved


def test_another_app_ids_token_in_the_file_does_not_replace_an_unsaved_one(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, MINE).keep_unsaved(StoredToken(APP_ID, a_token("HELD")))
    saved(auto_refresh, StoredToken(OTHER_APP_ID, a_token("NEW1", obtained_at=NOON + DAY)))
    auto_refresh.look(NOON + DAY)
    assert auto_refresh.unsaved


def test_a_clock_that_went_back_is_told_until_it_has_caught_up(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, MINE)
    assert auto_refresh.look(NOON - DAY)
    assert auto_refresh.clock_went_back
    assert not auto_refresh.look(NOON - DAY)
    assert auto_refresh.look(NOON)
    assert not auto_refresh.clock_went_back


@pytest.mark.parametrize(("seconds", "went_back"), [(30, False), (60, False), (61, True)])
def test_a_clock_set_back_by_a_minute_is_nothing_to_tell(
    auto_refresh: AutoRefresh, seconds: int, went_back: bool
) -> None:
    following(auto_refresh, MINE)
    auto_refresh.look(NOON - timedelta(seconds=seconds))
    assert auto_refresh.clock_went_back is went_back


def noted(auto_refresh: AutoRefresh, change: Callable[[State], object]) -> None:
    """Notes something beside the token, as another process would."""
    path = str(auto_refresh.profile.token_path)
    known = state.read(path)
    assert auto_refresh.stored is not None
    token = auto_refresh.stored.token
    assert token.refresh_token is not None
    known.bind(token.access_token.reveal(), token.refresh_token.reveal())
    change(known)
    assert state.write(path, known)


def test_what_another_process_noted_is_known_at_the_next_look(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, StoredToken(APP_ID, a_token()))
    assert not auto_refresh.look(NOON)
    noted(auto_refresh, lambda known: setattr(known, "sign_in_needed_since", NOON))
    assert auto_refresh.look(NOON)
    assert auto_refresh.recorded.sign_in_needed("refresh-token") == NOON
    assert not auto_refresh.look(NOON)


def test_only_a_refresh_token_that_webex_refuses_is_lost(auto_refresh: AutoRefresh) -> None:
    assert not auto_refresh.is_lost
    following(auto_refresh, MINE._replace(token=a_token()._replace(refresh_token=None)))
    assert not auto_refresh.is_lost
    following(auto_refresh, MINE)
    assert not auto_refresh.is_lost
    noted(auto_refresh, lambda known: setattr(known, "sign_in_needed_since", NOON))
    auto_refresh.look(NOON)
    assert auto_refresh.is_lost


def test_a_token_that_webex_refuses_is_refreshed_once(auto_refresh: AutoRefresh) -> None:
    following(auto_refresh, StoredToken(APP_ID, a_token()))
    assert not auto_refresh.due(NOON)
    noted(auto_refresh, lambda known: setattr(known, "refused_since", NOON))
    auto_refresh.look(NOON)
    assert auto_refresh.due(NOON)
    noted(auto_refresh, lambda known: setattr(known, "refused_again", True))
    auto_refresh.look(NOON)
    assert not auto_refresh.due(NOON)
    assert auto_refresh.next_at() == PLANNED


def test_the_end_is_announced_within_its_limits_and_at_most_once_a_minute(
    auto_refresh: AutoRefresh,
) -> None:
    following(auto_refresh, StoredToken(APP_ID, a_token(refresh_life=20 * DAY)))
    assert not auto_refresh.announcement_due(NOON)
    later = NOON + 7 * DAY
    assert auto_refresh.announcement_due(later)
    assert not auto_refresh.announcement_due(later + timedelta(seconds=59))
    assert auto_refresh.announcement_due(later + timedelta(seconds=60))
    end = NOON + 20 * DAY
    noted(auto_refresh, lambda known: known.record_warnings(end, state.DEFAULT_WARN_BEFORE[:1]))
    auto_refresh.look(later)
    assert not auto_refresh.announcement_due(later + timedelta(minutes=5))
    assert auto_refresh.announcement_due(NOON + 18 * DAY)


@pytest.mark.parametrize(("after", "is_due"), [(6 * DAY, True), (6 * DAY - SECOND, False)])
def test_the_first_announcement_is_due_at_its_limit(
    auto_refresh: AutoRefresh, after: timedelta, is_due: bool
) -> None:
    following(auto_refresh, StoredToken(APP_ID, a_token(refresh_life=20 * DAY)))
    assert auto_refresh.announcement_due(NOON + after) is is_due


def test_the_end_of_a_foreign_or_unsaved_token_is_not_announced(auto_refresh: AutoRefresh) -> None:
    now, ending = NOON + 7 * DAY, StoredToken(APP_ID, a_token(refresh_life=20 * DAY))
    assert not auto_refresh.announcement_due(now)
    following(auto_refresh, ending).use_settings(Settings(app_id=OTHER_APP_ID))
    assert not auto_refresh.announcement_due(now)
    auto_refresh.use_settings(Settings(app_id=APP_ID))
    auto_refresh.keep_unsaved(ending)
    assert not auto_refresh.announcement_due(now)


def test_the_base_url_of_the_token_is_named_where_the_settings_name_another(
    auto_refresh: AutoRefresh,
) -> None:
    assert auto_refresh.other_base_url == ""
    following(auto_refresh, MINE._replace(base_url="https://webex.example/v1"))
    assert auto_refresh.other_base_url == "https://webex.example/v1"
