"""The sign-in screen: every method, every outcome, and a free port afterwards."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.stage import (
    ANN,
    DESK,
    NoWebex,
    Stage,
    seen,
    shows,
    sign_in_screen,
    tells,
    told,
    until,
)
from tests.support.tokens import OTHER_APP_ID, a_token
from tests.support.webex import Fault, Integration, Sandbox
from tests.support.webex.browser import approved_address, denied_address, follow
from wtr_tui import clock
from wtr_tui.model import Token
from wtr_tui.retrieval import Retrieval
from wtr_tui.shutdown import in_thread
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens.dialogs import ConfirmDialog, ListDialog
from wtr_tui.tui.screens.sign_in import sign_in_facts
from wtr_tui.tui.screens.token import TokenScreen
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets.figures import Figures


@pytest.fixture
def configured(stage: Stage, sandbox: Sandbox) -> Stage:
    """Settings for the sandbox and no token: the sign-in begins by itself."""
    stage.configure_for(sandbox)
    return stage


def attempt(pilot: Pilot[int]) -> Retrieval:
    running = sign_in_screen(pilot)._attempt
    assert running is not None
    return running


async def listens(pilot: Pilot[int]) -> str:
    """Wait until the start address is shown, and return it."""
    screen = sign_in_screen(pilot)
    await until(pilot, lambda: screen.progress.listening is not None, "listening")
    return start_url_of(pilot)


def start_url_of(pilot: Pilot[int]) -> str:
    listening = sign_in_screen(pilot).progress.listening
    assert listening is not None
    return listening.start_url


async def signed_in(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen), "the token view")
    await tells(pilot, "Signed in")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def test_over_ssh_no_browser_is_opened_and_the_forwarding_is_explained(
    configured: Stage, opened: list[str], integration: Integration
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        port = integration.redirect_uri.rpartition(":")[2]
        await shows(pilot, start_url)
        text = " ".join(seen(pilot).split())
        assert f"-L {port}:localhost:{port}" in text
        assert text.index("forward the port") < text.index(start_url)
    assert opened == []


async def test_a_long_message_leaves_the_steps_in_sight(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        app = pilot.app
        assert isinstance(app, WtrApp)
        app.show_message(f"{'The secret would be sent elsewhere. ' * 5}The end.", Tone.WARN)
        await shows(pilot, "The end.")
        await shows(pilot, "○ exchange")
        await shows(pilot, "Listening on port")
        assert "Then ^l repaints" not in seen(pilot)
        await pilot.press("escape")
        await shows(pilot, "Then ^l repaints")


async def test_a_large_terminal_says_what_is_requested_and_where_the_token_goes(
    configured: Stage, integration: Integration
) -> None:
    app: WtrApp = configured.app()
    async with app.run_test(size=(200, 60)) as pilot:
        await listens(pilot)
        await shows(pilot, "This sign-in")
        text = seen(pilot)
        assert integration.client_id in text
        assert f"{integration.redirect_uri} · the integration must have exactly this one" in text
        assert all(scope in text for scope in app.session.settings.scopes)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "This sign-in" not in seen(pilot))


def test_what_a_sign_in_says_of_itself_follows_the_settings(stage: Stage) -> None:
    scopes = " ".join(f"meeting:scope_{number}" for number in range(20))
    stage.configure(scopes=f'"{scopes}"', autoRefresh="false", account="ann@example.com")
    facts = sign_in_facts(stage.session())
    assert facts["Scopes"].endswith("meeting:scope_11 · 8 more, see F4")
    assert facts["Account"] == "ann@example.com · another one is asked about first"
    assert facts["After that"].startswith("auto-refresh is off")
    stage.configure()
    assert sign_in_facts(stage.session())["Account"] == ""


async def test_at_a_desk_the_browser_is_asked_to_open_the_start_address(
    configured: Stage, opened: list[str]
) -> None:
    async with configured.app(DESK).run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        await shows(pilot, "Asked firefox to open the page.")
    (own,) = opened
    assert own != start_url
    assert own.startswith(start_url.rpartition("/")[0])


async def test_o_opens_the_browser_again(configured: Stage, opened: list[str]) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await pilot.press("o")
        await until(pilot, lambda: len(opened) == 1)
        await pilot.press("o")
        await until(pilot, lambda: len(set(opened)) == 2)


async def test_the_redirect_ends_at_the_token_view_with_the_token_saved(
    configured: Stage, sandbox: Sandbox
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        page = await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)
        assert "through the browser's redirect" in told(pilot)
        assert page.status == 200
        assert configured.stored().app_id == sandbox.integration.client_id


async def _anywhere(pilot: Pilot[int], text: str) -> None:
    pilot.app.post_message(events.Paste(text))


async def _in_the_field(pilot: Pilot[int], text: str) -> None:
    if pilot.app.focused is None:
        await pilot.press("p")
    assert isinstance(pilot.app.focused, Input)
    pilot.app.post_message(events.Paste(text))


async def _typed(pilot: Pilot[int], text: str) -> None:
    await pilot.press("p")
    pilot.app.screen.query_one("#pasted", Input).value = text.partition("?")[2]
    await pilot.pause()
    await pilot.press("enter")


@pytest.mark.parametrize("enter", [_anywhere, _in_the_field, _typed])
async def test_the_address_where_the_browser_ended_can_be_pasted(
    configured: Stage, enter: Callable[[Pilot[int], str], Awaitable[None]]
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        url = attempt(pilot).authorize_url
        address = await in_thread(lambda: approved_address(url))
        await enter(pilot, address)
        await signed_in(pilot)
        assert "with the pasted address" in told(pilot)


async def test_an_address_that_a_terminal_wrapped_is_joined(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        url = attempt(pilot).authorize_url
        address = await in_thread(lambda: approved_address(url))
        await _in_the_field(pilot, f"{address[:40]}\n{address[40:55]}\n  {address[55:]}\n")
        await signed_in(pilot)


@pytest.mark.parametrize("enter", [_anywhere, _in_the_field])
async def test_a_wrong_paste_is_told_and_the_right_one_still_counts(
    configured: Stage, enter: Callable[[Pilot[int], str], Awaitable[None]]
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        url = attempt(pilot).authorize_url
        address = await in_thread(lambda: approved_address(url))
        await enter(pilot, address.partition("state=")[0] + "state=another")
        await tells(pilot, "That is not the answer of this sign-in.")
        await enter(pilot, address)
        await signed_in(pilot)


async def test_pasting_the_full_address_itself_is_explained(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await _anywhere(pilot, attempt(pilot).authorize_url)
        await tells(pilot, "That is the address that begins the sign-in.")


async def test_cancelling_frees_the_port_and_enter_begins_again(
    configured: Stage, integration: Integration
) -> None:
    port = int(integration.redirect_uri.rpartition(":")[2])
    async with configured.app().run_test(size=(80, 24)) as pilot:
        first = await listens(pilot)
        assert not is_free(port)
        await pilot.press("x")
        await tells(pilot, "The sign-in was cancelled.")
        await until(pilot, lambda: is_free(port), "the port free")
        await shows(pilot, "Enter signs in to Webex.")
        await pilot.press("enter")
        await until(pilot, lambda: not is_free(port), "listening again")
        assert await listens(pilot) != first


async def test_a_sign_in_that_waits_below_another_screen_is_not_lost_unasked(
    configured: Stage,
) -> None:
    app = configured.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await pilot.press("f2", "q")
        await shows(pilot, "A sign-in waits for its answer.")
        await pilot.press("n", "f3", "q")
        await until(pilot, lambda: app.return_code == 0)


async def test_leaving_the_program_frees_the_port(
    configured: Stage, integration: Integration
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await pilot.press("ctrl+q")
    assert is_free(int(integration.redirect_uri.rpartition(":")[2]))


async def test_the_sign_in_goes_on_while_another_screen_is_looked_at(
    configured: Stage, sandbox: Sandbox
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        await pilot.press("f4")
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)


async def test_saved_settings_are_those_the_waiting_sign_in_goes_on_with(
    configured: Stage, sandbox: Sandbox
) -> None:
    path = configured.configure_for(sandbox)
    right = path.read_text()
    path.write_text(right.replace(sandbox.integration.secret.reveal(), "mistyped"))
    app = configured.app()
    async with app.run_test(size=(80, 24)) as pilot:
        before = await listens(pilot)
        path.write_text(right)
        app.session.current.load_settings()
        app.settings_changed()
        await tells(pilot, "The settings have changed, so this sign-in has begun anew.")
        assert await listens(pilot) != before
        url = attempt(pilot).authorize_url
        await _anywhere(pilot, await in_thread(lambda: approved_address(url)))
        await signed_in(pilot)
        app.settings_changed()
        await pilot.press("f3")
        await shows(pilot, "Enter signs in again")


async def test_declining_is_told_and_enter_tries_again(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        url = attempt(pilot).authorize_url
        address = await in_thread(lambda: denied_address(url))
        await _anywhere(pilot, address)
        await shows(pilot, "The sign-in was declined at Webex.")
        await shows(pilot, "Enter tries again.")
        await shows(pilot, "⏎ Sign in")
        await pilot.press("enter")
        await listens(pilot)
        url = attempt(pilot).authorize_url
        address = await in_thread(lambda: approved_address(url))
        await _anywhere(pilot, address)
        await signed_in(pilot)


async def test_the_servers_words_are_shown_as_they_are(configured: Stage, sandbox: Sandbox) -> None:
    words = "The code [/b] is [red]bad[/red] \\u001b[31m\\u202e here"
    body = f'{{"error":"invalid_grant","error_description":"{words}"}}'
    sandbox.faults.next("access_token", Fault(status=400, body=body))
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        state = attempt(pilot).request.state.reveal()
        await _anywhere(pilot, f"?code=a1b2c3&state={state}")
        await shows(pilot, "The code [/b] is [red]bad[/red] [31m here")
        assert "\x1b" not in seen(pilot)
        assert "\u202e" not in seen(pilot)


async def test_a_stray_request_is_told_and_ends_nothing(
    configured: Stage, sandbox: Sandbox, integration: Integration
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        await in_thread(lambda: follow(f"{integration.redirect_uri}/wp-login.php?x=[/b]"))
        await tells(pilot, "A stray request was turned away")
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)


async def test_a_taken_port_is_told_and_pasting_goes_on(
    configured: Stage, integration: Integration
) -> None:
    port = int(integration.redirect_uri.rpartition(":")[2])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        async with configured.app().run_test(size=(80, 24)) as pilot:
            await shows(pilot, f"Port {port}")
            await shows(pilot, "Not listening")
            url = attempt(pilot).authorize_url
            address = await in_thread(lambda: approved_address(url))
            await _anywhere(pilot, address)
            await signed_in(pilot)


async def test_the_time_left_is_counted_and_can_be_extended(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await shows(pilot, "05:00 left")
        configured.clock.advance(timedelta(seconds=10))
        await shows(pilot, "04:50 left")
        await pilot.press("t")
        await shows(pilot, "09:50 left")


async def test_time_that_has_run_out_is_told(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        configured.clock.advance(timedelta(minutes=6))
        await shows(pilot, "No answer arrived in time.")
        await shows(pilot, "exactly this redirect URI")


async def test_a_device_code_is_shown_in_its_card_and_signs_in(
    configured: Stage, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, device_interval=timedelta(milliseconds=20))
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await pilot.press("d")
        code = await device_code(pilot)
        assert pilot.app.screen.query_one("#code", Figures).text == f"{code[:3]} {code[3:]}"
        await shows(pilot, f"enter {code} at")
        await in_thread(lambda: sandbox.approve_device(code))
        await signed_in(pilot)
        assert "with the device code" in told(pilot)


async def device_code(pilot: Pilot[int]) -> str:
    screen = sign_in_screen(pilot)
    await until(pilot, lambda: screen.progress.device_code is not None, "a device code")
    granted = screen.progress.device_code
    assert granted is not None
    return granted.user_code


async def test_the_browser_may_answer_while_the_device_code_is_shown_as_a_qr_code(
    configured: Stage, sandbox: Sandbox
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        await pilot.press("d")
        await device_code(pilot)
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ListDialog))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ListDialog))
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ListDialog))
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("c", start_url_of),
        ("u", lambda pilot: attempt(pilot).authorize_url),
        (
            "f",
            lambda pilot: pilot.app.session.surroundings.forward_command(
                pilot.app.session.settings.redirect_port
            ),
        ),
    ],
    ids=["the start address", "the full address", "the ssh line"],
)
async def test_each_address_can_be_copied(
    configured: Stage, copied: list[str], key: str, what: Callable[[Pilot[int]], str]
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        expected = what(pilot)
        await pilot.press(key)
        await until(pilot, lambda: bool(copied))
        await tells(pilot, "sent to your terminal's clipboard")
    assert copied == [expected]


async def test_another_app_ids_token_is_asked_about_and_kept_aside(
    configured: Stage, sandbox: Sandbox
) -> None:
    configured.save(a_token(), OTHER_APP_ID)
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f3", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("y")
        start_url = await listens(pilot)
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)
        assert "The other App ID's token is kept in" in told(pilot)


async def test_nothing_told_before_is_seen_after_a_newer_sign_in(
    configured: Stage, sandbox: Sandbox
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, WtrApp)
        await listens(pilot)
        await pilot.press("x")
        await tells(pilot, "The sign-in was cancelled.")
        await pilot.press("f2")
        app.show_message("Refreshed at 12:00.")
        await pilot.press("f3")
        start_url = await listens(pilot)
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)
        assert "Refreshed" not in told(pilot)
        await pilot.press("escape", "f3")
        await shows(pilot, "You have a token")
        assert told(pilot) == ""


async def test_what_the_sign_in_led_to_says_until_when_and_what_comes_next(
    configured: Stage, sandbox: Sandbox
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        start_url = await listens(pilot)
        await in_thread(lambda: sandbox.approve(start_url))
        await signed_in(pilot)
        ends = configured.stored().token.expires_at
        assert ends is not None
        assert f"good until {clock.local(ends)}; c copies it" in told(pilot)
        await pilot.press("f3")
        await shows(pilot, f"good until {clock.local(ends)}; F2 shows it.")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (a_token(refresh=None), "! This token cannot be refreshed"),
        (a_token(refresh_life=timedelta(days=2)), "! The refresh token ends in 2 d;"),
        (a_token(life=timedelta(0), refresh_life=timedelta(0)), "✗ The refresh token has expired."),
    ],
)
async def test_why_somebody_has_to_sign_in_comes_first(
    stage: Stage, token: Token, reason: str
) -> None:
    stage.configure(autoRefresh="off")
    stage.save(token)
    stage.clock.instant = token.obtained_at
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await shows(pilot, reason)
        await shows(pilot, "Enter signs in again. The token you have")


async def test_with_a_token_nothing_begins_before_enter(configured: Stage) -> None:
    token = a_token()
    configured.save(token, configured.session().settings.app_id)
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await shows(pilot, "You have a token")
        await pilot.press("enter")
        await listens(pilot)
        assert configured.stored().token == token


@pytest.mark.parametrize("text", ["", "appid: [C1\n", "appid: C1\nsecret: s1\nredirectPort: x\n"])
async def test_without_settings_the_screen_says_where_they_are(stage: Stage, text: str) -> None:
    stage.write(text)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await shows(pilot, "The settings cannot be used yet.")
        await pilot.press("enter")
        assert "⏎ Sign in" in seen(pilot)


async def test_a_token_that_cannot_be_saved_is_kept_and_saved_when_it_can(
    configured: Stage, sandbox: Sandbox
) -> None:
    in_the_way = configured.profile.token_path.parent
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("a file where the folder should be")
    async with configured.app().run_test(size=(80, 24)) as pilot:
        # The first thing to be seen is that the token file cannot be looked at.
        await pilot.press("f3", "enter")
        start_url = await listens(pilot)
        await in_thread(lambda: sandbox.approve(start_url))
        await tells(pilot, "NOT SAVED")
        await shows(pilot, "▲ NOT SAVED")
        await pilot.press("ctrl+q")
        await shows(pilot, "Quit and lose it?")
        await pilot.press("n")
        await pilot.press("s")
        await tells(pilot, "NOT SAVED")
        in_the_way.unlink()
        await pilot.press("s")
        await tells(pilot, "Saved.")
        assert configured.stored().app_id == sandbox.integration.client_id


async def test_while_the_field_has_the_focus_only_keys_are_offered_that_do_not_type(
    configured: Stage,
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await listens(pilot)
        await shows(pilot, "? Help")
        await shows(pilot, "p to paste")
        await pilot.press("p")
        await shows(pilot, "F1 Help")
        await shows(pilot, "paste the address here")
        assert "p to paste" not in seen(pilot)
        line = seen(pilot).splitlines()[-1]
        assert "? Help" not in line
        assert "Cancel" not in line
        assert "Esc Leave the field" in line
        await pilot.press("escape")
        await shows(pilot, "x Cancel")
