"""The same surroundings on every machine: time zone, home, clock, clipboard, browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.support.clock import Clock
from tests.support.stage import Stage
from tests.support.waiting import PATIENCE
from wtr_tui.clock import now
from wtr_tui.environment import browser, clipboard


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of these tests stands still: nobody has to wait for a real second."""
    monkeypatch.setattr("wtr_tui.tui.app._TICK_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def _lasting_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a message end before a busy machine has looked at it."""
    monkeypatch.setattr("wtr_tui.tui.screens.seconds_shown", lambda *_: 10 * PATIENCE)


@pytest.fixture(autouse=True)
def _unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paints only what a test looks at, not each change for a terminal that there is not.

    A fifth of the time went into those. The tests of the app paint them all.
    """
    paint = Compositor.render_update

    def render_update(
        self: Compositor, full: bool = False, **options: Any
    ) -> RenderableType | None:
        if full:
            return paint(self, full, **options)
        self._dirty_regions.clear()
        return None

    monkeypatch.setattr(Compositor, "render_update", render_update)


@pytest.fixture(autouse=True)
def _styles_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apps of the same colours share the rules that were read of their styles."""
    set_variables = Stylesheet.set_variables

    def set_and_share(self: Stylesheet, variables: dict[str, str]) -> None:
        set_variables(self, variables)
        self._parse_cache = _rules_of(frozenset(variables.items()))

    monkeypatch.setattr(Stylesheet, "set_variables", set_and_share)


@cache
def _rules_of(variables: frozenset[tuple[str, str]]) -> LRUCache[tuple[Any, ...], list[RuleSet]]:
    return LRUCache(1024)


@pytest.fixture(autouse=True)
def _same_everywhere(profile_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was copied, in its order. The clipboard of this machine is left alone."""
    texts: list[str] = []

    def copy(text: str, *_: object, **__: object) -> clipboard.CopyResult:
        texts.append(text)
        return clipboard.CopyResult(clipboard.Route.OSC52, "Sent to your terminal's clipboard.")

    monkeypatch.setattr(clipboard, "copy", copy)
    return texts


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses a browser was asked to open. None is started."""
    urls: list[str] = []

    def open_browser(url: str, *_: object, **__: object) -> str:
        urls.append(url)
        return "Asked firefox to open the page."

    monkeypatch.setattr(browser, "open_browser", open_browser)
    return urls


@pytest.fixture
def clock() -> Clock:
    """Stands still at the instant the test began: tokens from the sandbox are of that time."""
    return Clock(now().replace(microsecond=0))


@pytest.fixture
def stage(tmp_path: Path, clock: Clock) -> Stage:
    return Stage(tmp_path, clock)
