"""Another user of the machine, and a web page in some browser, during a sign-in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.home import PROGRAM, Home
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox

SHOWN = re.compile(r"http://localhost:\d+/s/\S+")
NOBODY = 65_534

AS_NOBODY = """
import encodings.idna, os, pathlib, re, sys, time, urllib.request
"".encode("idna"); os.setgroups([]); os.setgid(65534); os.setuid(65534)
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try: line = entry.read_bytes().decode("utf-8", "replace").replace("\\0", " ")
        except OSError: continue
        if sys.argv[1] in line and (found := re.search(r"http://\\S+/s/\\S+", line)):
            try: urllib.request.build_opener(Stay).open(found[0], timeout=20)
            except urllib.error.HTTPError as error:
                print(found[0], error.code, error.headers.get("Location"), flush=True)
            sys.exit()
    time.sleep(0.05)
"""


@pytest.fixture
def browser(home: Home) -> Path:
    """A browser that notes its address and stays, so that its command line can be read."""
    script = home.folder / "THE-BROWSER"
    script.write_text(f'#!/bin/sh\necho "$1" >> "{home.folder}/opened"\nsleep 30\n')
    script.chmod(0o700)
    return script


class Running:
    """``wtr retrieve``, whose stderr is read while it runs."""

    def __init__(self, home: Home, *words: str, **variables: str) -> None:
        self.process = home.start("retrieve", "-t", "60", *words, cold=False, **variables)
        self.told = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told += line

    def wait_for(self, pattern: str) -> str:
        return until(lambda: (found := re.search(pattern, self.told)) and found[0], self)

    def end(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def __str__(self) -> str:
        return self.told


def until(condition: Callable[[], str | None], about: object = "") -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(str(about))


@pytest.fixture
def retrieving(home: Home, sandbox: Sandbox, browser: Path) -> Iterator[Running]:
    """A sign-in of somebody at the desk, whose browser was started."""
    home.configure(sandbox, "default", "browser: always")
    running = Running(home, BROWSER=str(browser), DISPLAY=":99")
    yield running
    running.process.kill()
    running.process.wait()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """The status, where it leads, and the page."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=20) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", ""), error.read().decode()


def launched(home: Home) -> str:
    """The address that the started browser was given."""

    def noted() -> str:
        file = home.folder / "opened"
        return file.read_text().strip() if file.exists() else ""

    return until(noted)


def test_the_browser_that_is_started_gets_an_address_of_its_own_that_works_once(
    home: Home, retrieving: Running, sandbox: Sandbox
) -> None:
    shown = retrieving.wait_for(SHOWN.pattern)
    own = launched(home)
    assert own != shown
    status, location, _ = get(own)
    assert (status, location.startswith(sandbox.base_url)) == (303, True)
    for _ in range(2):
        status, location, page = get(own)
        assert (status, location) == (410, "")
        assert "opened before" in page
    retrieving.wait_for("opened a second time")
    for _ in range(3):  # the one that is shown goes on working
        assert get(shown)[0] == 303
    sandbox.approve(shown)
    assert retrieving.end() == 0


def test_what_only_looks_at_the_address_does_not_use_it_up(
    home: Home, retrieving: Running, sandbox: Sandbox
) -> None:
    own = launched(home)
    assert get(own, {"Sec-Purpose": "prefetch"})[0] == 503
    assert get(own, {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})[0] == 403
    request = urllib.request.Request(own, method="HEAD")
    assert urllib.request.urlopen(request, timeout=20).status == 200
    sandbox.approve(own)
    assert retrieving.end() == 0
    assert "second time" not in retrieving.told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_who_is_faster_than_the_browser_is_refused_and_told_of(
    home: Home, retrieving: Running, sandbox: Sandbox
) -> None:
    own = launched(home)
    # By its whole path: the browsers of other tests may still be there.
    thief = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(home.folder / "THE-BROWSER")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert own in thief.stdout, thief.stderr
    assert sandbox.base_url not in thief.stdout
    retrieving.wait_for("A program of nobody opened the address")
    assert get(own)[0] == 303  # it still waits for the browser it was made for
    assert "second time" not in retrieving.told


PAGES = [
    {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "embed", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "websocket"},
]


@pytest.mark.parametrize("headers", PAGES, ids=lambda headers: headers["Sec-Fetch-Dest"])
def test_no_web_page_can_close_the_start_address_or_learn_of_it(
    home: Home, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    home.configure(sandbox)
    running = Running(home, "--no-browser")
    try:
        shown = running.wait_for(SHOWN.pattern)
        wrong = [get(f"{shown[:-8]}guess{number:03}", headers) for number in range(40)]
        right = get(shown, headers)
        assert {right[:2], *(answer[:2] for answer in wrong)} == {(403, "")}
        assert {answer[2] for answer in wrong} == {right[2]}
        navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert get(shown, navigation)[0] == 303
        sandbox.approve(shown)
        assert running.end() == 0
        assert "closed" not in running.told
    finally:
        running.process.kill()


def test_the_command_says_that_the_start_address_was_closed(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    running = Running(home, "--no-browser")
    try:
        shown = running.wait_for(SHOWN.pattern)
        for number in range(30):
            get(f"{shown[:-8]}guess{number:03}")
        line = running.wait_for("wtr: The start address is closed.*")
        for key in ("(u", "(x)", "F4", "guesses at"):
            assert key not in line
        assert running.told.count("The start address is closed") == 1
    finally:
        running.process.kill()


def test_the_screen_says_that_the_start_address_was_closed(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox)
    variables = {"TERM": "xterm-256color", "SSH_CONNECTION": "10.0.0.7 50022 10.1.2.3 22"}
    terminal = Terminal(PROGRAM, {**home.environ, **variables}, cwd=home.folder)
    try:
        shown = terminal.find(SHOWN.pattern)
        for number in range(30):
            get(f"{shown[:-8]}guess{number:03}")
        terminal.wait_for("The start address is closed", "cancel this sign-in")
    finally:
        terminal.close()
