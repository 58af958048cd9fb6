"""Scopes that the settings ask for and the token lacks: told wherever the token is told of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.webex import Rules, Sandbox
from wtr_tui.storage.settings_table import DEFAULT_SCOPES
from wtr_tui.text import on_one_line
from wtr_tui.token_state import GRANT_MORE

ASKED = " ".join([*DEFAULT_SCOPES, "spark:all", "spark-admin:people_read"])
LACKING = "spark:all spark-admin:people_read"


@pytest.fixture
def webex(home: Home, sandbox: Sandbox) -> Sandbox:
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1))
    home.configure(sandbox, "default", f"scopes: {ASKED}")
    home.sign_in(sandbox, left=timedelta(days=10))
    return sandbox


def test_status_names_them_with_the_cure(home: Home, webex: Sandbox) -> None:
    ran = home.run("status", "--no-who", COLUMNS="200")
    assert ran.code == 0
    told = on_one_line(ran.out)
    count = len(ASKED.split())
    assert f"Not granted 2 of the {count} scopes asked for: {LACKING}." in " ".join(told.split())
    assert GRANT_MORE in told
    assert home.run("status", "--json").json["scopes_not_granted"] == LACKING.split()


def test_check_names_them_and_keeps_its_level(home: Home, webex: Sandbox) -> None:
    ran = home.run("check")
    assert ran.code == 0
    assert f"not granted: {LACKING}" in ran.out
    profiles = home.run("check", "--format", "json").json["profiles"]
    assert isinstance(profiles, list)
    (profile,) = profiles
    assert profile["scopes_not_granted"] == LACKING.split()


def test_a_token_with_all_of_them_is_told_as_before(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=10))
    assert "ot granted" not in home.run("status", "--no-who").out
    assert "ot granted" not in home.run("check").out
    assert home.run("status", "--json").json["scopes_not_granted"] == []


@pytest.mark.parametrize("missing", ["scope", "refresh_token"])
def test_of_a_token_that_no_sign_in_gave_nothing_is_claimed(
    home: Home, webex: Sandbox, missing: str
) -> None:
    home.write_token({**home.stored_fields(), missing: "" if missing == "scope" else None})
    assert home.run("status", "--json").json["scopes_not_granted"] == []


def test_a_service_app_has_the_scopes_of_its_registration(home: Home, webex: Sandbox) -> None:
    path = home.settings_path()
    path.write_text(f"{path.read_text()}kind: serviceApp\n")
    assert home.run("status", "--json").json["scopes_not_granted"] == []
