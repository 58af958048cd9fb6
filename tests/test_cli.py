"""The command line, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import wtr_tui
from tests.support.environment import program_environ

_HEAVY = ("textual", "rich", "httpx", "h11", "yaml", "asyncio", "ssl", "pyperclip")


def ran(*command: str, environ: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of Python with these arguments."""
    process = subprocess.run(
        [sys.executable, *command],
        env=program_environ(**(environ or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return process.returncode, process.stdout, process.stderr


def test_the_version_is_told() -> None:
    assert ran("-m", "wtr_tui", "--version") == (0, f"wtr-tui {wtr_tui.__version__}\n", "")


def test_the_help_names_settings_files_and_exit_codes() -> None:
    code, out, err = ran("-m", "wtr_tui", "--help")
    assert (code, err) == (0, "")
    for wanted in ("usage: wtr ", "--profile", "--config", "--sandbox", "WEBEX_APPID", "exit"):
        assert wanted in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("option", ["--no-such-option", "--profile"])
def test_a_wrong_option_is_an_error_of_usage(option: str) -> None:
    code, out, err = ran("-m", "wtr_tui", option)
    assert (code, out) == (2, "")
    assert "usage: wtr " in err


@pytest.mark.parametrize(
    "statement",
    [
        "import wtr_tui.cli",
        "from wtr_tui.cli import main; main(['--version'])",
        "from wtr_tui.cli import main; main([])",
    ],
    ids=["imported", "version", "no-terminal"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(statement: str) -> None:
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr))\n"
        f"{statement}"
    )
    _, _, err = ran(
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(Path(wtr_tui.__file__).parents[1])!r})\n{program}",
    )
    loaded = err.rpartition("loaded ")[2].split()
    assert "wtr_tui.cli" in loaded
    assert [name for name in _HEAVY if name in loaded] == []
