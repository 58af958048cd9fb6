"""``wtr retrieve``: the sign-in without the full screen, through pipes and on a terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.support.expecting import expect
from tests.support.home import PROGRAM, START_URL, Home, ended, start_url
from tests.support.waiting import PATIENCE, wait_until
from tests.support.webex import Fault, Integration, Sandbox, browser, new_integration
from wtr_tui.storage.token_file import TokenFile

AUTHORIZE = re.compile(r"http://127\.0\.0\.1:\d+/v1/authorize\?\S+")


@pytest.fixture
def ready(home: Home, sandbox: Sandbox) -> Home:
    home.configure(sandbox)
    return home


@pytest.fixture
def terminal(ready: Home) -> Iterator[pexpect.spawn[str]]:
    """The program in a pseudo-terminal, standing on the offer to paste."""
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "retrieve", "--no-browser"],
        env={**ready.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 2000),
    )
    yield child
    child.close(force=True)


def authorize_url(terminal: pexpect.spawn[str]) -> str:
    return expect(terminal, AUTHORIZE)[0].strip()


def test_a_browser_on_the_start_address_ends_with_the_token_saved(
    ready: Home, sandbox: Sandbox
) -> None:
    running = ready.start("retrieve", "--no-browser")
    page = sandbox.approve(start_url(running))
    assert page.status == 200
    ran = ended(running)
    assert (ran.code, ran.out) == (0, "")
    assert "Signed in through the browser's redirect" in ran.err
    assert ready.stored().app_id == sandbox.integration.client_id
    assert stat.S_IMODE(ready.token_path().stat().st_mode) == 0o600


def test_the_outputs_are_the_originals(ready: Home, sandbox: Sandbox) -> None:
    running = ready.start("retrieve", "--no-browser", "-o", "-j")
    sandbox.approve(start_url(running))
    ran = ended(running)
    token = ready.stored().token
    assert token.refresh_token is not None
    text, _, rest = ran.out.partition("{")
    assert f"Token: {token.access_token.reveal()}\n" in text
    members = json.loads("{" + rest)
    assert members["access_token"] == token.access_token.reveal()
    assert members["refresh_token"] == token.refresh_token.reveal()
    assert {"expires_in", "refresh_token_expires_in", "expires_at"} <= set(members)


def test_a_decline_ends_it_at_once(ready: Home, sandbox: Sandbox) -> None:
    running = ready.start("retrieve", "--no-browser")
    sandbox.deny(start_url(running))
    ran = ended(running)
    assert ran.code == 1
    assert "declined" in ran.err
    assert not ready.token_path().exists()


def test_the_timeout_says_which_redirect_uri_must_be_registered(
    ready: Home, sandbox: Sandbox
) -> None:
    ran = ready.run("retrieve", "--no-browser", "-t", "1")
    assert ran.code == 1
    assert sandbox.integration.redirect_uri in ran.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_closes_the_port_and_tells_itself_in_the_exit_code(
    ready: Home, number: signal.Signals, code: int
) -> None:
    running = ready.start("retrieve", "--no-browser")
    url = start_url(running)
    running.send_signal(number)
    ran = ended(running)
    assert ran.code == code
    assert "Traceback" not in ran.err
    with pytest.raises(browser.BrowserStuck):
        browser.follow(url)


def test_over_ssh_the_forwarding_comes_first_and_no_browser_is_opened(
    ready: Home, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    fake = tmp_path / "fake-browser"
    fake.write_text(f"#!/bin/sh\ntouch {opened}\n")
    fake.chmod(0o755)
    running = ready.start(
        "retrieve",
        "-t",
        "1",
        SSH_CONNECTION="10.0.0.7 50022 10.1.2.3 2222",
        BROWSER=str(fake),
        DISPLAY=":99",
    )
    ran = ended(running)
    assert "over SSH from 10.0.0.7" in ran.err
    assert ran.err.index("ssh -N") < ran.err.index("/s/")
    assert "-p 2222" in ran.err
    assert not opened.exists()


def test_at_a_desktop_the_browser_is_asked_to_open_the_start_address(
    ready: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    fake = tmp_path / "fake-browser"
    fake.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}.new"; mv "{opened}.new" "{opened}"\n')
    fake.chmod(0o755)
    running = ready.start("retrieve", BROWSER=str(fake), DISPLAY=":99")
    url = start_url(running)
    wait_until(opened.exists, "the browser to be asked")
    own = opened.read_text()
    assert own != url, "everybody can read it in the list of processes: it is good for once"
    assert own.startswith(f"{url.rpartition('/')[0]}/")
    sandbox.approve(url)
    assert ended(running).code == 0


def test_without_a_terminal_nothing_that_holds_the_state_is_printed(
    ready: Home, sandbox: Sandbox
) -> None:
    running = ready.start("retrieve", "--no-browser")
    url = start_url(running)
    asked = browser.follow(url)
    assert "state=" in asked.url
    sandbox.approve(url)
    ran = ended(running)
    assert "state=" not in ran.err
    assert "authorize?" not in ran.err


def test_the_device_code_is_a_way_of_its_own(ready: Home, sandbox: Sandbox) -> None:
    running = ready.start("retrieve", "--no-browser", "--device")
    assert running.stderr is not None
    for line in running.stderr:
        if found := re.search(r"the code (\S+) at", line):
            sandbox.approve_device(found[1])
            break
    ran = ended(running)
    assert ran.code == 0
    assert "with the device code" in ran.err


def test_a_taken_port_leaves_the_device_code(
    ready: Home, sandbox: Sandbox, integration: Integration
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", int(integration.redirect_uri.rpartition(":")[2]))):
        running = ready.start("retrieve", "--no-browser")
        assert running.stderr is not None
        assert "is taken by" in running.stderr.readline()
        for line in running.stderr:
            if found := re.search(r"the code (\S+) at", line):
                sandbox.approve_device(found[1])
                break
        assert ended(running).code == 0


def test_without_port_terminal_and_device_code_it_ends_at_once(
    home: Home, sandbox: Sandbox
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        without = sandbox.register(new_integration(f"http://localhost:{port}", device=False))
        home.configure(sandbox, of=without)
        ran = ended(home.start("retrieve", "--no-browser", "-t", "1h"))
    assert ran.code == 1
    assert "is taken by" in ran.err
    assert "oauth-helper-a.wbx2.com" in ran.err, "what to register"
    assert "No method to sign in is left" in ran.err


@pytest.mark.parametrize(
    ("proxy", "no_proxy", "code", "says"),
    [
        ("socks5://127.0.0.1:1", "", 2, "SOCKS proxy"),
        ("http://ann:SENT#INEL@127.0.0.1:1", "", 2, "%23"),
        ("http://127.0.0.1:1", "10.0.0.0/33", 1, "10.0.0.0/33"),
    ],
)
def test_what_cannot_be_read_of_the_proxies_is_told_before_a_sign_in_begins(
    home: Home, sandbox: Sandbox, proxy: str, no_proxy: str, code: int, says: str
) -> None:
    home.configure(sandbox)
    path = home.settings_path("default")
    path.write_text(path.read_text().replace(sandbox.base_url, "https://webexapis.invalid/v1"))
    running = home.start(
        "retrieve", "--no-browser", "-t", "2", https_proxy=proxy, no_proxy=no_proxy
    )
    ran = ended(running)
    assert ran.code == code
    assert says in ran.err
    assert "INEL" not in ran.err
    assert ("/s/" in ran.err) == (code != 2), "no address is shown for a sign-in that cannot end"


def test_a_token_that_cannot_be_saved_is_given_and_told(ready: Home, sandbox: Sandbox) -> None:
    # A directory in the place of the file: every write to it fails, for root too.
    ready.token_path().mkdir(parents=True)
    running = ready.start("retrieve", "--no-browser", "-j")
    sandbox.approve(start_url(running))
    ran = ended(running)
    assert ran.code == 1
    assert "NOT SAVED" in ran.err
    assert ran.json["access_token"]


def test_a_failed_exchange_ends_with_its_exit_code(ready: Home, sandbox: Sandbox) -> None:
    sandbox.faults.always("access_token", Fault(status=503, body="{}"))
    running = ready.start("retrieve", "--no-browser")
    sandbox.approve(start_url(running))
    assert ended(running).code == 4


def test_missing_settings_are_wrong_usage(home: Home) -> None:
    ran = home.run("retrieve")
    assert ran.code == 2
    assert "App ID" in ran.err
    assert home.run("retrieve", "-t", "2h", WEBEX_APPID="C1", WEBEX_SECRET="x").code == 2


def test_a_pasted_address_signs_in(terminal: pexpect.spawn[str], ready: Home) -> None:
    answer = browser.approved_address(authorize_url(terminal))
    terminal.send(answer + "\n")
    terminal.expect("Signed in with the pasted address")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 0
    assert TokenFile(ready.token_path()).read() is not None


@pytest.mark.parametrize("marks", [("", "\r"), ("\x1b[200~", "\x1b[201~")])
def test_a_long_address_in_several_lines_is_one_and_is_not_shown(
    terminal: pexpect.spawn[str], marks: tuple[str, str]
) -> None:
    answer = browser.approved_address(authorize_url(terminal))
    code = re.search(r"code=([^&]+)", answer)
    assert code is not None
    middle = len(answer) // 2
    padded = f"{answer[:middle]}\r  {answer[middle:]}&padding={'x' * 5000}"
    terminal.send(marks[0] + padded + marks[1])
    terminal.expect("Signed in with the pasted address")
    assert isinstance(terminal.before, str)
    assert code[1] not in terminal.before
    terminal.expect(pexpect.EOF)


def test_a_wrong_paste_is_told_and_the_right_one_still_counts(terminal: pexpect.spawn[str]) -> None:
    url = authorize_url(terminal)
    terminal.send("just-the-code\n")
    terminal.expect("a code alone cannot be checked")
    terminal.send(f"wrong{chr(0x7F) * 5}{browser.approved_address(url)}\n")
    terminal.expect("Signed in")
    terminal.expect(pexpect.EOF)


def test_the_time_left_is_counted_down_on_a_terminal(terminal: pexpect.spawn[str]) -> None:
    terminal.expect(r"Waiting; 04:5\d left")
    terminal.sendintr()
    terminal.expect("cancelled")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert terminal.exitstatus == 130


def test_what_became_of_the_browser_has_a_line_of_its_own(ready: Home, tmp_path: Path) -> None:
    fake = tmp_path / "fake-browser"
    fake.write_text("#!/bin/sh\nsleep 2\n")  # until the time left is shown
    fake.chmod(0o755)
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "retrieve"],
        env={**ready.environ, "TERM": "xterm", "DISPLAY": ":0", "BROWSER": str(fake)},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(24, 200),
    )
    told = expect(child, r"([^\r\n]*)wtr: Asked fake-browser to open the page")
    assert told[1] == ""
    child.close(force=True)


def test_the_terminal_is_left_as_it_was(ready: Home, tmp_path: Path) -> None:
    words = shlex.join([*PROGRAM, "retrieve", "--no-browser", "-t", "1"])
    script = f"stty -a > '{tmp_path}/before'; {words}; stty -a > '{tmp_path}/after'"
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", script],
        env={**ready.environ, "TERM": "xterm"},
        timeout=PATIENCE,
    )
    child.expect(pexpect.EOF)
    child.wait()
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def test_in_the_background_it_does_not_reach_for_the_terminal(
    ready: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    words = shlex.join([*PROGRAM, "retrieve", "--no-browser"])
    child = pexpect.spawn(
        "/bin/bash",
        ["--norc", "-i", "-m", "-c", f"{words} 2> '{tmp_path}/err' & wait; echo done $?"],
        env={**ready.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=PATIENCE,
    )
    err = tmp_path / "err"
    wait_until(lambda: err.exists() and START_URL.search(err.read_text()), "the start address")
    found = START_URL.search(err.read_text())
    assert found
    child.send("typed for the shell\n")
    sandbox.approve(found[0])
    child.expect("done")
    child.close(force=True)
    assert ready.token_path().exists()


def test_no_secret_is_in_what_any_process_shows(ready: Home, sandbox: Sandbox) -> None:
    running = ready.start("retrieve", "--no-browser", "--debug", cold=True)
    url = start_url(running)
    shown = b""
    if sys.platform == "linux":
        shown = Path(f"/proc/{running.pid}/cmdline").read_bytes()
    asked = browser.follow(url)
    sandbox.approve(url)
    ran = ended(running)
    token = ready.stored().token
    assert token.refresh_token is not None
    state = re.search(r"state=([^&]+)", asked.url)
    exchange = sandbox.requests_to("access_token")[0]
    assert state is not None
    secrets = [
        sandbox.integration.secret.reveal(),
        token.access_token.reveal(),
        token.refresh_token.reveal(),
        state[1],
        *(exchange.form[name] for name in ("code", "code_verifier")),
    ]
    for secret in secrets:
        assert secret
        assert secret not in ran.err + ran.out + shown.decode() + os.fsdecode(shown)
    assert "httpx" in ran.err
