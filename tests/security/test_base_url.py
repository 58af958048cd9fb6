"""The base URL a token came from: refresh token and secret go nowhere else, whoever says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home, ended, start_url
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox
from wtr_tui import clock, token_state
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage import settings

COMMANDS = [
    ("token",),
    ("token", "--header"),
    ("token", "--min-left", "2h"),
    ("--debug", "token"),
    ("export",),
    ("exec", "--", "true"),
    ("refresh",),
    ("refresh", "--all"),
    ("status", "--who"),
    ("status", "--all", "--who"),
    ("retrieve", "--no-browser", "-t", "10"),
    ("retrieve", "--device", "-t", "10"),
    ("doctor",),
]


@pytest.fixture
def elsewhere(integration: Integration) -> Iterator[Sandbox]:
    """Another server that would take what is sent to it."""
    with Sandbox([integration]) as running:
        yield running


def secrets_of(home: Home, sandbox: Sandbox) -> list[str]:
    fields = home.stored_fields()
    secret = sandbox.integration.secret.reveal()
    return [secret, str(fields["refresh_token"]), str(fields["access_token"])]


def heard(server: Sandbox) -> str:
    """All that a server was sent."""
    return "\n".join(repr((each, each.headers, each.body)) for each in server.requests)


@pytest.mark.parametrize("left", [timedelta(hours=1), timedelta(0)], ids=["valid", "expired"])
@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "of 0.1.0"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_environment_cannot_lead_a_token_to_another_server(
    home: Home,
    sandbox: Sandbox,
    elsewhere: Sandbox,
    command: tuple[str, ...],
    recorded: bool,
    left: timedelta,
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=left)
    if recorded:
        home.write_token(dict(home.stored_fields(), base_url=sandbox.base_url))
    before = home.token_path().read_bytes()
    ran = home.run(*command, WEBEX_BASEURL=elsewhere.base_url)
    for secret in secrets_of(home, sandbox):
        assert secret not in heard(elsewhere)
        assert secret not in ran.out + ran.err
    assert home.token_path().read_bytes() == before
    if command[0] == "doctor":
        return
    assert sandbox.base_url in ran.err + ran.out
    assert "$WEBEX_BASEURL" in ran.err + ran.out
    if command[0] != "status":
        assert ran.code == 2, ran.err


@pytest.mark.parametrize("command", [("refresh",), ("token", "--min-left", "2h")], ids=" ".join)
def test_a_changed_settings_file_does_not_lead_a_recorded_token_elsewhere(
    home: Home, sandbox: Sandbox, elsewhere: Sandbox, command: tuple[str, ...]
) -> None:
    home.configure(elsewhere)
    home.sign_in(sandbox)
    home.write_token(dict(home.stored_fields(), base_url=sandbox.base_url))
    ran = home.run(*command)
    assert ran.code == 2
    assert sandbox.base_url in ran.err
    assert heard(elsewhere) == ""


def test_a_token_of_another_base_url_is_kept_beside_the_one_of_a_new_sign_in(
    home: Home, sandbox: Sandbox, elsewhere: Sandbox
) -> None:
    home.configure(elsewhere)
    access_token = home.sign_in(sandbox)
    home.write_token(dict(home.stored_fields(), base_url=sandbox.base_url))
    running = home.start("retrieve", "--no-browser")
    elsewhere.approve(start_url(running))
    ran = ended(running)
    assert ran.code == 0, ran.err
    assert home.stored().base_url == elsewhere.base_url
    (kept,) = home.token_path().parent.glob("default.json.other-server-*")
    assert json.loads(kept.read_text())["access_token"] == access_token
    assert str(kept) in ran.err


def test_every_way_to_a_token_records_its_base_url(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    running = home.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    assert ended(running).code == 0
    assert home.stored_fields()["base_url"] == sandbox.base_url
    home.sign_in(sandbox)  # as 0.1.0 wrote it
    assert home.run("refresh").code == 0
    assert home.stored_fields()["base_url"] == sandbox.base_url
    assert home.run("refresh").code == 0
    token = str(home.stored_fields()["refresh_token"])
    assert home.run("import", "--replace", "--refresh-token", "-", stdin=token).code == 0
    assert home.stored_fields()["base_url"] == sandbox.base_url


def test_the_same_base_url_in_another_spelling_is_no_other(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    home.write_token(dict(home.stored_fields(), base_url=sandbox.base_url))
    assert home.run("refresh", WEBEX_BASEURL=f"{sandbox.base_url}/").code == 0
    assert home.run("token", WEBEX_BASEURL=f"{sandbox.base_url}/").code == 0


def test_a_token_file_that_names_another_server_is_not_imported(
    home: Home, sandbox: Sandbox, elsewhere: Sandbox
) -> None:
    home.configure(elsewhere)
    home.sign_in(sandbox)
    file = home.folder / "other.json"
    file.write_text(json.dumps(dict(home.stored_fields(), base_url=sandbox.base_url)))
    home.token_path().unlink()
    ran = home.run("import", str(file))
    assert ran.code == 2
    assert sandbox.base_url in ran.err
    assert heard(elsewhere) == ""
    assert not home.token_path().exists()


def test_the_screen_leaves_a_token_of_another_base_url_alone(
    home: Home, sandbox: Sandbox, elsewhere: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(minutes=5))  # auto-refresh would act at once
    home.write_token(dict(home.stored_fields(), base_url=sandbox.base_url))
    variables = {"WEBEX_BASEURL": elsewhere.base_url, "TERM": "xterm-256color"}
    terminal = Terminal(PROGRAM, {**home.environ, **variables}, cwd=home.folder)
    try:
        terminal.wait_for("not the base URL")
        terminal.press("r")
        terminal.press("\x1bOR")  # F3
        terminal.wait_for("Enter signs in again")
        terminal.press("\r")
        terminal.wait_for("nothing of it is sent")
    finally:
        terminal.close()
    assert heard(elsewhere) == ""


def test_a_token_of_0_1_0_from_a_base_url_of_the_environment_goes_on_once_the_file_names_it(
    home: Home, sandbox: Sandbox
) -> None:
    variables = {"WEBEX_BASEURL": sandbox.base_url}
    home.configure(sandbox)
    home.sign_in(sandbox)
    path = home.settings_path()
    path.write_text("".join(re.findall(r"^(?!baseUrl).*\n", path.read_text(), re.MULTILINE)))
    refused = home.run("refresh", **variables)
    assert refused.code == 2
    line = f"baseUrl: {sandbox.base_url}"
    assert f"write {line} into the settings file" in refused.err
    path.write_text(f"{path.read_text()}{line}\n")
    assert home.run("refresh", **variables).code == 0
    assert home.stored_fields()["base_url"] == sandbox.base_url


@pytest.mark.parametrize(
    ("file", "environment", "came_from"),
    [
        ("", "https://api-usgov.webex.com/v1", "https://api-usgov.webex.com/v1"),
        ("https://api-usgov.webex.com/v1", "https://webexapis.com/v1", "https://webexapis.com/v1"),
        ("", "https://elsewhere.example/v1", "https://webexapis.com/v1"),
        ("", "https://api-usgov.webex.com.elsewhere.example/v1", "https://webexapis.com/v1"),
        ("https://own.example/v1", "https://webexapis.com/v1", "https://own.example/v1"),
    ],
)
def test_the_environment_moves_a_token_of_0_1_0_only_between_webexs_own_servers(
    tmp_path: Path, file: str, environment: str, came_from: str
) -> None:
    path = tmp_path / "default.yaml"
    path.touch(mode=0o600)
    path.write_text("appid: Cexample\nsecret: example\n" + (f"baseUrl: {file}\n" if file else ""))
    known = settings.load(path, {"WEBEX_BASEURL": environment})
    token = Token(access_token=Secret("a"), obtained_at=clock.now(), expires_at=None)
    stored = StoredToken("Cexample", token)
    assert token_state.base_url_of(stored, known) == came_from
    assert token_state.base_url_of(stored._replace(base_url="https://own.example/v1"), known) == (
        "https://own.example/v1"
    )
