"""The onToken command: run after the token is saved, told about it, and harmless."""

from __future__ import annotations

import stat
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import Home, ended, start_url
from tests.support.waiting import wait_until
from tests.support.webex import Sandbox
from wtr_tui import delivery
from wtr_tui.clock import iso
from wtr_tui.history import Event
from wtr_tui.storage import profiles, settings

EXPIRED = timedelta(seconds=-60)


@pytest.fixture
def script(home: Home) -> Path:
    """A command that writes down what it was given."""
    path = home.folder / "on token.sh"
    path.write_text('#!/bin/sh\ncat > got\nenv | grep ^WTR_ | sort > about\necho "said $#: $*"\n')
    path.chmod(0o755)
    return path


def test_it_gets_the_new_token_after_it_was_saved(
    home: Home, sandbox: Sandbox, script: Path
) -> None:
    home.configure(sandbox, "work", f"onToken: \"'{script}' 'two words' $HOME\"")
    home.sign_in(sandbox, "work", left=EXPIRED)
    ran = home.run("token", "--profile", "work")
    assert (ran.code, ran.err) == (0, "")
    token = home.stored("work").token
    assert (home.folder / "got").read_text() == token.access_token.reveal() == ran.out.strip()
    about = dict(line.split("=", 1) for line in (home.folder / "about").read_text().splitlines())
    assert token.expires_at is not None
    assert token.refresh_expires_at is not None
    assert about == {
        "WTR_EVENT": "refreshed",
        "WTR_PROFILE": "work",
        "WTR_CONFIG": str(home.settings_path("work")),
        "WTR_EXPIRES_AT": iso(token.expires_at),
        "WTR_REFRESH_EXPIRES_AT": iso(token.refresh_expires_at),
    }
    log = home.token_path("work").with_suffix(".log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert " refreshed: done (" in log.read_text()
    assert "said 2: two words $HOME" in log.read_text()  # no shell


@pytest.mark.parametrize("written", ["~/on-token", "$HOME/on-token", "${HOME}/on-token"])
def test_it_may_lie_in_the_home_directory(home: Home, sandbox: Sandbox, written: str) -> None:
    home.configure(sandbox, "default", f"onToken: {written}")
    home.sign_in(sandbox, left=EXPIRED)
    path = Path(home.environ["HOME"]) / "on-token"
    path.write_text(f"#!/bin/sh\ntouch '{home.folder}/ran'\n")
    path.chmod(0o755)

    assert home.run("refresh").code == 0
    assert (home.folder / "ran").exists()


def test_its_environment_holds_neither_the_client_secret_nor_a_token(
    home: Home, sandbox: Sandbox
) -> None:
    home.configure(sandbox, "default", "onToken: sh -c 'env > seen'")
    home.sign_in(sandbox, left=EXPIRED)
    secret = sandbox.integration.secret.reveal()
    variables = {"WEBEX_SECRET": secret, "WEBEX_ACCESS_TOKEN": "an earlier token"}

    assert home.run("refresh", **variables).code == 0

    seen = (home.folder / "seen").read_text()
    assert "WTR_EVENT=refreshed" in seen
    assert secret not in seen
    assert "an earlier token" not in seen


def test_it_is_not_run_where_nothing_was_refreshed(
    home: Home, sandbox: Sandbox, script: Path
) -> None:
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    home.sign_in(sandbox)
    assert home.run("token").code == 0
    assert home.run("refresh", "--within", "1m").code == 0
    assert not (home.folder / "got").exists()


def test_it_hears_of_a_sign_in_that_is_needed(home: Home, sandbox: Sandbox, script: Path) -> None:
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    sandbox.revoke(home.sign_in(sandbox, left=EXPIRED))
    assert home.run("refresh").code == 3
    assert "WTR_EVENT=needs-sign-in" in (home.folder / "about").read_text()
    assert (home.folder / "got").read_text() == ""


def test_it_is_run_once_however_many_wait_for_the_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "onToken: sh -c 'echo x >> runs; sleep 0.2'")
    home.sign_in(sandbox, left=EXPIRED)
    started = [home.start("token") for _ in range(8)]
    assert {process.wait(60) for process in started} == {0}
    assert (home.folder / "runs").read_text() == "x\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sh -c 'echo oops; exit 7'", "failed with exit code 7"),
        ("sh -c 'kill -9 $$'", "was killed by signal 9"),
        ("/no/such/program", "could not be started: No such file or directory (/no/such/program;"),
        ("sh -c 'unclosed", "a quotation mark is never closed"),
    ],
)
def test_its_failure_is_told_and_harmless(
    home: Home, sandbox: Sandbox, command: str, words: str
) -> None:
    home.configure(sandbox, "default", f'onToken: "{command}"')
    home.sign_in(sandbox, left=EXPIRED)
    ran = home.run("token")
    assert ran.code == 0
    assert ran.out.strip() == home.stored().token.access_token.reveal()
    assert words in ran.err
    assert words in home.token_path().with_suffix(".log").read_text()


def test_the_log_never_holds_the_token(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "onToken: sh -c 'cat; echo; env'")
    home.sign_in(sandbox, left=EXPIRED)
    ran = home.run("token", WEBEX_SECRET=sandbox.integration.secret.reveal())
    log = home.token_path().with_suffix(".log").read_text()
    assert "••••••" in log
    assert ran.out.strip() not in log
    assert sandbox.integration.secret.reveal() not in log


def test_the_log_does_not_hold_a_token_that_the_limit_of_its_output_cuts_in_two(
    home: Home, sandbox: Sandbox
) -> None:
    printed = f"head -c {delivery._MOST_OUTPUT - 40} /dev/zero | tr '\\\\0' '\\\\n'; cat"
    home.configure(sandbox, "default", f'onToken: "sh -c \\"{printed}\\""')
    home.sign_in(sandbox, left=EXPIRED)
    token = home.run("token").out.strip()
    log = home.token_path().with_suffix(".log").read_text()
    assert " refreshed: done (" in log
    assert token[:9] not in log


def test_it_may_ask_for_the_token_itself_and_does_not_run_itself(
    home: Home, sandbox: Sandbox
) -> None:
    inner = f'"{sys.executable}" -m wtr_tui refresh && echo x >> runs'
    home.configure(sandbox, "default", f"onToken: sh -c '{inner}'")
    home.sign_in(sandbox, left=EXPIRED)
    ran = home.run("token")
    assert (ran.code, ran.err) == (0, "")
    assert (home.folder / "runs").read_text() == "x\n"


def test_an_import_is_a_new_token_too(home: Home, sandbox: Sandbox, script: Path) -> None:
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    assert home.run("import", "-", stdin=str(sandbox.issue()["refresh_token"])).code == 0
    assert "WTR_EVENT=retrieved" in (home.folder / "about").read_text()


def test_a_sign_in_is_a_new_token_too(home: Home, sandbox: Sandbox, script: Path) -> None:
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    running = home.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    assert ended(running).code == 0
    assert "WTR_EVENT=retrieved" in (home.folder / "about").read_text()
    assert (home.folder / "got").read_text() == home.stored().token.access_token.reveal()


def test_one_that_hangs_is_ended_with_all_it_started(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "LIMIT", 0.5)
    monkeypatch.chdir(home.folder)
    home.configure(sandbox, "default", "onToken: sh -c 'sleep 60 & echo $! > pid; wait'")
    home.sign_in(sandbox)
    found = profiles.find(None, None, home.environ)
    known = settings.load(found.settings_path, home.environ)
    begun = time.monotonic()
    delivery.deliver(found, known, Event.REFRESHED, home.stored().token)
    assert time.monotonic() - begun < 30
    assert "was not done after 0.5 s" in caplog.text
    assert f"what it printed is in {home.token_path().with_suffix('.log')}." in caplog.text
    state = Path(f"/proc/{Path('pid').read_text().strip()}/stat")
    wait_until(lambda: not state.exists() or state.read_text().split()[2] == "Z", "its end")


def test_what_is_no_news_runs_nothing(home: Home, sandbox: Sandbox, script: Path) -> None:
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    home.sign_in(sandbox)
    found = profiles.find(None, None, home.environ)
    known = settings.load(found.settings_path, home.environ)
    delivery.deliver(found, known, Event.REFRESHED, home.stored().token, is_news=False)
    assert not (home.folder / "got").exists()


def test_a_machine_without_a_place_for_temporary_files_runs_it_too(
    home: Home, sandbox: Sandbox, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.chdir(home.folder)
    home.configure(sandbox, "default", f"onToken: \"'{script}'\"")
    home.sign_in(sandbox)
    found = profiles.find(None, None, home.environ)
    known = settings.load(found.settings_path, home.environ)
    delivery.deliver(found, known, Event.REFRESHED, home.stored().token)
    assert (home.folder / "got").read_text() == home.stored().token.access_token.reveal()
    assert " refreshed: done (" in home.token_path().with_suffix(".log").read_text()


def test_the_log_stays_short(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, "default", "onToken: sh -c 'yes | head -c 200000'")
    home.sign_in(sandbox)
    log = home.token_path().with_suffix(".log")
    log.touch(mode=0o600)
    log.write_text("x" * 300_000)
    assert home.run("refresh").code == 0
    assert log.stat().st_size == 256 * 1024
