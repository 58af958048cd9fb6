"""The line at the bottom: the keys that do something here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.screen import Screen

from wtr_tui.tui.widgets.quiet import Quiet


@dataclass(frozen=True)
class ShownKey:
    """A key, its word, whether it does something now, and the action that it stands for."""

    key: str
    word: str
    enabled: bool
    action: str


class KeyBar(Quiet):
    """Shows the bindings of the screen that are to be shown, in the order they are declared.

    One widget instead of Textual's Footer with one for each key: a seventh of the bytes, and
    nothing to lay out at start. A click on a key does what the key does.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"

    def __init__(self, *, most_lines: int = 4, gap: int = 2) -> None:
        """``most_lines``: where more would be needed, the keys declared last but two go first.

        The last two are taken for those that lead on from everywhere, such as Quit and Help.
        """
        super().__init__()
        self._most_lines = most_lines
        self._gap = " " * gap
        self._composed: object = None
        self._spans: list[tuple[int, int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._compose_line()

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    async def on_click(self, event: Click) -> None:
        at = event.x - self.styles.padding.left
        for line, start, end, action in self._spans:
            if line == event.y and start <= at < end:
                event.stop()
                for active in self.screen.active_bindings.values():
                    if active.enabled and active.binding.action == action:
                        await self.app.run_action(action, active.node)
                        return

    def _compose_line(self) -> None:
        room = self.app.size.width - 2
        keys = list(self._keys())
        # Asked for several times whenever a screen is shown; seldom is anything different.
        if (room, keys) == self._composed:
            return
        self._composed = (room, keys)
        lines, spans = self._laid_out(keys, room)
        while len(lines) > self._most_lines and len(keys) > _ALWAYS:
            del keys[-_ALWAYS - 1]
            lines, spans = self._laid_out(keys, room)
        self._spans = spans
        self.styles.height = len(lines)
        self.reshape(Content("\n").join(lines))

    def _laid_out(
        self, keys: list[ShownKey], room: int
    ) -> tuple[list[Content], list[tuple[int, int, int, str]]]:
        """The keys in lines, a key and its word never parted, and where each of them stands."""
        lines: list[Content] = [Content()]
        spans = []
        for key in keys:
            word = _styled(key)
            gap = self._gap if lines[-1].cell_length else ""
            if lines[-1].cell_length + len(gap) + word.cell_length > room:
                lines.append(word)
            else:
                lines[-1] = lines[-1] + gap + word
            end = lines[-1].cell_length
            spans.append((len(lines) - 1, end - word.cell_length, end, key.action))
        return lines, spans

    def _keys(self) -> Iterator[ShownKey]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                yield ShownKey(
                    self.app.get_key_display(binding),
                    binding.description,
                    active.enabled,
                    binding.action,
                )


_ALWAYS = 2


def _styled(key: ShownKey) -> Content:
    if key.enabled:
        return Content.styled(key.key, "bold $next") + Content(f" {key.word}")
    return Content.styled(f"{key.key} {key.word}", "$muted")
