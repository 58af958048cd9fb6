"""The refresh token's end, which refreshing usually does not move: seen, and told once."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock_shift import compile_into
from tests.support.home import Home, ended
from tests.support.programs import required
from tests.support.webex import Fault, Sandbox
from wtr_tui import clock
from wtr_tui.storage import profiles, state

HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)
COUNTING = "sh -c 'echo $WTR_PROFILE $WTR_EVENT >> $HOME/events'"


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """One that leaves the refresh token's end where it is, as Webex usually does."""
    sandbox.rules = replace(
        sandbox.rules, renew_refresh_lifetime=False, access_lifetime=timedelta(days=10)
    )
    return sandbox


def near_its_end(
    home: Home,
    sandbox: Sandbox,
    profile: str = "default",
    *,
    left: timedelta = 10 * DAYS,
    refresh_left: timedelta = 20 * HOURS,
) -> None:
    """A token whose refresh token really ends at Webex when its file says so."""
    home.sign_in(sandbox, profile, left=left, refresh_left=refresh_left)
    text = home.stored_fields(profile)["refresh_token"]
    with sandbox.lock:
        grant = sandbox.families.by_refresh[str(text)]
        grant.refresh = replace(grant.refresh, expires_at=clock.now() + refresh_left)


def events(home: Home) -> list[str]:
    path = home.folder / "events"
    return path.read_text().splitlines() if path.exists() else []


def test_a_timer_asks_once_then_says_by_when_somebody_has_to_sign_in(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox)
    for run in range(4):
        ran = home.run("refresh", "--within", "3d")
        assert ran.code == 0
        assert "refreshing does not extend it: somebody has to sign in by " in ran.err
        assert ran.err.count("\n") == 1
        assert ("Refreshed" in ran.err) is (run == 0)
    assert len(sandbox.requests_to("access_token")) == 1
    assert events(home) == ["default refreshed", "default sign-in-soon"]
    status = home.run("status", "--json")
    assert status.code == 0
    problems = status.json["problems"]
    assert isinstance(problems, list)
    assert any("somebody has to sign in by" in str(each) for each in problems)
    assert "somebody has to sign in by" in home.run("status", "--no-who").out
    assert "somebody has to sign in by" in home.run("doctor").out


def test_all_profiles_say_it_by_name(home: Home, sandbox: Sandbox) -> None:
    for name in ("far", "near"):
        home.configure(sandbox, name)
    near_its_end(home, sandbox, "near")
    near_its_end(home, sandbox, "far", refresh_left=80 * DAYS)
    ran = home.run("refresh", "--all", "--within", "3d")
    assert ran.code == 0
    told = [line for line in ran.err.splitlines() if "sign in by" in line]
    assert len(told) == 1
    assert "near: The refresh token ends in " in told[0]
    assert "2 profiles: 1 refreshed, 1 fresh enough, 0 failed." in ran.err


def test_an_end_that_refreshing_moves_is_nobodys_trouble(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = replace(sandbox.rules, renew_refresh_lifetime=True)
    home.configure(sandbox)
    near_its_end(home, sandbox)
    ran = home.run("refresh", "--within", "3d")
    assert ran.code == 0
    assert "sign in" not in ran.err
    assert "Nothing to do" in home.run("refresh", "--within", "3d").err
    assert len(sandbox.requests_to("access_token")) == 1


def test_a_short_end_that_each_refresh_moves_is_not_announced(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = replace(
        sandbox.rules,
        renew_refresh_lifetime=True,
        access_lifetime=timedelta(minutes=3),
        refresh_lifetime=timedelta(hours=12),
    )
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    assert home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"])).code == 0
    path = home.token_path()
    fields = home.stored_fields()
    for _ in range(2):
        # As if some hours had passed.
        fields = home.stored_fields()
        earlier = clock.from_iso(str(fields["refresh_expires_at"])) - 3 * HOURS
        path.write_text(json.dumps(fields | {"refresh_expires_at": clock.iso(earlier)}))
        assert home.run("refresh").code == 0
        assert home.run("token").code == 0
    assert set(events(home)) == {"default retrieved", "default refreshed"}


def test_a_failure_to_ask_is_tried_again(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    near_its_end(home, sandbox)
    sandbox.faults.next("access_token", Fault(status=503, body="{}"))
    assert home.run("refresh", "--within", "3d").code == 4
    assert home.run("refresh", "--within", "3d").code == 0
    assert "Nothing to do" in home.run("refresh", "--within", "3d").err


def test_each_limit_is_told_once_whichever_command_is_first(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"', "warnBefore: [10d, 2d, 1h]")
    near_its_end(home, sandbox, refresh_left=9 * DAYS)
    assert home.run("token").code == 0
    assert home.run("exec", "--", "true").code == 0
    assert events(home) == ["default sign-in-soon"]
    near_its_end(home, sandbox, refresh_left=30 * HOURS)
    assert home.run("exec", "--", "true").code == 0
    assert home.run("token").code == 0
    assert home.run("refresh", "--within", "1m").code == 0
    assert events(home) == ["default sign-in-soon"] * 2
    assert not sandbox.requests_to("access_token")
    soon = [json.loads(line) for line in home.run("history", "--json").out.splitlines()]
    assert [event["by"] for event in soon] == ["wtr token", "wtr exec"]


def test_looking_runs_no_command(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox)
    for words in (("status",), ("status", "--all", "--json"), ("doctor",), ("history",)):
        assert home.run(*words).code == 0
    assert events(home) == []


def test_many_at_once_tell_it_once(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox, refresh_left=2 * DAYS)
    started = [
        home.start(*words)
        for words in [("token",), ("refresh", "--within", "1m"), ("exec", "--", "true")] * 6
    ]
    assert {ended(process).code for process in started} == {0}
    assert events(home) == ["default sign-in-soon"]


def test_a_hundred_profiles_with_two_timers_at_once(home: Home, sandbox: Sandbox) -> None:
    names = [f"org-{number:03}" for number in range(100)]
    for number, name in enumerate(names):
        home.configure(sandbox, name, f'onToken: "{COUNTING}"')
        # Ends spread over minutes around the limit of three days: half of them are within it.
        spread = timedelta(minutes=number - 50, seconds=30)
        near_its_end(home, sandbox, name, refresh_left=3 * DAYS + spread)
    timers = [home.start("refresh", "--all", "--within", "3d") for _ in range(2)]
    assert {ended(timer).code for timer in timers} == {0}
    counted = Counter(events(home))
    soon = {name for name in names if counted[f"{name} sign-in-soon"]}
    assert soon == set(names)  # all are within 14 days
    assert max(counted.values()) == 1
    refreshed = [name for name in names if counted[f"{name} refreshed"]]
    assert len(refreshed) == len(sandbox.requests_to("access_token"))
    assert set(names[:45]) <= set(refreshed) <= set(names[:55])
    again = home.run("refresh", "--all", "--within", "3d")
    assert again.code == 0
    assert Counter(events(home))[f"{names[0]} sign-in-soon"] == 1


def test_a_clock_that_jumps_announces_nothing_twice(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    required("cc")
    library = str(compile_into(tmp_path))
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox, left=100 * DAYS, refresh_left=90 * DAYS)
    counts = []
    for ahead in (0, 77, 70, 0, 77, 88, 77, 89.5, 89.9, 0, 89.9, 91):
        # Beside the shift that all tests may run with.
        shift = str(round(ahead * 86_400) + int(os.environ.get("SHIFT", "0")))
        assert home.run("token", LD_PRELOAD=library, SHIFT=shift).code == 0
        counts.append(len(events(home)))
    assert counts == [0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3]


def test_a_command_that_calls_wtr_leaves_it_to_the_next_one(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox)
    assert home.run("token", WTR_EVENT="refreshed").code == 0
    assert events(home) == []
    assert home.run("token").code == 0
    assert events(home) == ["default sign-in-soon"]


def test_a_state_that_cannot_be_written_tells_nothing_twice_and_harms_nothing(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    near_its_end(home, sandbox)
    home.token_path().with_suffix(".state").mkdir()
    for words in (("token",), ("token",), ("refresh",), ("status", "--json")):
        assert home.run(*words).code == 0
    assert events(home) == ["default refreshed"]


def test_who_has_just_signed_in_is_not_called_back(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = replace(sandbox.rules, refresh_lifetime=2 * DAYS)
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"')
    assert home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"])).code == 0
    assert home.run("token").code == 0
    assert events(home) == ["default retrieved"]


def test_the_event_comes_with_the_token_and_its_end(home: Home, sandbox: Sandbox) -> None:
    command = "sh -c 'cat > $HOME/got; echo $WTR_REFRESH_EXPIRES_AT > $HOME/end'"
    home.configure(sandbox, "default", f'onToken: "{command}"')
    near_its_end(home, sandbox)
    token = home.run("token").out.strip()
    assert (home.folder / "got").read_text() == token
    assert (home.folder / "end").read_text().strip() == home.stored_fields()["refresh_expires_at"]


def test_warnings_can_be_switched_off(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", f'onToken: "{COUNTING}"', "warnBefore: 0")
    near_its_end(home, sandbox)
    assert home.run("token").code == 0
    assert events(home) == []
    assert home.run("status", "--json").json["problems"] == []


@pytest.mark.parametrize("written", ["soon", "14d 0", "1d,2x", "[14d, [3d]]", "-1d"])
def test_a_limit_that_is_no_duration_is_told(home: Home, sandbox: Sandbox, written: str) -> None:
    home.configure(sandbox, "default", f"warnBefore: {written}")
    near_its_end(home, sandbox)
    problems = home.run("status", "--json").json["problems"]
    assert "warnBefore" in str(problems)


def test_a_refused_refresh_token_is_known_to_the_next_process_and_ended_by_a_new_one(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox, left=10 * DAYS))
    before = home.token_path().read_bytes()
    ran = home.run("refresh")
    assert ran.code == 3
    assert "password" in ran.err
    assert "deactivated" in ran.err
    assert home.token_path().read_bytes() == before
    status = home.run("status", "--json")
    assert status.code == 0  # the access token is still good
    assert status.json["state"] == "sign-in needed"
    assert "password" in str(status.json["problems"])
    assert "The access token lasts until " in str(status.json["problems"])
    assert "✗ token: Webex no longer accepts the refresh token: " in home.run("doctor").out
    assert home.run("token").code == 0
    asked = home.run("status", "--json", "--who")  # Webex refuses the access token as well
    assert asked.code == 3
    assert "password" in str(asked.json["problems"])
    assert "access token lasts" not in str(asked.json["problems"])
    fresh = str(sandbox.issue()["refresh_token"])
    assert home.run("import", "-", "--replace", stdin=fresh).code == 0
    status = home.run("status", "--json")
    assert (status.json["state"], status.json["problems"]) == ("valid", [])


def test_a_refused_access_token_is_known_to_the_next_process_and_refreshed_once(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=10 * DAYS)
    before = home.token_path().read_bytes()
    sandbox.faults.next("people/me", Fault(status=401, body="{}"))
    asked = home.run("status")
    assert asked.code == 1
    assert "✗ refused by Webex" in asked.out
    assert home.token_path().read_bytes() == before
    status = home.run("status", "--json")
    assert status.code == 1
    assert (status.json["state"], status.json["valid"]) == ("refused by Webex", False)
    assert "✗ token: Webex has refused the access token since " in home.run("doctor").out
    assert home.run("history", "--json").json["event"] == "refused"

    ran = home.run("token")
    assert ran.code == 0
    assert ran.out.strip() == home.stored_fields()["access_token"]
    assert home.token_path().read_bytes() != before
    assert home.run("status", "--json").json["state"] == "valid"
    assert len(sandbox.requests_to("access_token")) == 1


def test_a_refused_token_that_webex_gives_again_is_handed_on_with_a_warning(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.rules = replace(sandbox.rules, same_token=timedelta(hours=1))
    home.configure(sandbox)
    home.sign_in(sandbox, left=10 * DAYS)
    assert home.run("refresh").code == 0
    sandbox.faults.next("people/me", Fault(status=401, body="{}"))
    assert home.run("status").code == 1
    for _ in range(3):
        ran = home.run("token")
        assert ran.code == 0
    assert "Webex has refused the access token since" in ran.err
    assert len(sandbox.requests_to("access_token")) == 2
    assert home.run("status", "--json").code == 3


def test_a_refused_token_that_webex_takes_again_is_valid_again(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=10 * DAYS)
    sandbox.faults.next("people/me", Fault(status=401, body="{}"))
    assert home.run("status").code == 1
    assert home.run("status").code == 0
    assert home.run("status", "--json").json["state"] == "valid"


def test_removing_a_profile_removes_what_was_noted(home: Home, sandbox: Sandbox) -> None:

    home.configure(sandbox, "work")
    home.sign_in(sandbox, "work")
    assert home.run("refresh", "--profile", "work").code == 0
    beside = home.token_path("work").parent
    assert {each.name for each in beside.iterdir()} >= {"work.state", "work.history.jsonl"}
    profiles.remove(profiles.by_name("work", home.environ))
    assert {each.name for each in beside.iterdir()} <= {"work.lock"}
    assert state.read(str(home.token_path("work"))).last is None
    assert Path(home.settings_path("work")).exists() is False
