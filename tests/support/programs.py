"""Programs and rights of the machine that some tests need: tmux, screen, xclip, ssh, no root."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def required(name: str) -> str:
    """The path of the program ``name``.

    Where it is missing the test is skipped and says so, but with ``WTR_REQUIRE_PROGRAMS=1`` it
    fails: a run that is meant to be complete must not be silently smaller.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    if os.environ.get("WTR_REQUIRE_PROGRAMS") == "1":
        pytest.fail(f"{name} is not installed", pytrace=False)
    pytest.skip(f"{name} is not installed")


def ordinary() -> tuple[str, ...]:
    """The beginning of a command that runs as an ordinary user: root may write anywhere."""
    if os.geteuid() != 0:
        return ()
    without = (required("setpriv"), "--bounding-set=-all", "--inh-caps=-all")
    if subprocess.run((*without, "true"), check=False).returncode:
        pytest.skip("nobody lets this test lay down root's rights")
    return without
