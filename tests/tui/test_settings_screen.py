"""The settings screen: validation while typing, saving without loss, sources of values."""

from __future__ import annotations

import re
import stat
from urllib.parse import quote

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.stage import SECRET, Stage, seen, shows, tells, told, until
from tests.support.tokens import APP_ID, OTHER_APP_ID
from wtr_tui.storage.settings_table import SETTINGS
from wtr_tui.storage.settings_values import parse_port
from wtr_tui.tui.screens import WtrScreen
from wtr_tui.tui.screens.settings import SettingsScreen
from wtr_tui.tui.widgets import StaticText
from wtr_tui.tui.widgets.inputs import Field

WRITTEN_BY_HAND = f"""\
# The integration of the network team.
secret: {SECRET}   # ask Bob
appid: {APP_ID}

nickname: reports   # ours
redirectPort: 6855
"""


def check_port(text: str) -> str:
    with pytest.raises(ValueError) as refusal:
        parse_port(text)
    return str(refusal.value)


def field(screen: object, key: str) -> Field:
    assert isinstance(screen, SettingsScreen)
    return screen.fields[key]


async def test_a_wrong_port_is_told_beside_the_field_while_typing(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        port = field(pilot.app.screen, "redirectPort")
        port.entry.focus()
        await pilot.press("end", *["backspace"] * 4, *"70000")
        sentence = check_port("70000")
        await shows(pilot, sentence)
        assert port.problem == sentence
        await pilot.press("backspace")
        await until(pilot, lambda: not port.problem)
        assert "65535" not in seen(pilot)


async def test_an_emptied_port_is_told_among_the_first_steps_too(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", "tab", "tab", "tab", "ctrl+u")
        await shows(pilot, "number from 1 to 65535")


async def test_a_wrong_value_is_not_saved(stage: Stage) -> None:
    path = stage.configure()
    before = path.read_text()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "redirectPort").entry.value = "abc"
        await pilot.press("ctrl+s")
        await tells(pilot, f"Not saved: {check_port('abc')}")
    assert path.read_text() == before


async def test_saving_keeps_the_comments_the_order_and_the_unknown_keys(stage: Stage) -> None:
    path = stage.write(WRITTEN_BY_HAND)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "redirectPort").entry.value = "7000"
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved")
        await shows(pilot, "http://localhost:7000")
    assert path.read_text() == WRITTEN_BY_HAND.replace("6855", "7000")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_first_settings_make_the_file_and_lead_to_the_sign_in(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1. At developer.webex.com/my-apps")
        assert pilot.app.focused is pilot.app.screen.query_one("#portal")
        await pilot.press("down", *"C123", "enter", *"geheim", "ctrl+s")
        await tells(pilot, "F3 signs in")
        assert "five steps" not in seen(pilot)
    path = stage.profile.settings_path
    assert "C123" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_saving_without_a_change_leaves_the_file_alone(stage: Stage) -> None:
    path = stage.configure()
    before = path.stat()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "ctrl+s")
        await tells(pilot, "Nothing has changed")
    assert path.stat().st_mtime_ns == before.st_mtime_ns


async def test_a_file_another_program_changed_meanwhile_is_not_overwritten(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        port = field(pilot.app.screen, "redirectPort").entry
        port.value = "7000"
        path.write_text(WRITTEN_BY_HAND)
        app._tick()
        await pilot.press("ctrl+s")
        await tells(pilot, "was changed")
        assert port.value == "7000"
    assert path.read_text() == WRITTEN_BY_HAND


async def test_a_file_that_cannot_be_understood_is_never_overwritten(stage: Stage) -> None:
    path = stage.write("appid: [unfinished\n")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await shows(pilot, "^l reads it again")
        field(pilot.app.screen, "appid").entry.value = "C123"
        await pilot.press("ctrl+s")
        await tells(pilot, "Not saved")
        assert path.read_text() == "appid: [unfinished\n"
        field(pilot.app.screen, "appid").entry.value = ""  # a change would be asked about
        path.write_text(f"appid: {APP_ID}\n")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: field(pilot.app.screen, "appid").entry.value == APP_ID)
        assert "^l reads it again" not in seen(pilot)


async def test_what_the_environment_sets_is_shown_but_not_edited(stage: Stage) -> None:
    path = stage.configure(appid=OTHER_APP_ID)
    stage.environ["WEBEX_APPID"] = APP_ID
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        app_id = field(pilot.app.screen, "appid")
        await shows(pilot, "from $WEBEX_APPID")
        assert app_id.entry.disabled
        assert app_id.entry.value == APP_ID
        field(pilot.app.screen, "redirectPort").entry.value = "7000"
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved")
    assert OTHER_APP_ID in path.read_text()
    assert APP_ID not in path.read_text()


async def test_scopes_of_the_environment_are_not_picked_here(stage: Stage) -> None:
    stage.configure()
    stage.environ["WEBEX_SCOPES"] = "spark:kms"
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "ctrl+o")
        await tells(pilot, "from $WEBEX_SCOPES: change them there")
        assert isinstance(pilot.app.screen, SettingsScreen)


PORTAL_URL = (
    "https://webexapis.com/v1/authorize?client_id=C123abc&response_type=code"
    "&redirect_uri=http%3A%2F%2Flocalhost%3A7777&scope=spark%3Akms%20spark%3Apeople_read&state=x"
)


async def paste(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one("#portal", Input).focus()
    await pilot.pause()
    pilot.app.post_message(events.Paste(text))


@pytest.mark.parametrize(
    "text",
    [PORTAL_URL, f"<{PORTAL_URL}>", f"{PORTAL_URL[:70]}\n   {PORTAL_URL[70:]}\n"],
    ids=["plain", "in brackets", "wrapped"],
)
async def test_the_portals_oauth_url_fills_app_id_port_and_scopes(stage: Stage, text: str) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await paste(pilot, text)
        await tells(pilot, "Filled in from the OAuth URL")
        screen = pilot.app.screen
        assert field(screen, "appid").entry.value == "C123abc"
        assert field(screen, "redirectPort").entry.value == "7777"
        assert field(screen, "scopes").entry.value == "spark:kms spark:people_read"
        assert screen.query_one("#portal", Input).value == ""
        await shows(pilot, "http://localhost:7777")


async def test_the_portals_url_leads_on_to_the_secret_and_saving(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pilot.app.post_message(events.Paste(PORTAL_URL))
        await tells(pilot, "now the secret, then ^s saves")
        assert pilot.app.focused is field(pilot.app.screen, "secret").entry
        pilot.app.post_message(events.Paste("geheim"))
        await pilot.press("ctrl+s")
        await tells(pilot, "F3 signs in")
    assert stage.session().current.is_configured


async def test_the_portals_url_may_come_letter_by_letter(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*PORTAL_URL, "enter")
        await tells(pilot, "now the secret, then ^s saves")
        assert field(pilot.app.screen, "appid").entry.value == "C123abc"
        assert field(pilot.app.screen, "redirectPort").entry.value == "7777"
        assert field(pilot.app.screen, "secret").entry.value == ""


@pytest.mark.parametrize("name", ["appid", "kind", "baseUrl", None])
async def test_the_portals_url_is_taken_wherever_it_is_pasted_and_asks_for_its_secret(
    stage: Stage, name: str | None
) -> None:
    stage.configure(baseUrl="https://webexapis.com/v1", kind="integration")
    async with stage.app().run_test(size=(80, 40)) as pilot:
        await pilot.press("f4")
        screen = pilot.app.screen
        before = field(screen, name or "kind").entry.value
        screen.set_focus(field(screen, name).entry if name else None)
        pilot.app.post_message(events.Paste(PORTAL_URL))
        await tells(pilot, "now the secret, then ^s saves")
        assert field(screen, "appid").entry.value == "C123abc"
        assert name == "appid" or field(screen, name or "kind").entry.value == before
        secret = field(screen, "secret").entry
        assert (secret.value, screen.focused) == ("", secret)
        await pilot.press("ctrl+s")
        await tells(pilot, "Not saved: The secret is missing")


async def test_the_portals_url_of_the_same_app_id_leaves_the_secret(stage: Stage) -> None:
    stage.configure(appid="C123abc")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        pilot.app.post_message(events.Paste(PORTAL_URL))
        await tells(pilot, "Filled in from the OAuth URL; ^s saves.")
        assert field(pilot.app.screen, "secret").entry.value == SECRET


async def test_what_was_said_of_the_form_goes_once_it_is_another(stage: Stage) -> None:
    stage.configure(timeout=300)
    async with stage.app().run_test(size=(80, 40)) as pilot:
        await pilot.press("f4", "ctrl+s")
        await tells(pilot, "Nothing has changed")
        timeout = field(pilot.app.screen, "timeout").entry
        timeout.focus()
        await pilot.press("end", "backspace")
        await until(pilot, lambda: not told(pilot), "no message")
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved to")
        await pilot.press("backspace")
        await until(pilot, lambda: not told(pilot), "no message")


async def test_something_else_than_the_portals_url_is_told_at_enter(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*"C123", "enter")
        await shows(pilot, "This is not an integration's OAuth URL")


async def test_what_is_still_missing_after_saving_is_named(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("tab", *"C123", "ctrl+s")
        await tells(pilot, "Saved. Still missing or wrong: Client Secret.")
        await shows(pilot, "5. ^s saves.")
        assert pilot.app.focused is field(pilot.app.screen, "appid").entry


async def test_each_field_is_explained_while_it_has_the_focus(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        for words in ("calls it Client ID", "shows it once", "may do", "comes back to"):
            await shows(pilot, words)
            await pilot.press("down")


async def test_the_portals_url_does_not_touch_what_the_environment_sets(stage: Stage) -> None:
    stage.environ["WEBEX_APPID"] = APP_ID
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await paste(pilot, PORTAL_URL)
        await tells(pilot, "What is from $WEBEX_APPID was not changed.")
        assert field(pilot.app.screen, "appid").entry.value == APP_ID


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:7777", "http://localhost:7777/", "http://localhost:7777/callback"],
)
async def test_the_portals_own_spelling_of_the_redirect_uri_is_kept(
    stage: Stage, copied: list[str], uri: str
) -> None:
    stage.configure(appid="C123abc", redirectPort=6855)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await paste(pilot, PORTAL_URL.replace("http%3A%2F%2Flocalhost%3A7777", quote(uri, "")))
        await shows(pilot, uri)
        await pilot.press("ctrl+y", "ctrl+s")
        await tells(pilot, "Saved")
        await shows(pilot, "as in redirectUri")
    assert copied == [uri]
    settings = stage.session().settings
    assert settings.problems == ()
    assert (settings.redirect_uri, settings.redirect_port) == (uri, 7777)


async def test_a_port_typed_after_pasting_counts_more_than_the_portals_address(
    stage: Stage,
) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await paste(pilot, PORTAL_URL.replace("localhost", "127.0.0.1"))
        await shows(pilot, "http://127.0.0.1:7777")
        field(pilot.app.screen, "redirectPort").entry.value = "7000"
        await shows(pilot, "http://localhost:7000")


async def test_a_redirect_uri_that_leads_elsewhere_is_told(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        uri = quote("https://www.example.com/callback", "")
        await paste(pilot, PORTAL_URL.replace("http%3A%2F%2Flocalhost%3A7777", uri))
        await tells(pilot, "Its redirect URI leads elsewhere")
        await shows(pilot, "http://localhost:6855")


async def test_a_wrong_value_is_told_with_its_line(stage: Stage) -> None:
    stage.configure(redirectPort=70000)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "from file, line 3")


async def test_a_wrong_value_further_down_is_gone_to(stage: Stage) -> None:
    stage.configure(timeout="soon")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "from file, line 3")
        assert field(pilot.app.screen, "timeout").problem


async def test_another_address_than_the_portals_is_told(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await paste(pilot, "https://developer.webex.com/my-apps")
        await shows(pilot, "not an integration's OAuth URL")


async def test_the_secret_is_masked_revealed_on_demand_and_masked_again(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(120, 40)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "•" * 20)
        assert SECRET[:30] not in seen(pilot)
        await pilot.press("ctrl+r")
        await shows(pilot, SECRET[-20:])
        await pilot.press("f2", "f4")
        await shows(pilot, "•" * 20)
        assert SECRET[-20:] not in seen(pilot)


async def test_the_redirect_uri_is_copied_with_the_port_of_the_form(
    stage: Stage, copied: list[str]
) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "redirectPort").entry.value = "7000"
        await pilot.press("ctrl+y")
        await until(pilot, lambda: bool(copied))
    assert copied == ["http://localhost:7000"]


async def test_a_wrong_port_makes_no_redirect_uri_to_register(
    stage: Stage, copied: list[str]
) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "redirectPort").entry.value = "70000"
        await shows(pilot, "(once the redirect port is right)")
        await pilot.press("ctrl+y")
        await tells(pilot, "Not copied")
    assert copied == []


async def test_scopes_are_picked_by_filter_and_key(stage: Stage) -> None:
    stage.configure(scopes="spark:kms")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "ctrl+o")
        await shows(pilot, "Scopes · 1 of 176 chosen")
        await pilot.press(*"spark:people_read", "enter")
        await shows(pilot, "Scopes · 2 of 176 chosen")
        await pilot.press("ctrl+s")
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, SettingsScreen)
                and field(pilot.app.screen, "scopes").entry.value == "spark:kms spark:people_read"
            ),
        )


async def test_leaving_the_scopes_changes_nothing(stage: Stage) -> None:
    stage.configure(scopes="spark:kms")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "ctrl+o")
        await shows(pilot, "Scopes · 1 of 176 chosen")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
        assert field(pilot.app.screen, "scopes").entry.value == "spark:kms"


async def test_a_scope_that_is_not_known_is_taken_as_it_is(stage: Stage) -> None:
    stage.configure(scopes="spark:kms")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "ctrl+o")
        await pilot.press(*"brandnew:scope")
        await shows(pilot, "Not a known scope. Enter takes “brandnew:scope” as it is.")
        await pilot.press("enter", "ctrl+s")
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, SettingsScreen)
                and field(pilot.app.screen, "scopes").entry.value == "spark:kms brandnew:scope"
            ),
        )


LONG_APP_ID = "C" + "0123456789abcdef" * 4


async def test_a_long_app_id_is_whole_at_120_columns(stage: Stage) -> None:
    stage.configure(appid=LONG_APP_ID)
    async with stage.app().run_test(size=(120, 40)) as pilot:
        await pilot.press("f4")
        await shows(pilot, LONG_APP_ID)


async def test_every_setting_has_a_field_and_is_saved_from_it(stage: Stage) -> None:
    path = stage.configure(timeout=60, browser="never")
    async with stage.app().run_test(size=(120, 40)) as pilot:
        await pilot.press("f4")
        screen = pilot.app.screen
        assert isinstance(screen, SettingsScreen)
        assert {*screen.fields} == {setting.name for setting in SETTINGS}
        field(pilot.app.screen, "timeout").entry.value = "120"
        field(pilot.app.screen, "browser").entry.value = ""
        field(pilot.app.screen, "autoRefresh").entry.value = "false"
        await pilot.pause()
        assert "3 changes not saved" in pilot.app.screen.query_one("#file", StaticText).plain
        await pilot.press("ctrl+s")
        await tells(pilot, "Saved")
    text = path.read_text()
    assert "timeout: 120" in text
    assert "autoRefresh: false" in text
    assert "browser" not in text


async def test_a_long_app_id_is_whole_among_the_first_steps_beside_what_webex_asks_for(
    stage: Stage,
) -> None:
    stage.configure(appid=LONG_APP_ID, secret="''")
    async with stage.app().run_test(size=(160, 45)) as pilot:
        await pilot.press("f4")
        await shows(pilot, LONG_APP_ID)
        await shows(pilot, "What Webex asks for")


async def test_a_long_value_shows_its_end_once_it_is_pasted(stage: Stage) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("tab")
        pilot.app.post_message(events.Paste(LONG_APP_ID))
        await shows(pilot, LONG_APP_ID[-40:])


async def test_a_value_that_has_no_room_ends_in_dots(stage: Stage) -> None:
    stage.configure(appid=LONG_APP_ID, redirectPort=7000)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "tab")
        await until(
            pilot, lambda: re.search(r"C0123456789abc\w+… from file", seen(pilot)) is not None
        )
        await shows(pilot, "7000  ")


@pytest.mark.parametrize("key", ["f2", "f3", "f5", "ctrl+l"])
@pytest.mark.parametrize(("answer", "saved"), [("y", True), ("n", False)])
async def test_what_was_changed_is_not_left_behind_without_a_question(
    stage: Stage, key: str, answer: str, saved: bool
) -> None:
    path = stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        settings = pilot.app.screen
        field(settings, "redirectPort").entry.value = "7000"
        await pilot.press(key)
        await shows(pilot, "Save it?")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is settings)
        assert field(settings, "redirectPort").entry.value == "7000"
        await pilot.press(key)
        await shows(pilot, "Save it?")
        await pilot.press(answer)
        if key == "ctrl+l":
            await tells(pilot, "Read again")
        else:
            await until(pilot, lambda: pilot.app.screen is not settings)
            await until(pilot, lambda: isinstance(pilot.app.screen, WtrScreen))
    assert ("7000" in path.read_text()) is saved


@pytest.mark.parametrize("key", ["enter", "space", "click"])
async def test_the_few_values_of_a_setting_are_listed(stage: Stage, key: str) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 40)) as pilot:
        await pilot.press("f4")
        kind = field(pilot.app.screen, "kind")
        await shows(pilot, "Kind of profile integration ▾")
        if key == "click":
            await pilot.click(kind.entry)
        else:
            kind.entry.focus()
            await pilot.press(key)
        await shows(pilot, "Kind of profile · 2 of 2")
        await pilot.press("down", "enter")
        await until(pilot, lambda: kind.entry.value == "serviceApp")


async def test_quitting_with_unsaved_settings_asks(stage: Stage) -> None:
    stage.configure()
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "redirectPort").entry.value = "7000"
        await pilot.press("ctrl+q")
        await shows(pilot, "What you changed in the settings is not saved.")
        await pilot.press("n")
        assert app.return_code is None


async def test_nonsense_in_the_field_of_the_oauth_url_is_told_below_it(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        pilot.app.screen.query_one("#portal", Input).value = "https://"
        await pilot.pause()
        portal = pilot.app.screen.query_one("#field-portal", Field)
        assert not portal.problem
        pilot.app.screen.query_one("#portal", Input).value = "nonsense"
        await until(pilot, lambda: "not an integration" in portal.problem)
        await shows(pilot, portal.problem)
        assert "not saved yet" not in seen(pilot)
        await pilot.press("ctrl+s")
        await shows(pilot, f"Not saved: {portal.problem}")


async def test_a_secret_with_a_blank_is_told_at_its_field(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4")
        field(pilot.app.screen, "secret").entry.value = "two words"
        await shows(pilot, "The secret holds a space")


async def test_what_a_service_app_needs_is_shown_for_one(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 40)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "Kind")
        assert not field(pilot.app.screen, "applicationId").display
        field(pilot.app.screen, "kind").entry.value = "serviceApp"
        await until(pilot, lambda: field(pilot.app.screen, "applicationId").display)
