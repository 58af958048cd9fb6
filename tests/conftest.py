"""What tests of every part share: a stand-in for Webex, and a place to keep files in."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.environment import default_signals
from tests.support.ports import free_port
from tests.support.slow import is_in_a_slow_place, mark_slow
from tests.support.webex import Integration, Sandbox, new_integration
from wtr_tui import shutdown

# As early as can be: what a test starts is to begin as at a user's prompt.
default_signals()

# Seven hundred new objects are no reason to look for garbage: one screen is made of thousands.
gc.set_threshold(20_000)

_FOREIGN_PREFIXES = ("WEBEX_", "WTR_", "SSH_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")


# A limit on the time of one example would be one on how busy the machine is.
settings.register_profile("all", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("all"), max_examples=25)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("fast" if _is_fast(config) else "all")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    # To look for tests that will not run takes each worker a second.
    return True if _is_fast(config) and is_in_a_slow_place(collection_path) else None


def _is_fast(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "not slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_slow(items)


def pytest_collection_finish() -> None:
    # What has been loaded stays: nothing of it has to be looked at in each collection.
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    # Once, before pytest does it five times over.
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _not_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that a test has ended in this process is not the next test's."""
    monkeypatch.setattr(shutdown, "_has_begun", False)


@pytest.fixture
def integration() -> Integration:
    """An integration of this test alone, whose redirect port is free."""
    return new_integration(f"http://localhost:{free_port()}")


@pytest.fixture
def sandbox(integration: Integration) -> Iterator[Sandbox]:
    """A running stand-in that knows ``integration`` and no other."""
    with Sandbox([integration]) as running:
        yield running


@pytest.fixture
def profile_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's home, empty: ``~``, ``~/.config`` and ``~/.local/state`` are inside.

    The environment has nothing left of the program's own settings, of an SSH session or of a
    proxy.
    """
    for name in tuple(os.environ):
        if name.startswith(_FOREIGN_PREFIXES) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
    return home
