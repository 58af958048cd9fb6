"""Reading a FIFO that nobody writes to, without a test that hangs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE


def without_waiting(path: Path, work: Callable[[], object]) -> None:
    """Does the work; where it waits for somebody to write to the FIFO, the test fails."""
    caught: list[BaseException] = []

    def recorded() -> None:
        try:
            work()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=recorded, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # lets go of the one who waits
        pytest.fail(f"waits for somebody to write to {path.name}")
    if caught:
        raise caught[0]
