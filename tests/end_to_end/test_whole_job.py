"""From nothing configured to a token in the clipboard, with keys alone."""

from __future__ import annotations

import pytest

from tests.support.home import Home
from tests.support.ports import port_of
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox, browser

START_ADDRESS = r"http://localhost:\d+/s/[2-9a-z]{8}"


def assert_left_as_found(terminal: Terminal) -> None:
    assert not terminal.in_full_screen
    assert terminal.not_restored() == []


def test_from_an_empty_home_to_a_token_and_back_again(
    home: Home, start: Start, sandbox: Sandbox, integration: Integration
) -> None:
    secret = integration.secret.reveal()

    terminal = start(WEBEX_BASEURL=sandbox.base_url)
    terminal.wait_for("App ID", "Secret", "Redirect port")
    terminal.press("tab")  # past the field for the OAuth URL
    terminal.wait_for_cursor("Client ID (App ID)")
    terminal.press(integration.client_id)
    terminal.wait_for(integration.client_id[-20:])
    terminal.press("tab")
    terminal.wait_for_cursor("Client Secret")
    terminal.press(secret)
    terminal.wait_for("•" * 20)
    terminal.press("tab", "tab")
    terminal.wait_for_cursor("Redirect port")
    terminal.press("end", "ctrl+u")
    terminal.wait_for("must be a number from 1")
    terminal.press(str(port_of(integration.redirect_uri)))
    terminal.wait_for(f"  {integration.redirect_uri} ")  # and not one digit more
    terminal.press("ctrl+s")
    terminal.wait_for("Saved to")
    assert secret in home.settings_path().read_text()
    assert home.settings_path().stat().st_mode & 0o777 == 0o600

    terminal.press("f3")
    terminal.wait_for("Listening on port", f"-L {port_of(integration.redirect_uri)}:localhost:")
    page = sandbox.approve(terminal.find(START_ADDRESS))
    assert "You are signed in" in page.text
    terminal.wait_for("Signed in through the browser's redirect", "● valid")
    assert home.stored_text("appid") == integration.client_id
    first = home.stored_text("access_token")
    assert home.token_path().stat().st_mode & 0o777 == 0o600

    terminal.press("r")
    terminal.wait_for("Refreshed at")
    second = home.stored_text("access_token")
    assert second != first
    kept = home.stored_fields()

    terminal.press("c")
    terminal.wait_for("sent to your terminal's clipboard")
    assert terminal.clipboard() == second

    terminal.press("q")
    assert terminal.wait() == 0
    assert_left_as_found(terminal)
    for kept_private in (secret, first, second):
        assert kept_private.encode() not in terminal.received

    again = start(WEBEX_BASEURL=sandbox.base_url)
    again.wait_for("Auto-refresh", "● valid")
    assert b"Listening on" not in again.received
    assert home.stored_fields() == kept
    again.press("ctrl+q")
    assert again.wait() == 0
    assert_left_as_found(again)


@pytest.mark.parametrize(
    ("key", "form"),
    [("C", "Authorization: Bearer {}"), ("e", "export WEBEX_ACCESS_TOKEN={}")],
    ids=["header", "export"],
)
def test_the_token_is_copied_in_the_form_that_is_asked_for(
    signed_in: Home, start: Start, key: str, form: str
) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press(key)
    terminal.wait_for("sent to your terminal's clipboard")
    assert terminal.clipboard() == form.format(signed_in.stored_fields()["access_token"])


def test_without_forwarding_the_address_the_browser_ended_at_is_pasted(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    terminal = start()
    terminal.wait_for("Listening on port")
    terminal.press("u")
    terminal.wait_for("sent to your terminal's clipboard")
    ended_at = browser.approved_address(terminal.clipboard())
    # As terminals send a paste that was selected over two lines.
    wrapped = f"{ended_at[:60]}\n{ended_at[60:]}"
    terminal.press(f"\x1b[200~{wrapped}\x1b[201~")
    terminal.wait_for("Signed in with the pasted address", "● valid")
    assert configured.stored_fields()["appid"] == sandbox.integration.client_id


def test_a_device_code_needs_no_redirect(configured: Home, start: Start, sandbox: Sandbox) -> None:
    terminal = start()
    terminal.wait_for("Listening on port")
    terminal.press("d")
    user_code = terminal.find(r"\b\d{6}\b")
    sandbox.approve_device(user_code)
    terminal.wait_for("Signed in with the device code", "● valid")
    assert configured.stored_fields()["appid"] == sandbox.integration.client_id


def test_the_token_is_shown_when_asked_for_and_hidden_again(signed_in: Home, start: Start) -> None:
    token = signed_in.stored_text("access_token")
    terminal = start()
    terminal.wait_for("● valid")

    def shown(screen: str) -> bool:
        return token in screen.replace("\n", "").replace(" ", "")

    terminal.press("v")
    terminal.wait_until(shown, "the token")
    terminal.press("f4")
    terminal.wait_for("App ID")
    terminal.press("f2")
    screen = terminal.wait_for("● valid")
    assert not shown(screen)
