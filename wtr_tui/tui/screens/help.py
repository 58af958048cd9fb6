"""What each key does here, and what this screen is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid
from textual.content import Content

from wtr_tui.tui.keys import with_keys
from wtr_tui.tui.screens.base import SCROLL_KEYS, Box, Dialog, WtrScreen
from wtr_tui.tui.screens.columns import hanging
from wtr_tui.tui.widgets.quiet import Quiet

_BESIDE_FROM = 110
"""Columns from which on the keys of the screen and those of the program stand side by side."""
_WIDEST, _USUAL, _GUTTER, _AROUND = 98, 68, 4, 11


class HelpScreen(Dialog[None]):
    """Made from the bindings themselves, so it cannot be out of date."""

    ASKS = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_BESIDE_FROM, "-wide")]  # noqa: RUF012
    DEFAULT_CSS = """
    HelpScreen #keys { height: auto; grid-size: 1; grid-gutter: 1 4; }
    HelpScreen.-wide #keys { grid-size: 2; }
    HelpScreen #about { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
    ]

    def __init__(self, about: WtrScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        widest = _WIDEST if self.app.size.width >= _BESIDE_FROM else _USUAL
        with Box(f"Help · {self._about.HELP_NAME}", *SCROLL_KEYS, columns=widest):
            with ItemGrid(id="keys"):
                yield Quiet(id="here")
                yield Quiet(id="everywhere")
            yield Quiet(id="about")

    def on_resize(self) -> None:
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
        wide = self.size.width >= _BESIDE_FROM
        width = min(_WIDEST if wide else _USUAL, self.size.width - _AROUND)
        column = (width - _GUTTER) // 2 if wide else width
        text = "\n".join(hanging(line, width) for line in with_keys(about).split("\n"))
        for name, title, content in (
            ("here", "Keys on this screen (^ is Ctrl)", key_table(here, column)),
            ("everywhere", "Keys everywhere", key_table(everywhere, column)),
            ("about", f"About {self._about.HELP_NAME}", Content(text)),
        ):
            headed = Content.assemble(Content.styled(title, "$muted"), "\n", content)
            self.query_one(f"#{name}", Quiet).reshape(headed)

    def _everywhere(self) -> Iterable[tuple[str, str]]:
        """The keys of the program itself; those of one action on one line."""
        by_action: dict[str, list[Binding]] = {}
        for each in self.app.BINDINGS:
            if isinstance(each, Binding) and each.description:
                by_action.setdefault(each.action, []).append(each)
        for found in by_action.values():
            keys = dict.fromkeys(self.app.get_key_display(each) for each in found)
            yield " ".join(keys), found[0].tooltip or found[0].description


def key_table(rows: Iterable[tuple[str, str]], width: int) -> Content:
    """A line for each key; where its words need more, they stand under the words."""
    rows, lines = tuple(rows), []
    keys = max((len(key) for key, _ in rows), default=0)
    for key, words in rows:
        wrapped = hanging(f"{key:<{keys}}  {words}", width, at=keys + 2)
        lines.append(Content.styled(wrapped[: len(key)], "bold $next") + wrapped[len(key) :])
    return Content("\n").join(lines)


def _in_words(key: str) -> str:
    return "Enter" if key == "⏎" else key
