"""What all full screens have in common: title, keys, one line for messages, small terminals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from wtr_tui.tui.widgets.key_bar import KeyBar
from wtr_tui.tui.widgets.message_line import MessageLine, Tone
from wtr_tui.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp
    from wtr_tui.tui.session import Session


_WIDE, _TALL = 76, 22


class Page(VerticalScroll, can_focus=False):
    """The scrolling middle. It takes no focus itself: that would repaint all of it."""


class WtrScreen(Screen[None]):
    """A full screen. Subclasses give ``NAME``, ``HELP_TEXT`` and :meth:`content`."""

    NAME: ClassVar[str]
    HELP_TEXT: ClassVar[str]
    # Not ClassVar: Textual declares them as variables of each instance.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]  # noqa: RUF012
    # Letters are keys here: no field takes them before the person goes to one.
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_message", "Close the message", show=False, id="clear"),
        # At once, before the next key is given to a field: over a slow line keys come in bunches,
        # and what follows a Tab, a secret perhaps, is meant for the next field.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("down,j", "scroll(1)", "Scroll down", show=False, id="scroll-down"),
        Binding("up,k", "scroll(-1)", "Scroll up", show=False, id="scroll-up"),
    ]

    # Textual repaints the whole screen at every change of focus, 7 kB at 120×40; the widgets
    # that gain and lose the focus repaint themselves anyway.
    focused = Reactive[Widget | None](None, repaint=False)

    def __init__(self) -> None:
        super().__init__()
        # Made beforehand: a screen may be told something before it is shown for the first time.
        self._message = MessageLine()
        self._styled_for = ""

    def compose(self) -> ComposeResult:
        # What the first Resize would set: it would style every widget a second time.
        width, height = self.app.size
        self.add_class("-wide" if width >= _WIDE else "-narrow")
        self.add_class("-tall" if height >= _TALL else "-short")
        yield TitleBar(self.NAME, self.session.place)
        with Page(id="page"):
            yield from self.content()
        yield self._message
        yield KeyBar()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.ScreenResume):
            # Widgets are styled when they are made, and when something about them changes. To
            # style all of them again takes longer than to show the screen. Only a style sheet of
            # the screen's own may be read after its first widgets were made.
            first = not self._styled_for
            event.refresh_styles = (
                bool(self.css_path) if first else self.app.theme != self._styled_for
            )
            self._styled_for = self.app.theme
        await super().on_event(event)

    def content(self) -> Iterable[Widget]:
        raise AssertionError("each screen has its own content")

    @property
    def wtr(self) -> WtrApp:
        return cast("WtrApp", self.app)

    @property
    def session(self) -> Session:
        return self.wtr.session

    @property
    def is_built(self) -> bool:
        """Whether its widgets are there: not yet before the first showing, no more at the end."""
        return self.is_mounted and self.app.is_running

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Says what happened, at the bottom of this screen."""
        self._message.tell(sentence, tone)

    def action_clear_message(self) -> None:
        self.tell("")

    def action_scroll(self, lines: int) -> None:
        self.query_one(Page).scroll_relative(y=lines, animate=False)

    def on_second(self, now: datetime) -> None:
        """Called once a second while this screen is shown."""

    def interrupt(self) -> bool:
        """Ends what is going on here, as Ctrl+C asks to; False where nothing is."""
        return False

    async def close_attempt(self) -> None:
        """Ends what is going on here, whatever screen is shown, and waits until it has ended."""

    def on_profile_changed(self) -> None:
        """Called when the session goes on with another profile."""
        self.query_one(TitleBar).move_to(self.session.place)
        self.tell("")
        self.on_token_changed()

    def on_token_changed(self) -> None:
        """Called when the stored token is another one, or is gone."""
