"""What each key does here, and what this screen is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from wtr_tui.tui.screens.base import Box, Dialog, WtrScreen
from wtr_tui.tui.screens.columns import AROUND, WIDEST, hanging
from wtr_tui.tui.widgets.quiet import Quiet

# Not $text-muted: outside of a stylesheet it comes out as plain white.
_MUTED = "$foreground 60%"
_KEY_WIDTH = 10


class HelpScreen(Dialog[None]):
    """Made from the bindings themselves, so it cannot be out of date."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j,space", "scroll(1)", show=False),
    ]

    def __init__(self, about: WtrScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with Box():
            yield Quiet(f"Help · {self._about.HELP_NAME}", classes="heading")
            with VerticalScroll(can_focus=False):
                yield Quiet("", id="help")
            yield Quiet("↑ ↓ scroll   Esc closes", classes="keys")

    def on_resize(self) -> None:
        width = min(self.size.width, WIDEST) - AROUND
        socket = self.session.socket
        here = [
            (_in_words(self.app.get_key_display(binding)), binding.tooltip)
            for binding in self._about.BINDINGS
            if isinstance(binding, Binding) and binding.tooltip
            if not socket or self._about.check_action(binding.action, ()) is not False
        ]
        everywhere = [row for row in self._everywhere() if not socket or not row[0].startswith("F")]
        about = self._about.HELP_TEXT
        if socket:
            from wtr_tui.tui import from_socket

            about = from_socket.HELP_TEXT
        parts = (
            Content.styled("Keys on this screen (^ is Ctrl)", _MUTED),
            key_table(here, width),
            Content.styled("Keys everywhere", _MUTED),
            key_table(everywhere, width),
            Content.styled(f"About {self._about.HELP_NAME}", _MUTED),
            Content("\n".join(hanging(line, width) for line in about.split("\n"))),
        )
        gaps = ("\n", "\n\n") * 3
        together = [piece for pair in zip(parts, gaps, strict=True) for piece in pair]
        self.query_one("#help", Quiet).reshape(Content.assemble(*together[:-1]))

    def _everywhere(self) -> Iterable[tuple[str, str]]:
        """The keys of the program itself; those of one action on one line."""
        by_action: dict[str, list[Binding]] = {}
        for each in self.app.BINDINGS:
            if isinstance(each, Binding) and each.description:
                by_action.setdefault(each.action, []).append(each)
        for found in by_action.values():
            keys = dict.fromkeys(self.app.get_key_display(each) for each in found)
            yield " ".join(keys), found[0].tooltip or found[0].description

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines * 3, animate=False)


def key_table(rows: Iterable[tuple[str, str]], width: int) -> Content:
    """A line for each key; where its words need more, they stand under the words."""
    lines = []
    for key, words in rows:
        wrapped = hanging(f"{key:<{_KEY_WIDTH - 2}}  {words}", width, at=_KEY_WIDTH)
        lines.append(Content.styled(wrapped[: len(key)], "bold $accent") + wrapped[len(key) :])
    return Content("\n").join(lines)


def _in_words(key: str) -> str:
    return "Enter" if key == "⏎" else key
