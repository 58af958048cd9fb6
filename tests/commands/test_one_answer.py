"""Odd files give the same answer in every command, on the fast way and on the full one."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home, Ran
from tests.support.programs import ordinary
from tests.support.webex import Sandbox
from wtr_tui import clock

# Each in its own words; -d takes the full way, so it is compared with the fast one.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "token": ("token",),
    "token -d": ("token", "-d"),
    "token --json": ("token", "--json"),
    "exec": ("exec", "--", "true"),
    "status": ("status", "--no-who"),
    "status --json": ("status", "--json"),
    "status --all": ("status", "--all"),
    "refresh": ("refresh", "--within", "1m"),
    "doctor": ("doctor", "--offline"),
}
HANDING_ON = ("token", "token -d", "token --json", "exec")
TELLING = ("status", "status --json", "status --all", "doctor")


@pytest.fixture
def signed_in(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    home.sign_in(sandbox)
    return home


def said(ran: Ran) -> str:
    return " ".join((ran.out + ran.err).split())


def edit_settings(home: Home, **lines: str) -> None:
    path = home.settings_path()
    kept = [line for line in path.read_text().splitlines() if line.partition(":")[0] not in lines]
    path.write_text("\n".join([*kept, *(f"{key}: {value}" for key, value in lines.items())]) + "\n")


def edit_token(home: Home, **members: object) -> None:
    fields = home.stored_fields() | members
    home.write_token({key: value for key, value in fields.items() if value != "absent"})


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("scopes", '""', "At least one scope is needed"),
        ("redirectPort", '"06855"', "without a zero before it"),
        ("secret", "s" * 513, "cannot be a secret"),
        ("baseUrl", "https://xn--a.com/v1", "a host that cannot exist"),
    ],
)
def test_a_wrong_setting_is_told_by_all_that_look_and_stops_only_a_refresh(
    signed_in: Home, sandbox: Sandbox, key: str, value: str, says: str
) -> None:
    edit_settings(signed_in, **{key: value})
    edit_token(signed_in, base_url=sandbox.base_url)
    for name in TELLING:
        ran = signed_in.run(*COMMANDS[name])
        assert said(ran).count(says) == 1, name
        assert "integration's" not in said(ran), name
    for name in HANDING_ON:
        ran = signed_in.run(*COMMANDS[name])
        assert ran.code == 0 or says in ran.err, name
        assert signed_in.run(*COMMANDS[name]).code in (0, 2), name
    codes = {signed_in.run(*COMMANDS[name]).code for name in HANDING_ON}
    assert len(codes) == 1
    ran = signed_in.run("refresh")
    assert ran.code == 2
    assert ran.out == ""


def test_an_app_id_that_is_too_long_is_told_by_all_that_look(signed_in: Home) -> None:
    edit_settings(signed_in, appid="C" * 513)
    for name in TELLING:
        assert "must be one word" in said(signed_in.run(*COMMANDS[name])), name


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("expires_at", "2027-02-30T00:00:00Z"),
        ("obtained_at", "absent"),
        ("appid", "absent"),
        ("refresh_token", 5),
        ("scope", 5),
        ("token_type", 5),
        ("access_token", "two words"),
    ],
)
def test_a_damaged_token_file_is_damaged_to_every_command(
    signed_in: Home, member: str, value: object
) -> None:
    edit_token(signed_in, **{member: value})
    before = signed_in.token_path().read_bytes()
    for name, words in COMMANDS.items():
        ran = signed_in.run(*words)
        assert ran.code == 1, name
        assert "damaged" in said(ran), name
        if name in HANDING_ON:
            assert ran.out == "", name
    assert signed_in.token_path().read_bytes() == before
    assert len(list(signed_in.token_path().parent.glob("*.corrupt-*"))) == 1


def test_a_settings_file_that_is_a_fifo_is_refused_at_once(signed_in: Home) -> None:
    path = signed_in.settings_path()
    path.unlink()
    os.mkfifo(path, 0o600)
    for name, words in COMMANDS.items():
        ran = signed_in.run(*words)
        assert "not a regular file" in said(ran), name
        assert "integration's" not in said(ran), name
        assert "came from" not in said(ran), name
        if name in (*HANDING_ON, "refresh"):
            assert (ran.code, ran.out) == (2, ""), name


def test_settings_from_a_process_substitution_are_read_by_every_command(signed_in: Home) -> None:
    content = signed_in.settings_path().read_text()
    signed_in.settings_path().unlink()
    for name, words in COMMANDS.items():
        if name == "status --all":
            continue  # it goes with no --config
        options = f"--config <(printf %s {shlex.quote(content)})"
        line = f"{shlex.join([*PROGRAM, words[0]])} {options} {shlex.join(words[1:])}"
        ran = signed_in.run(under=("bash", "-c", line + ' # "$@"'))
        assert "not a regular file" not in said(ran), name
        assert "The App ID is missing" not in said(ran), name
        if name in (*HANDING_ON, "refresh"):
            assert ran.code == 0, (name, said(ran))


@pytest.mark.parametrize("name", [*HANDING_ON, "status", "status --json", "status --all"])
def test_a_token_file_that_others_could_read_is_told(signed_in: Home, name: str) -> None:
    signed_in.token_path().chmod(0o644)
    ran = signed_in.run(*COMMANDS[name])
    assert "was open to other users" in ran.err
    assert stat.S_IMODE(signed_in.token_path().stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["appid: [\n", "k" * 1_025 + ": 1\n"])
def test_settings_that_cannot_be_understood_are_refused_whatever_the_environment_says(
    signed_in: Home, sandbox: Sandbox, key: str
) -> None:
    path = signed_in.settings_path()
    path.write_text(path.read_text() + key)
    variables = {"WEBEX_APPID": sandbox.integration.client_id}
    for name, words in COMMANDS.items():
        ran = signed_in.run(*words, **variables)
        assert ", line " in said(ran), name
        assert "integration's" not in said(ran), name
        if name in (*HANDING_ON, "refresh"):
            assert (ran.code, ran.out) == (2, ""), name


def break_settings(home: Home) -> None:
    home.settings_path().write_text("appid: [\n")


def name_another_app_id(home: Home) -> None:
    edit_settings(home, appid="C" + "b" * 64)


def name_an_impossible_host(home: Home) -> None:
    edit_settings(home, baseUrl="https://xn--a.com/v1")


def let_it_be_of_another_server(home: Home) -> None:
    edit_token(home, base_url="https://api-usgov.webex.com/v1")


@pytest.mark.parametrize(
    "change",
    [break_settings, name_another_app_id, name_an_impossible_host, let_it_be_of_another_server],
)
def test_the_status_of_a_token_that_no_command_gives_is_no_success(
    signed_in: Home, sandbox: Sandbox, change: Callable[[Home], None]
) -> None:
    edit_token(signed_in, base_url=sandbox.base_url)
    change(signed_in)
    for name in (*HANDING_ON, "status", "status --json", "status --all"):
        assert signed_in.run(*COMMANDS[name]).code == 2, name


def test_an_organisation_is_a_uuid_or_not_known(signed_in: Home) -> None:
    uuid = "1eb65fdf-9643-417f-9974-ad72cae0e10"
    for last, known in (("f", True), ("g", False)):
        edit_token(signed_in, access_token=f"abc_PF84_{uuid}{last}")
        found = signed_in.run("status", "--json").json["organization"]
        assert found == (f"{uuid}f" if known else None)
        assert (f"organisation {uuid}" in signed_in.run("status", "--no-who").out) == known


# The record of the settings: what is fast, and what is not taken for it.


@pytest.fixture
def fast(home: Home, sandbox: Sandbox) -> Home:
    """A token that this program has saved under the settings that are there."""
    home.configure(sandbox)
    home.sign_in(sandbox, left=timedelta(minutes=1))
    assert home.run("refresh").code == 0
    assert isinstance(home.stored_fields()["settings"], dict)
    edit_token(home, expires_at=clock.iso(clock.now() + timedelta(days=1)))
    return home


def fast_and_full(home: Home, *options: str, **variables: str) -> tuple[Ran, Ran]:
    return home.run("token", *options, **variables), home.run("token", "-d", *options, **variables)


def append(line: str) -> Callable[[Home], None]:
    def change(home: Home) -> None:
        path = home.settings_path()
        path.write_text(path.read_text() + line)

    return change


def other_app_id(home: Home) -> None:
    edit_settings(home, appid="C" + "f" * 64)


def other_base_url(home: Home) -> None:
    edit_settings(home, baseUrl="https://webexapis.example/v1")


def through_a_link(home: Home) -> None:
    other = home.folder / "other.yaml"
    other.write_text("appid: Cfffffff\nsecret: x\n")
    home.settings_path().unlink()
    home.settings_path().symlink_to(other)


@pytest.mark.parametrize(
    ("change", "variables", "code"),
    [
        (append("# a comment\n"), {}, 0),
        (append("unknown: 1\n"), {}, 0),
        (append("appid: [\n"), {}, 2),
        (other_app_id, {}, 2),
        (other_base_url, {}, 2),
        (through_a_link, {}, 2),
        (lambda home: home.settings_path().unlink(), {"WEBEX_BASEURL": ""}, 2),
        (lambda home: None, {"WEBEX_APPID": "Cfffffff"}, 2),
        (lambda home: None, {"WEBEX_BASEURL": "https://elsewhere.example/v1"}, 2),
        (lambda home: None, {"WEBEX_SECRET": "another"}, 0),
    ],
    ids=[
        "comment", "unknown key", "broken", "another App ID", "another base URL", "link moved",
        "file gone", "App ID in the environment", "base URL in the environment", "secret",
    ],
)  # fmt: skip
def test_both_ways_agree_after_the_settings_have_changed(
    fast: Home, change: Callable[[Home], object], variables: dict[str, str], code: int
) -> None:
    change(fast)
    quick, full = fast_and_full(fast, **variables)
    assert (quick.code, quick.out) == (full.code, full.out)
    assert quick.code == code


def test_a_token_of_the_environments_app_id_is_not_that_of_a_file_that_names_another(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    mine = sandbox.integration.client_id
    edit_settings(home, appid="Cbbbbbbb")
    home.sign_in(sandbox, left=timedelta(minutes=1))
    assert home.run("refresh", WEBEX_APPID=mine).code == 0
    edit_token(home, expires_at=clock.iso(clock.now() + timedelta(days=1)))
    quick, full = fast_and_full(home, WEBEX_APPID=mine)
    assert full.code == 0
    assert (quick.code, quick.out) == (0, full.out)
    quick, full = fast_and_full(home)
    assert (quick.code, quick.out) == (full.code, full.out) == (2, "")


def test_one_settings_file_may_serve_several_profiles(fast: Home) -> None:
    shared = fast.folder / "shared.yaml"
    shared.write_bytes(fast.settings_path().read_bytes())
    shared.chmod(0o600)
    quick, full = fast_and_full(fast, "--config", str(shared))
    assert (quick.code, quick.out) == (full.code, full.out)
    assert quick.code == 0


def test_a_file_of_version_0_1_0_is_read_and_upgraded_at_the_next_save(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    before = home.stored_fields()
    assert not {"base_url", "settings"} & before.keys()
    assert home.run("token").code == 0
    assert home.stored_fields() == before
    assert home.run("refresh").code == 0
    after = home.stored_fields()
    assert after["version"] == 1
    assert before.keys() <= after.keys()
    assert {"base_url", "settings"} <= after.keys()


# Who has no settings file, or not this machine's.


def lengthen(home: Home) -> None:
    edit_token(home, expires_at=clock.iso(clock.now() + timedelta(days=1)))


def test_who_has_all_in_the_environment_gets_one_answer(home: Home, sandbox: Sandbox) -> None:
    integration = sandbox.integration
    mine = {
        "WEBEX_APPID": integration.client_id,
        "WEBEX_SECRET": integration.secret.reveal(),
        "WEBEX_BASEURL": sandbox.base_url,
    }
    assert home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"]), **mine).code == 0
    edit_token(home, expires_at="2020-01-01T00:00:00Z")
    refreshed = home.run("token", **mine)
    assert refreshed.code == 0, refreshed.err
    record = home.stored_fields()["settings"]
    assert isinstance(record, dict)
    assert (record["file"], record["appid"]) == ("absent", "")
    lengthen(home)
    for variables, code in (
        (mine, 0),
        ({**mine, "WEBEX_APPID": "Cfffffff"}, 2),
        ({**mine, "WEBEX_BASEURL": "https://elsewhere.example/v1"}, 2),
        ({"WEBEX_BASEURL": sandbox.base_url}, 0),  # nobody names an App ID
        ({}, 2),  # and nobody the base URL, so it is Webex's own
    ):
        quick, full = fast_and_full(home, **variables)
        assert (quick.code, quick.out) == (full.code, full.out)
        assert (quick.code, quick.out) == (code, "" if code else refreshed.out)


def test_a_personal_token_without_settings_gets_one_answer(home: Home, sandbox: Sandbox) -> None:
    token = str(sandbox.issue()["access_token"])
    base = {"WEBEX_BASEURL": sandbox.base_url}
    assert home.run("import", "-", stdin=token, **base).code == 0
    lengthen(home)
    quick, full = fast_and_full(home, **base)
    assert (quick.code, quick.out) == (full.code, full.out) == (0, f"{token}\n")
    assert home.run("exec", "--", "true", **base).code == 0
    assert home.run("status", "--no-who", **base).code == 0
    for variables in ({}, {**base, "WEBEX_APPID": "Cfffffff"}):
        quick, full = fast_and_full(home, **variables)
        assert (quick.code, quick.out) == (full.code, full.out) == (2, "")


def test_an_imported_token_is_that_of_the_settings_it_was_imported_under(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    answer = sandbox.issue()
    assert home.run("import", "-", stdin=str(answer["refresh_token"])).code == 0
    lengthen(home)
    quick, full = fast_and_full(home)
    assert (quick.code, quick.out) == (full.code, full.out)
    assert quick.code == 0
    other_app_id(home)
    quick, full = fast_and_full(home)
    assert (quick.code, quick.out) == (full.code, full.out) == (2, "")


def test_a_token_file_that_was_copied_to_another_machine_is_given_there(
    fast: Home, tmp_path: Path, sandbox: Sandbox
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    there = Home(folder)
    there.write_token(fast.stored_fields())
    base = {"WEBEX_BASEURL": sandbox.base_url}
    wanted = fast.run("token").out
    quick, full = fast_and_full(there, **base)
    assert (quick.code, quick.out) == (full.code, full.out) == (0, wanted)
    # Without settings it is given, but nobody there can refresh it.
    refused = there.run("refresh", **base)
    assert (refused.code, refused.out) == (2, "")
    there.configure(sandbox)
    assert there.run("refresh").code == 0
    lengthen(there)
    quick, full = fast_and_full(there)
    assert (quick.code, quick.out) == (full.code, full.out)
    assert quick.code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(("trusted", "code"), [("", 2), ("1", 0)])
def test_settings_mounted_into_a_container_belong_to_whom_they_do_outside(
    fast: Home, trusted: str, code: int
) -> None:
    os.chown(fast.settings_path(), 12_345, 12_345)
    variables = {"WTR_TRUST_SETTINGS": trusted}
    quick, full = fast_and_full(fast, **variables)
    assert (quick.code, quick.out) == (full.code, full.out)
    assert quick.code == code
    assert "belongs to user 12345" in quick.err
    assert "belongs to user 12345" in full.err


def test_a_disk_that_cannot_be_written_to_changes_no_answer(fast: Home) -> None:
    wanted = fast.run("token").out
    folder = fast.token_path().parent
    folder.chmod(0o500)
    try:
        for options in ((), ("-d",)):
            ran = fast.run("token", *options, under=ordinary())
            assert (ran.code, ran.out) == (0, wanted)
        assert fast.run("status", "--no-who", under=ordinary()).code == 0
        assert fast.run("exec", "--", "true", under=ordinary()).code == 0
    finally:
        folder.chmod(0o700)
