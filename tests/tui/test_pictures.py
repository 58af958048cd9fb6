"""How each screen looks in its main states, picture for picture.

A picture that changed on purpose is looked at, then taken over with ``pytest --snapshot-update``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.clock import NOON, Clock
from tests.support.stage import ANN, DESK, OVER_SSH, NoWebex, Stage, seen, shows, until
from tests.support.tokens import APP_ID, LIFE, OTHER_APP_ID, a_token
from wtr_tui import errors, history, tokens
from wtr_tui.addresses import RedirectUri
from wtr_tui.clock import now
from wtr_tui.errors import FAILED
from wtr_tui.history import Entry, Event
from wtr_tui.model import Account, Secret, StoredToken
from wtr_tui.oauth import steps
from wtr_tui.oauth.responses import HELPER_REDIRECT_URIS, DeviceAuthorization
from wtr_tui.oauth.steps import End, Ended, Method, Step
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import TIMEOUT
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.widgets.bars import TABS

Compare = Callable[..., bool]
Play = Callable[[Pilot[int]], Awaitable[None]]

NORMAL, WIDE, SMALL, TINY = (80, 24), (120, 40), (60, 20), (40, 10)
sizes = pytest.mark.parametrize(
    "size", [NORMAL, WIDE, SMALL, TINY], ids=["80x24", "120x40", "60x20", "40x10"]
)


@pytest.fixture(autouse=True)
def _unpainted() -> None:
    """A picture is what a terminal would show, after all that it was sent."""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def stage(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A home whose path is ``~``, as short on every machine."""
    monkeypatch.chdir(tmp_path)

    def no_refresh(*_: object, **__: object) -> tokens.Obtained:
        raise AssertionError("nothing is to be refreshed while a picture is taken")

    monkeypatch.setattr(tokens, "refresh", no_refresh)
    return Stage(Path("~"), clock)


def after(*keys: str, shown: str, then: tuple[str, ...] = ()) -> Play:
    """Press ``keys``, wait until ``shown`` is on the screen, press ``then``."""

    async def play(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: seen(pilot).strip() != "")
        for key in keys:
            await pilot.press(key)
            name = next((tab.name for tab in TABS if tab.key.lower() == key), None)
            if name is not None:  # a dialog that came before its picture would stand above nothing
                await is_on(pilot, name)
                await until(pilot, lambda: seen(pilot).strip() != "")
        await shows(pilot, shown)
        await pilot.press(*then)
        await pilot.pause()

    return play


async def is_on(pilot: Pilot[int], name: str) -> None:
    """Wait until this is the screen, behind whatever dialog."""

    def there() -> bool:
        assert isinstance(pilot.app, WtrApp)
        screen = pilot.app.full_screen
        return screen is not None and name == screen.NAME

    await until(pilot, there, name)


# The settings.


@sizes
def test_settings_with_their_sources(
    stage: Stage, snap_compare: Compare, size: tuple[int, int]
) -> None:
    stage.configure(redirectPort=7000)
    play = after("f4", shown="Client ID")
    assert snap_compare(stage.app(), terminal_size=size, run_before=play)


@sizes
def test_settings_when_there_are_none(
    stage: Stage, snap_compare: Compare, size: tuple[int, int]
) -> None:
    play = after(shown="OAuth URL")
    assert snap_compare(stage.app(), terminal_size=size, run_before=play)


def test_settings_with_wrong_values(stage: Stage, snap_compare: Compare) -> None:
    stage.write(
        'appid: "C4f1 09ab"\nsecret: geheim\nscopes: spark:kms, spark:people_read\n'
        "redirectPort: 70000\ntimeout: soon\nredirectport: 1\n"
    )
    play = after("f4", shown="Client ID")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_settings_from_the_environment(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    stage.environ |= {
        "WEBEX_APPID": OTHER_APP_ID,
        "WEBEX_SECRET": "geheim",
        "WEBEX_REDIRECTURI": "http://127.0.0.1:7000/callback",
    }
    play = after("f4", shown="from $WEBEX_APPID")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_settings_that_cannot_be_read(stage: Stage, snap_compare: Compare) -> None:
    stage.write(f"appid: {APP_ID}\nsecret: [geheim\nscopes: spark:kms\n")
    play = after("f4", shown="^l reads it again")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_settings_with_the_secret_revealed(stage: Stage, snap_compare: Compare) -> None:
    stage.configure(secret="geheim")
    play = after("f4", "ctrl+r", shown="geheim")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


@sizes
def test_scopes_to_pick(stage: Stage, snap_compare: Compare, size: tuple[int, int]) -> None:
    stage.configure()
    play = after("f4", "ctrl+o", shown="7 of 176 chosen")
    assert snap_compare(stage.app(), terminal_size=size, run_before=play)


def test_scopes_filtered(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    play = after("f4", "ctrl+o", *"recordings", "enter", shown="6 chosen")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_a_scope_that_is_not_known(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    play = after("f4", "ctrl+o", *"brandnew:scope", shown="Not a known scope")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


# The sign-in.

LISTENING = steps.Listening("http://localhost:6855/s/k7q2mx9d", 6855, ("127.0.0.1", "::1"))
NOT_LISTENING = steps.NotListening(
    "Port 6855 is taken by python3 (4711).",
    "End that program, or register another redirect URI and change the port in the settings.",
)
DEVICE = DeviceAuthorization(
    device_code=Secret("none"),
    user_code="729703",
    verification_uri="https://oauth-helper-r.wbx2.com/verify",
    verification_uri_complete="https://oauth-helper-r.wbx2.com/verify?userCode=5c5eb1e0",
    expires_at=NOON + timedelta(minutes=5),
    interval=timedelta(seconds=2),
)
DECLINED = Ended(
    End.DECLINED,
    "The sign-in was declined at Webex. Webex says: “The [admin] has said no”.",
    "If it was not you: ask an administrator to allow the integration, in Control Hub under Apps,"
    " Integrations.",
    FAILED,
)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``script(step, …)``: the next sign-in takes these steps, and asks nobody."""

    def write(*played: Step, device: Step | None = None) -> None:
        class Scripted:
            authorize_url = "https://webexapis.com/v1/authorize?response_type=code"

            def launch_url(self) -> str:
                return "http://localhost:6855/s/launched"

            def __init__(
                self,
                profile: Profile,
                settings: Settings,
                client: object,
                *,
                now: Callable[[], datetime] = now,
            ) -> None:
                self.redirect_uri = RedirectUri.parse(settings.redirect_uri)
                self.deadline = now() + timedelta(seconds=settings[TIMEOUT])
                self._steps: asyncio.Queue[Step] = asyncio.Queue()
                for step in played:
                    self._steps.put_nowait(step)

            async def run(self) -> AsyncGenerator[Step, None]:
                while True:
                    step = await self._steps.get()
                    yield step
                    if isinstance(step, steps.LAST_STEPS):
                        return

            def request_device_code(self) -> None:
                if device is not None:
                    self._steps.put_nowait(device)

            def cancel(self) -> None:
                self._steps.put_nowait(Ended(End.CANCELLED, "The sign-in was cancelled.", "", 130))

        monkeypatch.setattr("wtr_tui.retrieval.Retrieval", Scripted)

    return write


sign_in_sizes = pytest.mark.parametrize(
    "size",
    [NORMAL, (110, 30), (140, 34), (200, 60), SMALL, TINY],
    ids=["80x24", "110x30", "140x34", "200x60", "60x20", "40x10"],
)


@sign_in_sizes
def test_signing_in_over_ssh(
    stage: Stage, script: Callable[..., None], snap_compare: Compare, size: tuple[int, int]
) -> None:
    stage.configure()
    script(LISTENING)
    play = after(shown="Listening on port" if size[1] >= 24 else "Forward the port")
    assert snap_compare(stage.app(OVER_SSH), terminal_size=size, run_before=play)


def test_signing_in_at_a_desk(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    script(LISTENING)
    play = after(shown="Asked firefox to open the page")
    assert snap_compare(stage.app(DESK), terminal_size=NORMAL, run_before=play)


def test_signing_in_with_a_stray_request(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    script(
        LISTENING,
        steps.BrowserArrived(),
        steps.Noticed(
            "A stray request was turned away: it asked for /[b]wp-login.php[/x]. (3 so far)",
        ),
    )
    play = after(shown="(3 so far)")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_signing_in_while_the_code_is_exchanged(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    script(LISTENING, steps.BrowserArrived(), steps.Exchanging(Method.REDIRECT))
    play = after(shown="Exchanging the code")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


@sign_in_sizes
def test_signing_in_with_a_device_code(
    stage: Stage, script: Callable[..., None], snap_compare: Compare, size: tuple[int, int]
) -> None:
    stage.configure()
    script(LISTENING, device=steps.DeviceCodeReady(DEVICE))

    async def play(pilot: Pilot[int]) -> None:
        await shows(pilot, "Forward the port")
        await pilot.press("d")
        await shows(pilot, "729 703")
        await pilot.pause()

    assert snap_compare(stage.app(), terminal_size=size, run_before=play)


def test_signing_in_where_the_device_code_is_not_set_up(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    refused = steps.DeviceCodeRefused(
        "The integration is not set up for device codes.",
        "Register these redirect URIs with the integration: https://…",
        HELPER_REDIRECT_URIS,
    )
    script(LISTENING, device=refused)

    async def play(pilot: Pilot[int]) -> None:
        await shows(pilot, "Forward the port")
        await pilot.press("d")
        await shows(pilot, "oauth-helper-k")
        await pilot.pause()

    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_signing_in_on_a_port_that_is_taken(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    script(NOT_LISTENING)
    play = after(shown="Not listening")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


def test_signing_in_where_the_redirect_uri_is_elsewhere(
    stage: Stage, script: Callable[..., None], snap_compare: Compare
) -> None:
    stage.configure()
    script(
        steps.NotListening(
            "The redirect URI https://example.com/cb is not on this machine, so nothing is"
            " listened for here.",
            "Paste.",
            is_elsewhere=True,
        )
    )
    play = after(shown="Two ways to sign in")
    assert snap_compare(stage.app(), terminal_size=(140, 34), run_before=play)


@pytest.mark.parametrize("size", [NORMAL, (160, 45), TINY], ids=["80x24", "160x45", "40x10"])
def test_a_sign_in_that_was_declined(
    stage: Stage, script: Callable[..., None], snap_compare: Compare, size: tuple[int, int]
) -> None:
    stage.configure()
    script(LISTENING, steps.BrowserArrived(), DECLINED)
    play = after(shown="was declined at Webex" if size == TINY else "Enter tries again.")
    assert snap_compare(stage.app(), terminal_size=size, run_before=play)


def test_the_sign_in_before_it_begins(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    stage.save(a_token())
    play = after("f3", shown="You have a token")
    assert snap_compare(stage.app(webex=NoWebex(ANN)), terminal_size=NORMAL, run_before=play)


def test_the_sign_in_without_settings(stage: Stage, snap_compare: Compare) -> None:
    play = after("f3", shown="cannot be used yet")
    assert snap_compare(stage.app(), terminal_size=NORMAL, run_before=play)


# The token.


@pytest.fixture
def signed_in(stage: Stage) -> Stage:
    """A token that was got an hour ago."""
    stage.configure()
    stage.save(a_token(obtained_at=NOON - timedelta(hours=1)))
    return stage


def by_ann(stage: Stage) -> WtrApp:
    return stage.app(webex=NoWebex(ANN))


@sizes
def test_a_token(signed_in: Stage, snap_compare: Compare, size: tuple[int, int]) -> None:
    play = after(shown="Ann Example" if size != TINY else "13d 23:")
    assert snap_compare(by_ann(signed_in), terminal_size=size, run_before=play)


def test_a_token_in_light_colours(signed_in: Stage, snap_compare: Compare) -> None:
    app = by_ann(signed_in)
    app.theme = "wtr-light"
    assert snap_compare(app, terminal_size=NORMAL, run_before=after(shown="Ann Example"))


def test_a_token_revealed(signed_in: Stage, snap_compare: Compare) -> None:
    play = after(shown="Ann Example", then=("v",))
    assert snap_compare(by_ann(signed_in), terminal_size=NORMAL, run_before=play)


def test_a_token_that_may_not_say_whose_it_is(signed_in: Stage, snap_compare: Compare) -> None:
    play = after(shown="Owner unknown")
    app = signed_in.app(webex=NoWebex(None))
    assert snap_compare(app, terminal_size=NORMAL, run_before=play)


def test_a_token_without_refresh_token(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    stage.save(a_token(life=timedelta(hours=12), refresh=None, scopes=("spark:all",)))
    play = after(shown="Ann Example")
    assert snap_compare(by_ann(stage), terminal_size=NORMAL, run_before=play)


def test_a_token_that_ends_soon(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=NOON - LIFE + timedelta(hours=29, minutes=3, seconds=9)))
    play = after(shown="▲ expires soon")
    assert snap_compare(by_ann(stage), terminal_size=NORMAL, run_before=play)


def raising(error: errors.WtrError) -> Callable[..., tokens.Obtained]:
    def refused(*_: object, **__: object) -> tokens.Obtained:
        raise error

    return refused


def test_a_token_that_has_ended_and_needs_a_sign_in(
    stage: Stage, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=NOON - LIFE - timedelta(days=80, hours=3)))
    rejected = errors.GrantRejected(
        "Webex does not accept the refresh token any more (invalid_grant).", "Sign in again."
    )
    monkeypatch.setattr(tokens, "refresh", raising(rejected))
    play = after(shown="nothing was deleted")
    assert snap_compare(by_ann(stage), terminal_size=NORMAL, run_before=play)


def test_a_token_that_is_not_saved(signed_in: Stage, snap_compare: Compare) -> None:
    app = by_ann(signed_in)
    app.session.auto_refresh.keep_unsaved(StoredToken(APP_ID, a_token("HELD")))

    async def play(pilot: Pilot[int]) -> None:
        await shows(pilot, "NOT SAVED")
        await pilot.press("q")
        await shows(pilot, "Quit and lose it?")
        await pilot.pause()

    assert snap_compare(app, terminal_size=NORMAL, run_before=play)


def test_a_token_of_another_app_id(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    stage.save(a_token(), OTHER_APP_ID)
    play = after(shown="Of App ID")
    assert snap_compare(by_ann(stage), terminal_size=NORMAL, run_before=play)


def test_no_token(stage: Stage, snap_compare: Compare) -> None:
    stage.configure()
    app = stage.app()
    # Complete settings and no token would begin to sign in.
    app.session.current.settings = app.session.settings.replace(app_id="")
    play = after("f2", shown="F3 signs in to Webex and gets one.")
    assert snap_compare(app, terminal_size=NORMAL, run_before=play)


def test_a_token_file_that_is_damaged(signed_in: Stage, snap_compare: Compare) -> None:
    signed_in.profile.token_path.write_text("{")
    # The name of its copy has this instant in it.
    os.utime(signed_in.profile.token_path, (NOON.timestamp(), NOON.timestamp()))
    play = after(shown="The token file cannot be used")
    assert snap_compare(by_ann(signed_in), terminal_size=NORMAL, run_before=play)


# The profiles.


@pytest.mark.parametrize(
    "size",
    [NORMAL, (110, 30), (160, 45), TINY],
    ids=["80x24", "110x30", "160x45", "40x10"],
)
def test_the_profiles_with_what_there_is_to_know_of_the_marked_one(
    signed_in: Stage, snap_compare: Compare, size: tuple[int, int]
) -> None:
    path = signed_in.profile.settings_path.with_name("calling-b.yaml")
    path.touch(mode=0o600)
    path.write_text(f"appid: {APP_ID}\nsecret: geheim\nautoRefresh: false\n")
    other = Profile("calling-b", path, signed_in.profile.token_path.with_name("calling-b.json"))
    token = a_token(obtained_at=NOON - timedelta(days=13, hours=2))
    other.token_file.save(StoredToken(APP_ID, token, account=Account("Cleo Adams", "", "")))
    for ago, event in ((LIFE, Event.FAILED), (timedelta(days=13, hours=2), Event.RETRIEVED)):
        history.append(other, Entry(NOON - ago, event, "screen", message=""))
    play = after("f5", shown="calling-b", then=("down",))
    assert snap_compare(by_ann(signed_in), terminal_size=size, run_before=play)


# What opens above a screen.


@pytest.mark.parametrize("key", ["f2", "f3", "f4"], ids=["token", "sign-in", "settings"])
def test_help(signed_in: Stage, snap_compare: Compare, key: str) -> None:
    play = after(key, "f1", shown="Esc closes")
    assert snap_compare(by_ann(signed_in), terminal_size=NORMAL, run_before=play)


def test_help_on_a_small_terminal(signed_in: Stage, snap_compare: Compare) -> None:
    play = after("f2", "f1", shown="Esc closes")
    assert snap_compare(by_ann(signed_in), terminal_size=TINY, run_before=play)


def test_the_question_before_another_app_ids_token_is_kept_aside(
    stage: Stage, snap_compare: Compare
) -> None:
    stage.configure()
    stage.save(a_token(), OTHER_APP_ID)
    play = after("f3", "enter", shown="Sign in with what the settings say?")
    assert snap_compare(by_ann(stage), terminal_size=NORMAL, run_before=play)
