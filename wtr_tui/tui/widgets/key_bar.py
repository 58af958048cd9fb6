"""The line at the bottom: the keys that do something here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from textual.content import Content
from textual.screen import Screen

from wtr_tui.tui.widgets.quiet import Quiet


class KeyBar(Quiet):
    """Shows the bindings of the screen that are to be shown, in the order they are declared.

    One widget instead of Textual's Footer with one for each key: a seventh of the bytes, and
    nothing to lay out at start.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._composed: object = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._compose_line()

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    def _compose_line(self) -> None:
        """Lays the keys out in lines, a key and its word never parted."""
        room = self.app.size.width - 2
        keys = list(self._keys())
        # Asked for several times whenever a screen is shown; seldom is anything different.
        if (room, keys) == self._composed:
            return
        self._composed = (room, keys)
        lines: list[Content] = [Content()]
        for key in map(_styled, keys):
            gap = Content("  " if lines[-1].cell_length else "")
            if lines[-1].cell_length + gap.cell_length + key.cell_length > room:
                lines.append(key)
            else:
                lines[-1] = lines[-1] + gap + key
        self.styles.height = len(lines)
        self.reshape(Content("\n").join(lines))

    def _keys(self) -> Iterator[ShownKey]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                yield self.app.get_key_display(binding), binding.description, active.enabled


ShownKey: TypeAlias = tuple[str, str, bool]
"""A key, its word, and whether it does something now."""


def _styled(shown: ShownKey) -> Content:
    key, word, enabled = shown
    if enabled:
        return Content.styled(key, "bold $accent") + Content(f" {word}")
    # Not $text-disabled: outside of a stylesheet it comes out as plain white.
    return Content.styled(f"{key} {word}", "$foreground 40%")
