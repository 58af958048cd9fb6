"""``wtr sign-out``: what is revoked, what is deleted, and that neither is claimed for the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.home import Home, ended
from tests.support.programs import ordinary
from tests.support.waiting import wait_until
from tests.support.webex import Fault, Integration, Sandbox, endpoint_of
from wtr_tui.model import StoredToken, Token
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.settings_table import DEFAULT_SCOPES
from wtr_tui.storage.token_file import to_json

OWN_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"
ADMIN = (*DEFAULT_SCOPES, "identity:tokens_write")
HOOK = "onToken: sh -c 'cat > gave; echo $WTR_EVENT >> ran'"


@pytest.fixture
def signed_in(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox, "default", HOOK)
    home.sign_in(sandbox, left=timedelta(days=10))
    return home


@pytest.fixture
def admin(home: Home, integration: Integration) -> Iterator[Sandbox]:
    """A Webex that lets the user revoke, and a home that is signed in to it."""
    may = Integration(integration.client_id, integration.secret, integration.redirect_uris, ADMIN)
    with Sandbox([may]) as running:
        home.configure(running, "default", HOOK)
        home.sign_in(running, left=timedelta(days=10))
        yield running


def events(home: Home) -> list[str]:
    return [json.loads(line)["event"] for line in home.run("history", "-j").out.splitlines()]


def test_an_administrator_revokes_and_nothing_is_left(admin: Sandbox, home: Home) -> None:
    before = home.stored().token
    ran = home.run("sign-out")
    assert (ran.code, ran.out) == (0, "")
    assert "The token is deleted here. Webex revoked what was granted" in ran.err
    assert OWN_PAGE not in ran.err
    assert not home.token_path().exists()
    (request,) = admin.requests_to("authorizations")
    assert request.method == "DELETE"
    assert dict(request.query) == {
        "clientId": admin.integration.client_id,
        "orgId": before.organization,
    }
    home.write_token(_members(before, admin))
    assert home.run("refresh").code == 3  # it really is revoked there
    assert (home.folder / "ran").read_text() == "signed-out\nneeds-sign-in\n"
    assert (home.folder / "gave").read_text() == ""


def _members(token: Token, sandbox: Sandbox) -> object:
    return json.loads(to_json(StoredToken(sandbox.integration.client_id, token)))


def test_an_ordinary_user_is_told_that_the_token_lives_on(
    signed_in: Home, sandbox: Sandbox
) -> None:
    token = signed_in.stored().token
    assert token.refresh_expires_at is not None
    ran = signed_in.run("sign-out")
    assert (ran.code, ran.out) == (0, "")
    assert "The token is deleted here. Webex did not revoke it: Webex refused to" in ran.err
    assert "identity:tokens_write" in ran.err
    assert f"It stays valid at Webex until {_utc(token.refresh_expires_at)}" in ran.err
    assert f"Revoke it at {OWN_PAGE}" in ran.err
    assert not signed_in.token_path().exists()
    assert events(signed_in)[-1] == "signed-out"
    assert (signed_in.folder / "ran").read_text() == "signed-out\n"
    assert token.access_token.reveal() not in ran.err


def _utc(instant: datetime) -> str:
    return f"{instant:%a} {instant.day} {instant:%b} {instant.year} {instant:%H:%M} UTC"


def test_offline_it_is_deleted_and_said_that_it_lives_on(signed_in: Home, sandbox: Sandbox) -> None:
    sandbox.stop()
    ran = signed_in.run("sign-out")
    assert ran.code == 4
    assert "The token is deleted here. Webex could not be asked to revoke" in ran.err
    assert "It stays valid at Webex until" in ran.err
    assert OWN_PAGE in ran.err
    assert not signed_in.token_path().exists()
    assert (signed_in.folder / "ran").read_text() == "signed-out\n"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=429),
        Fault(status=200, body="<html><title>Hotel</title></html>"),
        Fault(redirect="https://portal.example.com/"),
        Fault(reset=True),
    ],
    ids=["503", "429", "portal", "redirect", "reset"],
)
def test_no_answer_is_no_revocation(signed_in: Home, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.always("authorizations", fault)
    ran = signed_in.run("sign-out")
    assert (ran.code, "It stays valid at Webex" in ran.err) == (4, True)
    assert not signed_in.token_path().exists()


def test_a_token_that_webex_does_not_know_may_live_on(signed_in: Home, sandbox: Sandbox) -> None:
    sandbox.revoke(signed_in.stored().token.access_token.reveal())
    ran = signed_in.run("sign-out")
    assert (ran.code, "It may stay valid at Webex" in ran.err) == (0, True)
    assert not signed_in.token_path().exists()


def test_what_has_expired_is_not_asked_about(signed_in: Home, sandbox: Sandbox) -> None:
    signed_in.sign_in(sandbox, left=timedelta(days=-2), refresh_left=timedelta(days=-1))
    ran = signed_in.run("sign-out")
    assert (ran.code, "nothing is left to revoke" in ran.err) == (0, True)
    assert sandbox.requests_to("authorizations") == ()
    assert not signed_in.token_path().exists()


def test_an_administrators_expired_token_is_refreshed_to_revoke(admin: Sandbox, home: Home) -> None:
    home.write_token(
        {**home.stored_fields(), "expires_at": "2020-01-01T00:00:00Z", "scope": " ".join(ADMIN)}
    )
    assert "Webex revoked" in home.run("sign-out").err


# --keep.


def test_keep_only_revokes(admin: Sandbox, home: Home) -> None:
    before = home.stored()
    ran = home.run("sign-out", "--keep")
    assert (ran.code, "The token is kept here. Webex revoked" in ran.err) == (0, True)
    assert home.stored() == before
    assert (home.folder / "ran").read_text() == "signed-out\n"
    # What is kept is known to be void.
    assert home.run("token").code == 3
    assert home.run("status", "-j").json["state"] == "sign-in needed"
    said = home.run("status").out
    assert "It was revoked with wtr sign-out. Sign in" in " ".join(said.split())
    assert "may have changed" not in said


@pytest.mark.parametrize(("status", "code"), [(403, 1), (404, 1), (401, 1), (503, 4)])
def test_keep_fails_where_nothing_was_revoked(
    signed_in: Home, sandbox: Sandbox, status: int, code: int
) -> None:
    before = signed_in.stored()
    sandbox.faults.always("authorizations", Fault(status=status, body='{"message": "no"}'))
    ran = signed_in.run("sign-out", "--keep")
    assert (ran.code, OWN_PAGE in ran.err) == (code, code == 1)
    assert signed_in.stored() == before
    assert not (signed_in.folder / "ran").exists()


# The way of Webex's JavaScript SDK, only where a setting names it.


def test_the_undocumented_way_is_gone_only_when_told_to(signed_in: Home, sandbox: Sandbox) -> None:
    token = signed_in.stored().token
    signed_in.configure(sandbox, "default", f"revokeUrl: {sandbox.origin}/idb/oauth2/v1/revoke")
    ran = signed_in.run("sign-out")
    assert ran.code == 0
    assert "accepted to revoke it; whether that ends a token of this kind is not documented" in (
        ran.err
    )
    asked = sandbox.requests_to("/idb/oauth2/v1/revoke")
    assert [dict(each.form) for each in asked] == [
        {"token": secret.reveal(), "token_type_hint": hint}
        for secret, hint in (
            (token.refresh_token, "refresh_token"),
            (token.access_token, "access_token"),
        )
        if secret is not None
    ]
    assert asked[0].headers["authorization"].startswith("Basic ")


def test_without_the_setting_nothing_undocumented_is_asked(
    signed_in: Home, sandbox: Sandbox
) -> None:
    signed_in.run("sign-out")
    assert [endpoint_of(each) for each in sandbox.requests] == ["authorizations"]


# What is deleted.


def test_temporaries_and_copies_are_deleted_too(signed_in: Home) -> None:
    folder = signed_in.token_path().parent
    content = signed_in.token_path().read_bytes()
    names = [
        ".default.json.tmp",
        "default.json.corrupt-20260101T000000Z",
        "default.json.other-app-20260101T000000Z",
        "default.json.other-account-20260101T000000Z",
        "default.put-aside-20260101T000000Z",
    ]
    for name in names:
        write_private(str(folder / name), content)
    (folder / "default.state").touch(mode=0o600)
    keep = folder / "default2.json"
    write_private(str(keep), content)
    ran = signed_in.run("sign-out")
    assert all(name in ran.err for name in names[1:])
    assert "without asking Webex" in ran.err
    left = {path.name for path in folder.iterdir()}
    assert "default.state" not in left
    assert left.isdisjoint({*names, "default.json"})
    assert keep.read_bytes() == content
    assert signed_in.settings_path().exists()


def test_nothing_to_sign_out_is_no_failure(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    ran = home.run("sign-out")
    assert (ran.code, "has no token" in ran.err) == (0, True)
    assert sandbox.requests == ()


def test_settings_that_cannot_be_read_keep_no_token_alive(
    signed_in: Home, sandbox: Sandbox
) -> None:
    fields = {**signed_in.stored_fields(), "base_url": sandbox.base_url}
    signed_in.write_token(fields)
    signed_in.settings_path().write_text("appid: [\n")
    ran = signed_in.run("sign-out")
    assert ran.code == 0
    assert not signed_in.token_path().exists()
    assert len(sandbox.requests_to("authorizations")) == 1


@pytest.mark.parametrize("settings", ["appid: [\n", "baseUrl: nonsense\n"])
def test_no_token_is_sent_where_it_is_not_known_to_come_from(
    signed_in: Home, sandbox: Sandbox, settings: str
) -> None:
    """One of version 0.1.0, whose file does not name its base URL."""
    signed_in.settings_path().write_text(settings)
    kept = signed_in.run("sign-out", "--keep")
    assert (kept.code, signed_in.token_path().exists()) == (2, True)
    ran = signed_in.run("sign-out")
    assert (ran.code, signed_in.token_path().exists()) == (4, False)
    assert "which base URL it came from cannot be read" in ran.err
    assert "Revoke it at " in ran.err
    assert sandbox.requests == ()


def test_a_damaged_token_file_is_deleted_and_not_called_revoked(
    signed_in: Home, sandbox: Sandbox
) -> None:
    signed_in.token_path().write_text('{"version": 1, "access_token": ')
    ran = signed_in.run("sign-out")
    assert (ran.code, "could not be asked to revoke" in ran.err) == (4, True)
    assert list(signed_in.token_path().parent.glob("default.json*")) == []


def test_a_refresh_under_way_is_waited_for(signed_in: Home, sandbox: Sandbox) -> None:
    sandbox.faults.next("access_token", Fault(delay=1.0))
    refreshing = signed_in.start("refresh")
    wait_until(lambda: sandbox.requests_to("access_token"))
    ran = signed_in.run("sign-out")
    assert ran.code == 0
    assert ended(refreshing).code == 0
    assert not signed_in.token_path().exists()


def test_what_cannot_be_deleted_is_no_success(signed_in: Home) -> None:
    folder = signed_in.token_path().parent
    (folder / "default.lock").touch(mode=0o600)
    folder.chmod(0o500)
    try:
        ran = signed_in.run("sign-out", under=ordinary())
    finally:
        folder.chmod(0o700)
    assert ran.code == 1
    assert "cannot be deleted" in ran.err
    assert signed_in.token_path().exists()
    assert not Path(signed_in.folder / "ran").exists()
