"""Asked to end in the middle of a refresh: what the server granted is saved before that."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.home import PROGRAM, Home, Ran, Started, ended
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.support.webex import Sandbox, endpoint_of
from wtr_tui.sandbox.http import HttpRequest, HttpResponse

EXPIRED = timedelta(minutes=-1)
WAITS = "ends as soon as the answer of Webex is saved"


class Held:
    """The stand-in's token answers, granted at once and given when they are let go."""

    def __init__(self) -> None:
        self.granted = threading.Semaphore(0)
        self.let_go = threading.Event()

    def wait_for_one(self) -> None:
        assert self.granted.acquire(timeout=PATIENCE)


@pytest.fixture
def held(home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A server that revokes everything where a refresh token is used twice."""
    sandbox.rules = replace(sandbox.rules, rotate=True)
    home.configure(sandbox)
    home.sign_in(sandbox, left=EXPIRED)
    held, answer = Held(), sandbox.handle

    def late(request: HttpRequest) -> HttpResponse:
        answered = answer(request)
        if endpoint_of(request) == "access_token":
            held.granted.release()
            held.let_go.wait(PATIENCE)
        return answered

    monkeypatch.setattr(sandbox, "handle", late)
    yield held
    held.let_go.set()


def told_to_wait(process: Started) -> None:
    assert process.stderr is not None
    assert WAITS in process.stderr.readline()


@pytest.mark.parametrize(
    ("words", "number", "code"),
    [
        (("token",), signal.SIGINT, 130),
        (("token",), signal.SIGTERM, -signal.SIGTERM),
        (("exec", "--", "echo", "ran"), signal.SIGHUP, -signal.SIGHUP),
        (("refresh",), signal.SIGINT, 130),
        (("refresh",), signal.SIGTERM, -signal.SIGTERM),
        (("refresh", "--all"), signal.SIGINT, 130),
        (("refresh", "--all"), signal.SIGTERM, -signal.SIGTERM),
    ],
)
def test_the_token_is_saved_before_the_end(
    home: Home, sandbox: Sandbox, held: Held, words: tuple[str, ...], number: int, code: int
) -> None:
    before = home.stored().token
    running = home.start(*words)
    held.wait_for_one()
    running.send_signal(number)
    told_to_wait(running)
    held.let_go.set()
    ran: Ran = ended(running)
    assert (ran.code, ran.out, ran.err) == (code, "", "")
    assert not home.stored().token.same_access(before)
    assert home.run("refresh").code == 0  # the server has revoked nothing


@pytest.mark.parametrize("words", [("token",), ("refresh", "--all")])
def test_a_second_ctrl_c_ends_it_at_once(home: Home, held: Held, words: tuple[str, ...]) -> None:
    before = home.stored()
    running = home.start(*words)
    held.wait_for_one()
    running.send_signal(signal.SIGINT)
    told_to_wait(running)
    running.send_signal(signal.SIGINT)
    assert ended(running).code == -signal.SIGINT
    assert home.stored() == before


@pytest.mark.parametrize("words", [("token",), ("refresh", "--all")])
@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM),
        (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM),
        (signal.SIGTERM, signal.SIGINT, signal.SIGHUP),
    ],
    ids=lambda numbers: "-".join(number.name for number in numbers),
)
def test_no_other_repeated_signal_does(
    home: Home, held: Held, words: tuple[str, ...], numbers: tuple[signal.Signals, ...]
) -> None:
    before = home.stored().token
    running = home.start(*words)
    held.wait_for_one()
    running.send_signal(numbers[0])
    told_to_wait(running)
    for number in numbers[1:]:
        running.send_signal(number)
        time.sleep(0.05)  # signals of one kind that are pending at once are one
    assert running.poll() is None
    held.let_go.set()
    assert ended(running).code == -numbers[0]
    assert not home.stored().token.same_access(before)
    assert home.run("refresh").code == 0


def test_while_another_process_refreshes_there_is_nothing_to_wait_for(
    home: Home, held: Held
) -> None:
    first = home.start("refresh")
    held.wait_for_one()
    second = home.start("refresh", "-d")
    assert second.stderr is not None
    # It has read its settings, and asks for the lock that the first one has.
    for line in second.stderr:
        if "theme is" in line:
            break
    second.send_signal(signal.SIGINT)
    ran = ended(second)
    assert ran.code == 130
    assert WAITS not in ran.err
    held.let_go.set()
    assert ended(first).code == 0


def test_a_signal_that_is_ignored_stays_so(home: Home, held: Held) -> None:
    running = subprocess.Popen(
        [required("nohup"), *PROGRAM, "token"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environ,
    )
    held.wait_for_one()
    running.send_signal(signal.SIGHUP)
    held.let_go.set()
    ran = ended(running)
    assert ran.code == 0
    assert ran.out.strip() == home.stored().token.access_token.reveal()
