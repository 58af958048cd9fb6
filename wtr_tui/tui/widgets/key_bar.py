"""Lines of keys that do something here: the bottom of each screen, and that of a card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from textual.actions import parse
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.widgets import Input

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


Spans = Sequence[tuple[int, int, int, str]]
"""Where the keys stand: the line, the first column, the one behind the last, and the action."""


def lay_out(keys: Iterable[ShownKey], room: int, gap: int = 3) -> tuple[list[Content], Spans]:
    """Keys in as many lines of ``room`` columns as it takes, a key and its word never parted."""
    lines, spans = [Content()], []
    for key in keys:
        word = key.content
        before = lines[-1].cell_length
        if before and before + gap + word.cell_length > room:
            lines.append(word)
        else:
            lines[-1] += " " * (gap if before else 0) + word
        end = lines[-1].cell_length
        spans.append((len(lines) - 1, end - word.cell_length, end, key.action))
    return lines, spans


class KeyLines(Quiet):
    """Keys that follow what can be done now. A click on a key does what the key does."""

    GAP = 3

    def __init__(self, most_lines: int = 99) -> None:
        """``most_lines``: where more would be needed, the keys declared last but two go first.

        The last two are taken for those that lead on from everywhere, such as Quit and Help.
        """
        super().__init__()
        self._most_lines = most_lines
        self._shown: object = None
        self._spans: Spans = ()

    def offered(self) -> list[ShownKey]:
        """Those to be shown now."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.follow())
        self.follow()

    def on_resize(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Shows them as they are now; the same keys cost nothing."""
        room, keys = self.content_size.width or self.app.size.width - 2, self.offered()
        # Asked for several times whenever a screen is shown; seldom is anything different.
        if (room, keys) == self._shown:
            return
        self._shown = (room, keys)
        lines, self._spans = lay_out(keys, room, self.GAP)
        while len(lines) > self._most_lines and len(keys) > _ALWAYS:
            keys = [*keys[: -_ALWAYS - 1], *keys[-_ALWAYS:]]
            lines, self._spans = lay_out(keys, room, self.GAP)
        self.reshape(Content("\n").join(lines))

    async def on_click(self, event: Click) -> None:
        at = event.x - self.styles.padding.left
        for line, start, end, action in self._spans:
            if line == event.y and start <= at < end:
                event.stop()
                for active in self.screen.active_bindings.values():
                    if active.enabled and active.binding.action == action:
                        await self.app.run_action(action, active.node)
                        return


_ALWAYS = 2


class KeyBar(KeyLines):
    """Shows the bindings of the screen that are to be shown, in the order they are declared.

    One widget instead of Textual's Footer with one for each key: a seventh of the bytes, and
    nothing to lay out at start.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"
    GAP = 2

    def offered(self) -> list[ShownKey]:
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


class CardKeys(KeyLines):
    """The keys of one card: those of the screen's that have these actions.

    ``words`` are other words for some of them than the screen has.
    """

    DEFAULT_CSS = "CardKeys { width: 100%; dock: bottom; }"

    def __init__(self, *actions: str) -> None:
        super().__init__()
        self._actions = actions
        self.words: Mapping[str, str] = {}

    def follow(self) -> None:
        super().follow()
        self.display = bool(self._spans)

    def offered(self) -> list[ShownKey]:
        screen, shown = self.screen, []
        declared = {each.action: each for each in screen.BINDINGS if isinstance(each, Binding)}
        typing = isinstance(screen.focused, Input)  # they are letters there
        for action in self._actions:
            binding = declared[action]
            state = screen.check_action(*parse(action)[1:])
            if state is not False:
                key = self.app.get_key_display(binding)
                word = self.words.get(action, binding.description)
                shown.append(ShownKey(key, word, action, bool(state) and not typing))
        return shown
