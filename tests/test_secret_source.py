"""The secret that a command prints or a file holds: fetched when needed, and never shown."""

from __future__ import annotations

import json
import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Rules, Sandbox
from wtr_tui.errors import SecretUnavailable, SettingsError
from wtr_tui.model import Secret
from wtr_tui.storage import secret_source
from wtr_tui.storage.settings import Settings, load

EXPIRED = timedelta(seconds=-60)
OTHER_USER = 12_345


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    secret_source.SecretCommand._kept.clear()
    yield
    secret_source.SecretCommand._kept.clear()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return Home(folder)


@pytest.fixture
def webex(home: Home, sandbox: Sandbox) -> Sandbox:
    sandbox.rules = Rules(access_lifetime=timedelta(hours=1))
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    return sandbox


def without_secret(home: Home, *lines: str) -> None:
    """Takes the secret out of the settings, and adds lines."""
    path = home.settings_path()
    kept = [line for line in path.read_text().splitlines() if not line.startswith("secret")]
    path.write_text("\n".join([*kept, *lines]) + "\n")


def with_command(home: Home, command: str) -> None:
    without_secret(home, f"secretCommand: {json.dumps(command)}")


def printing(home: Home, *shell: str) -> str:
    """A program that runs the shell's lines; each run leaves a line in ``runs``."""
    program = home.folder / "print secret"
    program.write_text("\n".join(["#!/bin/sh", f"echo run >> '{home.folder}/runs'", *shell]))
    program.chmod(0o755)
    return shlex.quote(str(program))


def runs(home: Home) -> int:
    file = home.folder / "runs"
    return len(file.read_text().splitlines()) if file.exists() else 0


def settings_with(tmp_path: Path, line: str, **environ: str) -> Settings:
    path = tmp_path / "settings.yaml"
    path.touch(mode=0o600)
    path.write_text(f"appid: C1\n{line}\n")
    return load(path, {"HOME": str(tmp_path), **environ})


def test_a_command_gives_the_secret_when_webex_is_asked(home: Home, webex: Sandbox) -> None:
    secret = webex.integration.secret.reveal()
    with_command(home, printing(home, f"echo {secret}", "echo a note"))
    ran = home.run("token")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{home.stored_fields()['access_token']}\n"
    assert runs(home) == 1
    assert home.run("token").code == 0  # a token that is valid costs no command
    assert home.run("status").code == 0
    assert runs(home) == 1


def test_a_secret_that_was_replaced_is_fetched_once_more(
    home: Home, webex: Sandbox, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEBEX_SECRET", "WEBEX_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    place = home.folder / "secret"
    place.write_text("the-old-secret\n")
    with_command(home, printing(home, f"cat {shlex.quote(str(place))}"))
    known = load(home.settings_path(), home.environ)
    known.secret.fetch()
    place.write_text(integration.secret.reveal())

    from wtr_tui import tokens
    from wtr_tui.storage import profiles

    found = profiles.find(None, None, home.environ)
    assert tokens.refresh(found, known).how is tokens.How.REFRESHED
    assert runs(home) == 2
    assert len(webex.requests_to("access_token")) == 2
    webex.register(replace(integration, secret=Secret("yet-another")))
    with pytest.raises(SettingsError):
        tokens.refresh(found, load(home.settings_path(), home.environ))
    assert runs(home) <= 3


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["echo leaked-output; echo leaked-error >&2; exit 3"], "failed with exit code 3"),
        (["echo 'two words with spaces '"], "gives is no secret"),
        (["true"], "gives is no secret"),
        (["kill -9 $$"], "was killed by signal 9"),
    ],
)
def test_a_failing_command_is_named_and_its_output_is_not(
    home: Home, webex: Sandbox, lines: list[str], told: str
) -> None:
    with_command(home, printing(home, *lines))
    ran = home.run("token")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "secretCommand" in ran.err
    assert "leaked" not in ran.err
    assert "two words" not in ran.err
    assert not webex.requests_to("access_token")


def test_a_command_that_is_not_there_is_named(home: Home, webex: Sandbox) -> None:
    with_command(home, "no-such-program read it")
    ran = home.run("refresh")
    assert ran.code == 2
    assert "no-such-program read it, could not be started" in ran.err


def test_no_shell_is_used(home: Home, webex: Sandbox) -> None:
    program = printing(home, f"test $# = 3 && echo {webex.integration.secret.reveal()}")
    with_command(home, f"{program} $HOME '; touch x' '*'")
    assert home.run("refresh").code == 0


def test_the_command_has_a_limit(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_source, "LIMIT", 0.3)
    secret = secret_source.SecretCommand("sleep 100", os.environ)
    begun = time.monotonic()
    with pytest.raises(SecretUnavailable, match="was not done after"):
        secret.fetch()
    assert time.monotonic() - begun < 60
    assert secret_source.LIMIT < 60


def test_many_threads_run_it_once(home: Home) -> None:
    command = printing(home, "sleep 0.2", "echo secret")
    secrets = [secret_source.SecretCommand(command, os.environ) for _ in range(2)]
    threads = [threading.Thread(target=secrets[0].fetch) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [secret.reveal() for secret in secrets] == ["secret", "secret"]
    assert runs(home) == 1


def test_on_a_terminal_the_command_may_ask(home: Home, webex: Sandbox) -> None:
    script = (
        "printf 'PIN: ' >/dev/tty; read pin </dev/tty;"
        f' test "$pin" = 1234 && echo {webex.integration.secret.reveal()}'
    )
    with_command(home, printing(home, script))
    terminal = Terminal([*PROGRAM, "refresh"], home.environ, cwd=home.folder)
    try:
        terminal.wait_for("PIN:")
        terminal.send(b"1234\r")
        assert terminal.wait() == 0
    finally:
        terminal.close()
    assert runs(home) == 1


def test_without_a_terminal_it_cannot_ask_and_what_to_do_is_told(
    home: Home, webex: Sandbox
) -> None:
    with_command(home, printing(home, "read pin </dev/tty && echo $pin"))
    ran = home.run("refresh", under=["setsid", "-w"])
    assert ran.code == 2
    assert "Run wtr refresh on a terminal" in ran.err


def test_a_command_and_a_file_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("appid: C1\nsecretCommand: echo x\n")
    path.chmod(0o666)
    problems = [problem.key for problem in load(path, {"HOME": str(tmp_path)}).problems]
    assert problems == ["secretCommand"]


def test_a_file_gives_the_secret(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    data = folder / "..data"
    data.write_text("of-the-file\n")
    (folder / "webex").symlink_to(data)  # as Kubernetes lays it down
    known = settings_with(
        tmp_path, "secretFile: $CREDENTIALS_DIRECTORY/webex", CREDENTIALS_DIRECTORY=str(folder)
    )
    assert not known.problems
    assert known.secret.peek() == ""
    assert known.secret.reveal() == "of-the-file"
    assert "of-the-file" not in repr(known)
    data.write_text("replaced\n")
    assert known.secret.reveal() == "replaced"
    assert known.sources["secret"].describe() == "from secretFile"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("secretFile: $CREDENTIALS_DIRECTORY/webex", "$CREDENTIALS_DIRECTORY, which is not set"),
        ("secretFile: /nowhere/at/all", "cannot be read"),
        ("secretCommand: echo 'x", "never closed"),
    ],
)
def test_a_wrong_place_is_one_problem(tmp_path: Path, line: str, told: str) -> None:
    problems = settings_with(tmp_path, line).problems
    assert len(problems) == 1
    assert told in problems[0].message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("x\n")
    os.chown(file, OTHER_USER, OTHER_USER)
    with pytest.raises(SecretUnavailable, match="belongs to"):
        settings_with(tmp_path, f"secretFile: {file}").secret.fetch()


def test_a_file_that_everybody_can_change_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("x\n")
    file.chmod(0o666)
    with pytest.raises(SecretUnavailable, match="can be changed by every user"):
        settings_with(tmp_path, f"secretFile: {file}").secret.fetch()


def test_the_secret_itself_counts_before_other_places(tmp_path: Path) -> None:
    known = settings_with(tmp_path, "secretCommand: 'false'", WEBEX_SECRET="given")
    assert known.secret.reveal() == "given"
    assert "The secret itself counts, secretCommand does not." in known.warnings


def test_the_settings_screen_shows_where_it_is_from(tmp_path: Path) -> None:
    from wtr_tui.tui.screens import settings

    known = settings_with(tmp_path, f"secretCommand: {sys.executable} -c 'print(1)'")
    shown = settings.field_value(known, "secret")
    assert (shown.value, shown.source, shown.fixed) == ("", "from secretCommand", True)
    assert not settings.needs_first_steps(known)


@pytest.mark.slow
def test_in_the_screens_the_background_says_what_to_press_and_the_key_lets_it_ask(
    home: Home, webex: Sandbox
) -> None:
    script = (
        "printf 'PIN: ' >/dev/tty || exit 9; read pin </dev/tty;"
        f' test "$pin" = 1234 && echo {webex.integration.secret.reveal()}'
    )
    with_command(home, printing(home, script))
    before = home.stored_fields()["access_token"]
    with Terminal([*PROGRAM], home.environ, cwd=home.folder) as terminal:
        terminal.wait_for("secretCommand", "Press r")
        terminal.press("r")
        terminal.wait_for("PIN:")
        terminal.send(b"1234\r")
        terminal.wait_for("Refreshed")
        assert webex.integration.secret.reveal() not in terminal.received.decode("utf-8", "replace")
        assert home.stored_fields()["access_token"] != before
        terminal.send(b"\x11")
        assert terminal.wait() == 0
