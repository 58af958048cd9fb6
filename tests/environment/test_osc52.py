from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.environment import child_environ
from tests.support.programs import required
from tests.support.terminal import Terminal
from wtr_tui.environment.clipboard import (
    length_warning,
    osc52,
    through_screen,
    through_tmux,
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_the_sequence_carries_the_text_as_base64(text: str) -> None:
    start, _, payload = osc52(text).rpartition(";")

    assert start == "\x1b]52;c"
    assert payload.endswith("\a")
    assert base64.b64decode(payload[:-1], validate=True).decode() == text


def test_for_tmux_every_escape_is_doubled_within_one_string() -> None:
    assert through_tmux(osc52("token")) == "\x1bPtmux;\x1b\x1b]52;c;dG9rZW4=\a\x1b\\"


@pytest.mark.parametrize("length", [1, 100, 182, 183, 184, 5_000])
def test_for_screen_no_string_is_longer_than_old_ones_take(length: int) -> None:
    text = "x" * length
    strings = through_screen(osc52(text)).split("\x1b\\")

    assert strings.pop() == ""
    assert all(string.startswith("\x1bP") and len(string) <= 256 for string in strings)
    assert "".join(string[2:] for string in strings) == osc52(text)


@pytest.mark.parametrize("length", [100, 544, 1_000, 9_000])
def test_a_real_screen_passes_any_length_on(length: int, tmp_path: Path) -> None:
    screen = required("screen")
    text = "x" * (length - 3) + "END"
    written = tmp_path / "written"
    written.write_text(through_screen(osc52(text)) + "and then this")
    # Not tmp_path: a socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="wtr-screen-") as folder:
        environ = child_environ(
            TERM="xterm-256color", SCREENDIR=folder, HOME=folder, LANG="C.UTF-8"
        )
        command = [screen, "-c", "/dev/null", "sh", "-c", f"cat '{written}'; read answer"]
        with Terminal(command, environ) as terminal:
            output = terminal.wait_for_output(b"and then this")
            terminal.press("enter")
            assert terminal.process.wait(20) == 0

    assert osc52(text).encode() in output


@pytest.mark.parametrize(
    ("length", "warning"),
    [
        (110, ""),  # a Webex token
        (768, ""),  # 1,024 bytes of base64
        (769, "It is long (1028 bytes): many terminals drop it or paste only a part."),
        (3_072, "It is long (4096 bytes): many terminals drop it or paste only a part."),
        (3_073, "It is long (4100 bytes): many terminals drop it or paste only a part."),
    ],
)
def test_long_texts_are_warned_of_twice(length: int, warning: str) -> None:
    assert length_warning("x" * length) == warning
