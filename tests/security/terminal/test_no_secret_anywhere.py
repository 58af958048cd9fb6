"""All that a run leaves behind, searched for all the secrets that it had (checklist F61, F62).

Where a secret is meant to be it is left out of the search: in the settings and the token file, in
what a person asks to be printed or copied, and the state in the address that a person opens.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.security.marks import ProcessList, found_in, leaks, secrets_of
from tests.support.home import PROGRAM, Home
from tests.support.program import Start
from tests.support.waiting import PATIENCE
from tests.support.webex import Fault, Sandbox, browser

START_ADDRESS = r"http://localhost:\d+/s/[2-9a-z]{8}"


@pytest.fixture
def temporary(home: Home) -> Path:
    """Where the program makes its temporary files."""
    folder = home.folder / "tmp"
    folder.mkdir()
    return folder


def kept(home: Home) -> tuple[Path, Path]:
    return home.settings_path(), home.token_path()


def run(
    home: Home, *words: str, command: Sequence[str] = PROGRAM, stdin: str = "", **variables: str
) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*command, *words],
        input=stdin.encode(),
        capture_output=True,
        timeout=PATIENCE * 3,
        env={**home.environ, **variables},
        cwd=home.folder,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def repeating(*secrets: str) -> Fault:
    """A server that gives back in its error what it was given."""
    words = f"refused: {' '.join(secrets)}"
    body = {"error": "invalid_request", "error_description": words, "message": words}
    return Fault(status=400, body=json.dumps(body))


def repeat_all(home: Home, sandbox: Sandbox) -> None:
    """From now on each endpoint refuses, and repeats what the program sends it."""
    secret = sandbox.integration.secret.reveal()
    sandbox.faults.always("access_token", repeating(secret, home.stored_text("refresh_token")))
    for endpoint in ("people/me", "authorizations/tokenExpiry"):
        sandbox.faults.always(endpoint, repeating(home.stored_text("access_token")))


def test_a_day_on_the_screens_leaves_no_secret_behind(
    configured: Home, start: Start, sandbox: Sandbox, temporary: Path
) -> None:
    """F61, F62, F64: sign-in, refresh, refusals, a damaged file, and quitting, in one terminal."""
    home = configured
    with ProcessList().watched() as processes:
        terminal = start(TMPDIR=str(temporary))
        sandbox.approve(terminal.find(START_ADDRESS))
        terminal.wait_for("Signed in through the browser's redirect", "● valid")
        terminal.press("r")
        terminal.wait_for("Refreshed at")
        repeat_all(home, sandbox)
        terminal.press("r")
        terminal.wait_for("Webex refused to refresh the token")
        whole = home.token_path().read_bytes()
        home.token_path().write_bytes(whole[: len(whole) // 2])
        terminal.wait_for("is damaged")
        (damaged,) = home.token_path().parent.glob("*.corrupt-*")
        assert damaged.stat().st_mode & 0o777 == 0o600
        home.token_path().write_bytes(whole)
        terminal.wait_for("● valid")
        for key, text in (
            ("f4", "App ID"),
            ("f1", "Help · Settings"),
            ("escape", "App ID"),
            ("f3", "again"),
        ):
            terminal.press(key)
            terminal.wait_for(text)
        assert b"\x1b]52" not in terminal.received, "something was copied unasked"
        assert b"\x1b]0;" not in terminal.received
        terminal.press("q")
        assert terminal.wait() == 0
    secrets = secrets_of(sandbox)
    assert {"client_secret", "code", "code_verifier", "state", "token"} <= set(secrets.values())
    titles = re.findall(rb"\x1b\]2;(.*?)\x1b\\", terminal.received)
    assert titles
    assert found_in(b"\n".join(titles), secrets) == set()
    assert found_in(terminal.received, secrets_of(sandbox, states=False)) == set()
    assert found_in(b"\n".join(processes.seen), secrets) == set()
    assert leaks(home.folder, secrets, but=[*kept(home), damaged]) == {}


def test_a_copied_token_is_nowhere_but_in_the_clipboard(
    signed_in: Home, start: Start, sandbox: Sandbox, temporary: Path
) -> None:
    """F61, F64."""
    with ProcessList().watched() as processes:
        terminal = start(TMPDIR=str(temporary))
        terminal.wait_for("● valid")
        terminal.press("c")
        terminal.wait_for("sent to your terminal's clipboard")
        copied = terminal.clipboard()
        terminal.press("q")
        assert terminal.wait() == 0
    secrets = secrets_of(sandbox)
    assert secrets[copied] == "token"
    assert copied.encode() not in terminal.received  # drawn
    assert found_in(b"\n".join(processes.seen), secrets) == set()
    assert leaks(signed_in.folder, secrets, but=kept(signed_in)) == {}


def test_a_device_code_is_shown_by_its_short_form_alone(
    configured: Home, start: Start, sandbox: Sandbox, temporary: Path
) -> None:
    """F61."""
    terminal = start(TMPDIR=str(temporary))
    terminal.wait_for("Listening on port")
    terminal.press("d")
    sandbox.approve_device(terminal.find(r"\b\d{6}\b"))
    terminal.wait_for("Signed in with the device code", "● valid")
    terminal.press("q")
    assert terminal.wait() == 0
    secrets = secrets_of(sandbox)
    assert {"device_code", "Basic credentials"} <= set(secrets.values())
    assert found_in(terminal.received, secrets) <= {"state"}
    assert leaks(configured.folder, secrets, but=kept(configured)) == {}


PLACES = [
    ("judging an answer", "wtr_tui.oauth.responses:token_from", "r"),
    ("saving", "wtr_tui.storage.private_file:write_private", "r"),
    ("asking", "wtr_tui.oauth.client:fetch", "r"),
    ("copying", "wtr_tui.environment.clipboard:_encoded", "c"),
]


@pytest.mark.parametrize(
    ("place", "key"), [pytest.param(place, key, id=name) for name, place, key in PLACES]
)
def test_a_fault_of_our_own_with_a_secret_in_its_message_tells_none(
    signed_in: Home, start: Start, sandbox: Sandbox, temporary: Path, place: str, key: str
) -> None:
    """F61: the exception holds in clear what the function was given."""
    spoilt = (sys.executable, "-m", "tests.security.spoilt", "fault", place)
    terminal = start(command=spoilt, TMPDIR=str(temporary))
    terminal.wait_for("● valid")
    terminal.press(key)
    assert terminal.wait() == 1
    secrets = secrets_of(sandbox)
    assert found_in(terminal.received, secrets) == set()
    assert list(signed_in.token_path().parent.glob("crash-*.txt"))
    assert leaks(signed_in.folder, secrets, but=kept(signed_in)) == {}


# Without the screens

ORDERS = [
    pytest.param(("refresh", "-d"), b"", id="refresh"),
    pytest.param(("status", "-d"), b"", id="status"),
    pytest.param(("status", "--all", "-j"), b"", id="status of all"),
    pytest.param(("token", "-d", "--min-left", "20d"), b"token", id="token"),
    pytest.param(("exec", "-d", "--", "true"), b"", id="exec"),
    pytest.param(("doctor", "-d"), b"", id="doctor"),
    pytest.param(("export", "-d"), b"token", id="export"),
]


@pytest.mark.parametrize(("words", "printed"), ORDERS)
@pytest.mark.parametrize("repeats", [False, True], ids=["well", "refused"])
def test_no_command_tells_a_secret_but_the_token_it_is_asked_for(
    signed_in: Home,
    sandbox: Sandbox,
    temporary: Path,
    words: tuple[str, ...],
    printed: bytes,
    repeats: bool,
) -> None:
    """F61: with --debug, which has the libraries tell all they do."""
    if repeats:
        repeat_all(signed_in, sandbox)
    with ProcessList().watched() as processes:
        _, out, err = run(signed_in, *words, TMPDIR=str(temporary))
    assert b"Traceback" not in err
    secrets = secrets_of(sandbox)
    assert found_in(err, secrets) == set()
    assert found_in(out, secrets) <= {printed.decode()}
    assert found_in(b"\n".join(processes.seen), secrets) == set()
    assert leaks(signed_in.folder, secrets, but=kept(signed_in)) == {}


@pytest.mark.parametrize("words", [("refresh",), ("refresh", "-d"), ("token", "--min-left", "20d")])
@pytest.mark.parametrize(
    "place",
    ["wtr_tui.oauth.responses:token_from", "wtr_tui.oauth.client:fetch"],
    ids=["answer", "form"],
)
def test_a_fault_of_a_command_tells_no_secret(
    signed_in: Home, sandbox: Sandbox, words: tuple[str, ...], place: str
) -> None:
    """F61."""
    spoilt = (sys.executable, "-m", "tests.security.spoilt", "fault", place)
    code, out, err = run(signed_in, *words, command=spoilt)
    assert code == 1
    assert found_in(out + err, secrets_of(sandbox)) == set()
    assert list(signed_in.token_path().parent.glob("crash-*.txt"))
    assert leaks(signed_in.folder, secrets_of(sandbox), but=kept(signed_in)) == {}


def test_a_proxys_password_is_not_told(signed_in: Home) -> None:
    """F61: nobody answers at the proxy, which is on this machine."""
    password = "pa55word-of-the-proxy"
    server = "https://webex.invalid/v1"  # the token's own, as the environment may name no other
    signed_in.write_token({**signed_in.stored_fields(), "base_url": server})
    code, out, err = run(
        signed_in,
        *("refresh", "-d"),
        WEBEX_BASEURL=server,
        HTTPS_PROXY=f"http://ann:{password}@127.0.0.1:9",
    )
    assert code == 4
    assert b"HTTPS_PROXY" in err
    assert password.encode() not in out + err


def test_a_sign_in_without_the_screens_and_all_its_pages_tell_no_secret(
    configured: Home, sandbox: Sandbox, temporary: Path
) -> None:
    """F61, A10: the program's output, and every page and header a browser is given by it."""
    home = configured
    told = home.folder.parent / "told"
    with ProcessList().watched() as processes, told.open("wb") as output:
        process = subprocess.Popen(
            [*PROGRAM, "retrieve", "-d", "--no-browser"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**home.environ, "TMPDIR": str(temporary)},
            cwd=home.folder,
        )
        try:
            start_url = told_address(told, process)
            pages = visit(start_url)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait()
    secrets = secrets_of(sandbox)
    assert {"code", "code_verifier", "state", "token"} <= set(secrets.values())
    assert found_in(told.read_bytes(), secrets) == set()
    assert found_in(b"\n".join(processes.seen), secrets) == set()
    assert leaks(home.folder, secrets, but=kept(home)) == {}
    first, *later = pages
    # The one place where the state belongs: in the address at Webex.
    assert found_in(first.headers["location"].encode(), secrets) == {"state"}
    del first.headers["location"]
    for page in (first, *later):
        assert found_in(str(page.headers).encode() + page.content, secrets) == set()


def told_address(told: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        found = re.search(START_ADDRESS, told.read_text())
        if found:
            return found.group()
        os.sched_yield()
    raise AssertionError(told.read_text())


def visit(start_url: str) -> list[httpx.Response]:
    """What the program itself answers a browser from the start address to the last page."""
    with httpx.Client(trust_env=False, timeout=PATIENCE) as web:
        begun = web.get(start_url)
        answer = browser.approved_address(begun.headers["location"])
        wrong = web.get(answer.replace("state=", "state=x"))
        came = web.get(answer)
        again = web.get(answer)
        assert came.status_code == 303
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(start_url))
        done = web.get(origin + came.headers["location"])
        return [begun, wrong, came, again, done]
