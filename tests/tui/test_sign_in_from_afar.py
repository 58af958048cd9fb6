"""The sign-in screen over SSH, with the browser on another machine."""

from __future__ import annotations

import pytest
from textual import events

from tests.support.stage import DESK, OVER_SSH, Stage, seen, shows, sign_in_screen, told, until
from tests.support.webex import Sandbox
from tests.support.webex.browser import approved_address
from wtr_tui.environment.surroundings import SshSession, Surroundings
from wtr_tui.shutdown import in_thread
from wtr_tui.tui.screens.token import TokenScreen


@pytest.fixture
def configured(stage: Stage, sandbox: Sandbox) -> Stage:
    stage.configure_for(sandbox)
    return stage


@pytest.mark.parametrize(
    ("place", "note"),
    [
        (OVER_SSH, "Through a jump host or an alias?"),
        (
            OVER_SSH._replace(ssh=SshSession("127.0.0.1", "127.0.0.1")),
            "The ssh line's last word is a guess",
        ),
    ],
    ids=["address", "name"],
)
async def test_what_the_ssh_line_cannot_know_is_told_with_it(
    configured: Stage, place: Surroundings, note: str
) -> None:
    async with configured.app(place).run_test(size=(80, 24)) as pilot:
        await shows(pilot, note)
        await shows(pilot, "● waiting ── ○ browser ── ○ exchange ── ○ save")


async def test_at_a_desk_nothing_is_told_of_jump_hosts(configured: Stage) -> None:
    async with configured.app(DESK._replace(display=False)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "/s/")
        assert "last word" not in seen(pilot)


async def test_the_full_address_is_a_link(configured: Stage) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Open the full address anywhere")
        running = sign_in_screen(pilot)._attempt
        assert running is not None
        links = {
            segment.style.link
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.text.strip() == "full address"
        }
        assert links == {running.authorize_url}


async def test_an_address_that_comes_letter_by_letter_is_judged_when_enter_is_pressed(
    configured: Stage,
) -> None:
    async with configured.app().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: sign_in_screen(pilot)._attempt is not None, "an attempt")
        running = sign_in_screen(pilot)._attempt
        assert running is not None
        url = running.authorize_url
        base, _, query = (await in_thread(lambda: approved_address(url))).partition("?")
        code_last = sorted(query.split("&"), key=lambda parameter: parameter.startswith("code="))
        await pilot.press("p")
        for letter in f"{base}?{'&'.join(code_last)}":
            app.post_message(events.Key(letter, letter))
        await pilot.pause()
        assert told(pilot) == ""
        assert sign_in_screen(pilot).running
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TokenScreen), "the token view")
