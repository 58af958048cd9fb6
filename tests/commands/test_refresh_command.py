"""``wtr refresh``, for one profile and for many."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.webex import Fault, Rules, Sandbox
from wtr_tui import clock

HOUR = timedelta(hours=1)


def test_it_refreshes_now_and_says_until_when(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox)
    ran = home.run("refresh")
    assert (ran.code, ran.out) == (0, "")
    assert "Refreshed: valid until" in ran.err
    assert home.stored().token.access_token.reveal() != old


def test_within_asks_only_when_little_is_left(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=timedelta(days=4))
    ran = home.run("refresh", "--within", "3d")
    assert ran.code == 0
    assert "Nothing to do" in ran.err
    assert home.stored().token.access_token.reveal() == old
    assert not sandbox.requests
    home.run("refresh", "--within", "5d")
    assert len(sandbox.requests_to("access_token")) == 1


def test_the_same_token_again_is_told_as_such(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = Rules(same_token=timedelta(days=1))
    home.configure(sandbox)
    home.sign_in(sandbox)
    home.run("refresh")
    ran = home.run("refresh")
    assert ran.code == 0
    assert "same token" in ran.err


def test_the_outputs_are_the_originals(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    members = home.run("refresh", "-j").json
    token = home.stored().token
    assert token.refresh_token is not None
    assert members["access_token"] == token.access_token.reveal()
    assert members["refresh_token"] == token.refresh_token.reveal()
    assert isinstance(members["expires_in"], int)
    assert isinstance(members["refresh_token_expires_in"], int)
    assert 0 < members["expires_in"] <= 180
    assert str(members["expires_at"]).endswith("Z")
    assert str(members["refresh_token_expires_at"]).endswith("Z")
    lines = dict(line.split(": ") for line in home.run("refresh", "-o").out.splitlines())
    assert lines["Token"] == home.stored().token.access_token.reveal()
    assert lines["RefreshToken"] == token.refresh_token.reveal()
    assert int(lines["ExpiresIn"]) <= 180
    assert 0 < int(lines["RefreshTokenExpiresIn"]) <= 90 * 86_400


def test_a_failure_ends_with_its_exit_code_and_keeps_the_file(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    before = home.token_path().read_bytes()
    for fault, code in (
        (Fault(status=500, body="{}"), 4),
        (Fault(status=400, body='{"error": "invalid_grant"}'), 3),
        (Fault(status=401, body='{"error": "invalid_client"}'), 2),
    ):
        sandbox.faults.next("access_token", fault)
        ran = home.run("refresh", "-j", "-o")
        assert (ran.code, ran.out) == (code, "")
        assert "Not refreshed" in ran.err
    assert home.token_path().read_bytes() == before


def test_a_token_without_a_refresh_token_is_refused_with_the_reason(
    home: Home, sandbox: Sandbox
) -> None:
    home.sign_in(sandbox)
    fields = json.loads(home.token_path().read_text())
    home.write_token({**fields, "refresh_token": None})
    ran = home.run("refresh")  # and no settings: the reason is not that they are missing
    assert ran.code == 3
    assert "no refresh token" in ran.err
    assert not sandbox.requests


@pytest.mark.parametrize("words", [(), ("--all",)])
def test_the_originals_timeout_limits_the_wait_for_webex(
    home: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    sandbox.faults.next("access_token", Fault(hang=True))
    begun = time.monotonic()
    ran = home.run("refresh", *words, "-t", "1")
    assert ran.code == 4
    assert time.monotonic() - begun < 20  # of its own accord it would wait for 30 s
    assert home.run("refresh", "-t", "0").code == 2


def test_all_refreshes_every_profile_and_a_bad_one_stops_none(home: Home, sandbox: Sandbox) -> None:
    good = [f"good-{number:02}" for number in range(20)]
    for name in good:
        home.configure(sandbox, name)
        home.sign_in(sandbox, name)
    home.configure(sandbox, "fresh")
    home.sign_in(sandbox, "fresh", left=timedelta(days=9))
    home.configure(sandbox, "empty")
    home.configure(sandbox, "damaged")
    home.write_token({}, "damaged")
    home.sign_in(sandbox, "unsettled")
    home.configure(sandbox, "broken")
    home.settings_path("broken").write_text("appid: [\n")
    home.sign_in(sandbox, "broken")
    home.configure(sandbox, "dead")
    sandbox.revoke(home.sign_in(sandbox, "dead"))

    ran = home.run("refresh", "--all", "--within", "3d", "-j")

    assert ran.code == 3
    rows = {str(row["profile"]): row for row in ran.rows}
    assert list(rows) == sorted(rows)
    assert all(rows[name]["ok"] for name in [*good, "fresh"])
    codes = {name: row["exit_code"] for name, row in rows.items() if not row["ok"]}
    assert codes == {"broken": 2, "damaged": 1, "dead": 3, "unsettled": 2}
    assert rows["empty"] == {
        "profile": "empty",
        "ok": True,
        "outcome": "nothing-to-refresh",
        "message": "The profile empty has no token.",
        "exit_code": 0,
    }
    assert (rows["fresh"]["outcome"], rows["good-00"]["outcome"]) == ("already-fresh", "refreshed")
    assert (
        "26 profiles: 20 refreshed, 1 fresh enough, 1 with nothing to refresh, 4 failed." in ran.err
    )
    lines = ran.err.splitlines()
    assert [line.split(": ")[:2] for line in lines[:-1]] == [
        ["wtr", name] for name in sorted({*codes, "empty"})
    ]
    assert len(sandbox.requests_to("access_token")) == 21
    for name in good:
        assert rows[name]["access_token"] == home.stored(name).token.access_token.reveal()


def test_a_timer_finds_nothing_to_refresh_where_there_is_no_token(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "empty")
    home.sign_in(sandbox, "personal", left=timedelta(hours=9))
    fields = home.stored_fields("personal")
    home.write_token({**fields, "refresh_token": None}, "personal")
    ran = home.run("refresh", "--all", "--within", "3d")
    assert ran.code == 0
    assert "empty: The profile empty has no token." in ran.err
    assert "0 fresh enough, 2 with nothing to refresh, 0 failed." in ran.err
    assert home.run("refresh", "--all", "--within", "3d", "-q").err == ""
    home.write_token(
        {**fields, "refresh_token": None, "expires_at": fields["obtained_at"]}, "personal"
    )
    assert home.run("refresh", "--all", "--within", "3d").code == 3
    assert home.run("refresh", "--profile", "empty").code == 3
    assert not sandbox.requests


def test_a_timer_asks_about_a_lost_grant_once_a_day_and_fails_until_somebody_signs_in(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "default", "onToken: sh -c 'echo $WTR_EVENT >> events'")
    sandbox.revoke(home.sign_in(sandbox))
    mailed = [home.run("refresh", "--all", "--within", "3d", "-q") for _ in range(3)]
    assert [ran.code for ran in mailed] == [3, 3, 3]
    assert [bool(ran.err) for ran in mailed] == [True, False, False]
    assert "password" in home.run("refresh", "--within", "3d").err
    assert len(sandbox.requests_to("access_token")) == 1
    state = home.token_path().with_suffix(".state")
    noted = json.loads(state.read_text())
    noted["last"]["at"] = clock.iso(clock.now() - timedelta(hours=25))
    state.write_text(json.dumps(noted))
    assert home.run("refresh", "--all", "--within", "3d", "-q").err
    assert home.run("refresh").code == 3  # by hand it is asked as often as one likes
    assert len(sandbox.requests_to("access_token")) == 3
    assert (home.folder / "events").read_text() == "needs-sign-in\n"


def test_all_says_temporary_only_where_nothing_else_is_wrong(home: Home, sandbox: Sandbox) -> None:
    for name in ("a", "b"):
        home.configure(sandbox, name)
        home.sign_in(sandbox, name)
    sandbox.faults.next("access_token", Fault(status=503, body="{}"))
    assert home.run("refresh", "--all").code == 4
    assert home.run("refresh", "--all").code == 0


def test_all_without_any_profile_is_no_failure(home: Home) -> None:
    ran = home.run("refresh", "--all", "-j")
    assert (ran.code, ran.rows) == (0, [])


def test_all_goes_with_no_single_profile(home: Home) -> None:
    assert home.run("refresh", "--all", "--profile", "x").code == 2
    assert home.run("status", "--all", "--config", "x").code == 2


def test_with_all_a_variable_counts_for_the_chosen_profile_alone(
    home: Home, sandbox: Sandbox
) -> None:
    for name in ("default", "work"):
        home.configure(sandbox, name)
        home.sign_in(sandbox, profile=name)
    variables = {"WEBEX_SECRET": "of-another-integration"}
    ran = replace(home, extra=variables).run("refresh", "--all")
    assert "2 profiles: 1 refreshed, 0 fresh enough, 1 failed." in ran.err
    assert "default: Not refreshed." in ran.err
    chosen = replace(home, extra={**variables, "WTR_PROFILE": "work"}).run("refresh", "--all")
    assert "work: Not refreshed." in chosen.err
    assert "default: " not in chosen.err
