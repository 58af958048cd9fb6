"""The forwarded port: server and laptop are two networks, and the browser is on the laptop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ssh.conftest import LogIn, Login
from tests.ssh.laptop import Laptop, webex
from tests.ssh.network import SERVER_ADDRESS, Network
from tests.ssh.server import SshServer
from tests.support.home import Home
from tests.support.programs import required
from wtr_tui.sandbox.demo import REDIRECT_PORT

START = rf"http://localhost:{REDIRECT_PORT}/s/[2-9a-z]{{8}}"


@pytest.fixture
def network() -> Iterator[Network]:
    built = Network()
    yield built
    built.stop()


@pytest.fixture
def laptop(network: Network, tmp_path: Path) -> Iterator[Laptop]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    server = SshServer(folder, address=SERVER_ADDRESS, inside=network.on_server)
    yield Laptop(network, server)
    server.stop()


@pytest.fixture
def login(network: Network, laptop: Laptop, home: Home, log_in: LogIn) -> Iterator[Login]:
    """The program waits for an answer on the server; the laptop reaches Webex, but not its port."""
    with webex(network, laptop) as settings:
        home.settings_path().parent.mkdir(parents=True, mode=0o700)
        home.settings_path().write_text(settings)
        home.settings_path().chmod(0o600)
        begun = log_in(server=laptop.server, inside=laptop.inside)
        begun.terminal.wait_for("Listening on port")
        yield begun


def shown_line(login: Login) -> str:
    """The ssh line on the screen: in a frame, and continued as a shell does it."""
    shown = login.terminal.find(r"ssh -N [^\n]*(\n[^\n]*)?@\S+")
    return " ".join(re.sub(r"[│\\]", " ", shown).split())


def assert_signed_in(login: Login, home: Home, page: str) -> None:
    assert "You are signed in" in page
    login.terminal.wait_for("Signed in through the browser's redirect", "● valid")
    assert json.loads(home.token_path().read_text())["access_token"]


def test_the_line_that_is_shown_brings_the_browser_to_the_program(
    login: Login, laptop: Laptop, home: Home
) -> None:
    terminal = login.terminal
    server = laptop.server
    terminal.wait_for("default")
    line = shown_line(login)
    assert line == (
        f"ssh -N -o ExitOnForwardFailure=yes -L {REDIRECT_PORT}:localhost:{REDIRECT_PORT}"
        f" -p {server.port} {server.user}@{SERVER_ADDRESS}"
    )
    terminal.press("f")
    terminal.wait_for("sent to your terminal's clipboard")
    assert terminal.clipboard() == line

    start = terminal.find(START)
    reached, words = laptop.browse("follow", start)
    assert not reached
    assert "cannot connect" in words

    with laptop.running(line) as tunnel:
        assert tunnel.poll() is None
        reached, words = laptop.browse("follow", start)
        assert reached, words
        terminal.wait_for("Your browser is at Webex now")

        with laptop.running(line) as second:
            # The port is taken over there: ssh says so instead of staying without a use.
            assert second.wait() != 0

        _, page = laptop.browse("approve", start)
        assert_signed_in(login, home, page)


def test_the_line_for_the_running_session_brings_the_browser_to_the_program(
    login: Login, laptop: Laptop, home: Home
) -> None:
    terminal = login.terminal
    screen = terminal.wait_for("EnableEscapeCommandline yes")
    told = " ".join(screen.replace("│", " ").split())
    assert "press Enter, then ~C, and type" in told
    forward = f"-L {REDIRECT_PORT}:localhost:{REDIRECT_PORT}"
    assert f"{forward} (OpenSSH 9.2+:" in told
    start = terminal.find(START)

    terminal.press("enter", "~C")
    terminal.wait_until(lambda _: b"ssh> " in terminal.received, "ssh's own prompt")
    terminal.press(forward, "enter")
    terminal.wait_until(lambda _: b"Forwarding port" in terminal.received, "ssh to forward")
    terminal.forget_screen()
    terminal.press("ctrl+l")  # over what ssh has written on the screen
    terminal.wait_for("F3 Sign in", "Listening on port", start, "q Quit")

    _, page = laptop.browse("approve", start)
    assert_signed_in(login, home, page)


def test_a_real_browser_on_the_laptop_signs_in(
    login: Login, laptop: Laptop, home: Home, tmp_path: Path
) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = tmp_path / "chromium"
    command = " ".join([*laptop.inside, required("chromium")])
    chromium.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    chromium.chmod(0o755)
    start = login.terminal.find(START)

    with laptop.running(shown_line(login)), playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(start)
        login.terminal.wait_for("Your browser is at Webex now")
        page.get_by_role("button", name="Approve").click()
        page.wait_for_url("**/done")
        assert_signed_in(login, home, page.content())
        assert "code=" not in page.url
        browser.close()
