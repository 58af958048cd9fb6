"""A real browser on the way through a sign-in: from the address on the screen to the last page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.support.home import Home
from tests.support.program import Start
from tests.support.programs import required
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox

START_ADDRESS = r"http://localhost:\d+/s/[2-9a-z]{8}"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = required("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


class Watched:
    """A browser of one person; every page of it is listened to, and every request is noted."""

    def __init__(self, context: BrowserContext) -> None:
        context.set_default_timeout(PATIENCE * 1000)
        self.context = context
        self.complaints: list[str] = []
        self.asked: list[str] = []
        context.on("console", lambda message: self.complaints.append(message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", lambda request: self.asked.append(request.url))

    def open(self, url: str) -> Page:
        """A new tab that shows the address."""
        page = self.context.new_page()
        page.goto(url)
        return page

    @property
    def foreign(self) -> list[str]:
        """What was asked of any machine but this one."""
        ours = {"localhost", "127.0.0.1"}
        return [
            url
            for url in self.asked
            if not url.startswith("data:") and urlsplit(url).hostname not in ours
        ]


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Watched]:
    context = chromium.new_context()
    watched = Watched(context)
    yield watched
    context.close()


@pytest.fixture
def waiting(configured: Home, start: Start) -> Terminal:
    """The program, waiting for the browser."""
    terminal = start()
    terminal.wait_for("Listening on port")
    return terminal


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def test_approving_leads_to_a_page_that_says_so_and_has_no_code_in_its_address(
    configured: Home, waiting: Terminal, browser: Watched, sandbox: Sandbox
) -> None:
    tab = browser.open(waiting.find(START_ADDRESS))
    waiting.wait_for("Your browser is at Webex now")
    assert "Let" in heading(tab)

    press(tab, "Approve")

    tab.wait_for_url("**/done")
    assert heading(tab) == "You are signed in"
    assert urlsplit(tab.url).query == ""
    waiting.wait_for("Signed in through the browser's redirect", "● valid")
    assert configured.stored_fields()["appid"] == sandbox.integration.client_id
    assert browser.foreign == []
    assert browser.complaints == []


def test_a_reload_of_the_last_page_grants_nothing_a_second_time(
    configured: Home, waiting: Terminal, browser: Watched, sandbox: Sandbox
) -> None:
    tab = browser.open(waiting.find(START_ADDRESS))
    press(tab, "Approve")
    tab.wait_for_url("**/done")
    waiting.wait_for("● valid")
    token = configured.stored_fields()

    # By then the port may be free again, and the browser shows a page of its own.
    with suppress(Error):
        tab.reload()
        assert heading(tab) == "You are signed in"

    assert len(sandbox.requests_to("access_token")) == 1
    assert configured.stored_fields() == token
    waiting.press("f2")
    waiting.wait_for("● valid")


def test_denying_is_told_in_the_browser_and_in_the_terminal(
    configured: Home, waiting: Terminal, browser: Watched, sandbox: Sandbox
) -> None:
    tab = browser.open(waiting.find(START_ADDRESS))
    press(tab, "Deny")

    tab.wait_for_url("**/done")
    assert heading(tab) == "You declined"
    waiting.wait_for("The sign-in was declined at Webex", "Enter")
    assert not configured.token_path().exists()
    assert sandbox.requests_to("access_token") == ()
    assert browser.foreign == []
    assert browser.complaints == []


def test_the_tab_of_an_earlier_attempt_is_told_so_and_harms_nothing(
    configured: Home, waiting: Terminal, browser: Watched, sandbox: Sandbox
) -> None:
    earlier = waiting.find(START_ADDRESS)
    old_tab = browser.open(earlier)
    waiting.press("x")
    waiting.wait_for("The sign-in was cancelled")
    waiting.press("enter")
    waiting.wait_until(
        lambda screen: "/s/" in screen and earlier not in screen, "another start address"
    )

    press(old_tab, "Approve")
    old_tab.get_by_role("heading", name="This belongs to another sign-in").wait_for()
    waiting.wait_for("not this sign-in's")
    assert sandbox.requests_to("access_token") == ()

    tab = browser.open(waiting.find(START_ADDRESS))
    press(tab, "Approve")
    tab.wait_for_url("**/done")
    assert heading(tab) == "You are signed in"
    waiting.wait_for("● valid")
    assert len(sandbox.requests_to("access_token")) == 1
    assert browser.foreign == []


def test_the_start_address_can_be_opened_and_reloaded_as_often_as_wanted(
    configured: Home, waiting: Terminal, browser: Watched
) -> None:
    address = waiting.find(START_ADDRESS)
    tabs = [browser.open(address) for _ in range(2)]
    tabs[0].reload()
    for tab in tabs:
        assert "Let" in heading(tab)
    press(tabs[0], "Approve")
    tabs[0].wait_for_url("**/done")
    waiting.wait_for("● valid")
    assert browser.complaints == []


def test_a_page_elsewhere_in_the_browser_cannot_disturb_the_sign_in(
    configured: Home, waiting: Terminal, browser: Watched, sandbox: Sandbox
) -> None:
    """As a web page would: images, requests and forms to the redirect URI."""
    redirect_uri = sandbox.integration.redirect_uri
    stranger = browser.open(f"{sandbox.origin}/verify")
    answers = stranger.evaluate(
        """async (uri) => {
            const tries = [];
            for (const query of ['?code=stolen&state=guess', '?error=access_denied', '']) {
                tries.push(await fetch(uri + '/' + query, {mode: 'no-cors'})
                    .then(answer => answer.type, error => 'failed'));
            }
            tries.push(await fetch(uri + '/', {method: 'POST', mode: 'no-cors', body: 'code=x'})
                .then(answer => answer.type, error => 'failed'));
            return tries;
        }""",
        redirect_uri,
    )
    assert set(answers) <= {"opaque", "failed"}

    tab = browser.open(waiting.find(START_ADDRESS))
    press(tab, "Approve")
    tab.wait_for_url("**/done")
    waiting.wait_for("● valid")
    assert len(sandbox.requests_to("access_token")) == 1
