"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine; only a failure waits for them to pass."""


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Returns once the condition holds; fails where it does not within ``PATIENCE``."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what or condition}"
        time.sleep(0.01)
