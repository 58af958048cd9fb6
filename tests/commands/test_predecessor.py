"""The Go tool's file in the folder where a command is started: told of, and left alone."""

from __future__ import annotations

import pytest

from tests.support.home import Home
from tests.support.webex import Sandbox

HINT = "wtr import .wtr-cli.json takes over what it holds."


@pytest.mark.parametrize(
    ("words", "code"), [(("retrieve",), 2), (("refresh",), 3), (("token",), 3), (("status",), 3)]
)
def test_who_comes_from_the_go_tool_is_told_the_way(
    home: Home, words: tuple[str, ...], code: int
) -> None:
    file = home.folder / ".wtr-cli.json"
    file.write_text("no business of anybody's")
    ran = home.run(*words)
    assert ran.code == code
    assert ran.err.splitlines()[-1].endswith(HINT)
    file.unlink()
    assert HINT not in home.run(*words).err


def test_nobody_else_is(home: Home, sandbox: Sandbox) -> None:
    (home.folder / ".wtr-cli.json").write_text("no business of anybody's")
    assert HINT not in home.run("token", "--profile", "work").err
    assert HINT not in home.run("import", ".wtr-cli.json").err
    home.configure(sandbox)
    assert HINT not in home.run("token").err
