"""A service app on the sign-in screen: its token is minted, without browser and port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ports import free_port
from tests.support.service_apps import APP, APPLICATION, MINT, SCOPE
from tests.support.stage import Stage, seen, shows, tells, until
from tests.support.webex import Fault, Sandbox, endpoint_of, new_integration
from wtr_tui.model import StoredToken
from wtr_tui.oauth.responses import token_from
from wtr_tui.sandbox.demo import settings_text
from wtr_tui.sandbox.sandbox import ORGANIZATION
from wtr_tui.storage.settings_table import DEFAULT_SCOPES
from wtr_tui.storage.token_file import TokenFile
from wtr_tui.tui.screens.token import TokenScreen


@pytest.fixture
def webex(stage: Stage) -> Iterator[Sandbox]:
    """``admin`` is signed in; the profile that is shown is a service app without a token."""
    admin = new_integration(f"http://localhost:{free_port()}", scopes=(*DEFAULT_SCOPES, SCOPE))
    with Sandbox([admin, APP], access_lifetime=40_000, clock=stage.clock) as running:
        beside = stage.write(settings_text(running))
        beside.rename(beside.with_name("admin.yaml"))
        token = token_from(running.issue(), now=stage.clock())
        TokenFile(stage.profile.token_path.with_name("admin.json")).save(
            StoredToken(admin.client_id, token, running.base_url)
        )
        stage.configure(
            appid=APP.client_id,
            secret=APP.secret.reveal(),
            baseUrl=running.base_url,
            kind="serviceApp",
            applicationId=APPLICATION,
            targetOrgId=ORGANIZATION,
            through="admin",
        )
        yield running


async def test_the_sign_in_mints_and_opens_no_browser(
    stage: Stage, webex: Sandbox, opened: list[str]
) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen), "the token view")
        await tells(pilot, "Signed in as a service app")
        assert stage.stored().app_id == APP.client_id
    assert opened == []
    assert [endpoint_of(each) for each in webex.requests][:1] == [MINT]


async def test_a_refusal_is_told_with_its_cure_and_enter_tries_again(
    stage: Stage, webex: Sandbox
) -> None:
    webex.faults.next(MINT, Fault(status=403, body='{"message": "no"}'))
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Control Hub")
        assert "Enter tries again" in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TokenScreen), "the token view")
