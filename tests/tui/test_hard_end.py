"""The screens take part in what every process knows of a token, and in announcing its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.stage import ANN, DESK, NoWebex, Stage, seen, settled, shows, until
from tests.support.tokens import a_token
from tests.support.webex import Fault, Sandbox
from wtr_tui import history, outcomes
from wtr_tui.errors import AccessTokenRejected, GrantRejected
from wtr_tui.history import Event
from wtr_tui.model import Account, Secret
from wtr_tui.oauth.responses import token_from
from wtr_tui.storage import state
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.display import format_date
from wtr_tui.tui.widgets.figures import Figures
from wtr_tui.tui.widgets.lists import LifetimeBars


class Refusing(NoWebex):
    def account(self, access_token: Secret, **_: object) -> Account | None:
        raise AccessTokenRejected("Refused.")


def events(profile: Profile) -> list[Event]:
    return [entry.event for entry in history.read(profile)]


async def test_two_open_screens_announce_the_end_once(stage: Stage) -> None:
    ran = stage.home / "ran"
    stage.configure(onToken=f"sh -c 'echo $WTR_EVENT >> \"{ran}\"'")
    stage.save(a_token(obtained_at=stage.clock(), refresh_life=timedelta(days=16)))
    first, second = stage.app(webex=NoWebex(ANN)), stage.app(webex=NoWebex(ANN))
    async with first.run_test(size=(80, 24)) as pilot, second.run_test(size=(80, 24)) as other:
        await pilot.pause()
        assert events(stage.profile) == []
        stage.clock.advance(timedelta(days=5))
        first._tick()
        second._tick()
        await until(pilot, lambda: bool(events(stage.profile)), "the event")
        await until(pilot, ran.exists, "the command")
        await other.pause()
        stage.clock.advance(timedelta(minutes=2))
        for app in (first, second):
            app._tick()
        await pilot.pause()
    assert events(stage.profile) == [Event.SIGN_IN_SOON]
    assert ran.read_text() == "sign-in-soon\n"


async def test_a_sign_in_due_today_is_named_with_its_time_in_the_list_of_profiles(
    stage: Stage,
) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock(), refresh_life=timedelta(minutes=90))
    stage.save(token)
    assert token.refresh_expires_at is not None
    by = token.refresh_expires_at.astimezone()
    async with stage.app(DESK, webex=NoWebex(ANN)).run_test(size=(140, 40)) as pilot:
        await shows(pilot, f"▲ default  sign in by {by:%H:%M} ")


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (140, 40)])
async def test_header_and_view_name_the_instant_by_which_somebody_has_to_sign_in(
    stage: Stage, width: int, height: int
) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock(), refresh_life=timedelta(days=10))
    stage.save(token)
    end = token.refresh_expires_at
    assert end is not None
    by = format_date(end, stage.clock())
    async with stage.app(DESK, webex=NoWebex(ANN)).run_test(size=(width, height)) as pilot:
        await shows(pilot, f"by {by}")
        await until(pilot, lambda: f"sign in by {by}" in seen(pilot).splitlines()[0])
        # The sign is the same wherever it stands, and nothing is valid without a warning.
        for key in ("f2", "f5", "f4"):
            await pilot.press(key)
            await until(pilot, lambda: "▲" in seen(pilot) and "● valid" not in seen(pilot))
            await until(pilot, lambda: f"sign in by {by}" in seen(pilot).splitlines()[0])
        stage.save(a_token("NEW1", obtained_at=stage.clock()))
        await until(pilot, lambda: "sign in by" not in seen(pilot).splitlines()[0])


async def test_a_lost_refresh_token_leaves_the_time_until_the_access_token_ends(
    stage: Stage,
) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock())
    stage.save(token)
    rejected = GrantRejected("Not accepted: “It is revoked.” (HTTP 400, tracking id ROUTER_1).")
    outcomes.record_failure(stage.profile, token, rejected, stage.clock())
    assert token.expires_at is not None
    async with stage.app(DESK, webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, f"by {format_date(token.expires_at, stage.clock())}: F3 signs in")
        await until(pilot, lambda: "stopped: Not accepted\n" in seen(pilot))
        await shows(pilot, "The user's password may have changed")
        await pilot.press("f5")
        await shows(pilot, f"by {format_date(token.expires_at, stage.clock())}, s signs in.")
        await shows(pilot, "The user's password may have changed")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 45)])
async def test_nothing_is_left_of_a_token_that_webex_refuses_and_cannot_be_refreshed(
    stage: Stage, width: int, height: int
) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock())
    stage.save(token)
    outcomes.record_refusal(stage.profile, token, AccessTokenRejected("Refused."), stage.clock())
    outcomes.record_failure(stage.profile, token, GrantRejected("Not accepted."), stage.clock())
    stage.clock.advance(timedelta(days=3))
    async with stage.app(DESK, webex=Refusing(None)).run_test(size=(width, height)) as pilot:
        await shows(pilot, "Sign in again now: F3 signs in")
        lives = pilot.app.screen.query_one(LifetimeBars).lines(70)
        assert [line.plain.count("━") for line in lives] == [0, 0]
        assert all(line.plain.endswith("●  refused by Webex") for line in lives)
        assert pilot.app.screen.query_one("#left", Figures).text == "sign in"
        assert "10 d" not in await settled(pilot)
        await pilot.press("f5")
        await shows(pilot, "now, s signs in.")
        assert " refused " in seen(pilot)
        assert "10 d" not in await settled(pilot)


async def test_a_token_that_webex_takes_again_is_no_longer_called_refused(stage: Stage) -> None:
    stage.configure(autoRefresh=False)
    token = a_token(obtained_at=stage.clock())
    stage.save(token)
    outcomes.record_refusal(stage.profile, token, AccessTokenRejected("Refused."), stage.clock())
    async with stage.app(DESK, webex=NoWebex(ANN)).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "● valid")
    assert state.read(stage.profile.token_path).refused_since is None


async def test_a_token_that_webex_refuses_is_refreshed_once_and_the_next_process_knows(
    stage: Stage, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, access_lifetime=timedelta(days=14))
    stage.configure_for(sandbox)
    before = token_from(sandbox.issue(), now=stage.clock())
    stage.save(before, sandbox.integration.client_id)
    sandbox.faults.next("people/me", Fault(status=401, body="{}"))
    app = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: Event.REFUSED in events(stage.profile), "the refusal")
        await until(pilot, lambda: Event.REFRESHED in events(stage.profile), "the refresh")
        await until(pilot, lambda: not stage.stored().token.same_access(before))
        await until(pilot, lambda: state.read(stage.profile.token_path).refused_since is None)
    assert len(sandbox.requests_to("access_token")) == 1
