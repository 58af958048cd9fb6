"""``wtr history``: what happened, when, and by whom."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

from tests.support.home import Home
from tests.support.ports import free_port
from tests.support.webex import Fault, Sandbox

EXPIRED = timedelta(seconds=-60)


def test_a_refresh_is_told_with_its_new_end_and_who_did_it(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    assert home.run("token").code == 0
    ran = home.run("history", "--json")
    assert (ran.code, ran.err) == (0, "")
    event = ran.json
    token = home.stored_fields()
    assert event["event"] == "refreshed"
    assert event["by"] == "wtr token"
    assert str(event["tracking_id"]).startswith("ROUTER_")
    assert event["place"] in ("background", "systemd", "cron")
    assert event["expires_at"] == token["expires_at"]
    assert event["refresh_token_expires_at"] == token["refresh_expires_at"]
    shown = home.run("history").out
    assert "refreshed" in shown
    assert f"wtr token ({event['place']}, pid {event['pid']})" in shown


def test_the_latest_come_last_and_not_more_than_asked_for(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    for _ in range(3):
        assert home.run("refresh").code == 0
    lines = home.run("history", "--json", "-n", "2").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) == 2
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert events[-1]["expires_at"] == home.stored_fields()["expires_at"]
    assert len(home.run("history").out.splitlines()) == 3


def test_a_sign_in_and_an_import_are_told(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    assert home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"])).code == 0
    assert home.run("history", "--json").json["event"] == "retrieved"
    assert "signed in" in home.run("history").out


def test_a_failure_is_told_with_its_reason_and_the_name_of_the_request(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox, left=EXPIRED))
    assert home.run("refresh").code == 3
    event = home.run("history", "--json").json
    assert (event["event"], event["error"]) == ("needs-sign-in", "sign-in-needed")
    assert "no longer accepts the refresh token" in str(event["message"])
    assert str(event["tracking_id"]) in str(event["message"])
    assert "expires_at" not in event


def test_an_outage_is_told_as_temporary(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", of=sandbox.integration)
    home.sign_in(sandbox, left=EXPIRED)
    path = home.settings_path()
    path.write_text(path.read_text().replace(sandbox.base_url, f"http://127.0.0.1:{free_port()}"))
    assert home.run("refresh").code == 4
    event = home.run("history", "--json").json
    assert (event["event"], event["error"]) == ("failed", "temporary")


def test_there_is_none_yet(home: Home) -> None:
    ran = home.run("history")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing has happened to the token of the profile default yet" in ran.err


def test_a_number_that_is_none_is_refused(home: Home) -> None:
    for number in ("0", "-1", "x", "1.5", "²", "9" * 40):
        ran = home.run("history", f"-n={number}")
        assert ran.code == 2
        assert "It has to be a number from 1" in ran.err


def test_no_secret_is_in_it(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    before = home.stored_fields()
    assert home.run("refresh").code == 0
    history = home.token_path().with_suffix(".history.jsonl").read_text()
    after = home.stored_fields()
    secret = sandbox.integration.secret.reveal()
    for text in (before["access_token"], before["refresh_token"], after["access_token"], secret):
        assert str(text) not in history


def test_a_program_that_uses_the_package_is_named(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    script = home.folder / "nightly report.py"
    script.write_text(
        "import os\n"
        "from wtr_tui import tokens\n"
        "from wtr_tui.storage import profiles, settings\n"
        "found = profiles.find(None, None, os.environ)\n"
        "tokens.refresh(found, settings.load(found.settings_path, os.environ))\n"
    )
    command = [sys.executable, str(script)]
    subprocess.run(command, env=home.environ, check=True, stdin=subprocess.DEVNULL)
    assert home.run("history", "--json").json["by"] == "nightly report.py"


def test_a_history_that_cannot_be_written_harms_nothing(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    home.token_path().with_suffix(".history.jsonl").mkdir()
    ran = home.run("token")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.strip() == home.stored_fields()["access_token"]
    ran = home.run("history")
    assert ran.code == 1
    assert "history.jsonl" in ran.err
    assert "Traceback" not in ran.err


def test_a_server_that_echoes_a_token_does_not_bring_it_into_the_history(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    given = str(home.stored_fields()["refresh_token"])
    sandbox.faults.next("access_token", Fault(headers={"trackingid": given}))
    assert home.run("refresh").code == 0
    assert given[:20] not in home.run("history", "--json").out
