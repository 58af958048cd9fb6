"""Which tests ``make test-fast`` leaves out: what waits for other programs, and what takes long."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
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
    "tui/test_app.py",
    "tui/test_settings_screen.py",
    "tui/test_hard_end.py",
    "tui/test_help.py",
    "tui/test_pictures.py",
    "tui/test_sign_in_screen.py",
    "tui/widgets/test_pictures.py",
    # Each starts the program dozens of times.
    "commands/test_beside_0_1_0.py",
    "commands/test_check.py",
    "commands/test_completion.py",
    "commands/test_ending.py",
    "commands/test_hard_end.py",
    "commands/test_history_command.py",
    "commands/test_hook.py",
    "commands/test_import_export.py",
    "commands/test_install_timer.py",
    "commands/test_look.py",
    "commands/test_odd_places.py",
    "commands/test_one_answer.py",
    "commands/test_predecessor.py",
    "commands/test_recipes.py",
    "commands/test_refresh_command.py",
    "commands/test_retrieve.py",
    "commands/test_serve.py",
    "commands/test_service_app.py",
    "commands/test_sign_out.py",
    "storage/test_many_writers.py",
)
# Whoever asks for one of these talks to a real program.
_FIXTURES = frozenset(
    {"chromium", "start", "log_in", "ssh_server", "user_manager", "tmux", "tmux_server"}
)


def mark_slow(items: Iterable[pytest.Item]) -> None:
    """Raises pytest.UsageError where the list above names a file that there is no longer."""
    if missing := [place for place in _PLACES if not (_TESTS / place).exists()]:
        raise pytest.UsageError(f"tests/support/slow.py names what is not there: {missing}")
    for item in items:
        used = getattr(item, "fixturenames", ())
        if is_in_a_slow_place(item.path) or not _FIXTURES.isdisjoint(used):
            item.add_marker(pytest.mark.slow)


@cache  # a file has dozens of tests
def is_in_a_slow_place(path: Path) -> bool:
    """Whether all tests of this file or folder are slow."""
    return any(path.is_relative_to(_TESTS / place) for place in _PLACES)
