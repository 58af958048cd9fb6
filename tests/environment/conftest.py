"""Programs that stand in for browsers and clipboard tools, and a real tmux."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.environment import child_environ
from tests.support.programs import required
from tests.support.tmux_server import TmuxServer

Script = Callable[[str, str], Path]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH, empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def script(programs: Path) -> Script:
    """``script(name, body)`` writes a shell script of that name into ``programs``."""

    def write(name: str, body: str) -> Path:
        path = programs / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def tmux_server() -> Iterator[TmuxServer]:
    """A real tmux with a socket of its own, no configuration, and nobody attached."""
    required("tmux")
    # Not tmp_path: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="wtr-tmux-"))
    environ = child_environ(HOME=str(folder), LANG="C.UTF-8")
    server = TmuxServer(folder / "socket", environ)
    try:
        yield server
    finally:
        server.command("kill-server", check=False)
        shutil.rmtree(folder, ignore_errors=True)
