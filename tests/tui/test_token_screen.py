"""The token view: it follows the token file, refreshes on a key or when due, and copies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.support.clock import Clock
from tests.support.stage import ANN, NoWebex, Stage, seen, settled, shows, tells, told, until
from tests.support.tokens import LIFE, OTHER_APP_ID, a_jwt, a_token, access_text
from tests.support.webex import Fault, Sandbox
from wtr_tui import tokens
from wtr_tui.errors import TemporaryError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.oauth.responses import token_from
from wtr_tui.tui import app as app_module
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.display import format_date, profile_rows
from wtr_tui.tui.screens import MessageLine, Page
from wtr_tui.tui.screens.dialogs import ConfirmDialog, HelpDialog
from wtr_tui.tui.screens.token import TokenScreen
from wtr_tui.tui.themes import Meaning

DAY = timedelta(days=1)
_TICK_SECONDS = app_module._TICK_SECONDS  # as it is, before the tests quicken it
IN_FULL = access_text()[:60]
"""More than is shown of a masked one; the whole is broken into lines."""


@pytest.fixture
def signed_in(stage: Stage, clock: Clock) -> Stage:
    """Settings and a token, and no network."""
    stage.configure()
    stage.save(a_token(obtained_at=clock()))
    return stage


@pytest.fixture
def refreshable(stage: Stage, sandbox: Sandbox, clock: Clock) -> Stage:
    """Settings for the sandbox and a token it gave."""
    sandbox.rules = replace(sandbox.rules, access_lifetime=LIFE, refresh_lifetime=90 * DAY)
    stage.configure_for(sandbox)
    stage.save(token_from(sandbox.issue(), now=clock()), sandbox.integration.client_id)
    return stage


def said(app: WtrApp) -> str:
    """Return the whole message, also what there is no room for."""
    assert app.full_screen is not None
    return app.full_screen.query_one(MessageLine).sentence


async def knows_whose(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: "Ann Example" in seen(pilot), "whose token it is")


async def test_it_says_whose_token_it_is_and_how_long_it_lives(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Ann Example · ann@example.com · organisation 1eb65fdf…")
        await shows(pilot, "14d 00:00:00")
        signed_in.clock.advance(timedelta(days=1, seconds=5))
        await shows(pilot, "12d 23:59:55")


async def test_when_it_was_obtained_is_said_to_the_second_for_an_hour(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        obtained = signed_in.clock()
        await shows(pilot, f"Obtained {format_date(obtained, obtained)}")
        signed_in.clock.advance(timedelta(hours=2))
        await shows(pilot, f"Obtained {format_date(obtained, signed_in.clock())}")


async def test_a_token_that_may_not_say_whose_it_is_is_fine(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(None)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Owner unknown")
        await shows(pilot, "● valid")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["narrow", "wide"])
async def test_scopes_that_were_not_granted_stay_in_view_with_the_cure(
    stage: Stage, clock: Clock, size: tuple[int, int]
) -> None:
    stage.configure(scopes="spark:kms spark:all spark:people_read")
    stage.save(a_token(obtained_at=clock())._replace(scopes=("spark:kms", "spark:people_read")))
    async with stage.app(webex=NoWebex(ANN)).run_test(size=size) as pilot:
        await shows(pilot, "2 of 3")
        await shows(pilot, "without spark:all")
        await pilot.press("S")
        await shows(pilot, "spark:all  asked for, not granted")
        await shows(pilot, "sign in again")


async def test_what_webex_says_of_a_person_is_shown_as_it_is(signed_in: Stage) -> None:
    person = Account("[b]Ann[/x] [@click=app.quit]quit[/]", "ann@example.com", "")
    async with signed_in.app(webex=NoWebex(person)).run_test(size=(120, 40)) as pilot:
        await shows(pilot, "[b]Ann[/x] [@click=app.quit]quit[/]")


class Forgetful(NoWebex):
    """Knows the owner of the first token and fails for every other."""

    def account(self, access_token: Secret, **_: object) -> Account | None:
        if access_token.reveal() == access_text():
            return ANN
        raise TemporaryError("Webex cannot be reached.")


async def test_another_token_is_not_said_to_be_the_last_ones(signed_in: Stage) -> None:
    async with signed_in.app(webex=Forgetful(ANN)).run_test(size=(80, 24)) as pilot:
        await knows_whose(pilot)
        signed_in.save(a_token("NEW1", obtained_at=signed_in.clock()))
        await shows(pilot, "Owner unknown for now: Webex cannot be reached.")
        assert "Ann Example" not in seen(pilot)


async def test_it_follows_the_file_with_each_look_one_second_apart(
    signed_in: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = signed_in.app(webex=NoWebex(None))
    intervals: list[float] = []
    monkeypatch.setattr(app, "set_interval", lambda seconds, _: intervals.append(seconds))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "ZDA4••••")
        signed_in.save(a_token("NEW1", obtained_at=signed_in.clock()))
        app._tick()
        await shows(pilot, "NEW1••••")
        signed_in.profile.token_path.unlink()
        app._tick()
        await shows(pilot, "F3 signs in to Webex and gets one.")
    assert intervals == [app_module._TICK_SECONDS]
    assert _TICK_SECONDS == 1.0


async def test_a_damaged_file_is_told_and_the_mended_one_is_taken(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(None)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "ZDA4••••")
        signed_in.profile.token_path.write_text("{")
        await tells(pilot, str(signed_in.profile.token_path)[:20])
        signed_in.profile.token_path.unlink()
        signed_in.save(a_token("NEW1", obtained_at=signed_in.clock()))
        await shows(pilot, "NEW1••••")


async def test_r_refreshes_and_tells_when(refreshable: Stage, sandbox: Sandbox) -> None:
    before = refreshable.stored().token
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await tells(pilot, "a new access token")
        after = refreshable.stored().token
        assert not after.same_access(before)
        await shows(pilot, after.access_token.reveal()[:4] + "••••")
    assert len(sandbox.requests_to("access_token")) == 1


async def test_the_view_stays_alive_while_a_refresh_runs(
    refreshable: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    asked = tokens.refresh

    def gated(*arguments: object, **options: object) -> tokens.Obtained:
        assert gate.wait(20)
        return asked(*arguments, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(tokens, "refresh", gated)
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await tells(pilot, "Refreshing …")
        refreshable.clock.advance(timedelta(seconds=5))
        await shows(pilot, "13d 23:59:5")
        await pilot.press("r")  # a second one does not begin
        gate.set()
        await tells(pilot, "a new access token")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=503), "Next try at"),
        (Fault(status=429, headers={"Retry-After": "70"}), "Next try at"),
        (Fault(status=400, body='{"error":"invalid_grant"}'), "F3 signs in; nothing was deleted."),
        (Fault(status=401, body='{"error":"invalid_client"}'), "secret"),
        (Fault(status=200, body="<html>Log in to the hotel's network</html>"), "Next try at"),
    ],
    ids=["503", "429", "invalid_grant", "invalid_client", "a portal's page"],
)
async def test_every_way_a_refresh_fails_is_told_and_nothing_is_deleted(
    refreshable: Stage, sandbox: Sandbox, fault: Fault, said: str
) -> None:
    before = refreshable.stored()
    # Close to its end, so that a next try is planned for soon.
    refreshable.clock.advance(LIFE - timedelta(hours=1))
    sandbox.faults.always("access_token", fault)
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await tells(pilot, said)
        assert refreshable.stored() == before


async def test_an_on_token_command_that_fails_is_told_and_the_refresh_stands(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    before = refreshable.stored()
    refreshable.configure_for(sandbox, onToken="sh -c 'exit 7'")
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await tells(pilot, "The onToken command failed with exit code 7")
        assert refreshable.stored() != before


async def test_the_same_token_again_is_told_as_no_fault(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, same_token=DAY)
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await tells(pilot, "Webex returned the same token")
        assert told(pilot).startswith("✓")


async def test_auto_refresh_acts_when_it_is_due_and_not_before(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    before = refreshable.stored().token
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "on, next")
        refreshable.clock.advance(LIFE - DAY - timedelta(minutes=1))
        await shows(pilot, "1d 00:01:00")
        assert sandbox.requests_to("access_token") == ()
        refreshable.clock.advance(timedelta(minutes=2))
        await until(pilot, lambda: not refreshable.stored().token.same_access(before))
        await tells(pilot, "Refreshed at")


async def test_auto_refresh_that_is_off_never_acts(refreshable: Stage, sandbox: Sandbox) -> None:
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await tells(pilot, "Auto-refresh is off")
        refreshable.clock.advance(LIFE + DAY)
        await shows(pilot, "✗ 1 d ago")
        await shows(pilot, "expired")
        assert sandbox.requests_to("access_token") == ()


async def test_nobody_is_asked_whose_an_expired_token_is(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    refreshable.configure_for(sandbox, autoRefresh="off")
    refreshable.clock.advance(LIFE + DAY)
    async with refreshable.app().run_test(size=(80, 24)) as pilot:
        await shows(pilot, "✗ 1 d ago")
        await settled(pilot)
        await shows(pilot, "expired")
        assert sandbox.requests == ()


async def test_where_a_sign_in_is_needed_auto_refresh_rests_and_opens_nothing(
    refreshable: Stage, sandbox: Sandbox, opened: list[str]
) -> None:
    sandbox.revoke(refreshable.stored().token.access_token.reveal())
    refreshable.clock.advance(LIFE - timedelta(hours=1))
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await tells(pilot, "F3 signs in; nothing was deleted.")
        await shows(pilot, "stopped: ")
        refreshable.clock.advance(timedelta(hours=2))
        await shows(pilot, "✗ sign-in needed")
        assert len(sandbox.requests_to("access_token")) == 1
        assert isinstance(pilot.app.screen, TokenScreen)
    assert opened == []


async def test_another_processs_refresh_is_not_repeated(
    refreshable: Stage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = refreshable.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "on, next")
        # Between the last look and the key.
        monkeypatch.setattr(app.session.auto_refresh, "look", lambda now: False)
        newer = token_from(sandbox.issue(), now=refreshable.clock())
        refreshable.save(newer, sandbox.integration.client_id)
        await pilot.press("r")
        await tells(pilot, "Another program had refreshed it already")
        assert sandbox.requests_to("access_token") == ()


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("c", "{}"),
        ("C", "Authorization: Bearer {}"),
        ("e", "export WEBEX_ACCESS_TOKEN={}"),
        ("u", "curl -sS -H 'Authorization: Bearer {}' https://webexapis.com/v1/people/me"),
    ],
)
async def test_the_keys_to_copy_copy_what_they_say(
    signed_in: Stage, copied: list[str], key: str, form: str
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await knows_whose(pilot)
        await pilot.press(key)
        await tells(pilot, "sent to your terminal's clipboard.")
        assert IN_FULL not in seen(pilot)
    assert copied == [form.format(access_text())]


@pytest.mark.parametrize(
    ("leave", "come_back"),
    [("f4", "f2"), ("f3", "f2"), ("f1", "escape")],
    ids=["settings", "sign in", "help"],
)
async def test_a_revealed_token_is_hidden_again_when_the_screen_is_left(
    signed_in: Stage, leave: str, come_back: str
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(120, 40)) as pilot:
        await knows_whose(pilot)
        await pilot.press("v")
        await until(pilot, lambda: IN_FULL in seen(pilot), "the token in full")
        await pilot.press(leave)
        await until(pilot, lambda: IN_FULL not in seen(pilot))
        await pilot.press(come_back)
        await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen))
        await shows(pilot, "Ann Example")
        assert IN_FULL not in seen(pilot)


async def test_v_hides_again_what_it_showed(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(120, 40)) as pilot:
        await knows_whose(pilot)
        await pilot.press("v")
        await until(pilot, lambda: IN_FULL in seen(pilot))
        await pilot.press("v")
        await until(pilot, lambda: IN_FULL not in seen(pilot))


def enabled_keys(pilot: Pilot[int]) -> set[str]:
    return {key for key, active in pilot.app.screen.active_bindings.items() if active.enabled}


def _no_refresh_token(token: Token) -> tuple[Token, str | None]:
    return token._replace(refresh_token=None, refresh_expires_at=None), None


def _foreign(token: Token) -> tuple[Token, str | None]:
    return token, OTHER_APP_ID


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_no_refresh_token, "This token cannot be refreshed: it has no refresh token"),
        (_foreign, "Use another profile for another integration."),
    ],
)
async def test_r_says_why_it_cannot_refresh(
    stage: Stage, change: Callable[[Token], tuple[Token, str | None]], why: str
) -> None:
    stage.configure()
    token, app_id = change(a_token(obtained_at=stage.clock()))
    stage.save(token, app_id or stage.session().settings.app_id)
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "ZDA4••••")
        await pilot.press("r")
        await tells(pilot, why)


@pytest.mark.parametrize(
    ("life", "refresh", "age", "said"),
    [
        (LIFE, "refresh-token", LIFE - DAY, "✓ Copied the access token, good for 1 d: sent to"),
        (LIFE, "refresh-token", LIFE, "no use until it is refreshed (r)."),
        (LIFE, None, LIFE, "no use until you sign in (F3)."),
        (None, "refresh-token", DAY, "✓ Copied the access token, its end unknown: sent to"),
    ],
)
async def test_a_copy_says_what_it_is_good_for(
    stage: Stage,
    copied: list[str],
    life: timedelta | None,
    refresh: str | None,
    age: timedelta,
    said: str,
) -> None:
    stage.configure(autoRefresh="off")
    stage.save(a_token(obtained_at=stage.clock(), life=life, refresh=refresh))
    stage.clock.advance(age)
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "ZDA4••••")
        await pilot.press("c")
        await tells(pilot, said)
        assert told(pilot).startswith("!" if "no use" in said else "✓")
        assert copied


async def test_without_a_token_nothing_is_offered_that_needs_one(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f2")
        await shows(pilot, "F3 signs in to Webex and gets one.")
        assert not {"r", "c", "C", "e", "v", "V", "a", "s"} & enabled_keys(pilot)


async def test_a_token_without_refresh_token_says_so_where_one_with_it_stood(
    signed_in: Stage,
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(120, 40)) as pilot:
        end = signed_in.stored().token.refresh_expires_at
        assert end is not None
        await shows(pilot, f"by {format_date(end, signed_in.clock())}")
        signed_in.save(a_token("NEW1", obtained_at=signed_in.clock(), refresh=None))
        await shows(pilot, "it cannot be refreshed")
        line = next(line for line in seen(pilot).splitlines() if "Sign-in" in line)
        assert "no refresh token" in line


@pytest.fixture
def unsaved(signed_in: Stage) -> WtrApp:
    """A token that could not be saved, newer than the file's."""
    app = signed_in.app(webex=NoWebex(ANN))
    held = a_token("HELD", obtained_at=signed_in.clock())
    app.session.auto_refresh.keep_unsaved(StoredToken(app.session.settings.app_id, held))
    return app


async def test_an_unsaved_token_can_be_copied_and_saved_but_not_refreshed(
    unsaved: WtrApp, signed_in: Stage, copied: list[str]
) -> None:
    async with unsaved.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "▲ NOT SAVED")
        await shows(pilot, "on, once the token is saved")
        assert {"s", "c"} <= enabled_keys(pilot)
        await pilot.press("r")
        await tells(pilot, "First save the token")
        await pilot.press("c")
        await until(pilot, lambda: copied == [access_text("HELD")])
        await pilot.press("s")
        await tells(pilot, "Saved.")
        assert signed_in.stored().token.access_token.reveal() == access_text("HELD")
        assert "s" not in enabled_keys(pilot)
        await shows(pilot, "● valid")


async def test_quitting_asks_before_an_unsaved_token_is_lost(unsaved: WtrApp) -> None:
    async with unsaved.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen))
        await pilot.press("q", "y")
        await until(pilot, lambda: pilot.app.return_code is not None)
    assert unsaved.return_code == 0


async def test_a_clock_that_was_set_back_is_told(signed_in: Stage) -> None:
    signed_in.configure(autoRefresh="false")  # or a token from the future is replaced
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await knows_whose(pilot)
        signed_in.clock.advance(-DAY)
        await tells(pilot, "The clock of this machine was set back")
        await shows(pilot, "15d 00:00:00")


async def test_help_lists_the_keys_of_the_screen_below(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpDialog))
        await shows(pilot, "Help · Token")
        await shows(pilot, "Refresh the token now")


async def test_the_state_is_never_cut_when_it_becomes_longer(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await shows(pilot, "● valid")
        for left, state in ((timedelta(days=1), "▲ expires soon"), (DAY / 6, "▲ 4 h")):
            signed_in.clock.instant = signed_in.stored().token.obtained_at + LIFE - left
            await shows(pilot, state)


async def test_a_token_that_is_saved_later_is_that_of_the_settings_it_was_got_under(
    signed_in: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = signed_in.app(webex=NoWebex(ANN))
    settings = app.session.settings
    held = a_token("HELD", obtained_at=signed_in.clock())
    monkeypatch.setattr("wtr_tui.clock.timestamp_now", lambda: signed_in.clock().timestamp())
    app.session.auto_refresh.keep_unsaved(settings.stored(held))
    environ = {**signed_in.environ, "HOME": str(signed_in.home)}
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "▲ NOT SAVED")
        signed_in.configure(appid=OTHER_APP_ID)  # meanwhile, by somebody else
        await pilot.press("s")
        await tells(pilot, "Saved.")
    assert signed_in.stored().settings == settings.record
    assert tokens.fast_token(None, None, environ) is None
    signed_in.configure()
    members = tokens.fast_token(None, None, environ)
    assert members is not None
    assert members["access_token"] == access_text("HELD")


async def test_where_webex_did_not_say_the_end_the_token_is_quoted(
    stage: Stage, clock: Clock
) -> None:
    stage.configure()
    token = a_token(obtained_at=clock(), life=None)
    stage.save(token._replace(access_token=Secret(a_jwt(clock() + DAY))))
    async with stage.app(webex=NoWebex(None)).run_test(size=(120, 24)) as pilot:
        await shows(pilot, "as the token says")
        await shows(pilot, "the token says: organisation 1eb65fdf…")
        await shows(pilot, "end unknown")


async def test_what_webex_said_of_the_end_is_not_changed_by_the_token(
    stage: Stage, clock: Clock
) -> None:
    stage.configure()
    token = a_token(obtained_at=clock(), life=DAY)
    stage.save(token._replace(access_token=Secret(a_jwt(clock() + 9 * DAY))))
    async with stage.app(webex=NoWebex(None)).run_test(size=(120, 24)) as pilot:
        await shows(pilot, "1d 00:00:00")
        assert "as the token says" not in seen(pilot)


async def test_settings_that_cannot_be_read_are_told_and_blamed_for_what_they_stop(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    path = refreshable.profile.settings_path
    good = path.read_text()
    path.write_text("appid: [\n")
    app = refreshable.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await tells(pilot, "is never closed. F4 shows the settings.")
        await shows(pilot, "on, but the settings cannot be read")
        assert "without meeting" not in seen(pilot)
        await pilot.press("r")
        await until(pilot, lambda: bool(app.session.auto_refresh.stopped), "the refresh")
        assert "is never closed" in told(pilot)
        assert not sandbox.requests_to("access_token")
        path.write_text(good)
        await shows(pilot, "on, next")
        await pilot.press("r")
        await tells(pilot, "a new access token")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 8)], ids=["usual", "small", "tiny"])
@pytest.mark.parametrize(
    ("wrong", "mode", "says"),
    [
        ('scopes: ""\n', 0o600, "scopes: At least one scope is needed"),
        ("theme: lite\n", 0o600, "theme: "),
        ("", 0o644, "which holds the secret (mode 644): chmod 600 "),
    ],
    ids=["wrong", "taken for the default", "open to others"],
)
async def test_what_is_wrong_with_the_settings_is_said_once_and_while_it_is(
    stage: Stage, wrong: str, mode: int, says: str, size: tuple[int, int]
) -> None:
    path = stage.configure()
    path.write_text(path.read_text() + wrong)
    path.chmod(mode)
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: says in said(app))
        assert said(app).endswith(" F4 shows the settings.")
        await shows(pilot, "14d 00:00:00")
        assert size == (80, 24) or "14d 00:00:00" in seen(pilot)  # there in figures
        await pilot.press("escape")
        app.token_changed()
        app._tick()
        await settled(pilot)
        assert not said(app)
        path.chmod(0o600)
        stage.configure(browser="maybe")
        await until(pilot, lambda: "browser: " in said(app))
        stage.configure()
        await until(pilot, lambda: not said(app))


async def test_a_token_that_needs_no_settings_is_shown_without_a_word_of_them(
    stage: Stage,
) -> None:
    stage.save(a_token(obtained_at=stage.clock(), refresh=None))
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "on, but this token cannot be refreshed")
        assert not said(app)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("appid: [\n", "on, but the settings cannot be read"),
        ("browser: maybe\n", "on, but a setting is missing or wrong"),
    ],
)
async def test_no_refresh_is_tried_or_promised_under_settings_that_stop_it(
    refreshable: Stage, sandbox: Sandbox, wrong: str, says: str
) -> None:
    path = refreshable.profile.settings_path
    good = path.read_text()
    path.write_text(good + wrong)
    app = refreshable.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, says)
        refreshable.clock.advance(LIFE - timedelta(hours=1))
        app._tick()
        assert not app.session.current.refreshing
        await shows(pilot, f"Auto-refresh {says}")
        assert "◆" not in seen(pilot)
        assert "stopped" not in seen(pilot)
        assert not sandbox.requests_to("access_token")
        row = profile_rows(app.session)[0]
        assert row.meaning is not Meaning.CALM
        path.write_text(good)
        await tells(pilot, "a new access token")


async def test_settings_that_name_another_app_id_by_now_make_the_token_anothers(
    refreshable: Stage,
) -> None:
    path = refreshable.profile.settings_path
    good = path.read_text()
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "on, next")
        path.write_text(good.replace(refreshable.stored().app_id, OTHER_APP_ID))
        await shows(pilot, "on, but another App ID's token is left alone")
        await shows(pilot, "✗ another integration's")
        path.write_text(good)
        await shows(pilot, "on, next")


async def test_a_refresh_takes_the_settings_as_they_are_by_then(
    refreshable: Stage, sandbox: Sandbox
) -> None:
    path = refreshable.profile.settings_path
    good = path.read_text()
    secret = sandbox.integration.secret.reveal()
    path.write_text(good.replace(secret, f"no{secret}"))
    async with refreshable.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await tells(pilot, "does not accept the App ID and the secret")
        path.write_text(good)
        await pilot.press("r")
        await tells(pilot, "a new access token")
        path.write_text(good.replace(sandbox.integration.client_id, OTHER_APP_ID))
        await pilot.press("r")
        await tells(pilot, "The token belongs to the App ID")


async def test_where_a_page_scrolls_its_texts_do_not_touch_the_bar(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "Client ID")
        page = pilot.app.screen.query_one(Page)
        assert page.show_vertical_scrollbar
        bar = page.vertical_scrollbar.region.x
        assert {row[bar - 1] for row in seen(pilot).splitlines()[2:20] if len(row) >= bar} == {" "}


async def test_a_wide_screen_keeps_the_place_of_what_comes_after_the_first_picture(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenScreen, "_build_overview", lambda _: None)
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(160, 45)) as pilot:
        await shows(pilot, "● valid")
        assert pilot.app.screen.query_one("#access-panel").region.right < 100
