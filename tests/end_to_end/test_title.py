"""The terminal's title while the program runs, and after it."""

from __future__ import annotations

import pytest

from tests.support.home import Home
from tests.support.program import Start

TITLE = "\x1b]2;WTR² 13 d default\x1b\\".encode()
KEPT, GIVEN_BACK = b"\x1b[22;2t", b"\x1b[23;2t"


def test_the_title_says_how_long_the_token_lives_and_is_given_back(
    signed_in: Home, start: Start
) -> None:
    terminal = start()
    terminal.wait_for_output(TITLE)
    terminal.press("q")
    assert terminal.wait() == 0
    sent = terminal.received
    assert sent.index(KEPT) < sent.index(TITLE) < sent.index(GIVEN_BACK)
    assert (sent.count(KEPT), sent.count(TITLE), sent.count(GIVEN_BACK)) == (1, 1, 1)


@pytest.mark.parametrize(("setting", "term"), [("false", "xterm-256color"), ("true", "linux")])
def test_no_title_where_it_is_not_wanted_or_not_known(
    signed_in: Home, start: Start, setting: str, term: str
) -> None:
    with signed_in.settings_path().open("a") as file:
        file.write(f"title: {setting}\n")
    terminal = start(TERM=term)
    terminal.wait_for("● valid", "Robin Example")
    terminal.press("q")
    assert terminal.wait() == 0
    assert b"\x1b]2;" not in terminal.received
    assert KEPT not in terminal.received
