"""One of the ways to sign in: a frame with a number, what it holds, and its own keys below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from wtr_tui.tui import keys
from wtr_tui.tui.widgets.panel import Panel
from wtr_tui.tui.widgets.quiet import Quiet


@dataclass(frozen=True)
class CardKey:
    """A key that works for this card; ``action`` as of a binding."""

    key: str
    word: str
    action: str
    enabled: bool = True


class CardKeys(Quiet):
    """The keys of one card, in as many lines as it takes; each can be clicked."""

    DEFAULT_CSS = "CardKeys { width: 100%; height: auto; dock: bottom; }"

    @dataclass
    class KeyPressed(Message):
        """A key was clicked; the screen runs its action."""

        action: str

    def __init__(self, keys: Sequence[CardKey]) -> None:
        super().__init__("")
        self._keys = tuple(keys)
        self._spans: list[tuple[int, int, int, str]] = []

    def on_mount(self) -> None:
        self._compose_lines()

    def on_resize(self) -> None:
        self._compose_lines()

    def show_keys(self, keys: Sequence[CardKey]) -> None:
        """Other keys, or other words for them."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self._compose_lines()

    def on_click(self, event: Click) -> None:
        for line, start, end, action in self._spans:
            if line == event.y and start <= event.x < end:
                event.stop()
                self.post_message(self.KeyPressed(action))

    def _compose_lines(self) -> None:
        room = self.content_size.width or self.app.size.width
        lines: list[Content] = [Content()]
        self._spans = []
        for key in self._keys:
            word = _styled(key)
            gap = "   " if lines[-1].cell_length else ""
            if gap and lines[-1].cell_length + len(gap) + word.cell_length > room:
                lines.append(Content())
                gap = ""
            start = lines[-1].cell_length + len(gap)
            lines[-1] = lines[-1] + gap + word
            if key.enabled:
                self._spans.append((len(lines) - 1, start, start + word.cell_length, key.action))
        self.reshape(Content("\n").join(lines))


class Card(Panel):
    """``1  Forward the port ──── likeliest here``: accented when it is the likeliest.

    Gives :class:`CardKeys.KeyPressed` when one of its keys is clicked, and
    :class:`Panel.TitlePressed` for the right title.
    """

    DEFAULT_CSS = "Card { padding: 1 2 0 2; min-height: 10; }"

    def __init__(
        self,
        number: int,
        title: str,
        *children: Widget,
        keys: Sequence[CardKey] = (),
        likeliest: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        self.keys = CardKeys(keys)
        super().__init__(
            f"{number}  {title}",
            *children,
            self.keys,
            right=_LIKELIEST if likeliest else "",
            accent=likeliest,
            id=id,
            classes=classes,
        )

    def mark_likeliest(self, likeliest: bool) -> None:
        """Accents it and says so, or no longer."""
        self.accent = likeliest
        self.show_right(_LIKELIEST if likeliest else "")


_LIKELIEST = Content.styled("likeliest here", "not bold $next")


def _styled(key: CardKey) -> Content:
    shown = keys.key(keys.action_id(key.action), key.key)
    if key.enabled:
        return Content.styled(shown, "bold $next") + Content(f" {key.word}")
    return Content.styled(f"{shown} {key.word}", "$muted")
