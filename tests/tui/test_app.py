"""What holds on every screen: keys, sizes, little repainting, profiles, and the way out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from tests.support.stage import ANN, NoWebex, Stage, seen, settled, shows, tells, told, until
from tests.support.tokens import LIFE, a_token
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox
from wtr_tui import errors, tokens
from wtr_tui.model import StoredToken, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.responses import token_from
from wtr_tui.storage import profiles
from wtr_tui.tui import driver, themes
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens import WtrScreen
from wtr_tui.tui.screens.dialogs import ConfirmDialog, HelpDialog, PaletteDialog
from wtr_tui.tui.screens.profiles import ProfilesScreen
from wtr_tui.tui.screens.settings import SettingsScreen
from wtr_tui.tui.screens.sign_in import SignInScreen
from wtr_tui.tui.screens.token import TokenScreen
from wtr_tui.tui.widgets.bars import Header
from wtr_tui.tui.widgets.figures import Figures


@pytest.fixture(autouse=True)
def _unpainted() -> None:
    """Here every change is painted, as for a terminal."""


@pytest.fixture
def signed_in(stage: Stage) -> Stage:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    return stage


def app_of(pilot: Pilot[int]) -> WtrApp:
    assert isinstance(pilot.app, WtrApp)
    return pilot.app


async def is_on(pilot: Pilot[int], screen: WtrScreen) -> None:
    await until(pilot, lambda: pilot.app.screen is screen and screen.is_built, screen.NAME)


@contextmanager
def whole_repaints(screen: Screen[object]) -> Iterator[list[object]]:
    """What asked for the whole screen to be painted, while inside."""
    asked: list[object] = []
    refresh_screen = screen.refresh

    def counted(*regions: object, **options: object) -> object:
        if not regions:
            asked.append(options)
        return refresh_screen(*regions, **options)  # type: ignore[arg-type]  # passed on

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "refresh", counted)
        yield asked


async def test_moving_the_focus_does_not_repaint_the_whole_screen(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
        await pilot.pause()
        before = pilot.app.focused
        with whole_repaints(pilot.app.screen) as asked:
            await pilot.press("down", "tab", "up")
            await until(pilot, lambda: pilot.app.focused not in {None, before})
        assert asked == []


async def test_a_terminal_that_loses_the_focus_does_not_repaint_the_whole_screen(
    signed_in: Stage,
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        with whole_repaints(pilot.app.screen) as asked:
            pilot.app.post_message(events.AppBlur())
            await until(pilot, lambda: not pilot.app.app_focus)
            pilot.app.post_message(events.AppFocus())
            await until(pilot, lambda: pilot.app.app_focus)
            await pilot.pause()
        assert asked == []


async def test_a_second_changes_the_countdown_alone(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "14d 00:00:00")
        signed_in.clock.advance(timedelta(seconds=70))
        await shows(pilot, "13d 23:58:50")
        rows = pilot.app.screen.query_one(Figures).region
        before = seen(pilot).splitlines()
        with whole_repaints(pilot.app.screen) as asked:
            signed_in.clock.advance(timedelta(seconds=1))
            await shows(pilot, "13d 23:58:49")
        assert asked == []
        after = seen(pilot).splitlines()
        changed = [y for y, line in enumerate(before) if after[y] != line]
        assert changed
        assert all(rows.y <= y < rows.bottom for y in changed)


@pytest.mark.parametrize(
    ("key", "screen"),
    [("f2", TokenScreen), ("f3", SignInScreen), ("f4", SettingsScreen)],
)
async def test_each_screen_has_its_key(signed_in: Stage, key: str, screen: type) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        for each in ("f4", "f2", "f3", key):
            await pilot.press(each)
        await until(pilot, lambda: isinstance(pilot.app.screen, screen))


@pytest.mark.parametrize(
    ("setting", "theme"),
    [
        ("auto", "wtr-dark"),
        ("light", "wtr-light"),
        ("ansi", "wtr-ansi"),
        ("nord", "nord"),
        ("no-such-theme", "wtr-dark"),
    ],
)
async def test_the_setting_theme_gives_the_colours(stage: Stage, setting: str, theme: str) -> None:
    stage.configure(theme=setting)
    stage.save(a_token(obtained_at=stage.clock()))
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        assert pilot.app.theme == theme
        for key in ("f3", "f4", "f1"):
            await pilot.press(key)
        await shows(pilot, "Help · Settings")


def _nothing(_: Stage) -> None:
    return


def _settings(stage: Stage) -> None:
    stage.configure()
    stage.environ["WEBEX_REDIRECTPORT"] = "0"  # not to listen on a port by itself


def _token(stage: Stage) -> None:
    stage.save(a_token(obtained_at=stage.clock()))


def _damaged_token(stage: Stage) -> None:
    _token(stage)
    stage.profile.token_path.write_text("{")


async def test_another_theme_reaches_the_screens_that_are_not_shown(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "App ID")
        dark = pilot.app.screen.query_one(Header).styles.background
        await pilot.press("f2")
        await shows(pilot, "ZDA4")
        pilot.app.theme = themes.LIGHT.name
        await pilot.press("f4")
        await shows(pilot, "App ID")
        assert pilot.app.screen.query_one(Header).styles.background != dark


@pytest.mark.parametrize(
    ("prepare", "first"),
    [
        (_nothing, SettingsScreen),
        (_settings, SettingsScreen),
        (_token, TokenScreen),
        (_damaged_token, TokenScreen),
    ],
)
async def test_the_first_screen_is_the_one_that_is_needed(
    stage: Stage, prepare: Callable[[Stage], None], first: type
) -> None:
    prepare(stage)
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, first))


SIZES = [(120, 40), (60, 20), (40, 10), (5, 2), (1, 1)]


async def test_every_screen_lives_through_every_size(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        for key in ("f2", "f3", "f4", "f1"):
            await pilot.press(key)
            for width, height in (*SIZES, (80, 24)):
                await pilot.resize_terminal(width, height)
                await pilot.pause()
        await pilot.press("escape", "f2")
        await shows(pilot, "14d 00:00:00")


@pytest.mark.parametrize("key", ["f2", "f3", "f4", "f5", "f6"])
@pytest.mark.parametrize(
    ("before", "after", "meanwhile"),
    [
        ((80, 24), (160, 45), "elsewhere"),
        ((160, 45), (80, 24), "elsewhere"),
        ((40, 12), (120, 40), "shown"),
        ((40, 12), (120, 40), "below a dialog"),
    ],
)
async def test_a_screen_fits_another_size_as_if_it_had_begun_in_it(
    signed_in: Stage, key: str, before: tuple[int, int], after: tuple[int, int], meanwhile: str
) -> None:
    elsewhere = "f4" if key != "f4" else "f2"
    away, back = {"elsewhere": (elsewhere, key), "below a dialog": ("f1", "escape")}.get(
        meanwhile, ("home", "home")
    )
    # Whether a port is free may change in between.
    signed_in.configure(redirectUri="https://example.com/callback")

    async def shown_at_once() -> str:
        async with signed_in.app(webex=NoWebex(ANN)).run_test(size=after) as pilot:
            await shows(pilot, ANN.display_name)
            await pilot.press(elsewhere, key, "home")
            return timeless(await settled(pilot))

    def timeless(text: str) -> str:
        return re.sub(r"valid, .* left\. *", "valid.", text)  # the doctor has a clock of its own

    expected = await shown_at_once()
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=before) as pilot:
        await shows(pilot, "14d 00:00:00")
        await settled(pilot)  # the owner is known
        await pilot.press(key)
        await settled(pilot)
        await pilot.press(away)
        await pilot.resize_terminal(*after)
        await pilot.press(back, "home")
        assert timeless(await settled(pilot)) == expected


async def test_no_message_speaks_of_a_token_that_another_program_has_deleted(
    signed_in: Stage,
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press("c")
        await tells(pilot, "Copied the access token")
        signed_in.profile.token_path.unlink()
        await tells(pilot, "The token was deleted.")
        await shows(pilot, "F3 signs in to Webex and gets one.")
        assert "Copied" not in told(pilot)


async def test_help_is_scrolled_and_closed_by_keys(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(60, 12)) as pilot:
        await pilot.press("question_mark")
        await shows(pilot, "Help · Token")
        await shows(pilot, "Refresh the token now")
        for _ in range(30):
            await pilot.press("down")
        await shows(pilot, "wtr exec")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen))


@pytest.mark.parametrize("key", ["f1", "question_mark", "q", "enter", "escape"])
async def test_help_closes_with_the_keys_that_open_it_and_those_of_any_dialog(
    signed_in: Stage, key: str
) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpDialog))
        await pilot.press(key)
        await until(pilot, lambda: not isinstance(pilot.app.screen, HelpDialog))


async def test_every_key_of_a_screen_is_in_its_help(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(100, 60)) as pilot:
        for key, name in (("f2", "token"), ("f3", "sign-in"), ("f4", "settings")):
            await pilot.press(key)
            screen = app_of(pilot).full_screens[name]
            await is_on(pilot, screen)
            offered = [
                active.binding.tooltip
                for active in screen.active_bindings.values()
                if active.node is screen and active.binding.show
            ]
            assert all(offered)
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(pilot.app.screen, HelpDialog))
            for meaning in offered:
                await shows(pilot, meaning)
            await pilot.press("escape")


async def test_the_line_of_keys_holds_only_keys_that_do_something(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await shows(pilot, "⏎ Sign in")
        line = seen(pilot).splitlines()[-1]
        assert "Cancel" not in line
        assert "Approve" not in line
        assert "Device code" not in line


async def test_the_palette_runs_what_the_keys_do(signed_in: Stage) -> None:
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PaletteDialog))
        await pilot.press(*"switch auto")
        await shows(pilot, "Switch auto-refresh on or off")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PaletteDialog) is False)
        await tells(pilot, "Auto-refresh is off")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("ctrl+p", "No action of this screen matches; other screens have others."),
        ("ctrl+t", "Nothing in the list matches."),
    ],
)
async def test_a_list_in_which_nothing_matches_says_so_and_enter_leaves_it_open(
    stage: Stage, key: str, words: str
) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f6", key, *"zzz")
        await shows(pilot, words)
        dialog = pilot.app.screen
        await pilot.press("enter")
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: words not in seen(pilot))
        assert pilot.app.screen is dialog


async def test_the_palette_lists_nothing_that_the_field_below_it_does(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 40)) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("ctrl+p")
        await shows(pilot, "Save what was changed")
        palette = pilot.app.screen
        assert isinstance(palette, PaletteDialog)
        assert next(iter(palette.actions)) == "Save what was changed"
        assert not [name for name in palette.actions if "cursor" in name or "Delete" in name]


async def test_the_list_of_themes_opens_in_the_theme_there_is(stage: Stage) -> None:
    stage.configure(theme="light")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        themes_shown: list[str] = []
        pilot.app.watch(pilot.app, "theme", lambda name: themes_shown.append(name))
        await pilot.press("ctrl+t")
        await shows(pilot, "● light")
        await pilot.pause()
        await pilot.press("down")
        await until(pilot, lambda: themes_shown[-1] == "wtr-ansi")
        assert themes_shown == ["wtr-light", "wtr-ansi"]


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+q", 0), ("ctrl+c", 130)])
async def test_the_ways_out(signed_in: Stage, key: str, code: int) -> None:
    app = signed_in.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press(key)
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == code


async def test_a_letter_in_a_field_is_typed_and_does_not_quit(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*"q?a")
        focused = pilot.app.focused
        assert isinstance(focused, Input)
        assert focused.value == "q?a"
        assert pilot.app.return_code is None


async def test_escape_closes_the_message(stage: Stage) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await tells(pilot, "Auto-refresh is off")
        await pilot.press("escape")
        await until(pilot, lambda: told(pilot) == "")


async def test_an_old_message_does_not_reappear_after_a_newer_one(signed_in: Stage) -> None:
    app = signed_in.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        for old in ("Refreshing …", "Refreshed at 12:00."):
            await pilot.press("f2")
            await shows(pilot, "Auto-refresh")
            app.show_message(old)
            await shows(pilot, old)
            await pilot.press("f4")
            await shows(pilot, "Redirect port")
            app.show_message("Signed in: valid until tomorrow.")
            await tells(pilot, "Signed in")
            await pilot.press("f2")
            await shows(pilot, "Auto-refresh")
            assert old not in seen(pilot)


async def test_leaving_waits_for_a_refresh_that_is_under_way(
    stage: Stage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.rules = replace(sandbox.rules, access_lifetime=LIFE, rotate=True)
    stage.configure_for(sandbox)
    before = stage.save(
        token_from(sandbox.issue(), now=stage.clock()), sandbox.integration.client_id
    )
    in_flight, gate = threading.Event(), threading.Event()
    asked = WebexClient.refresh

    def gated(client: WebexClient, token: Token) -> Token:
        in_flight.set()
        assert gate.wait(PATIENCE)
        return asked(client, token)

    monkeypatch.setattr(WebexClient, "refresh", gated)
    monkeypatch.setattr("wtr_tui.tui.app._EXIT_WAIT_SECONDS", PATIENCE)
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await until(pilot, in_flight.is_set)
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code is None
        gate.set()
        await until(pilot, lambda: app.return_code is not None)
        assert stage.stored() != before


@pytest.fixture
def two_profiles(stage: Stage) -> Stage:
    """The default one is signed in; ``work`` has settings only."""
    stage.environ["HOME"] = str(stage.home)
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    work = profiles.find("work", None, stage.environ)
    work.settings_path.write_text("appid: C123\nredirectPort: 7000\n")
    return stage


async def _to_work(pilot: Pilot[int]) -> None:
    await pilot.press("f5")
    await until(pilot, lambda: isinstance(pilot.app.screen, ProfilesScreen))
    await pilot.press("down", "enter")


async def test_another_profile_brings_its_own_settings_and_token(two_profiles: Stage) -> None:
    async with two_profiles.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await _to_work(pilot)
        await tells(pilot, "This is the profile work.")
        await shows(pilot, "http://localhost:7000")
        await pilot.press("f2")
        await shows(pilot, "F3 signs in to Webex and gets one.")
        assert "no token work" in " ".join(seen(pilot).splitlines()[0].split())


async def test_a_token_that_is_not_saved_is_not_left_behind(two_profiles: Stage) -> None:
    app = two_profiles.app(webex=NoWebex(ANN))
    held = StoredToken(
        app.session.settings.app_id, a_token("HELD", obtained_at=two_profiles.clock())
    )
    app.session.auto_refresh.keep_unsaved(held)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "▲ NOT SAVED")
        await _to_work(pilot)
        await tells(pilot, "only in this window")
        assert app.session.auto_refresh.stored == held


async def test_a_late_refresh_is_of_the_profile_it_was_asked_for(
    two_profiles: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    late = errors.NotSaved(a_token("LATE"), "The disk is full.")

    def gated(*_: object, **__: object) -> tokens.Obtained:
        assert gate.wait(PATIENCE)
        raise late

    monkeypatch.setattr(tokens, "refresh", gated)
    monkeypatch.setattr("wtr_tui.tui.app._EXIT_WAIT_SECONDS", 0.05)
    app = two_profiles.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press("r")
        await tells(pilot, "Refreshing …")
        await _to_work(pilot)
        await tells(pilot, "This is the profile work.")
        gate.set()
        await tells(pilot, "default: NOT SAVED")
        assert app.session.auto_refresh.stored is None
        await pilot.press("ctrl+q")
        await shows(pilot, "The token of default could not be saved")


async def test_removing_a_profile_is_asked_about(two_profiles: Stage) -> None:
    work = profiles.find("work", None, two_profiles.environ)
    async with two_profiles.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProfilesScreen))
        await pilot.press("d")
        await shows(pilot, "This profile is in use")
        await pilot.press("down", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, ProfilesScreen))
        assert work.settings_path.exists()
        await pilot.press("d", "y")
        await shows(pilot, "work was removed.")
        assert not work.settings_path.exists()


async def test_the_palette_names_each_action_once_and_quit_quits(signed_in: Stage) -> None:
    app = signed_in.app(webex=NoWebex(ANN))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, PaletteDialog))
        await pilot.press(*"quit")
        await shows(pilot, "Commands · 1 of")
        line = next(line for line in seen(pilot).splitlines() if " Quit " in line and "│" in line)
        assert line.rpartition("│")[0].rstrip(" │▎").endswith(" q")
        await pilot.press("enter")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0


WALK = (
    "f4", "f2", "v", "f5", "down", "f4", "tab", "f2", "v", "ctrl+t", "down", "down", "escape", "f4",
)  # fmt: skip


async def test_rows_taken_from_an_earlier_picture_are_those_that_would_be_rendered_now(
    signed_in: Stage,
) -> None:
    app = WtrApp(signed_in.session())
    async with app.run_test(size=(80, 24)) as pilot:

        async def check() -> None:
            await pilot.pause()
            if isinstance(compositor := app.screen._compositor, driver._RowsCompositor):
                shown = compositor.render_strips()
                compositor._rendered.clear()
                anew = compositor.render_strips()
                assert [[*strip] for strip in shown] == [[*strip] for strip in anew]

        for size, theme in (((80, 24), "wtr-dark"), ((120, 40), "wtr-light"), ((60, 12), "nord")):
            await pilot.resize_terminal(*size)
            for key in WALK:
                await pilot.press(key)
                await check()
            app.theme = theme
            await check()
