"""Service apps: tokens that are minted where no user signs in, and minted anew by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import Home, ended
from tests.support.ports import free_port
from tests.support.service_apps import APP, APPLICATION, MINT, SCOPE
from tests.support.webex import Fault, Sandbox, endpoint_of, new_integration
from wtr_tui.clock import from_iso, iso, now
from wtr_tui.sandbox.sandbox import ORGANIZATION, Integration
from wtr_tui.storage.settings_table import DEFAULT_SCOPES

AS_APP = (
    "kind: serviceApp",
    f"applicationId: {APPLICATION}",
    f"targetOrgId: {ORGANIZATION}",
    "through: admin",
)


@pytest.fixture
def admin() -> Integration:
    """The integration whose token may mint."""
    return new_integration(f"http://localhost:{free_port()}", scopes=(*DEFAULT_SCOPES, SCOPE))


@pytest.fixture
def webex(admin: Integration) -> Iterator[Sandbox]:
    with Sandbox([admin, APP], access_lifetime=40_000, refresh_lifetime=80_000) as running:
        yield running


@pytest.fixture
def ready(home: Home, webex: Sandbox) -> Home:
    """Settings of both profiles; somebody has signed in to ``admin``."""
    home.configure(webex, "admin")
    home.sign_in(webex, "admin", left=timedelta(days=3))
    home.configure(webex, "app", *AS_APP, of=APP)
    return home


def minted(home: Home) -> str:
    return home.stored("app").token.access_token.reveal()


def test_retrieve_mints_in_place_of_a_sign_in(ready: Home, webex: Sandbox) -> None:
    ran = ready.run("retrieve", "--profile", "app", "-j")
    assert ran.code == 0, ran.err
    assert "Minted a token of the service app through the profile admin" in ran.err
    stored = ready.stored("app")
    assert stored.app_id == APP.client_id
    assert set(stored.token.scopes) == set(APP.scopes)
    assert minted(ready) in ran.out
    (asked,) = webex.requests
    assert endpoint_of(asked) == MINT
    assert asked.headers["authorization"] == (
        f"Bearer {ready.stored('admin').token.access_token.reveal()}"
    )
    assert json.loads(asked.body) == {
        "clientId": APP.client_id,
        "clientSecret": APP.secret.reveal(),
        "targetOrgId": ORGANIZATION,
    }


def test_the_token_that_mints_is_refreshed_first(ready: Home, webex: Sandbox) -> None:
    ready.sign_in(webex, "admin", left=timedelta(hours=-1))
    assert ready.run("retrieve", "--profile", "app").code == 0
    assert [endpoint_of(each) for each in webex.requests] == ["access_token", MINT]
    assert ready.stored("admin").token.expires_at is not None


def test_its_refresh_is_the_ordinary_one(ready: Home, webex: Sandbox) -> None:
    ready.run("retrieve", "--profile", "app")
    before = minted(ready)
    assert ready.run("refresh", "--profile", "app").code == 0
    assert minted(ready) != before
    assert [endpoint_of(each) for each in webex.requests] == [MINT, "access_token"]
    assert webex.requests[1].form["client_id"] == APP.client_id


def test_a_dead_refresh_token_is_minted_anew_without_a_user(ready: Home, webex: Sandbox) -> None:
    ready.configure(webex, "app", *AS_APP, "onToken: sh -c 'echo $WTR_EVENT >> ran'", of=APP)
    ready.run("retrieve", "--profile", "app")
    webex.revoke(minted(ready))
    before = minted(ready)
    ran = ready.run("refresh", "--all")
    assert ran.code == 0, ran.err
    assert minted(ready) != before
    assert (ready.folder / "ran").read_text().split() == ["retrieved", "refreshed"]


def test_wtr_token_does_so_too(ready: Home, webex: Sandbox) -> None:
    ready.run("retrieve", "--profile", "app")
    webex.revoke(minted(ready))
    fields = {**ready.stored_fields("app"), "expires_at": "2020-01-01T00:00:00Z"}
    ready.write_token(fields, "app")
    ran = ready.run("token", "--profile", "app")
    assert (ran.code, ran.out.strip()) == (0, minted(ready))


def test_many_that_find_it_dead_mint_once(ready: Home, webex: Sandbox) -> None:
    ready.run("retrieve", "--profile", "app")
    webex.revoke(minted(ready))
    fields = {**ready.stored_fields("app"), "expires_at": "2020-01-01T00:00:00Z"}
    ready.write_token(fields, "app")
    webex.rules = replace(webex.rules, delay=timedelta(seconds=0.3))
    running = [ready.start("token", "--profile", "app") for _ in range(6)]
    ran = [ended(each) for each in running]
    assert {each.code for each in ran} == {0}, [each.err for each in ran]
    assert {each.out.strip() for each in ran} == {minted(ready)}
    assert len(webex.requests_to(MINT)) == 2


def test_the_variables_of_the_shell_are_for_the_chosen_profile_alone(
    ready: Home, webex: Sandbox
) -> None:
    ready.settings_path("app").write_text("\n".join([f"baseUrl: {webex.base_url}", *AS_APP, ""]))
    ready.sign_in(webex, "admin", left=timedelta(hours=-1))
    ran = ready.run(
        *("retrieve", "--profile", "app"),
        WEBEX_APPID=APP.client_id,
        WEBEX_SECRET=APP.secret.reveal(),
    )
    assert ran.code == 0, ran.err
    assert webex.requests[0].form["client_id"] == webex.integration.client_id


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(status=400, body='{"message": "bad"}'), "Check applicationId and targetOrgId"),
        (Fault(status=401, body='{"message": "bad"}'), "wtr refresh --profile admin"),
        (Fault(status=403, body='{"message": "no"}'), "Control Hub"),
        (Fault(status=404, body='{"message": "none"}'), "No service app has this applicationId"),
    ],
)
def test_each_refusal_names_its_cure(ready: Home, webex: Sandbox, fault: Fault, says: str) -> None:
    webex.faults.always(MINT, fault)
    ran = ready.run("retrieve", "--profile", "app")
    assert (ran.code, says in ran.err) == (1, True), ran.err
    assert not ready.token_path("app").exists()
    assert APP.secret.reveal() not in ran.err


def test_a_service_app_that_nobody_authorised_is_told_from_a_missing_scope(
    ready: Home, webex: Sandbox
) -> None:
    webex.register(replace(APP, authorized_by=()))
    ran = ready.run("retrieve", "--profile", "app")
    assert "authorise the service app in Control Hub" in ran.err
    assert "lacks the scope" not in ran.err

    fields = ready.stored_fields("admin")
    plain = webex.issue(DEFAULT_SCOPES)
    ready.write_token(
        {**fields, "access_token": plain["access_token"], "scope": plain["scope"]}, "admin"
    )
    ran = ready.run("retrieve", "--profile", "app")
    assert f"The token of the profile admin lacks the scope {SCOPE}" in ran.err
    assert "Control Hub" not in ran.err


def test_without_a_word_on_the_scopes_both_cures_are_named(ready: Home, webex: Sandbox) -> None:
    ready.write_token({**ready.stored_fields("admin"), "scope": ""}, "admin")
    webex.faults.always(MINT, Fault(status=403, body='{"message": "no"}'))
    ran = ready.run("retrieve", "--profile", "app")
    assert "Control Hub" in ran.err
    assert SCOPE in ran.err


def test_a_network_that_fails_is_temporary(ready: Home, webex: Sandbox) -> None:
    webex.faults.always(MINT, Fault(status=503))
    assert ready.run("retrieve", "--profile", "app").code == 4


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("applicationId", "The setting applicationId of the service app is missing"),
        ("targetOrgId", "The setting targetOrgId of the service app is missing"),
        ("through", "has no setting through"),
    ],
)
def test_what_is_missing_is_named(ready: Home, webex: Sandbox, missing: str, says: str) -> None:
    lines = [line for line in AS_APP if not line.startswith(missing)]
    ready.configure(webex, "app", *lines, of=APP)
    ran = ready.run("retrieve", "--profile", "app")
    assert (ran.code, says in ran.err) == (2, True), ran.err
    assert webex.requests == ()


def test_a_circle_is_refused(ready: Home, webex: Sandbox) -> None:
    ready.configure(webex, "admin", *AS_APP[:3], "through: third", of=APP)
    ready.configure(webex, "third", *AS_APP[:3], "through: app", of=APP)
    ran = ready.run("retrieve", "--profile", "app")
    assert ran.code == 2
    assert "app → admin → third → app would mint through each other" in ran.err
    assert webex.requests == ()


def test_itself_is_the_smallest_circle(ready: Home, webex: Sandbox) -> None:
    ready.configure(webex, "app", *AS_APP[:3], "through: app", of=APP)
    assert "app → app" in ready.run("retrieve", "--profile", "app").err


def test_a_minting_profile_without_a_token_needs_a_sign_in(ready: Home) -> None:
    ready.token_path("admin").unlink()
    ran = ready.run("retrieve", "--profile", "app")
    assert ran.code == 3
    assert "The profile admin, which mints for app" in ran.err
    assert "wtr retrieve --profile admin" in ran.err


def test_a_token_is_not_sent_to_another_base_url(ready: Home, webex: Sandbox) -> None:
    ready.settings_path("admin").write_text(
        f"appid: {webex.integration.client_id}\nsecret: {webex.integration.secret.reveal()}\n"
    )
    ran = ready.run("retrieve", "--profile", "app")
    assert (ran.code, "another base URL" in ran.err) == (2, True)
    assert webex.requests == ()


def test_an_imported_refresh_token_is_refreshed_without_a_minting_profile(
    ready: Home, webex: Sandbox
) -> None:
    ready.configure(webex, "app", "kind: serviceApp", of=APP)
    issued = webex.issue(integration=APP)
    ready.write_token(
        {
            **ready.stored_fields("admin"),
            "appid": APP.client_id,
            "access_token": issued["access_token"],
            "refresh_token": issued["refresh_token"],
        },
        "app",
    )
    assert ready.run("refresh", "--profile", "app").code == 0
    webex.revoke(str(issued["refresh_token"]))
    assert ready.run("refresh", "--profile", "app").code == 3


def expire(home: Home, webex: Sandbox) -> None:
    """The access token is over, and the refresh token dead."""
    webex.revoke(minted(home))
    fields = {**home.stored_fields("app"), "expires_at": "2020-01-01T00:00:00Z"}
    home.write_token(fields, "app")


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (Fault(status=403, body='{"message": "no"}'), 1, "Control Hub"),
        (Fault(status=503), 4, "Webex cannot"),
    ],
)
def test_a_failed_mint_is_not_tried_again_at_once(
    ready: Home, webex: Sandbox, fault: Fault, code: int, says: str
) -> None:
    ready.run("retrieve", "--profile", "app")
    expire(ready, webex)
    webex.faults.always(MINT, fault)
    first = ready.run("token", "--profile", "app")
    asked = len(webex.requests)
    assert (first.code, says in first.err) == (code, True)
    for command in ("token", "refresh"):
        again = ready.run(command, "--profile", "app")
        assert (again.code, says in again.err, "tried again at" in again.err) == (code, True, True)
    assert len(webex.requests) == asked
    assert ready.run("history", "-j", "--profile", "app").out.count('"failed"') == 1

    # Each failure doubles the wait; once it is over it is tried again, without anybody's help.
    assert waits(ready) == [1, 60]
    let_pass(ready)
    assert ready.run("refresh", "--profile", "app").code == code
    assert waits(ready) == [2, 120]
    let_pass(ready)
    webex.faults.clear()
    assert ready.run("refresh", "--profile", "app").code == 0
    assert "mint_failures" not in noted(ready)


def noted(home: Home) -> dict[str, object]:
    found = json.loads(home.token_path("app").with_suffix(".state").read_text())
    assert isinstance(found, dict)
    return found


def waits(home: Home) -> list[int]:
    """How often minting has failed, and how many seconds after the last failure it waits."""
    state = noted(home)
    failures, last = state["mint_failures"], state["last"]
    assert isinstance(failures, int)
    assert isinstance(last, dict)
    wait = from_iso(str(state["mint_again_at"])) - from_iso(last["at"])
    return [failures, int(wait.total_seconds())]


def let_pass(home: Home) -> None:
    """As if the wait were over."""
    state = {**noted(home), "mint_again_at": "2020-01-01T00:00:00Z"}
    home.token_path("app").with_suffix(".state").write_text(json.dumps(state))


def test_a_sign_in_mints_at_once_whatever_failed_before(ready: Home, webex: Sandbox) -> None:
    ready.run("retrieve", "--profile", "app")
    expire(ready, webex)
    webex.faults.next(MINT, Fault(status=503))
    assert ready.run("refresh", "--profile", "app").code == 4
    assert ready.run("retrieve", "--profile", "app").code == 0
    assert ready.run("token", "--profile", "app").code == 0


def test_the_refresh_tokens_end_calls_no_user(ready: Home, webex: Sandbox) -> None:
    ready.configure(webex, "app", *AS_APP, "onToken: sh -c 'echo $WTR_EVENT >> ran'", of=APP)
    ready.run("retrieve", "--profile", "app")
    soon = iso(now() + timedelta(hours=20))
    ready.write_token({**ready.stored_fields("app"), "refresh_expires_at": soon}, "app")
    ran = ready.run("token", "--profile", "app")
    assert (ran.code, ran.err) == (0, "")
    assert (ready.folder / "ran").read_text() == "retrieved\n"


def test_monitoring_asks_for_a_user_only_where_minting_fails(ready: Home, webex: Sandbox) -> None:
    ready.run("retrieve", "--profile", "app")
    soon = iso(now() + timedelta(hours=20))
    ready.write_token({**ready.stored_fields("app"), "refresh_expires_at": soon}, "app")
    ran = ready.run("check", "--profile", "app")
    assert (ran.code, "nobody has to sign in" in ran.out) == (0, True)
    webex.faults.always(MINT, Fault(status=403, body='{"message": "no"}'))
    webex.revoke(str(ready.stored_fields("app")["refresh_token"]))
    ready.run("refresh", "--profile", "app")
    ran = ready.run("check", "--warn", "2s", "--crit", "1s", "--profile", "app")
    assert (ran.code, "still valid, and minting fails" in ran.out) == (1, True)
    expire(ready, webex)
    ran = ready.run("check", "--profile", "app")
    assert (ran.code, "minting fails" in ran.out, "Control Hub" in ran.out) == (2, True, True)


def test_signing_out_names_who_ends_a_service_app(ready: Home) -> None:
    ready.run("retrieve", "--profile", "app")
    for options, code in ((["--keep"], 1), ([], 0)):
        ran = ready.run("sign-out", "--profile", "app", *options)
        assert ran.code == code
        assert "An administrator ends it in Control Hub" in ran.err
        assert "idbroker" not in ran.err
