"""``wtr status``: how things are, in words, as JSON and as an exit code."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.support.clock import NOON
from tests.support.home import Home
from tests.support.tokens import APP_ID, LIFE, ORGANIZATION, USER_ID, a_jwt, a_token
from tests.support.webex import Fault, Rules, Sandbox
from wtr_tui.commands.output import Style
from wtr_tui.commands.profile import ProfileStatus
from wtr_tui.commands.status import as_table
from wtr_tui.model import StoredToken
from wtr_tui.sandbox.sandbox import EMAIL
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.state import State
from wtr_tui.token_state import TokenState

A_SECOND = timedelta(seconds=1)
EXPIRED = timedelta(seconds=-60)


def test_it_tells_whose_token_it_is_until_when_and_where(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = Rules(person_visible=True)
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    ran = home.run("status")
    assert ran.code == 0
    lines = dict(line.split("  ", 1) for line in ran.out.splitlines())
    assert "@" in lines["Signed in as"]
    # A whole hour and 90 days where all this took less than a second.
    assert re.search(r"\b(59 min|1 h) ", lines["Access token"])
    assert re.search(r"\b(89|90) d ", lines["Refresh token"])
    assert str(home.settings_path()) in ran.out
    assert str(home.token_path()) in ran.out
    assert "Problem" not in ran.out
    assert token not in ran.out


def test_without_a_scope_for_it_the_person_is_not_known(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    sandbox.faults.next("people/me", Fault(status=403, body='{"message": "missing scopes"}'))
    assert "not known (the token lacks" in home.run("status").out
    assert "not asked" in home.run("status", "--no-who").out


def test_the_e_mail_comes_from_userinfo_where_people_me_is_refused(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    sandbox.rules = Rules(person_visible=False)
    given = sandbox.issue(scopes=("openid", "email"))
    home.write_token(
        {
            **home.stored_fields(),
            "access_token": given["access_token"],
            "scope": "openid email",
        }
    )
    assert EMAIL in home.run("status").out
    assert len(sandbox.requests_to("userinfo")) == 1


def test_what_a_jwt_says_of_itself_is_shown_as_what_the_token_says(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    end = datetime(2090, 1, 2, tzinfo=timezone.utc)
    known = {**home.stored_fields(), "access_token": a_jwt(end)}
    home.write_token(known)
    words = home.run("status", "--no-who").out
    assert f"organisation {ORGANIZATION} · user {USER_ID}\n" in words
    # Webex has said until when, and of which integration. A port may hold the digits, too.
    assert re.search(r"\b2090\b", words) is None
    members = home.run("status", "--json").json
    assert members["claims"] == {
        "expires_at": "2090-01-02T00:00:00Z",
        "organization": ORGANIZATION,
        "app_id": APP_ID,
        "user_id": USER_ID,
    }
    assert str(members["expires_at"]) < "2090"

    home.write_token({**known, "expires_at": None})
    words = home.run("status", "--no-who").out
    assert "its end is not known" in words
    (line,) = (line for line in words.splitlines() if line.startswith("The token says"))
    assert "valid until" in line
    assert "2090" in line
    assert home.run("status", "--json").json["expires_at"] is None


def test_webex_out_of_reach_is_a_problem_told_and_no_failure(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    sandbox.faults.always("people/me", Fault(reset=True))
    ran = home.run("status")
    assert ran.code == 0
    assert "Problem" in ran.out


def test_json_asks_nobody_and_holds_no_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    ran = home.run("status", "--json")
    members = ran.json
    assert not sandbox.requests
    assert members["profile"] == "default"
    assert members["valid"] is True
    assert members["refreshable"] is True
    assert isinstance(members["expires_in"], int)
    assert 3500 < members["expires_in"] <= 3600
    assert members["app_id"] == sandbox.integration.client_id
    assert members["settings_file"] == str(home.settings_path())
    assert members["problems"] == []
    assert token not in ran.out
    assert json.loads(home.token_path().read_text())["refresh_token"] not in ran.out


def test_the_quick_and_the_whole_way_say_the_same(home: Home, sandbox: Sandbox) -> None:
    integration = sandbox.integration
    home.configure(sandbox)
    home.sign_in(sandbox)
    home.settings_path().write_text(
        f"appid: {integration.client_id}\nsecret: {integration.secret.reveal()}\n"
    )
    quick = home.run("status", "--json").json
    whole = home.run("status", "--json", "-d").json
    moving = ("expires_in", "refresh_token_expires_in")
    assert {k: v for k, v in quick.items() if k not in moving} == {
        k: v for k, v in whole.items() if k not in moving
    }


def test_the_exit_code_says_whether_a_sign_in_is_needed(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    assert home.run("status", "--json").code == 3
    home.sign_in(sandbox, left=EXPIRED)
    expired = home.run("status", "--json")
    assert expired.code == 0
    assert expired.json["valid"] is False
    home.sign_in(sandbox, left=EXPIRED, refresh_left=EXPIRED)
    assert home.run("status", "--json").code == 3
    home.sign_in(sandbox, refresh_left=EXPIRED)
    ending = home.run("status", "--json")
    assert ending.code == 0
    assert ending.json["problems"]
    home.token_path().write_text("{")
    assert home.run("status", "--json").code == 1
    home.sign_in(sandbox, left=EXPIRED)
    home.settings_path().unlink()
    assert home.run("status", "--json").code == 2


def test_settings_that_cannot_be_read_are_a_state_where_there_is_no_token(home: Home) -> None:
    path = home.settings_path()
    path.parent.mkdir(parents=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text("scopes: ]\n")
    assert home.run("status", "--json").json["state"] == "settings unreadable"


def test_all_shows_each_profile_and_what_is_wrong_with_it(home: Home, sandbox: Sandbox) -> None:
    for name in ("one", "two"):
        home.configure(sandbox, name)
        home.sign_in(sandbox, name)
    home.configure(sandbox, "three")
    ran = home.run("status", "--all")
    assert ran.code == 3
    assert "three: The profile three has no token." in ran.out
    rows = home.run("status", "--all", "--json").rows
    assert [row["profile"] for row in rows] == ["one", "three", "two"]
    assert [row["valid"] for row in rows] == [True, False, True]
    assert not sandbox.requests
    named = home.run("status", "--all", "--json", "--who").rows
    assert [bool(row["person"]) for row in named] == [True, False, True]


def test_all_counts_the_problems_of_each_profile(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "none")
    home.sign_in(sandbox, "none")
    home.configure(sandbox, "one")
    home.configure(sandbox, "two", "timeout: never")
    rows = {line.split()[0]: line for line in home.run("status", "--all").out.splitlines() if line}
    assert "problem" not in rows["none"]
    assert rows["one"].rstrip().endswith("  1 problem")
    assert rows["two"].rstrip().endswith("  2 problems")


def test_all_without_any_profile_says_so(home: Home) -> None:
    ran = home.run("status", "--all")
    assert (ran.code, ran.out) == (0, "There is no profile yet.\n")


def test_a_personal_token_is_missing_no_settings(home: Home, sandbox: Sandbox) -> None:
    token = str(sandbox.issue()["access_token"])
    base = {"WEBEX_BASEURL": sandbox.base_url}
    assert home.run("import", "--access-token", "-", stdin=token, **base).code == 0
    ran = home.run("status", **base)
    assert ran.code == 0
    assert "Problem" not in ran.out
    assert home.run("status", "--json", **base).json["problems"] == []


def test_further_lines_of_a_problem_stand_below_its_first(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox)
    lines = home.run("status", "--no-who").out.splitlines()
    first = next(place for place, line in enumerate(lines) if "App ID is missing" in line)
    assert lines[first].startswith("Problem        The")
    assert lines[first + 1].startswith(f"{'':15}The secret is missing")


def test_a_refresh_token_that_webex_no_longer_accepts_has_no_time_left(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox, left=timedelta(days=9.5)))
    assert home.run("refresh").code == 3
    one, all_of_them = home.run("status", "--no-who").out, home.run("status", "--all").out
    assert re.search(r"^State +✗ sign-in needed$", one, re.MULTILINE)
    assert re.search(r"^Refresh token +no longer accepted by Webex$", one, re.MULTILINE)
    assert re.search(r"^default +sign-in needed +9 d 1[12] h +not accepted ", all_of_them, re.M)


def test_an_access_token_that_webex_refuses_has_no_time_left_whatever_else_is_wrong(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox, left=timedelta(days=9.5)))
    assert home.run("status").code == 1
    assert home.run("refresh").code == 3
    one, all_of_them = home.run("status", "--no-who").out, home.run("status", "--all").out
    assert re.search(r"^Access token +refused by Webex$", one, re.MULTILINE)
    assert re.search(r"^default +sign-in needed +refused +not accepted ", all_of_them, re.M)
    members = home.run("status", "--json").json
    assert (members["state"], members["valid"]) == ("sign-in needed", False)


def test_a_token_whose_end_is_this_very_instant_has_expired(tmp_path: Path) -> None:
    profile = Profile("default", tmp_path / "default.yaml", tmp_path / "default.json")
    stored = StoredToken(APP_ID, a_token(obtained_at=NOON))
    shown = ProfileStatus(profile, Settings(), stored, (), 0, TokenState.EXPIRED, State())
    style = Style(is_terminal=False, coloured=False, width=80)
    for left, says in ((A_SECOND, "1 s"), (A_SECOND * 0, "expired")):
        row = as_table([shown], NOON + LIFE - left, style).splitlines()[1]
        assert row.startswith(f"default  expired  {says} ")
