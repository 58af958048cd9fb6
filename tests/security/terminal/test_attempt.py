"""One sign-in of the real program, watched from outside: by a browser, and by the system."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.home import Home
from tests.support.ports import port_of
from tests.support.program import Start
from tests.support.terminal import Terminal
from tests.support.webex import Fault, Integration, Sandbox

START_ADDRESS = r"http://localhost:\d+/s/[2-9a-z]{8}"

# A browser that notes how it was started and what it is given, and opens it at once. Its second
# line is read by the shell, which may start a Python whose path has blanks; to Python it is a text.
_RECORDER = """#!/bin/sh
"exec" "{python}" "-S" "$0" "$@"
import http.client, json, os, sys
from urllib.parse import urlsplit

noted = {{"arguments": sys.argv[1:]}}
noted["streams"] = [os.readlink(f"/proc/self/fd/{{n}}") for n in (0, 1, 2)]
try:
    os.close(os.open("/dev/tty", os.O_RDWR))
    noted["terminal"] = True
except OSError:
    noted["terminal"] = False
parts = urlsplit(sys.argv[-1])
connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
connection.request("GET", parts.path)
answer = connection.getresponse()
noted["status"], noted["location"] = answer.status, answer.getheader("Location")
with open("{noted}.new", "a") as file:
    file.write(json.dumps(noted) + "\\n")
os.rename("{noted}.new", "{noted}")
"""


@dataclass(frozen=True)
class Recorder:
    """What stands in for a browser, and what it has noted."""

    program: Path
    notes: Path

    def noted(self) -> list[dict[str, object]]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def recorder(home: Home) -> Recorder:
    program, notes = home.folder / "recorder", home.folder / "noted"
    program.write_text(_RECORDER.format(python=sys.executable, noted=notes))
    program.chmod(0o700)
    return Recorder(program, notes)


def at_a_desk(home: Home) -> None:
    with home.settings_path().open("a") as file:
        file.write("browser: always\n")


def test_a_browser_outside_gets_the_address_alone_and_is_answered_at_once(
    configured: Home, start: Start, sandbox: Sandbox, recorder: Recorder
) -> None:
    """A1, A2, B19, F65: $BROWSER is started, and nothing else opens the login page."""
    at_a_desk(configured)
    terminal = start(BROWSER=str(recorder.program))
    start_url = terminal.find(START_ADDRESS)
    terminal.wait_until(lambda _: bool(recorder.noted()), "the browser")
    (noted,) = recorder.noted()
    arguments = noted["arguments"]
    assert isinstance(arguments, list)
    (opened,) = arguments
    assert urlsplit(opened)[:2] == urlsplit(start_url)[:2]
    assert opened != start_url, "everybody here can read it, and so be sent to Webex as often"
    assert noted["streams"] == [os.devnull] * 3
    assert not noted["terminal"]
    assert noted["status"] == 303
    location = str(noted["location"])
    assert location.startswith(f"{sandbox.base_url}/authorize?")
    asked = parse_qs(urlsplit(location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    terminal.wait_for("Your browser is at Webex now")
    assert sandbox.requests == (), "the program itself asked for the page"


def listening(pid: int) -> set[tuple[str, int]]:
    """The TCP addresses that the process listens on, as the system knows them."""
    links = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(descriptor.readlink()))
        except OSError:  # closed meanwhile
            continue
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in own:
                address, port = fields[1].split(":")
                words = bytes.fromhex(address)
                packed = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
                found.add((socket.inet_ntop(family, packed), int(port, 16)))
    return found


def own_port(port: int) -> set[tuple[str, int]]:
    with socket.socket(socket.AF_INET6) as trial:
        try:
            trial.bind(("::1", 0))
        except OSError:
            return {("127.0.0.1", port)}
    return {("127.0.0.1", port), ("::1", port)}


def closes(terminal: Terminal) -> None:
    terminal.wait_until(lambda _: not listening(terminal.process.pid), "no port to be open")


def test_the_port_is_open_during_the_attempt_and_on_this_machine_only(
    signed_in: Home, start: Start, sandbox: Sandbox, integration: Integration
) -> None:
    """B15, B17: before it, during it, after a success, and after cancelling."""
    port = port_of(integration.redirect_uri)
    terminal = start()
    terminal.wait_for("● valid")
    pid = terminal.process.pid
    assert listening(pid) == set()
    terminal.press("f3")
    terminal.wait_for("Enter signs in again")
    assert listening(pid) == set()

    terminal.press("enter")
    terminal.wait_for("Listening on port")
    assert listening(pid) == own_port(port)
    sandbox.approve(terminal.find(START_ADDRESS))
    terminal.wait_for("Signed in through the browser's redirect")
    closes(terminal)

    terminal.press("f3")
    terminal.wait_for("Enter signs in again")
    terminal.press("enter")
    terminal.wait_for("Listening on port")
    assert listening(pid) == own_port(port)
    terminal.press("x")
    terminal.wait_for("The sign-in was cancelled")
    closes(terminal)


def test_a_refused_verifier_is_not_tried_without_one(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    """A7: one request, with the verifier; the next attempt has another one, and S256 again."""
    refusal = {"error": "invalid_grant", "error_description": "The code_verifier is unsupported."}
    sandbox.faults.always("access_token", Fault(status=400, body=json.dumps(refusal)))
    terminal = start()
    for _ in range(2):
        address = terminal.find(START_ADDRESS)
        before = len(sandbox.requests_to("access_token"))
        sandbox.approve(address)
        terminal.wait_for("The code_verifier is unsupported.")
        assert len(sandbox.requests_to("access_token")) == before + 1
        closes(terminal)
        terminal.forget_screen()
        terminal.press("enter", "ctrl+l")
        terminal.wait_for("Listening on port")
    exchanges = sandbox.requests_to("access_token")
    assert all(len(request.form.text("code_verifier")) >= 43 for request in exchanges)
    assert len({request.form.text("code_verifier") for request in exchanges}) == len(exchanges)
    asked = sandbox.requests_to("authorize")
    assert {r.query.text("code_challenge_method") for r in asked if "state" in r.query} == {"S256"}


def test_a_server_that_wants_no_challenge_is_not_asked_without_one(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    """A7: an error of the authorize page ends the attempt; nothing is tried in its place."""
    terminal = start()
    address = terminal.find(START_ADDRESS)
    location = opened(address)
    state = parse_qs(urlsplit(location).query)["state"][0]
    refused = "error=invalid_request&error_description=code_challenge+is+not+supported"
    opened(f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/?{refused}&state={state}")
    terminal.wait_for("invalid_request: code_challenge is not", "Enter tries again")
    closes(terminal)
    assert sandbox.requests == ()


def opened(address: str) -> str:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().getheader("Location")
    connection.close()
    return location or ""


def test_other_settings_during_an_attempt_do_not_change_where_the_code_goes(
    configured: Home, start: Start, sandbox: Sandbox, integration: Integration
) -> None:
    """A12: the file, and what the screen has taken over from it."""
    with Sandbox([integration]) as other:
        terminal = start()
        address = terminal.find(START_ADDRESS)
        text = configured.settings_path().read_text()
        configured.settings_path().write_text(text.replace(sandbox.base_url, other.base_url))
        for key, shown in (("f4", "App ID"), ("f3", "Listening on port")):
            terminal.press(key)
            terminal.wait_for(shown)
        sandbox.approve(address)
        terminal.wait_for("Signed in through the browser's redirect")
        assert other.requests == ()
        assert len(sandbox.requests_to("access_token")) == 1


def test_secrets_go_into_no_address(configured: Home, start: Start, sandbox: Sandbox) -> None:
    """A10, E55: neither the secret, nor a token, nor the verifier, whatever is asked."""
    terminal = start()
    sandbox.approve(terminal.find(START_ADDRESS))
    terminal.wait_for("Signed in through the browser's redirect", "● valid")
    terminal.press("r")
    terminal.wait_for("Refreshed at")
    secrets = {
        sandbox.integration.secret.reveal(),
        configured.stored_text("access_token"),
        configured.stored_text("refresh_token"),
    }
    secrets |= {request.form.text("code_verifier") for request in sandbox.requests} - {""}
    assert len(secrets) == 4
    for request in sandbox.requests:
        address = f"{request.path}?{request.query!r}"
        assert not any(secret in address for secret in secrets), request.path
        assert "referer" not in request.headers
