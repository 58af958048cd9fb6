"""What the README gives to be copied is what the program takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import wtr_tui
from tests.commands.home import PATIENCE
from tests.support.programs import required
from wtr_tui.commands import COMMANDS, parsers
from wtr_tui.storage.settings import load

README = Path(wtr_tui.__file__).parents[1] / "README.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Each ``wtr COMMAND …`` of its scripts, without what a shell does around it."""
    text = "\n".join(blocks("sh") + blocks("ini"))
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
    parser, _ = parsers.of_command(name)
    parser.parse_args(words)


def test_its_example_of_the_hook_is_a_setting(tmp_path: Path) -> None:
    example = next(block for block in blocks("yaml") if block.startswith("onToken"))
    path = tmp_path / "default.yaml"
    path.write_text(example)
    assert shlex.split(load(path, {}).on_token)[-1] == "umask 077; cat > webex-token"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = required("systemd-analyze")
    service, timer = blocks("ini")
    program = shutil.which("true")
    # Only what there is can be verified, and wtr need not be installed here.
    (tmp_path / "wtr-refresh.service").write_text(
        service.replace("%h/.local/bin/wtr", f"{program}")
    )
    (tmp_path / "wtr-refresh.timer").write_text(timer)
    done = subprocess.run(
        [
            analyze,
            "verify",
            str(tmp_path / "wtr-refresh.service"),
            str(tmp_path / "wtr-refresh.timer"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    # It may have words about the machine's own units too.
    assert [line for line in done.stderr.splitlines() if "wtr-refresh" in line] == []
