"""Files that hold what no good file holds: every command says so at once, and none crashes."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from tests.support.home import Home
from tests.support.webex import Sandbox
from wtr_tui import clock

COMMANDS = [
    ("token",),
    ("token", "--json"),
    ("token", "--no-refresh"),
    ("--debug", "token"),
    ("status",),
    ("status", "--json"),
    ("status", "--all"),
    ("status", "--all", "--json"),
    ("refresh",),
    ("refresh", "--all"),
    ("export",),
    ("exec", "--", "true"),
    ("doctor",),
]

NO_INSTANTS = [
    "2027-02-30T00:00:00Z",
    "2027-02-29T12:00:00Z",
    "2027-04-31T00:00:00Z",
    "2027-00-10T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-01-00T00:00:00Z",
    "2027-01-32T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:60:00Z",
    "2027-01-01T00:00:60Z",
]


def far(instant: str) -> str:
    """The same instant in the next year that has no 29 February."""
    year = clock.now().year + 1
    while year % 4 == 0:
        year += 1
    return f"{year}{instant[4:]}"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_token_that_ends_on_no_day_of_the_calendar_is_damaged(
    home: Home, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    access_token = home.sign_in(sandbox)
    fields = dict(home.stored_fields(), expires_at=far("2027-02-30T00:00:00Z"))
    home.write_token(fields)
    ran = home.run(*command)
    assert "Traceback" not in ran.err + ran.out
    assert access_token not in ran.out
    if "doctor" not in command:  # it looks at the place, and not only at the token
        assert ran.code == 1
    assert "damaged" in ran.err + ran.out
    kept = [*home.token_path().parent.glob("default.json.corrupt-*")]
    assert len(kept) == 1
    assert kept[0].read_bytes() == home.token_path().read_bytes()


@pytest.mark.parametrize("end", ["expires_at", "refresh_expires_at"])
@pytest.mark.parametrize("instant", NO_INSTANTS)
def test_no_instant_that_does_not_exist_is_believed(
    home: Home, sandbox: Sandbox, instant: str, end: str
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    home.write_token(dict(home.stored_fields(), **{end: far(instant)}))
    ran = home.run("status", "--all", "--json")
    assert ran.code == 1, ran.err
    (row,) = ran.rows
    assert "damaged" in str(row["problems"])


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("command", COMMANDS[:-1], ids=" ".join)
def test_the_last_instant_there_is_can_be_told_in_every_time_zone(
    home: Home, sandbox: Sandbox, command: tuple[str, ...], zone: str
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    ends = dict.fromkeys(("expires_at", "refresh_expires_at"), "9999-12-31T23:59:59Z")
    home.write_token(dict(home.stored_fields(), **ends))
    ran = home.run(*command, TZ=zone)
    assert "Traceback" not in ran.err + ran.out
    assert "crash" not in ran.err
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    "command", [*COMMANDS, ("retrieve", "--no-browser", "-t", "60")], ids=" ".join
)
@pytest.mark.parametrize("with_app_id", [False, True], ids=["", "$WEBEX_APPID"])
def test_a_settings_file_that_is_a_fifo_is_refused_at_once(
    home: Home, sandbox: Sandbox, command: tuple[str, ...], with_app_id: bool
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(days=1))
    home.settings_path().unlink()
    os.mkfifo(home.settings_path(), 0o600)
    variables = {"WEBEX_APPID": sandbox.integration.client_id} if with_app_id else {}
    ran = home.run(*command, **variables)  # a program that waits for a writer fails here
    assert "Traceback" not in ran.err + ran.out
    if with_app_id and command[0] in ("token", "export", "exec") and ran.code == 0:
        return  # the token's own App ID is named, and nothing of the file is needed
    assert "not a regular file" in ran.err + ran.out
    assert ran.code in (1, 2) or "status" in command, ran.err


IMPOSSIBLE_HOSTS = [
    "xn--a.com",
    "XN--A.com",
    "api.xn--a.com",
    "xn--.com",
    "a..com",
    ".com",
    f"{'a' * 64}.com",
    f"{'a.' * 130}com",
    "1.2.3.999",
    "[::1%25lo]",
    "exa$mple.com",
    "exa;mple.com",
]


@pytest.mark.parametrize("command", [*COMMANDS[-5:], ("retrieve", "--no-browser")], ids=" ".join)
def test_a_base_url_without_a_possible_host_is_refused_in_the_settings(
    home: Home, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    for host in ("xn--a.com", "a..com"):
        home.configure(sandbox)
        home.sign_in(sandbox, left=timedelta(0))
        text = home.settings_path().read_text()
        home.settings_path().write_text(text.replace(sandbox.base_url, f"https://{host}/v1"))
        ran = home.run(*command)
        assert "Traceback" not in ran.err + ran.out
        assert "names a host that cannot exist" in ran.err + ran.out
        assert ran.code != 0


@pytest.mark.parametrize("host", IMPOSSIBLE_HOSTS)
def test_what_can_be_no_host_is_refused(home: Home, sandbox: Sandbox, host: str) -> None:
    home.configure(sandbox)
    text = home.settings_path().read_text()
    home.settings_path().write_text(text.replace(sandbox.base_url, f"https://{host}/v1"))
    home.sign_in(sandbox, left=timedelta(0))
    ran = home.run("refresh")
    assert ran.code == 2
    assert "base URL" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "host",
    ["webexapis.com", "api-usgov.webex.com", "xn--mnchen-3ya.de", "a_b.example.com.", "10.1.2.3"],
)
def test_real_hosts_are_accepted(home: Home, sandbox: Sandbox, host: str) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    text = home.settings_path().read_text()
    home.settings_path().write_text(text.replace(sandbox.base_url, f"https://{host}/v1"))
    assert "base URL" not in home.run("status").out
