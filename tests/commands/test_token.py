"""``wtr token`` as a script calls it: the real program, against a stand-in for Webex."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import PROGRAM, Home, ended
from tests.support.waiting import PATIENCE
from tests.support.webex import Fault, Integration, Rules, Sandbox, new_integration
from wtr_tui import clock, tokens
from wtr_tui.commands import NoOptions, parsers
from wtr_tui.errors import TemporaryError
from wtr_tui.storage import profiles, state
from wtr_tui.storage.state import State

EXPIRED = timedelta(seconds=-60)
SOON = timedelta(minutes=2)


def test_a_good_token_is_all_that_is_printed(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    ran = home.run("token")
    assert (ran.code, ran.out, ran.err) == (0, f"{token}\n", "")
    assert not sandbox.requests


def test_it_can_be_a_header_or_json(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    assert home.run("token", "--header").out == f"Authorization: Bearer {token}\n"
    members = home.run("token", "--json").json
    assert members["access_token"] == token
    assert isinstance(members["expires_in"], int)
    assert 3500 < members["expires_in"] <= 3600
    assert clock.from_iso(str(members["expires_at"])) > clock.now()
    assert "refresh_token" not in members


@pytest.mark.parametrize("debug", [(), ("-d",)], ids=["quick", "whole"])
def test_without_settings_a_good_token_is_printed_all_the_same(
    home: Home, sandbox: Sandbox, debug: tuple[str, ...]
) -> None:
    token = home.sign_in(sandbox)
    assert home.run("token", *debug).out == f"{token}\n"


def saved_by_the_program(
    home: Home, sandbox: Sandbox, refresh_left: timedelta = timedelta(days=90)
) -> str:
    """Saves a token with the record of its settings, which the quick way goes by."""
    home.configure(sandbox)
    token = home.sign_in(sandbox, refresh_left=refresh_left)
    found = profiles.find(None, None, home.environ)
    found.token_file.save(found.load_settings(home.environ).stored(home.stored().token))
    return token


def test_settings_from_a_pipe_are_left_to_be_read_once(home: Home, sandbox: Sandbox) -> None:
    """What a shell makes of ``--config <(…)``."""
    saved_by_the_program(home, sandbox)
    read, write = os.pipe()
    try:
        os.write(write, b"appid: C4f1")
        os.close(write)
        assert tokens.fast_token(None, f"/dev/fd/{read}", home.environ) is None
        assert os.read(read, 100) == b"appid: C4f1"
    finally:
        os.close(read)


@pytest.mark.parametrize(
    ("life", "left", "min_left", "is_given"),
    [
        (3600, 330, None, True),
        (3600, 290, None, False),
        (400, 250, None, True),
        (400, 150, None, False),  # half of its life
        (400, 150, 100, True),
        (400, 250, 300, False),
    ],
)
def test_how_much_has_to_be_left_of_a_token_that_is_given_at_once(
    home: Home, sandbox: Sandbox, life: int, left: int, min_left: int | None, is_given: bool
) -> None:
    saved_by_the_program(home, sandbox)
    end = clock.now() + timedelta(seconds=left)
    ends = {"obtained_at": clock.iso(end - timedelta(seconds=life)), "expires_at": clock.iso(end)}
    home.write_token({**home.stored_fields(), **ends})
    members = tokens.fast_token(None, None, home.environ, min_left)
    assert (members is not None) is is_given


def test_a_sign_in_to_announce_takes_the_whole_way_once(home: Home, sandbox: Sandbox) -> None:
    token = saved_by_the_program(home, sandbox, refresh_left=timedelta(days=1))
    assert tokens.fast_token(None, None, home.environ) is None
    assert home.run("token").out == f"{token}\n"
    members = tokens.fast_token(None, None, home.environ)
    assert members is not None
    assert members["access_token"] == token


@pytest.mark.parametrize(
    "unknown",
    [("refresh_expires_at",), ("refresh_token",), ("refresh_token", "refresh_expires_at")],
)
@pytest.mark.parametrize("refused", [False, True], ids=["", "another was refused"])
def test_a_token_without_an_end_to_announce_is_given_at_once(
    home: Home, sandbox: Sandbox, unknown: tuple[str, ...], refused: bool
) -> None:
    token = saved_by_the_program(home, sandbox)
    home.write_token({**home.stored_fields(), **dict.fromkeys(unknown)})
    if refused:
        recorded = State()
        recorded.bind("another access token", "another refresh token")
        recorded.refused_since = clock.now()
        assert state.write(str(home.token_path()), recorded)
    members = tokens.fast_token(None, None, home.environ)
    assert members is not None
    assert members["access_token"] == token


@pytest.mark.parametrize("command", [("token",), ("refresh", "--within", "3d")])
def test_a_token_obtained_while_the_clock_was_ahead_is_replaced_once(
    home: Home, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    sandbox.rules = replace(sandbox.rules, access_lifetime=timedelta(days=14))
    home.configure(sandbox)
    misdated = home.sign_in(sandbox, left=timedelta(days=20))
    obtained_at = clock.iso(clock.now() + timedelta(days=6))
    home.write_token({**home.stored_fields(), "obtained_at": obtained_at})
    assert [home.run(*command).code for _ in range(3)] == [0, 0, 0]
    assert home.stored().token.access_token.reveal() != misdated
    assert len(sandbox.requests_to("access_token")) == 1


@pytest.mark.parametrize("left", [EXPIRED, SOON])
def test_a_token_with_little_left_is_refreshed_first(
    home: Home, sandbox: Sandbox, left: timedelta
) -> None:
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1))
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=left)
    ran = home.run("token")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.strip() == home.stored().token.access_token.reveal() != old


def test_how_little_is_too_little_can_be_said(home: Home, sandbox: Sandbox) -> None:
    sandbox.rules = Rules(access_lifetime=timedelta(days=14))
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=timedelta(days=2))
    assert home.run("token", "--min-left", "1d").out.strip() == old
    assert home.run("token", "--min-left", "3d").out.strip() != old


def test_a_token_that_lives_for_minutes_is_not_refreshed_at_each_call(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)  # the sandbox's live for three minutes
    first = home.run("token")
    second = home.run("token")
    assert (first.err, second.err) == ("", "")
    assert first.out == second.out
    assert len(sandbox.requests_to("access_token")) == 1
    ran = home.run("token", "--min-left", "1h")
    assert ran.code == 0
    assert "valid for less than --min-left asks for" in ran.err
    assert "Not refreshed" not in ran.err


def test_no_refresh_gives_what_is_valid_and_fails_on_what_is_not(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=SOON)
    assert home.run("token", "--no-refresh").out.strip() == old
    home.sign_in(sandbox, left=EXPIRED)
    ran = home.run("token", "--no-refresh")
    assert (ran.code, ran.out) == (1, "")
    assert "expired" in ran.err
    assert not sandbox.requests


def test_without_a_token_a_sign_in_is_needed(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    ran = home.run("token")
    assert (ran.code, ran.out) == (3, "")
    assert "wtr retrieve" in ran.err


def test_a_refused_refresh_token_needs_a_sign_in_and_deletes_nothing(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    sandbox.revoke(home.sign_in(sandbox, left=EXPIRED))
    before = home.token_path().read_bytes()
    ran = home.run("token")
    assert (ran.code, ran.out) == (3, "")
    assert home.token_path().read_bytes() == before


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=503, body="{}"), 4),
        (Fault(status=429, headers={"Retry-After": "7"}, body="{}"), 4),
        (Fault(status=401, body='{"error": "invalid_client"}'), 2),
        (Fault(status=400, body='{"error": "invalid_grant"}'), 3),
        (Fault(status=400, body='{"error": "unsupported_grant_type"}'), 1),
    ],
)
def test_the_exit_code_tells_why_there_is_no_token(
    home: Home, sandbox: Sandbox, fault: Fault, code: int
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    sandbox.faults.always("access_token", fault)
    ran = home.run("token")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("wtr: ")


def test_a_token_that_is_still_valid_is_given_although_the_refresh_fails(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    old = home.sign_in(sandbox, left=SOON)
    sandbox.faults.always("access_token", Fault(status=503, body="{}"))
    ran = home.run("token")
    assert (ran.code, ran.out.strip()) == (0, old)
    assert "still valid" in ran.err


def test_the_secret_is_only_needed_for_a_refresh(home: Home, sandbox: Sandbox) -> None:
    home.sign_in(sandbox, left=EXPIRED)
    ran = home.run("token", WEBEX_APPID=sandbox.integration.client_id)
    assert (ran.code, ran.out) == (2, "")
    assert "secret" in ran.err


def test_another_app_ids_token_is_not_handed_out(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    for variable in ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID"):
        ran = home.run("token", **{variable: "Cother"})
        assert (ran.code, ran.out) == (2, "")
    home.settings_path().write_text("appid: Cother\nsecret: x\n")
    assert home.run("token").code == 2


def test_a_personal_token_is_given_until_it_ends(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    fields = json.loads(home.token_path().read_text())
    home.write_token({**fields, "expires_at": None, "refresh_token": None})
    assert home.run("token").out.strip() == token
    ended = clock.iso(clock.now() - timedelta(hours=1))
    home.write_token({**fields, "expires_at": ended, "refresh_token": None})
    ran = home.run("token")
    assert ran.code == 3
    assert "no refresh token" in ran.err


def test_profile_and_settings_file_may_stand_before_or_after_the_command(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "work")
    token = home.sign_in(sandbox, "work")
    for words in (
        ("--profile", "work", "token"),
        ("token", "--profile", "work"),
        ("--profile=work", "token"),
        ("token", "--profile=work"),
    ):
        assert home.run(*words).out.strip() == token
    assert home.run("token", WTR_PROFILE="work").out.strip() == token
    assert home.run("token").code == 3
    other = home.folder / "other.yaml"
    other.write_text("appid: Cother\n")
    assert home.run("token", "--config", "other.yaml", "--profile", "work").code == 2
    assert home.run("token", WTR_PROFILE="work", WTR_CONFIG="~/other.yaml").code == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}'])
def test_a_damaged_file_is_no_missing_token(home: Home, sandbox: Sandbox, content: str) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    home.token_path().write_text(content)
    ran = home.run("token")
    assert (ran.code, ran.out) == (1, "")
    assert "damaged" in ran.err
    assert home.token_path().read_text() == content


def test_what_cannot_be_read_is_no_missing_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    home.token_path().mkdir(parents=True)
    ran = home.run("token")
    assert (ran.code, ran.out) == (1, "")
    assert str(home.token_path()) in ran.err


def test_a_token_that_others_could_read_is_given_and_made_private(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    home.token_path().chmod(0o644)
    assert home.run("token").out.strip() == token
    assert home.token_path().stat().st_mode & 0o777 == 0o600


def test_without_room_for_a_new_token_the_refresh_token_is_not_spent(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    before = home.token_path().read_bytes()
    # 0 bytes a file may grow by: what a full disk is to a program.
    ran = subprocess.run(
        [*PROGRAM, "token"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=home.environ,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Webex was not asked, as a new token could not be saved." in ran.stderr
    assert "File too large" in ran.stderr
    assert sandbox.requests == ()
    assert home.token_path().read_bytes() == before
    assert home.run("token").code == 0


@pytest.mark.parametrize("words", [("token",), ("status",), ("--help",), ("--version",)])
def test_output_that_does_not_arrive_is_no_success(
    home: Home, sandbox: Sandbox, words: tuple[str, ...]
) -> None:
    home.configure(sandbox)
    home.sign_in(sandbox)
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ran = subprocess.run(
            [*PROGRAM, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            env=home.environ,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr == "wtr: Standard output cannot be written: No space left on device.\n"


def test_many_processes_ask_once_and_print_the_same_new_token(
    home: Home, integration: Integration
) -> None:
    with Sandbox([integration], rotate=True) as sandbox:
        home.configure(sandbox)
        old = home.sign_in(sandbox, left=EXPIRED)
        runs = [ended(process) for process in [home.start("token") for _ in range(25)]]
        assert {run.code for run in runs} == {0}, {run.err for run in runs}
        given = {run.out for run in runs}
        assert len(given) == 1
        assert given == {home.stored().token.access_token.reveal() + "\n"}
        assert given != {old + "\n"}
        assert len(sandbox.requests_to("access_token")) == 1


def test_a_lock_that_is_held_too_long_is_told_with_the_holders_pid(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.2)
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    found = profiles.find(None, None, home.environ)
    settings = found.load_settings(home.environ)
    with home.token_file().lock(), pytest.raises(TemporaryError) as told:
        tokens.valid_token(found, settings)
    assert str(os.getpid()) in str(told.value)
    assert not sandbox.requests


def test_a_lock_that_is_held_does_not_matter_to_a_token_that_is_good(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox)
    token = home.sign_in(sandbox)
    with home.token_file().lock():
        assert home.run("token").out.strip() == token


def test_two_profiles_of_two_integrations_do_not_meet(home: Home, sandbox: Sandbox) -> None:
    other = sandbox.register(new_integration("http://localhost:6855"))
    home.configure(sandbox, "one")
    home.configure(sandbox, "two", of=other)
    token = home.sign_in(sandbox, "one")
    assert home.run("token", "--profile", "one").out.strip() == token
    assert home.run("token", "--profile", "two").code == 3


def test_a_bare_command_is_the_one_without_options() -> None:
    parser, _ = parsers.command_parser("token")
    parsed = vars(parser.parse_args([]))
    assert {name: getattr(NoOptions(), name) for name in parsed} == parsed
