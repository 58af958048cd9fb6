"""``wtr import`` and ``wtr export``: to and from the tools people used before."""

from __future__ import annotations

import json
import shlex
import stat
from datetime import timedelta

import pexpect
import pytest
import yaml

from tests.support.home import PROGRAM, Home
from tests.support.waiting import PATIENCE, wait_until
from tests.support.webex import Fault, Sandbox
from wtr_tui import clock

HOUR = timedelta(hours=1)


def go_file(sandbox: Sandbox, home: Home) -> dict[str, object]:
    """A ``.wtr-cli.json`` in the home, with a token of the sandbox."""
    answer, integration = sandbox.issue(), sandbox.integration
    now = int(clock.now().timestamp())
    members: dict[str, object] = {
        "clientid": integration.client_id,
        "expiration": now + 3_600,
        "redirectport": 6855,
        "refresh_expiration": now + 86_400,
        "refresh_token": answer["refresh_token"],
        "scopes": "spark:kms meeting:schedules_read",
        "secret": integration.secret.reveal(),
        "token": answer["access_token"],
    }
    (home.folder / ".wtr-cli.json").write_text(json.dumps(members, indent=2))
    return members


def test_the_go_tools_file_is_taken_over_and_left_as_it_is(home: Home, sandbox: Sandbox) -> None:
    members = go_file(sandbox, home)
    original = home.folder / ".wtr-cli.json"
    before = original.read_bytes()
    ran = home.run("import", ".wtr-cli.json", WEBEX_BASEURL=sandbox.base_url)
    assert ran.code == 0, ran.err
    assert original.read_bytes() == before
    assert not sandbox.requests
    printed = home.run("token", WEBEX_BASEURL=sandbox.base_url).out
    assert printed.strip() == members["token"]
    token = home.stored().token
    assert token.refresh_token is not None
    assert token.refresh_token.reveal() == members["refresh_token"]
    written = yaml.safe_load(home.settings_path().read_text())
    assert written["appid"] == members["clientid"]
    assert written["redirectPort"] == 6855
    assert stat.S_IMODE(home.settings_path().stat().st_mode) == 0o600
    assert home.run("refresh", WEBEX_BASEURL=sandbox.base_url).code == 0


def test_settings_that_are_there_stay(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "# mine", "scopes: spark:kms")
    go_file(sandbox, home)
    before = home.settings_path().read_text()
    assert home.run("import", ".wtr-cli.json").code == 0
    assert home.settings_path().read_text() == before


def test_another_integrations_file_needs_another_profile(home: Home, sandbox: Sandbox) -> None:
    go_file(sandbox, home)
    ran = home.run("import", ".wtr-cli.json", WEBEX_APPID="Cother", WEBEX_SECRET="x")
    assert ran.code == 2
    assert "--profile" in ran.err
    assert not home.token_path().exists()
    assert home.run("import", ".wtr-cli.json", "--profile", "old").code == 0
    assert home.token_path("old").exists()


def test_a_token_that_is_there_is_only_replaced_on_demand(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox)
    members = go_file(sandbox, home)
    ran = home.run("import", ".wtr-cli.json")
    assert ran.code == 2
    assert "--replace" in ran.err
    assert home.stored().token.access_token.reveal() == old
    assert home.run("import", "--replace", ".wtr-cli.json").code == 0
    assert home.stored().token.access_token.reveal() == members["token"]


def test_wxc_sdks_yaml_goes_both_ways(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    before = home.stored().token
    ran = home.run("export", "--format", "wxc", "--to", "tokens.yml")
    assert (ran.code, ran.out) == (0, "")
    exported = home.folder / "tokens.yml"
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert yaml.safe_load(exported.read_text())["token_type"] == "Bearer"
    home.token_path().unlink()
    assert home.run("import", "tokens.yml").code == 0
    after = home.stored().token
    for name in ("access_token", "expires_at", "refresh_token", "refresh_expires_at"):
        assert getattr(after, name) == getattr(before, name)


def test_json_goes_both_ways(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    before = home.stored().token
    out = home.run("export", "--format", "json").out
    home.token_path().unlink()
    assert home.run("import", "-", stdin=out).code == 0
    assert home.stored().token.access_token == before.access_token
    assert home.stored().token.refresh_expires_at == before.refresh_expires_at


def test_env_is_for_a_shell_and_has_no_refresh_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    lines = [shlex.split(line) for line in home.run("export").out.splitlines()]
    assert ["export", f"WEBEX_ACCESS_TOKEN={token}"] in lines
    assert all(words[0] == "export" and len(words) == 2 for words in lines)
    refresh = home.stored().token.refresh_token
    assert refresh is not None
    assert refresh.reveal() not in str(lines)


def test_what_is_exported_is_valid(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=-HOUR)
    assert old not in home.run("export").out
    home.token_path().unlink()
    assert home.run("export").code == 3


@pytest.mark.parametrize("options", [(), ("--refresh-token",)])
def test_a_service_apps_refresh_token_is_enough(
    home: Home, sandbox: Sandbox, options: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    refresh_token = str(sandbox.issue()["refresh_token"])
    ran = home.run("import", *options, "-", stdin=refresh_token + "\n")
    assert ran.code == 0, ran.err
    assert "can be refreshed" in ran.err
    stored = home.stored()
    assert stored.token.refresh_token is not None
    assert stored.token.refresh_token.reveal() == refresh_token
    assert stored.app_id == sandbox.integration.client_id
    assert home.run("refresh").code == 0
    assert refresh_token not in ran.err


def test_a_dead_refresh_token_is_not_kept(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    answer = sandbox.issue()
    sandbox.revoke(str(answer["access_token"]))
    ran = home.run("import", "-", stdin=str(answer["refresh_token"]))
    assert ran.code == 3
    assert not home.token_path().exists()


def test_webex_out_of_reach_is_temporary(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    sandbox.faults.always("people/me", Fault(status=503, body="{}"))
    ran = home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"]))
    assert ran.code == 4
    assert not home.token_path().exists()


def test_a_personal_token_needs_no_settings_and_is_not_refreshed(
    home: Home, sandbox: Sandbox
) -> None:
    token = str(sandbox.issue()["access_token"])
    base = {"WEBEX_BASEURL": sandbox.base_url}
    ran = home.run("import", "-", stdin=token, **base)
    assert ran.code == 0, ran.err
    assert "cannot be refreshed" in ran.err
    assert home.stored().token.expires_at is not None  # Webex was asked for it
    assert home.run("token", "--min-left", "0", **base).out.strip() == token
    assert home.run("status", "--no-who", **base).code == 0
    refused = home.run("refresh", **base)
    assert refused.code == 3
    assert "no refresh token" in refused.err


def test_a_bots_token_without_an_end_is_kept(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults.always("authorizations/tokenExpiry", Fault(status=403, body="{}"))
    token = str(sandbox.issue()["access_token"])
    base = {"WEBEX_BASEURL": sandbox.base_url}
    assert home.run("import", "-", stdin=token, **base).code == 0
    assert home.stored().token.expires_at is None
    assert home.run("token", **base).out.strip() == token


def test_a_refresh_token_without_an_integration_is_refused(home: Home, sandbox: Sandbox) -> None:
    answer = sandbox.issue()
    base = {"WEBEX_BASEURL": sandbox.base_url}
    bare = home.run("import", "-", stdin=str(answer["refresh_token"]), **base)
    assert bare.code == 2
    assert "App ID" in bare.err
    both = {name: answer[name] for name in ("access_token", "refresh_token")}
    assert home.run("import", "-", stdin=json.dumps(both), **base).code == 2
    assert not home.token_path().exists()


def test_what_is_no_token_file_is_refused(home: Home) -> None:
    for content in ("", "{", "hello", "a: b"):
        ran = home.run("import", "-", stdin=content)
        assert ran.code == 2
        assert "Nothing was imported" in ran.err
    assert home.run("import", "no-such-file").code == 1
    assert home.run("import", ".").code == 1


def test_a_token_that_has_run_out_is_said_to_have(home: Home, sandbox: Sandbox) -> None:
    members = go_file(sandbox, home)
    members["expiration"] = int(clock.now().timestamp()) - 60
    (home.folder / ".wtr-cli.json").write_text(json.dumps(members))
    ran = home.run("import", ".wtr-cli.json")
    assert ran.code == 0
    assert "default.json: expired " in ran.err
    assert "can be refreshed" in ran.err


def test_what_is_pasted_on_a_terminal_is_not_shown(home: Home, sandbox: Sandbox) -> None:
    token = str(sandbox.issue()["access_token"])
    terminal = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "import", "--access-token", "-"],
        env={**home.environ, "TERM": "xterm", "WEBEX_BASEURL": sandbox.base_url},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 200),
    )
    wait_until(lambda: not terminal.getecho(), "the echo to be off")
    terminal.sendline(token)
    terminal.sendeof()
    shown = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0, shown
    assert token not in shown
    assert home.stored().token.access_token.reveal() == token


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "~nobody-of-that-name/token"), 2),
        (("export", "--to", "~nobody-of-that-name/token"), 2),
        (("check", "--to", "~nobody-of-that-name/wtr.prom"), 3),
    ],
)
def test_the_home_of_nobody_is_not_known(
    home: Home, sandbox: Sandbox, words: tuple[str, ...], code: int
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    ran = home.run(*words)
    assert ran.code == code, ran
    assert "The home folder ~nobody-of-that-name is not known." in ran.err
    assert not list(home.folder.glob("~*"))


def test_a_closed_standard_input_is_said_to_be(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    ran = home.run("import", "-", under=("/bin/sh", "-c", 'exec "$@" <&-', "-"))
    assert (ran.code, "Standard input is closed." in ran.err) == (2, True)
