"""Lines of keys that do something here: the bottom of each screen, and that of a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.screen import Screen

from wtr_tui.tui import keys as keys_
from wtr_tui.tui.widgets.quiet import Quiet


class ShownKey(NamedTuple):
    """A key, its word, the action of its binding, and whether it does something now."""

    key: str
    word: str
    action: str
    enabled: bool = True

    @property
    def content(self) -> Content:
        """``r Refresh``."""
        if self.enabled:
            return Content.styled(self.key, "bold $next") + Content(f" {self.word}")
        return Content.styled(f"{self.key} {self.word}", "$muted")


class KeyLines(Quiet):
    """Keys in as many lines as it takes, a key and its word never parted.

    A click on a key does what the key does.
    """

    GAP = 3

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, int, str]] = []

    def lay_out(self, keys: Sequence[ShownKey], room: int) -> list[Content]:
        """The lines of so many columns; where each key stands is kept for a click."""
        lines, self._spans = [Content()], []
        for key in keys:
            word = key.content
            gap = " " * self.GAP if lines[-1].cell_length else ""
            if gap and lines[-1].cell_length + len(gap) + word.cell_length > room:
                lines.append(word)
            else:
                lines[-1] = lines[-1] + gap + word
            end = lines[-1].cell_length
            self._spans.append((len(lines) - 1, end - word.cell_length, end, key.action))
        return lines

    async def on_click(self, event: Click) -> None:
        at = event.x - self.styles.padding.left
        for line, start, end, action in self._spans:
            if line == event.y and start <= at < end:
                event.stop()
                for active in self.screen.active_bindings.values():
                    if active.enabled and active.binding.action == action:
                        await self.app.run_action(action, active.node)
                        return


class KeyBar(KeyLines):
    """Shows the bindings of the screen that are to be shown, in the order they are declared.

    One widget instead of Textual's Footer with one for each key: a seventh of the bytes, and
    nothing to lay out at start.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"
    GAP = 2

    def __init__(self, *, most_lines: int = 4) -> None:
        """``most_lines``: where more would be needed, the keys declared last but two go first.

        The last two are taken for those that lead on from everywhere, such as Quit and Help.
        """
        super().__init__()
        self._most_lines = most_lines
        self._composed: object = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._compose_line()

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    def _compose_line(self) -> None:
        room = self.app.size.width - 2
        keys = self._keys()
        # Asked for several times whenever a screen is shown; seldom is anything different.
        if (room, keys) == self._composed:
            return
        self._composed = (room, keys)
        lines = self.lay_out(keys, room)
        while len(lines) > self._most_lines and len(keys) > _ALWAYS:
            keys = [*keys[: -_ALWAYS - 1], *keys[-_ALWAYS:]]
            lines = self.lay_out(keys, room)
        self.styles.height = len(lines)
        self.reshape(Content("\n").join(lines))

    def _keys(self) -> list[ShownKey]:
        shown: dict[str, ShownKey] = {}
        # In their order also where they have other keys than they were declared with.
        declared = [each.action for each in self.screen.BINDINGS if isinstance(each, Binding)]
        order = {action: at for at, action in enumerate(declared)}
        for active in sorted(
            self.screen.active_bindings.values(),
            key=lambda each: order.get(each.binding.action, len(order)),
        ):
            binding = active.binding
            if binding.show and binding.action not in shown:
                key = self.app.get_key_display(binding)
                shown[binding.action] = ShownKey(
                    key, binding.description, binding.action, active.enabled
                )
        return list(shown.values())


_ALWAYS = 2


class CardKeys(KeyLines):
    """The keys of one card, each as it is declared."""

    DEFAULT_CSS = "CardKeys { width: 100%; height: auto; dock: bottom; }"

    def __init__(self, keys: Sequence[ShownKey]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def on_mount(self) -> None:
        self._compose_lines()

    def on_resize(self) -> None:
        self._compose_lines()

    def show_keys(self, keys: Sequence[ShownKey]) -> None:
        """Other keys, or other words for them."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self._compose_lines()

    def _compose_lines(self) -> None:
        room = self.content_size.width or self.app.size.width
        now = [
            each._replace(key=keys_.key(keys_.action_id(each.action), each.key))
            for each in self._keys
        ]
        self.reshape(Content("\n").join(self.lay_out(now, room)))
