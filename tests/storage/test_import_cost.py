"""What a script needs to print a good token must not import what takes longer than that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wtr_tui

ROOT = Path(wtr_tui.__file__).parent.parent
HEAVY = {
    "asyncio", "contextlib", "dataclasses", "datetime", "hashlib", "httpx", "inspect", "pathlib",
    "platformdirs", "secrets", "tempfile", "textual", "typing", "yaml",
}  # fmt: skip


def modules_after(statement: str) -> set[str]:
    """What a bare interpreter has loaded; ``-S`` leaves out what site-packages adds by itself."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{statement}\n"
        "names = sorted(sys.modules)\nimport json; print(json.dumps(names))"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], capture_output=True, text=True, check=True
    )
    names: list[str] = json.loads(run.stdout)
    return set(names)


@pytest.mark.parametrize("module", ["paths", "lock", "private_file"])
def test_paths_and_locks_need_next_to_nothing(module: str) -> None:
    loaded = modules_after(f"import wtr_tui.storage.{module}")
    assert f"wtr_tui.storage.{module}" in loaded
    assert not loaded & (HEAVY | {"re", "json", "functools", "collections", "pwd"})


def test_a_good_token_needs_the_standard_library_alone() -> None:
    loaded = modules_after(
        "from wtr_tui.tokens import fast_token\nfast_token(None, None, {'HOME': '/does/not'})"
    )
    assert not loaded & (HEAVY - {"datetime"})
