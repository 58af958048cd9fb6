"""Bytes of the terminal that are no keys: they end nothing, and give no token away."""

from __future__ import annotations

import json
import re
import subprocess
import time

import pytest

from tests.end_to_end.test_whole_job import START_ADDRESS
from tests.support.home import PROGRAM, Home
from tests.support.program import Start
from tests.support.programs import required
from tests.support.terminal import Terminal
from tests.support.terminal_answers import ANSWERS
from tests.support.webex import Fault, Sandbox
from wtr_tui.model import Secret
from wtr_tui.storage.token_file import TokenFile

LATE_DA2 = b"\x1b[>41;354;0c"
KEY_WITH_EVENT_TYPE = b"\x1b[99;1:1u"
LATIN_1_PASTE = b"\x1b[200~http://localhost:6855/?code=abc\xe9def&state=x\x1b[201~"
BROKEN = (LATIN_1_PASTE, b"\xe9", b"\xc3", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xed\xa0\x80")

# Slower than Textual waits for the rest of a sequence.
_LATE = 0.15


def send_in_two(terminal: Terminal, data: bytes, at: int) -> None:
    terminal.send(data[:at])
    time.sleep(_LATE)  # the lateness itself
    terminal.send(data[at:])


def assert_calm(terminal: Terminal, home: Home, screen: str) -> None:
    """Keys act, nothing else has: the token was neither copied nor shown, the screen stayed."""
    terminal.press("f1")
    terminal.wait_for("Help ·")
    terminal.press("f1")
    terminal.wait_until(lambda text: screen in text and "Help ·" not in text)
    assert b"\x1b]52;" not in terminal.received
    assert b"Traceback" not in terminal.received
    assert terminal.received.count(b"\x1b[?1049h") == 1, "the bare terminal was shown"
    if home.token_path().exists():
        assert home.stored_text("access_token").encode() not in terminal.received


@pytest.mark.parametrize("late", [False, True], ids=["at-once", "in-two-reads"])
def test_what_the_terminal_answers_does_nothing_to_the_token(
    signed_in: Home, start: Start, late: bool
) -> None:
    terminal = start()
    terminal.wait_for("● valid", "Robin Example")
    for data in (*ANSWERS.values(), *BROKEN):
        if late and len(data) > 3:
            send_in_two(terminal, data, len(data) // 2)
        else:
            terminal.send(data)
    time.sleep(1.2)  # of the last character only the beginning was sent
    assert_calm(terminal, signed_in, "● valid")
    terminal.press("q")
    assert terminal.wait() == 0
    assert terminal.not_restored() == []


def test_an_answer_may_be_cut_anywhere(signed_in: Home, start: Start) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    for at in range(1, len(LATE_DA2)):
        send_in_two(terminal, LATE_DA2, at)
    assert_calm(terminal, signed_in, "● valid")


def test_an_answer_that_comes_just_after_the_start_does_nothing(
    signed_in: Home, start: Start
) -> None:
    for seconds in (0.0, 0.05):
        terminal = start(cold=True)
        terminal.wait_for_bytes(beyond=0)
        time.sleep(seconds)
        terminal.send(LATE_DA2 + KEY_WITH_EVENT_TYPE)
        terminal.wait_for("● valid", "Robin Example")
        assert_calm(terminal, signed_in, "● valid")


def test_a_sign_in_goes_on_whatever_the_terminal_sends(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    terminal = start()
    terminal.wait_for("Listening on port")
    for data in (LATE_DA2, KEY_WITH_EVENT_TYPE, *BROKEN):
        terminal.send(data)
    time.sleep(1.2)  # of the last character only the beginning was sent
    assert_calm(terminal, configured, "Listening on port")
    sandbox.approve(terminal.find(START_ADDRESS))
    terminal.wait_for("● valid")
    terminal.press("q")
    assert terminal.wait() == 0


def test_escape_and_arrows_are_keys_also_in_pieces(signed_in: Home, start: Start) -> None:
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press("?")
    terminal.wait_for("Help")
    send_in_two(terminal, b"\x1b[15~", 2)  # F5, which a dialog does not take
    terminal.press("escape")
    terminal.wait_until(lambda screen: "● valid" in screen)
    send_in_two(terminal, b"\x1bOQ", 2)
    send_in_two(terminal, b"\x1b[14~", 3)
    terminal.wait_for("App ID")


# The program, but for its reading of the terminal, which fails at an x.
BREAKING = """
import sys
from wtr_tui import cli
from wtr_tui.tui import driver

feed = driver.TerminalInput.feed

def explode(self, data, now):
    access_token = "ZDA4sentinel"
    if data == b"x":
        raise ValueError(access_token)
    return feed(self, data, now)

driver.TerminalInput.feed = explode
sys.exit(cli.main())
"""
# No file may grow: as on a full disk, for this program alone.
NO_ROOM = ("-c", 'ulimit -f 0; exec "$@"', "-")


def breaking(home: Home) -> tuple[str, ...]:
    script = home.folder / "breaking.py"
    script.write_text(BREAKING)
    return (PROGRAM[0], str(script))


def test_the_end_of_the_thread_that_reads_is_a_fault_like_any_other(
    signed_in: Home, start: Start
) -> None:
    terminal = start(command=breaking(signed_in))
    terminal.wait_for("● valid")
    terminal.press("x")
    assert terminal.wait() == 1
    assert not terminal.in_full_screen
    assert terminal.not_restored() == []
    assert b"Traceback" not in terminal.received
    assert b"ZDA4sentinel" not in terminal.received
    (report,) = signed_in.token_path().parent.glob("crash-*.txt")
    assert "builtins.ValueError" in report.read_text()
    assert "ZDA4sentinel" not in report.read_text()


def test_after_a_fault_the_token_that_could_not_be_saved_is_offered(
    configured: Home, start: Start, sandbox: Sandbox
) -> None:
    terminal = start(command=(required("bash"), *NO_ROOM, *breaking(configured)))
    terminal.wait_for("Listening on port")
    sandbox.approve(terminal.find(START_ADDRESS))
    terminal.wait_for("NOT SAVED")
    terminal.press("x")
    terminal.wait_for("Enter prints it here")
    assert not terminal.in_full_screen
    assert terminal.not_restored() == []
    terminal.press("enter")
    assert terminal.wait() == 1
    shown = terminal.received.rpartition(b"drops it. ")[2].decode()
    given = json.loads(shown[shown.index("{") : shown.rindex("}") + 1])
    assert sandbox_knows(sandbox, given["access_token"])


def sandbox_knows(sandbox: Sandbox, access_token: str) -> bool:
    try:
        sandbox.revoke(access_token)
    except LookupError:
        return False
    return True


HOSTILE = "x;touch${IFS}taken;#'\"$(touch${IFS}taken)"


def test_the_copied_export_line_is_quoted_for_the_shell_as_wtr_export_does_it(
    signed_in: Home, start: Start, sandbox: Sandbox
) -> None:
    # Refused, the token would be replaced by another.
    sandbox.faults.always("people/me", Fault(status=503))
    file = TokenFile(signed_in.token_path())
    stored = file.read()
    assert stored is not None
    file.save(stored._replace(token=stored.token._replace(access_token=Secret(HOSTILE))))
    terminal = start()
    terminal.wait_for("● valid")
    terminal.press("e")
    terminal.wait_for("sent to your terminal's clipboard")
    line = terminal.clipboard()

    ran = subprocess.run(
        ["sh", "-c", line + '\nprintf %s "$WEBEX_ACCESS_TOKEN"'],
        cwd=signed_in.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == HOSTILE
    assert not (signed_in.folder / "taken").exists()
    exported = subprocess.run(
        [*PROGRAM, "export"], env=signed_in.environ, capture_output=True, text=True, check=True
    )
    assert re.split(r"\n(?=export )", exported.stdout)[0] == line
