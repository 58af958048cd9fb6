"""What each key does here, and what this screen is for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.widgets.dialog import Dialog
from wtr_tui.tui.widgets.quiet import Quiet

EVERYWHERE = (
    ("F2 F3 F4", "Token, Sign in, Settings"),
    ("F5", "Profiles: switch to another integration"),
    ("F6", "Check what would go wrong here"),
    ("? or F1", "This help (F1 while typing)"),
    ("ctrl+p", "Find any action by name"),
    ("ctrl+l", "Repaint the screen (F4: read the file again)"),
    ("ctrl+z", "To the background; fg brings it back"),
    ("ctrl+c", "Cancel what is going on, else quit"),
    ("ctrl+q", "Quit; the terminal is as before"),
)


class HelpScreen(ModalScreen[None]):
    """Made from the bindings themselves, so it cannot be out of date."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j,space", "scroll(1)", show=False),
    ]

    def __init__(self, about: WtrScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with Dialog():
            yield Quiet(f"Help · {self._about.NAME}", classes="heading")
            with VerticalScroll(can_focus=False):
                yield Quiet(self._keys())
                yield Quiet("")
                yield Quiet(self._about.HELP_TEXT)
            yield Quiet("Esc closes   ↑ ↓ scroll", classes="keys")

    def _keys(self) -> Content:
        rows = [
            (self.app.get_key_display(binding), binding.tooltip)
            for binding in self._about.BINDINGS
            if isinstance(binding, Binding) and binding.tooltip
        ]
        lines = [
            Content.assemble(Content.styled(key.ljust(10), "bold $accent"), Content(words))
            for key, words in (*rows, *EVERYWHERE)
        ]
        return Content("\n").join(lines)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines * 3, animate=False)
