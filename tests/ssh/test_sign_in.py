"""Signing in over SSH without a forwarded port: by paste and by device code."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from tests.ssh.conftest import LogIn
from tests.ssh.server import SshServer
from tests.support.home import Home
from tests.support.ports import is_free, port_of
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox, browser, new_integration
from tests.support.webex.strict import DEVICE_REDIRECT_URIS


def paste(terminal: Terminal, text: str) -> None:
    """As a terminal sends it when its person pastes (bracketed)."""
    terminal.press(f"\x1b[200~{text}\x1b[201~")


def full_address(terminal: Terminal) -> str:
    """Copied with its key, as it arrives in the clipboard beside the person."""
    terminal.press("u")
    terminal.wait_for("sent to your terminal's clipboard")
    return terminal.clipboard()


def _without(words: str, screen: str) -> bool:
    return words not in screen


def _with(text: str, screen: str) -> bool:
    """Whether the text is there, whatever lines it is broken into."""
    return text in "".join(screen.replace("│", " ").split())


def test_the_screen_says_that_this_is_over_ssh_and_what_of_the_line_is_a_guess(
    configured: Home, log_in: LogIn, ssh_server: SshServer, integration: Integration
) -> None:
    terminal = log_in().terminal
    screen = terminal.wait_for("Listening on port")
    # Without the sides of the frame, and what continues the line.
    told = " ".join(re.sub(r"[│\\]", " ", screen).split())
    port = port_of(integration.redirect_uri)
    line = f"-L {port}:localhost:{port} -p {ssh_server.port} {ssh_server.user}@"
    assert line in told
    # The address of the connection is this machine's loopback, so only its name is left.
    assert "The ssh line's last word is a guess" in told
    assert "~C" in told
    assert "EnableEscapeCommandline" in told


@pytest.mark.parametrize(
    "written",
    [
        lambda address: "\r\n".join(re.findall(".{1,50}", address)),
        lambda address: f' \n"{address[:70]}\n  {address[70:]}"\n',
        lambda address: address.partition("?")[2],
    ],
    ids=["wrapped", "quoted", "query"],
)
def test_the_address_the_browser_ended_at_is_pasted_back(
    configured: Home, log_in: LogIn, sandbox: Sandbox, written: Callable[[str], str]
) -> None:
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    address = browser.approved_address(full_address(terminal))
    paste(terminal, written(address))
    terminal.wait_for("Signed in with the pasted address", "● valid")
    assert configured.stored_fields()["appid"] == sandbox.integration.client_id


def test_a_bad_paste_says_what_is_wrong_and_asks_again(
    configured: Home, log_in: LogIn, sandbox: Sandbox
) -> None:
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    begins = full_address(terminal)
    address = browser.approved_address(begins)
    code = re.search(r"code=([^&]+)", address)
    assert code is not None
    for bad, words in (
        (code.group(1), "a code alone cannot be checked"),
        (begins, "the address that begins the sign-in"),
        (address.replace("state=", "state=x"), "state"),
        ("https://example.com/?code=1&state=2", "example.com"),
    ):
        paste(terminal, bad)
        terminal.wait_for(words)
        terminal.press("escape")
        terminal.wait_until(partial(_without, words), "no message")
    assert not configured.token_path().exists()
    paste(terminal, address)
    terminal.wait_for("Signed in with the pasted address", "● valid")


def test_an_address_that_comes_letter_by_letter_counts_when_enter_is_pressed(
    configured: Home, log_in: LogIn, sandbox: Sandbox
) -> None:
    """By hand, or from a terminal without bracketed paste; the code is the last of it."""
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    address = browser.approved_address(full_address(terminal))
    base, _, query = address.partition("?")
    last = sorted(query.split("&"), key=lambda parameter: parameter.startswith("code="))
    terminal.press("p")
    terminal.wait_for_cursor("paste the address here")
    terminal.press(f"{base}?{'&'.join(last)}", "enter")
    terminal.wait_for("Signed in with the pasted address", "● valid")


def test_a_device_code_signs_in_and_closes_the_port(
    configured: Home, log_in: LogIn, sandbox: Sandbox, integration: Integration
) -> None:
    terminal = log_in().terminal
    terminal.wait_for("Listening on port")
    terminal.press("d")
    user_code = terminal.find(r"\b\d{6}\b")
    terminal.wait_for("█", "left")
    sandbox.approve_device(user_code)
    terminal.wait_for("Signed in with the device code", "● valid")
    assert configured.stored_fields()["appid"] == sandbox.integration.client_id
    port = port_of(integration.redirect_uri)
    terminal.wait_until(lambda _: is_free(port), "the port to be free")


def test_an_integration_that_lacks_the_helper_addresses_is_told_them_to_be_copied(
    configured: Home, log_in: LogIn, sandbox: Sandbox, integration: Integration
) -> None:
    without = new_integration(integration.redirect_uri, device=False)
    sandbox.register(without)
    terminal = log_in(WEBEX_APPID=without.client_id, WEBEX_SECRET=without.secret.reveal()).terminal
    terminal.wait_for("Listening on port")
    terminal.press("d")
    for uri in DEVICE_REDIRECT_URIS:
        terminal.wait_until(partial(_with, uri), uri)
    terminal.press("D")
    terminal.wait_until(lambda _: b"\x1b]52;c;" in terminal.received, "a copy")
    assert terminal.clipboard().split() == list(DEVICE_REDIRECT_URIS)
