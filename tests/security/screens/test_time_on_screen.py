"""Time that jumps while the program is open: sleep and wake, and a clock that is set."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from tests.support.stage import ANN, NoWebex, Stage, seen, shows, tells, until
from tests.support.tokens import a_token
from tests.support.webex import Fault, Integration, Sandbox
from wtr_tui.model import Token
from wtr_tui.oauth.responses import token_from

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIZE = (80, 24)


def asked(sandbox: Sandbox) -> int:
    return len(sandbox.requests_to("access_token"))


def is_free(integration: Integration) -> bool:
    port = int(integration.redirect_uri.rpartition(":")[2])
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize("elsewhere", ["f3", "f4", "f1"], ids=["sign in", "settings", "help"])
async def test_waking_after_the_end_refreshes_whatever_is_on_the_screen(
    signed_in: Stage, sandbox: Sandbox, elsewhere: str
) -> None:
    before = signed_in.stored().token
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=SIZE) as pilot:
        await shows(pilot, "● valid")
        await pilot.press(elsewhere)
        await until(pilot, lambda: "● valid" not in seen(pilot))
        signed_in.clock.advance(20 * DAY)
        await until(pilot, lambda: not signed_in.stored().token.same_access(before), "refreshed")
        await pilot.press("escape", "f2")
        await shows(pilot, "● valid")
        await shows(pilot, "14d 00:00:00")
        assert asked(sandbox) == 1


async def test_expiry_is_seen_although_another_screen_was_open(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    sandbox.faults.always("access_token", Fault(status=503))
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=SIZE) as pilot:
        await shows(pilot, "● valid")
        await pilot.press("f4")
        await shows(pilot, "App ID")
        signed_in.clock.advance(14 * DAY + HOUR)
        await tells(pilot, "Not refreshed")
        await pilot.press("f2")
        await shows(pilot, "✗ expired")
        await shows(pilot, "✗ 1 h ago")


async def test_a_clock_set_back_and_forth_leaves_token_and_server_alone(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    signed_in.configure(autoRefresh="false")  # or a token from the future is replaced, once
    before = signed_in.stored()
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=SIZE) as pilot:
        await shows(pilot, "14d 00:00:00")
        signed_in.clock.advance(-400 * DAY)
        await tells(pilot, "The clock of this machine was set back")
        await shows(pilot, "414d 00:00:00")
        signed_in.clock.advance(400 * DAY + HOUR)
        await shows(pilot, "13d 23:00:00")
    assert asked(sandbox) == 0
    assert signed_in.stored() == before


async def test_a_sign_in_ends_on_waking_when_its_time_is_over(
    configured: Stage, integration: Integration
) -> None:
    """B17: the port is not held for the time the machine has slept."""
    async with configured.app().run_test(size=SIZE) as pilot:
        await shows(pilot, "Listening on port")
        assert not is_free(integration)
        configured.clock.advance(8 * HOUR)
        await shows(pilot, "No answer arrived in time")
        await until(pilot, lambda: is_free(integration), "the port to be free")
        assert "Enter tries again" in seen(pilot)


def a_life(life: timedelta | None, refresh_life: timedelta | None = 90 * DAY) -> Token:
    return a_token(life=life, refresh_life=refresh_life)


@pytest.mark.parametrize(
    ("token", "shown", "later", "shown_later"),
    [
        pytest.param(a_life(SECOND), "00:01", SECOND, "✗ 0 s ago", id="a second"),
        pytest.param(a_life(59 * SECOND), "00:59", HOUR, "✗ 59 min 1 s ago", id="a minute"),
        pytest.param(a_life(HOUR), "1:00:00", HOUR / 2, "30:00", id="an hour"),
        pytest.param(a_life(3650 * DAY), "3650d 00:00:00", DAY, "3649d 00:00:00", id="10 years"),
        pytest.param(a_life(None), "end unknown", 3650 * DAY, "end unknown", id="not stated"),
        pytest.param(
            a_life(14 * DAY, None), "end unknown", DAY, "end unknown", id="refresh not stated"
        ),
        pytest.param(a_life(-HOUR), "✗ 1 h ago", HOUR, "✗ 2 h ago", id="before it"),
    ],
)
async def test_every_lifetime_is_counted(
    stage: Stage, token: Token, shown: str, later: timedelta, shown_later: str
) -> None:
    """E49, E50."""
    stage.configure(autoRefresh="false")
    shift = stage.clock() - token.obtained_at
    moved = token._replace(
        obtained_at=stage.clock(),
        expires_at=token.expires_at and token.expires_at + shift,
        refresh_expires_at=token.refresh_expires_at and token.refresh_expires_at + shift,
    )
    stage.save(moved)
    async with stage.app(webex=NoWebex(ANN)).run_test(size=SIZE) as pilot:
        await shows(pilot, shown)
        stage.clock.advance(later)
        await shows(pilot, shown_later)


async def test_what_the_server_does_not_state_is_told_as_unknown(
    signed_in: Stage, sandbox: Sandbox
) -> None:
    """E49: an answer without any lifetime, through the whole program."""
    answer = sandbox.issue()
    for name in ("expires_in", "refresh_token_expires_in"):
        del answer[name]
    token = token_from(answer, now=signed_in.clock())
    signed_in.save(token, sandbox.integration.client_id)
    async with signed_in.app(webex=NoWebex(ANN)).run_test(size=SIZE) as pilot:
        await shows(pilot, "Webex did not say until when")
        await shows(pilot, "on, but the token's end is unknown: r refreshes it")
        await pilot.press("r")
        await tells(pilot, "a new access token")
        await shows(pilot, "14d 00:00:00")
