"""A whole refresh and a whole code exchange, ended at every moment, against a rotating server.

The server takes a second use of a refresh token for theft and revokes everything. Whatever ends
the program, the token family survives. The only loss allowed is SIGKILL before the first byte of
the response is on the disk.

By default a sample runs; ``WTR_KILL_POINTS=15`` runs 15 moments of each kind, 300 in all.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.ports import free_port
from tests.support.terminal import Terminal
from tests.support.webex import Integration, Sandbox, new_integration

MOMENTS = int(os.environ.get("WTR_KILL_POINTS", "2"))
AT_ONCE = 3
DELAY = 0.15  # seconds from granting to answering
AFTER = 0.12  # seconds from the answer to beyond the end of saving
PATIENCE = 60.0
DAY = 86_400.0
START = re.compile(rb"http://localhost:\d+/s/[\w-]+")
CLOSED = "closed terminal"

WAYS_TO_END = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL, CLOSED]


@pytest.fixture
def sandbox(integration: Integration) -> Iterator[Sandbox]:
    with Sandbox(
        [integration], access_lifetime=14 * DAY, refresh_lifetime=90 * DAY, rotate=True
    ) as running:
        running.rules = replace(running.rules, delay=timedelta(seconds=DELAY))
        yield running


@dataclass
class Run:
    """One program, in a home and with an integration of its own."""

    home: Home
    sandbox: Sandbox
    integration: Integration
    end_by: signal.Signals | str
    offset: float

    def token_requests(self) -> int:
        """How often this integration has asked for a token."""
        return sum(
            request.form.text("client_id") == self.integration.client_id
            for request in self.sandbox.requests_to("access_token")
        )

    def end(self, terminal: Terminal, *, asked: int) -> None:
        """Waits for the token request, and the offset, and then ends the program."""
        deadline = time.monotonic() + PATIENCE
        while self.offset >= 0 and self.token_requests() == asked:
            assert time.monotonic() < deadline, terminal.text
            assert terminal.process.poll() is None, terminal.text
            time.sleep(0.002)
        time.sleep(abs(self.offset))
        if self.end_by == CLOSED:
            terminal.hang_up()
        elif terminal.process.poll() is None:
            assert isinstance(self.end_by, signal.Signals)
            terminal.signal(self.end_by)
        terminal.process.wait(PATIENCE)

    def files(self) -> dict[str, bytes]:
        """What lies in the folder of the token, but for locks, logs and empty files."""
        folder = self.home.token_path().parent
        if not folder.is_dir():
            return {}
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        return {
            name: content
            for name, content in found.items()
            if content and (name.endswith((".json", ".tmp")))
        }

    def family_is_alive(self) -> bool:
        """Whether the next use of what is on the disk gets a token."""
        if any(name.endswith(".tmp") for name in self.files()):
            self.home.run("status")  # whatever reads the token takes up what was left
        path = self.home.token_path()
        if not path.exists():
            return False
        refresh_token = self.home.stored().token.refresh_token
        assert refresh_token is not None
        form = {
            "grant_type": "refresh_token",
            "client_id": self.integration.client_id,
            "client_secret": self.integration.secret.reveal(),
            "refresh_token": refresh_token.reveal(),
        }
        body = urllib.parse.urlencode(form).encode()
        try:
            with urllib.request.urlopen(f"{self.sandbox.base_url}/access_token", body) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False

    @property
    def may_be_lost(self) -> bool:
        return self.end_by == signal.SIGKILL


def offsets() -> list[float]:
    """Seconds after the request; a negative one is so long after the start, before any request."""
    if MOMENTS <= 2:
        return [DELAY / 2, DELAY + 0.01][:MOMENTS]
    steps = MOMENTS - 2
    return [-0.05] + [(DELAY + AFTER) * step / steps for step in range(steps + 1)]


def each_moment(
    tmp_path: Path, sandbox: Sandbox, end_by: signal.Signals | str, one: object
) -> None:
    runs = []
    for number, offset in enumerate(offsets()):
        folder = tmp_path / f"home-{number}"
        folder.mkdir(mode=0o700)
        integration = sandbox.register(new_integration(f"http://localhost:{free_port()}"))
        home = Home(folder)
        home.configure(sandbox, of=integration)
        runs.append(Run(home, sandbox, integration, end_by, offset))
    assert callable(one)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lost = list(pool.map(one, runs))
    assert [run.offset for run, why in zip(runs, lost, strict=True) if why] == [], lost


def start(run: Run, *words: str) -> Terminal:
    environ = {
        **run.home.environ,
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "SSH_CONNECTION": "10.0.0.7 50022 10.1.2.3 22",
    }
    return Terminal((*PROGRAM, *words), environ, cwd=run.home.folder)


def signed_in(run: Run) -> dict[str, bytes]:
    answer = run.sandbox.issue(integration=run.integration)
    content = {
        "version": 1,
        "appid": run.integration.client_id,
        "access_token": answer["access_token"],
        "expires_at": "2099-01-01T00:00:00Z",
        "refresh_token": answer["refresh_token"],
        "refresh_expires_at": "2099-01-01T00:00:00Z",
        "token_type": "Bearer",
        "scope": answer.get("scope", ""),
        "obtained_at": "2026-01-01T00:00:00Z",
    }
    run.home.write_token(content)
    return run.files()


def refresh_ended(run: Run, *, on_screen: bool) -> str:
    before = signed_in(run)
    with start(run, *(() if on_screen else ("refresh",))) as terminal:
        if on_screen:
            terminal.wait_for("● valid")
            terminal.press("r")
        run.end(terminal, asked=0)
        if on_screen and isinstance(run.end_by, signal.Signals) and not run.may_be_lost:
            terminal.wait()
            assert terminal.not_restored() == []
    after = run.files()
    if run.family_is_alive() or (run.may_be_lost and after == before):
        return ""
    return f"lost {run.offset:.3f} s after the request; on the disk: {sorted(after)}"


def exchange_ended(run: Run, *, on_screen: bool) -> str:
    words = () if on_screen else ("retrieve", "--no-browser")
    with start(run, *words) as terminal:
        terminal.wait_until(lambda _: START.search(terminal.received) is not None, "the address")
        found = START.search(terminal.received)
        assert found is not None
        url = found.group().decode()
        browser = threading.Thread(target=_approve, args=(run.sandbox, url), daemon=True)
        browser.start()
        run.end(terminal, asked=0)
        browser.join(PATIENCE)
    after = run.files()
    if not run.token_requests() or run.family_is_alive() or (run.may_be_lost and not after):
        return ""
    return f"lost {run.offset:.3f} s after the request; on the disk: {sorted(after)}"


def _approve(sandbox: Sandbox, url: str) -> None:
    with contextlib.suppress(Exception):  # the program that was to answer has ended
        sandbox.approve(url)


@pytest.mark.parametrize("on_screen", [False, True], ids=["command", "screens"])
@pytest.mark.parametrize("end_by", WAYS_TO_END, ids=str)
def test_a_refresh_ended_at_any_moment_keeps_the_token_family(
    tmp_path: Path, sandbox: Sandbox, end_by: signal.Signals | str, on_screen: bool
) -> None:
    each_moment(tmp_path, sandbox, end_by, lambda run: refresh_ended(run, on_screen=on_screen))


@pytest.mark.parametrize("on_screen", [False, True], ids=["command", "screens"])
@pytest.mark.parametrize("end_by", WAYS_TO_END, ids=str)
def test_an_exchange_ended_at_any_moment_keeps_what_was_granted(
    tmp_path: Path, sandbox: Sandbox, end_by: signal.Signals | str, on_screen: bool
) -> None:
    each_moment(tmp_path, sandbox, end_by, lambda run: exchange_ended(run, on_screen=on_screen))


def test_a_process_stopped_beyond_its_time_limit_takes_in_the_response(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    integration = sandbox.integration
    home = Home(tmp_path)
    home.configure(sandbox, of=integration)
    run = Run(home, sandbox, integration, signal.SIGSTOP, 0.0)
    signed_in(run)
    process = home.start("refresh", "--timeout", "2")
    deadline = time.monotonic() + PATIENCE
    while not run.token_requests():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)
    time.sleep(3.0)  # longer than the limit; the response comes meanwhile
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, (out, err)
    assert run.family_is_alive()


@pytest.mark.parametrize("closed", [(2,), (1,), (1, 2), (0, 1, 2)])
def test_a_sign_in_without_standard_streams_is_saved(
    tmp_path: Path, sandbox: Sandbox, closed: tuple[int, ...]
) -> None:
    """The reader of standard error goes away before the exchange, or was never there."""
    home = Home(tmp_path)
    home.configure(sandbox)
    process = home.start("retrieve", "--no-browser")
    assert process.stderr is not None
    assert process.stdout is not None
    address = ""
    while not (found := re.search(r"http://localhost:\d+/s/[\w-]+", address)):
        address = process.stderr.readline()
        assert address, "no address"
    for number in closed:
        if number:
            (process.stdout if number == 1 else process.stderr).close()
    sandbox.approve(found.group())
    code = process.wait(PATIENCE)
    assert home.token_path().exists()
    assert code == 0


def test_a_refresh_started_with_closed_streams_writes_into_no_other_file(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    home = Home(tmp_path)
    home.configure(sandbox)
    run = Run(home, sandbox, sandbox.integration, signal.SIGTERM, 0.0)
    signed_in(run)
    shell = ("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "-")
    done = subprocess.run(
        [*shell, *PROGRAM, "refresh"],
        env=home.environ,
        cwd=home.folder,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert run.family_is_alive()
    lock = next(home.token_path().parent.glob("*.lock"))
    assert lock.read_bytes() == b""
