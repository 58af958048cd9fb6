"""Which tests ``make test-fast`` leaves out: what waits for other programs, and what takes long."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]

# Folders, and files that take more than their share.
_PLACES = (
    "benchmarks",
    "end_to_end",
    "ssh",
    "security",
    "slow",
    "tui/test_pictures.py",
    "tui/test_retrieval_screen.py",
    "commands/test_completion.py",
    "commands/test_import_export.py",
    "commands/test_install_timer.py",
    "commands/test_retrieve.py",
    "storage/test_many_writers.py",
)
# Whoever asks for one of these talks to a real program.
_FIXTURES = frozenset(
    {"chromium", "start", "log_in", "ssh_server", "user_manager", "tmux", "tmux_server"}
)


def mark_slow(items: Iterable[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(_TESTS)
        used = getattr(item, "fixturenames", ())
        if any(place.is_relative_to(slow) for slow in _PLACES) or not _FIXTURES.isdisjoint(used):
            item.add_marker(pytest.mark.slow)
