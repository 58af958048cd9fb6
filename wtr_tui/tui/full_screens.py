"""The full screens by name. Each is loaded and made when it is first gone to."""

from __future__ import annotations

from collections.abc import Iterator

from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.token import TokenScreen


class FullScreens:
    """``token``, ``retrieval`` and ``configuration``; each is the same one every time."""

    def __init__(self) -> None:
        self._made: dict[str, WtrScreen] = {}

    def __getitem__(self, name: str) -> WtrScreen:
        if name not in self._made:
            self._made[name] = _new(name)
        return self._made[name]

    def made(self) -> Iterator[WtrScreen]:
        """Those that somebody has gone to."""
        yield from self._made.values()

    def built(self) -> Iterator[WtrScreen]:
        """Those that hold their widgets now."""
        return (screen for screen in self.made() if screen.is_built)


def _new(name: str) -> WtrScreen:
    if name == "token":
        return TokenScreen()
    if name == "retrieval":
        from wtr_tui.tui.screens.retrieval import RetrievalScreen

        return RetrievalScreen()
    from wtr_tui.tui.screens.configuration import ConfigurationScreen

    assert name == "configuration"
    return ConfigurationScreen()
