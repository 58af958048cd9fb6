"""Hours, days and years of a token's life, with a clock that is moved: nobody waits for them.

The program is played as it runs: auto-refresh is asked at every tick whether to refresh, the
refresh asks a stand-in whose clock is the same, and its outcome goes back to auto-refresh.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import Clock
from tests.support.refreshing import how, kind, refresh
from tests.support.webex import Fault, Integration, Sandbox
from wtr_tui.auto_refresh import LEAST_GAP, LONGEST_PAUSE, AutoRefresh
from wtr_tui.errors import TemporaryError, WtrError
from wtr_tui.model import StoredToken, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.responses import token_from
from wtr_tui.oauth.transport import http_client
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.tokens import How, Obtained

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LIFE = 14 * DAY


@dataclass
class Program:
    """One profile that is kept alive, for as long as :meth:`run` says."""

    sandbox: Sandbox
    profile: Profile
    clock: Clock
    settings: Settings
    client: WebexClient
    auto_refresh: AutoRefresh
    outcomes: list[Obtained | WtrError] = field(default_factory=list)
    without_token: timedelta = timedelta(0)
    """For how long the token it would have shown was not valid."""

    def sign_in(self) -> None:
        self.save(token_from(self.sandbox.issue(), now=self.clock()))

    def save(self, token: Token) -> None:
        self.profile.token_file.save(StoredToken(self.settings.app_id, token))
        self.auto_refresh.look(self.clock())

    @property
    def token(self) -> Token:
        assert self.auto_refresh.stored is not None
        return self.auto_refresh.stored.token

    @property
    def asked(self) -> int:
        return len(self.sandbox.requests_to("access_token"))

    def tick(self) -> None:
        now = self.clock()
        self.auto_refresh.look(now)
        if self.auto_refresh.due(now):
            outcome = refresh(
                self.profile, self.settings, client=self.client, now=self.clock, seen=self.token
            )
            self.outcomes.append(outcome)
            self.auto_refresh.record_result(outcome, now)
            self.auto_refresh.look(now)

    def run(self, span: timedelta, step: timedelta) -> None:
        for _ in range(max(1, span // step)):
            self.clock.advance(step)
            self.tick()
            if not self.token.is_valid(self.clock()):
                self.without_token += step


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(integration: Integration, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(
        [integration],
        clock=clock,
        access_lifetime=LIFE.total_seconds(),
        refresh_lifetime=(90 * DAY).total_seconds(),
    ) as running:
        yield running


@pytest.fixture
def program(
    sandbox: Sandbox, integration: Integration, clock: Clock, tmp_path: Path
) -> Iterator[Program]:
    profile = Profile("default", tmp_path / "default.yaml", tmp_path / "state" / "default.json")
    settings = Settings(
        app_id=integration.client_id, secret=integration.secret, base_url=sandbox.base_url
    )
    auto_refresh = AutoRefresh(profile, settings, auto=True)
    with http_client(sandbox.base_url) as shared:
        client = WebexClient(
            sandbox.base_url, integration.client_id, integration.secret, http=shared, now=clock
        )
        started = Program(sandbox, profile, clock, settings, client, auto_refresh)
        started.sign_in()
        yield started


def outage(fault: Fault) -> Callable[[Program], None]:
    return lambda program: program.sandbox.faults.always("access_token", fault)


def network_down(program: Program) -> None:
    program.sandbox.stop()


@pytest.mark.parametrize(
    ("begin", "longest"),
    [
        pytest.param(outage(Fault(status=503)), LONGEST_PAUSE, id="503"),
        pytest.param(
            outage(Fault(status=429, headers={"Retry-After": "120"})), 2 * MINUTE, id="429"
        ),
        pytest.param(
            outage(Fault(status=429, headers={"Retry-After": "864000"})), LONGEST_PAUSE, id="days"
        ),
        pytest.param(outage(Fault(body="<title>Log in</title>")), LONGEST_PAUSE, id="portal"),
        pytest.param(outage(Fault(close_after_read=True)), LONGEST_PAUSE, id="closed"),
        pytest.param(outage(Fault(reset=True)), LONGEST_PAUSE, id="reset"),
        pytest.param(network_down, LONGEST_PAUSE, id="network down"),
    ],
)
def test_hours_of_failures_cost_little_and_end_in_a_new_token(
    program: Program, begin: Callable[[Program], None], longest: timedelta
) -> None:
    """E53: eight hours of an outage around the planned refresh."""
    sandbox, before = program.sandbox, program.token
    port = int(sandbox.origin.rpartition(":")[2])
    program.run(LIFE - DAY - HOUR, HOUR)
    assert program.outcomes == []
    begin(program)

    program.run(8 * HOUR, 15 * SECOND)

    assert all(isinstance(outcome, TemporaryError) for outcome in program.outcomes)
    assert program.token == before, "the token was touched"
    # Seven hours at the longest pause, less its jitter, and the few shorter ones at first.
    assert 20 < len(program.outcomes) <= 7 * HOUR / (longest * 0.75) + 8
    sandbox.faults.clear()
    if begin is network_down:
        sandbox.start(port)
    program.run(longest + MINUTE, 15 * SECOND)
    assert how(program.outcomes[-1]) is How.REFRESHED
    assert not program.token.same_access(before)
    assert program.without_token == timedelta(0)
    asked = program.asked
    program.run(DAY, 5 * MINUTE)
    assert program.asked == asked, "a success leaves nothing to be tried again"


def test_a_token_that_ran_out_meanwhile_is_renewed_by_its_refresh_token(program: Program) -> None:
    """E53: the outage outlives the access token, by days."""
    program.sandbox.faults.always("access_token", Fault(status=502))
    program.run(LIFE + 3 * DAY, 10 * MINUTE)
    assert program.without_token > 2 * DAY
    program.sandbox.faults.clear()
    program.run(LONGEST_PAUSE + MINUTE, MINUTE)
    assert how(program.outcomes[-1]) is How.REFRESHED
    assert program.token.is_valid(program.clock())


@pytest.mark.parametrize(
    ("error", "outcome"), [("invalid_grant", "sign-in-needed"), ("invalid_client", "wrong-client")]
)
def test_a_refusal_is_asked_for_once_however_long_the_program_runs(
    program: Program, error: str, outcome: str
) -> None:
    """E52: no automatic retry, and the file as it was, byte for byte."""
    content = program.profile.token_path.read_bytes()
    program.sandbox.faults.always("access_token", Fault(status=400, body=f'{{"error":"{error}"}}'))
    program.run(LIFE + 7 * DAY, 30 * MINUTE)
    assert [kind(one) for one in program.outcomes] == [outcome]
    assert program.asked == 1
    assert program.profile.token_path.read_bytes() == content


@pytest.mark.parametrize(
    "life",
    [SECOND, 10 * SECOND, MINUTE, 3 * MINUTE, 10 * MINUTE, HOUR, DAY, LIFE, 365 * DAY, 3650 * DAY],
    ids=lambda life: f"{life.total_seconds():.0f} s",
)
def test_a_token_of_any_lifetime_is_kept_alive_without_haste(
    program: Program, life: timedelta
) -> None:
    """Five lifetimes long: never without a token, for those that can be kept at all."""
    program.sandbox.rules = replace(
        program.sandbox.rules, access_lifetime=life, refresh_lifetime=3650 * DAY
    )
    program.sign_in()
    step = max(SECOND, min(life / 200, 10 * MINUTE * (life / LIFE) if life > LIFE else life / 200))
    span = max(5 * life, MINUTE)
    if life > 365 * DAY:  # its refresh token would end first
        span = life - 2 * DAY

    program.run(span, step)

    assert all(how(outcome) is How.REFRESHED for outcome in program.outcomes)
    assert program.asked <= span / LEAST_GAP + 1
    if life > 365 * DAY:
        assert program.asked == 0
    elif life >= MINUTE:
        assert program.without_token == timedelta(0)
        assert 4 <= program.asked <= 11  # shorter ones are renewed at half their life
    assert program.auto_refresh.stopped == ""


@pytest.mark.parametrize("missing", ["expires_in", "refresh_token_expires_in", "both"])
def test_a_lifetime_that_is_not_stated_is_no_reason_to_ask(program: Program, missing: str) -> None:
    """E49: unknown is neither over nor for ever; asking is left to the person."""
    answer = program.sandbox.issue()
    for name in ("expires_in", "refresh_token_expires_in"):
        if missing in {name, "both"}:
            del answer[name]
    program.save(token_from(answer, now=program.clock()))
    program.run(10 * DAY, HOUR)
    assert program.asked == 0
    assert program.token.is_valid(program.clock())
    assert (program.auto_refresh.next_at() is None) == (missing != "refresh_token_expires_in")


def test_waking_after_the_end_refreshes_once_at_the_first_tick(program: Program) -> None:
    """The machine slept for three weeks; a timer would have gone on from where it stood."""
    program.run(HOUR, MINUTE)
    program.clock.advance(21 * DAY)
    program.tick()
    assert [kind(outcome) for outcome in program.outcomes] == ["refreshed"]
    assert program.token.is_valid(program.clock())
    program.run(HOUR, MINUTE)
    assert program.asked == 1


def test_waking_while_another_program_has_refreshed_asks_nothing(program: Program) -> None:
    program.clock.advance(LIFE - HOUR)
    newer = token_from(program.sandbox.issue(), now=program.clock())
    program.profile.token_file.save(StoredToken(program.settings.app_id, newer))
    program.tick()
    assert program.outcomes == []
    assert program.token == newer


@pytest.mark.parametrize("back", [MINUTE * 2, HOUR, 30 * DAY, 365 * DAY])
def test_a_clock_that_goes_back_is_told_and_causes_no_haste(
    program: Program, back: timedelta
) -> None:
    """A token that was obtained later than now is replaced once: one of the two clocks is wrong."""
    program.run(LIFE - 2 * DAY, HOUR)
    asked = program.asked
    ahead = back > LIFE
    program.clock.advance(-back)
    program.run(HOUR, MINUTE)
    assert program.auto_refresh.clock_went_back == (back > HOUR)
    assert program.asked == asked + ahead
    # Set right again.
    program.clock.advance(back - HOUR)
    program.tick()
    assert program.asked == asked + ahead
    assert program.token.is_valid(program.clock())


def test_a_pause_after_a_failure_does_not_outlast_a_clock_that_went_back(
    program: Program,
) -> None:
    """The pause was planned on a clock a year ahead; on the right one it would last a year."""
    program.clock.advance(365 * DAY)
    program.sandbox.faults.always("access_token", Fault(status=503))
    program.tick()
    assert isinstance(program.outcomes[-1], TemporaryError)
    program.sandbox.faults.clear()
    program.clock.advance(-365 * DAY)
    program.run(LIFE - HOUR, HOUR)
    assert how(program.outcomes[-1]) is How.REFRESHED
    assert program.without_token == timedelta(0)


def test_two_programs_on_one_profile_ask_once_for_both(program: Program) -> None:
    """Two windows on the same token, ticking in turn through a month."""
    other = AutoRefresh(program.profile, program.settings, auto=True)
    second = replace(program, auto_refresh=other, outcomes=[])
    other.look(program.clock())
    for _ in range(30 * 24 * 4):
        program.clock.advance(15 * MINUTE)
        program.tick()
        second.tick()
        assert program.token == second.token
    refreshed = [one for one in program.outcomes + second.outcomes if how(one) is How.REFRESHED]
    others = {kind(one) for one in program.outcomes + second.outcomes} - {
        "refreshed",
        "already-fresh",
    }
    assert not others
    assert len(refreshed) == program.asked == 2


def test_a_disk_that_is_full_for_days_costs_one_refresh_and_no_token(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E57: the new token is held and can be saved later; asking again would be of no use."""
    old = program.token

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", full)
        program.run(LIFE - HOUR, HOUR)
    assert [kind(outcome) for outcome in program.outcomes] == ["not-saved"]
    assert program.asked == 1
    assert program.auto_refresh.unsaved
    assert not program.token.same_access(old)
    stored = program.profile.token_file.read()
    assert stored is not None
    assert stored.token == old
