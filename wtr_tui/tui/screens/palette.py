"""The palette: every action of the screen and of the program, by name, its key at the right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widgets.option_list import Option

from wtr_tui.tui.screens.base import Box
from wtr_tui.tui.screens.chooser import Chooser

# What only makes sense with its key in the hand, or is another name of what is there.
_KEYS_ALONE = frozenset(
    ("scroll(1)", "scroll(-1)", "clear_message", "screen.copy_text", "interrupt", "palette")
)
_WIDTH = 67


class PaletteScreen(Chooser["ActiveBinding | None"]):
    """Gives the binding that was chosen, to be run once this is closed; None for none.

    It is made from the bindings that are active on the screen below, so that palette, help and
    the line of keys cannot disagree.
    """

    DEFAULT_CSS = "PaletteScreen #meaning { display: none; }"
    PLACEHOLDER: ClassVar[str] = "type a part of its name"
    KEYS = (("Enter", "runs it"), ("↑ ↓", "move"), ("Esc", "closes"))

    def __init__(self, below: Screen[None]) -> None:
        super().__init__()
        self._actions = dict(_actions(below.active_bindings.values()))

    def options(self, words: str) -> Iterable[Option]:
        wanted = words.lower().split()
        names = [n for n in self._actions if all(word in n.lower() for word in wanted)]
        names.sort(key=lambda name: not name.lower().startswith(words.strip().lower()))
        self.query_one(Box).show_title(f"Commands · {len(names)} of {len(self._actions)}")
        room = min(self.app.size.width - 12, _WIDTH)
        for name in names:
            key = self.app.get_key_display(self._actions[name].binding)
            gap = " " * max(room - len(name) - len(key), 2)
            yield Option(Content.assemble(name, gap, Content.styled(key, "bold $next")), id=name)

    def choose(self, name: str, words: str) -> None:
        if name:
            self.dismiss(self._actions[name])


def _actions(active: Iterable[ActiveBinding]) -> Iterable[tuple[str, ActiveBinding]]:
    """Each action once, by what it does: with Quit on a letter and on ^q, the letter."""
    seen: set[str] = set()
    for each in active:
        binding = each.binding
        name = binding.tooltip or binding.description
        action = binding.action.rpartition("app.")[2]
        if name and each.enabled and action not in seen | _KEYS_ALONE:
            seen.add(action)
            yield name, each
