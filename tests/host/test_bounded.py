from __future__ import annotations

import time

import pytest

from tests.host.conftest import Script
from tests.support.environment import child_environ
from wtr_tui.host import bounded

ENVIRON = child_environ()


def test_the_output_counts_whatever_the_exit_code() -> None:
    command = ["sh", "-c", "echo seen; echo unseen >&2; exit 3"]

    assert bounded.output(command, limit=20, environ=ENVIRON) == "seen\n"


def test_the_text_is_fed_and_the_exit_code_told() -> None:
    command = ["sh", "-c", 'read line; test "$line" = fed && exit 7']

    assert bounded.feed(command, "fed\n", limit=20, environ=ENVIRON) == 7


def test_a_program_that_reads_nothing_is_no_error() -> None:
    assert bounded.feed(["true"], "x" * 1_000_000, limit=20, environ=ENVIRON) == 0


@pytest.mark.parametrize("command", [["no such program"], ["nul\0character"], ["/"]])
def test_what_cannot_be_started_is_none(command: list[str]) -> None:
    assert bounded.output(command, limit=20, environ=ENVIRON) is None
    assert bounded.feed(command, "", limit=20, environ=ENVIRON) is None


def test_a_program_and_its_children_are_ended_at_the_limit(script: Script) -> None:
    stubborn = script("stubborn", "trap '' TERM HUP; sleep 600 & sleep 600")
    begun = time.monotonic()

    assert bounded.output([str(stubborn)], limit=0.2, environ=ENVIRON) is None
    assert time.monotonic() - begun < 60


def test_the_environment_is_the_one_given() -> None:
    command = ["/bin/sh", "-c", "echo $WTR_ONLY $HOME"]

    assert bounded.output(command, limit=20, environ={"WTR_ONLY": "this"}) == "this\n"
