"""What the README gives to be copied is what the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import wtr_tui
from wtr_tui.commands import COMMANDS, parsers

README = Path(wtr_tui.__file__).parents[1] / "README.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Each ``wtr COMMAND …`` of its scripts, without what a shell does around it."""
    text = "\n".join(blocks("sh"))
    return [
        found[1].strip()
        for found in re.finditer(r"(?<![\w-])wtr ((?:[\w.@/-]+ ?)+)", text)
        if found[1].split()[0] in COMMANDS
    ]


def test_there_are_commands_to_copy() -> None:
    assert {"token", "exec", "refresh", "completion"} <= {line.split()[0] for line in commands()}


@pytest.mark.parametrize("line", commands())
def test_the_program_takes_each_command(line: str) -> None:
    name, *words = shlex.split(line)
    parser, _ = parsers.command_parser(name)
    parser.parse_args(words)
