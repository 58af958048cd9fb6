"""All profiles while the program is open: kept alive, and none with the secret of another."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.stage import ANN, NoWebex, Stage, shows, tells, told, until
from tests.support.tokens import APP_ID, OTHER_APP_ID, a_token
from tests.support.waiting import PATIENCE
from wtr_tui import clock, errors, outcomes, tokens
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import GrantRejected, TemporaryError
from wtr_tui.model import StoredToken
from wtr_tui.storage import profiles
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.tui.display import join_alerts
from wtr_tui.tui.session import Session, WatchedProfile, with_tilde

LIFE = timedelta(days=14)


class Webex:
    """Stands where tokens are refreshed: what was asked for whom, and what comes of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.failures: dict[str, errors.WtrError] = {}
        self.seen: dict[str, object] = {}
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()

    def refresh(
        self, found: Profile, settings: Settings, *, seen: object = None, **_: object
    ) -> tokens.Obtained:
        with self._lock:
            self.asked.append((found.name, settings.secret.reveal()))
            self.seen[found.name] = seen
        assert self.open.wait(PATIENCE)
        if found.name in self.failures:
            stored = found.token_file.read()
            assert stored is not None
            outcomes.record_failure(found, stored.token, self.failures[found.name], clock.now())
            raise self.failures[found.name]
        token = a_token(f"NEW-{found.name}", obtained_at=clock.now())
        found.token_file.save(StoredToken(settings.app_id, token))
        return tokens.Obtained(token, tokens.How.REFRESHED)

    def names(self) -> list[str]:
        return sorted(name for name, _ in self.asked)


@pytest.fixture
def webex(monkeypatch: pytest.MonkeyPatch) -> Webex:
    webex = Webex()
    monkeypatch.setattr(tokens, "refresh", webex.refresh)
    monkeypatch.setattr("wtr_tui.tui.app._TICK_SECONDS", 0.05)
    return webex


def _make(stage: Stage, name: str, *, left: timedelta, more: str = "") -> Profile:
    made = profiles.by_name(name, stage.environ)
    made.settings_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made.settings_path.touch(mode=0o600)
    made.settings_path.write_text(f"appid: {APP_ID}\nsecret: secret-of-{name}\n{more}")
    token = a_token(name, obtained_at=stage.clock() + left - LIFE)
    made.token_file.save(StoredToken(APP_ID, token))
    return made


def _marked(stage: Stage) -> list[str]:
    """What the open screens say to other processes: a process id, and what they keep alive."""
    found = list(stage.profile.token_path.parent.glob(".screen-*"))
    return found[0].read_text().splitlines() if found else []


async def test_every_profile_that_is_due_is_refreshed_where_its_settings_say_so(
    stage: Stage, webex: Webex
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    _make(stage, "due", left=timedelta(hours=2))
    _make(stage, "fresh", left=timedelta(days=10))
    _make(stage, "left-alone", left=timedelta(hours=2), more="autoRefresh: false\n")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(webex.asked))
        for _ in range(20):
            await pilot.pause()
        kept = {"default", "due", "fresh"}
        await until(pilot, lambda: set(_marked(stage)[1:]) == kept, "the mark for others")
    assert webex.names() == ["due"]
    assert _marked(stage) == []


async def test_what_another_process_does_while_a_refresh_waits_for_its_turn_is_not_done_again(
    stage: Stage, webex: Webex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wtr_tui.tui.refreshing._MAX_CONCURRENT", 1)
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    first, second = (_make(stage, name, left=timedelta(hours=2)) for name in ("a", "b"))
    before = {each.name: each.token_file.read() for each in (first, second)}
    webex.open.clear()
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(webex.asked) == 1)
        waiting = second if webex.asked[0][0] == first.name else first
        watched = next(each for each in app.session.watched if each.profile == waiting)
        await until(pilot, lambda: watched.refreshing)
        newer = StoredToken(APP_ID, a_token("NEWER", obtained_at=stage.clock()))
        waiting.token_file.save(newer)
        await until(
            pilot, lambda: watched.look(stage.clock()) or watched.auto_refresh.stored == newer
        )
        webex.open.set()
        await until(pilot, lambda: len(webex.asked) == 2)
    stored = before[waiting.name]
    assert stored is not None
    assert webex.seen[waiting.name] == stored.token


async def test_each_profile_has_a_back_off_of_its_own_and_a_person_is_called_once(
    stage: Stage, webex: Webex
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for name in ("busy", "revoked"):
        _make(stage, name, left=timedelta(hours=2))
    webex.failures = {
        "busy": TemporaryError("Webex is busy."),
        "revoked": GrantRejected("Webex no longer accepts the refresh token."),
    }
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await tells(pilot, "revoked needs a sign-in. F5 shows the profiles.")
        watched = {each.profile.name: each for each in app.session.watched}
        assert watched["busy"].auto_refresh.next_at() is not None
        assert watched["revoked"].auto_refresh.next_at() is None
        assert app.session.auto_refresh.next_at() is not None
        await pilot.press("escape")
        for _ in range(30):
            await pilot.pause(0.01)
        assert webex.names() == ["busy", "revoked"]
        await pilot.press("f5")
        await shows(pilot, "Webex is busy.")


async def test_all_are_refreshed_on_a_key_and_a_failure_stands_beside_its_profile(
    stage: Stage, webex: Webex
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for number in range(12):
        _make(stage, f"calling-{number}", left=timedelta(days=10))
    webex.failures = {"calling-3": TemporaryError("The network is unreachable.")}
    app = stage.app()
    async with app.run_test(size=(160, 34)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "calling-11")
        await pilot.press("R")
        await tells(pilot, "12 of 13 refreshed, not calling-3: the frame of each says why.")
        await shows(pilot, "! The network is unreachable.")
    assert len(webex.asked) == 13


async def test_what_became_of_all_stays_where_a_sign_in_is_needed_by_one(
    stage: Stage, webex: Webex
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for name in ("dead", "lab"):
        _make(stage, name, left=timedelta(days=10))
        webex.failures[name] = GrantRejected("Webex no longer accepts the refresh token.")
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "lab")
        await pilot.press("R")
        await tells(pilot, "1 of 3 refreshed, not dead and lab: the frame of each says why.")
        await until(pilot, lambda: app._ticks % 5 == 0)
        await until(pilot, lambda: app._ticks % 5 == 4)
        assert "1 of 3 refreshed" in told(pilot)


def test_what_several_profiles_need_is_said_once() -> None:
    sign_in, kept = "needs a sign-in", "has a token file that cannot be used"
    assert join_alerts({"lab": sign_in}) == "lab needs a sign-in"
    assert join_alerts({"dead": sign_in, "lab": sign_in}) == "dead and lab need a sign-in"
    three = {"a": sign_in, "b": kept, "c": sign_in, "d": sign_in}
    assert join_alerts(three) == (
        "a, c and d need a sign-in, b has a token file that cannot be used"
    )
    many = dict.fromkeys(map(str, range(9)), "is refused by Webex")
    assert join_alerts(many) == "0, 1 and 7 more are refused by Webex"


async def test_what_is_wrong_with_the_settings_is_said_beside_what_others_need(
    stage: Stage,
) -> None:
    stage.configure(theme="lite", keys="{nonsense: f8}")
    stage.save(a_token(obtained_at=stage.clock()))
    lab = _make(stage, "lab", left=timedelta(hours=2))
    stored = lab.token_file.read()
    assert stored is not None
    outcomes.record_failure(lab, stored.token, GrantRejected("Not accepted."), stage.clock())
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(120, 40)) as pilot:
        await tells(pilot, "lab needs a sign-in. F5 shows the profiles.")
        await tells(pilot, "The theme lite is not known")
        await tells(pilot, "there is no action nonsense")


async def test_profiles_that_come_and_go_are_followed(stage: Stage, webex: Webex) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app()
    async with app.run_test(size=(100, 34)) as pilot:
        await pilot.press("f5")
        made = _make(stage, "later", left=timedelta(days=3))
        await shows(pilot, "later")
        made.settings_path.write_text("appid: [\n")
        await until(pilot, lambda: any(each.settings_error for each in app.session.watched))
        Path(made.settings_path).unlink()
        Path(made.token_path).unlink()
        await until(pilot, lambda: len(app.session.watched) == 1)


def test_variables_count_for_the_profile_that_was_started_and_for_no_other(stage: Stage) -> None:
    environ = {**stage.environ, "WEBEX_SECRET": "of-the-started", "WEBEX_APPID": OTHER_APP_ID,
               "WEBEX_BASEURL": "https://elsewhere.example/v1"}  # fmt: skip
    stage.configure()
    other = _make(stage, "other", left=timedelta(days=3))
    session = Session(stage.profile, environ, Surroundings())
    started = session.settings
    assert (started.secret.reveal(), started.app_id) == ("of-the-started", OTHER_APP_ID)
    settings = session.watch(other).settings
    assert (settings.secret.reveal(), settings.app_id) == ("secret-of-other", APP_ID)
    assert settings.base_url != started.base_url


async def test_a_profile_gone_on_with_keeps_its_own_secret(stage: Stage, webex: Webex) -> None:
    stage.environ["WEBEX_SECRET"] = "of-the-started"
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    _make(stage, "other", left=timedelta(days=10))
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "other")
        await pilot.press("down", "enter")
        await tells(pilot, "This is the profile other.")
        await pilot.press("r")
        await until(pilot, lambda: bool(webex.asked))
    assert webex.asked == [("other", "secret-of-other")]


@pytest.mark.parametrize(
    ("left", "sign_in_left", "expected"),
    [
        (timedelta(days=3), timedelta(days=80), ""),
        (timedelta(hours=-1), timedelta(days=80), ""),
        (timedelta(days=3), timedelta(hours=-1), ""),
        (timedelta(hours=-1), timedelta(hours=-1), "needs a sign-in"),
    ],
)
def test_a_person_is_needed_once_nothing_else_helps(
    stage: Stage, left: timedelta, sign_in_left: timedelta, expected: str
) -> None:
    made = _make(stage, "work", left=left)
    stored = made.token_file.read()
    assert stored is not None
    token = stored.token._replace(refresh_expires_at=stage.clock() + sign_in_left)
    made.token_file.save(StoredToken(APP_ID, token))
    watched = WatchedProfile(made, stage.environ)
    watched.look(stage.clock())
    assert watched.alert(stage.clock()) == expected


async def test_signing_out_asks_first_deletes_the_token_and_says_what_webex_did(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    other = _make(stage, "work", left=timedelta(days=3))
    asked: list[str] = []

    def refused(client: object, *_: object) -> None:
        asked.append("revoke")
        raise errors.RequestRefused("Not an administrator.")

    monkeypatch.setattr("wtr_tui.sign_out._revoke", refused)
    app = stage.app()
    async with app.run_test(size=(100, 34)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "work")
        await pilot.press("down", "o")
        await shows(pilot, "Sign out of work?")
        await pilot.press("n")
        assert other.token_path.exists()
        await pilot.press("o", "y")
        await until(pilot, lambda: not other.token_path.exists())
        await shows(pilot, "○ work")
    assert stage.profile.token_path.exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/.config/x.yaml: right", "~/.config/x.yaml: right"),
        ("kept in /home/ann/a and /home/ann/b", "kept in ~/a and ~/b"),
        ("/data/home/ann/a, /home/anna/b", "/data/home/ann/a, /home/anna/b"),
    ],
)
def test_the_home_folder_is_written_as_a_tilde(text: str, shown: str) -> None:
    assert with_tilde(text, {"HOME": "/home/ann/"}) == shown
    assert with_tilde(text, {}) == text
