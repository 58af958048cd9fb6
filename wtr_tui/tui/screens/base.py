"""What all screens have in common.

:class:`WtrScreen` is a full screen: header, page, message line, key bar. :class:`Dialog` is a
framed box above one. Both have ``self.session`` and ``self.program``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

from wtr_tui.text import printable
from wtr_tui.tui.keys import spelled, with_keys
from wtr_tui.tui.session import Program, Session
from wtr_tui.tui.state import standing
from wtr_tui.tui.widgets.header import TABS, Header
from wtr_tui.tui.widgets.key_bar import KeyBar
from wtr_tui.tui.widgets.message_line import MOST_ROWS, MessageLine, Tone
from wtr_tui.tui.widgets.panel import CardKeys
from wtr_tui.tui.widgets.quiet import Quiet

NARROW_BELOW, TALL_FROM, TINY_BELOW = 76, 22, 14


class Page(VerticalScroll, can_focus=False):
    """The scrolling middle. It takes no focus itself: that would repaint all of it."""


class WtrScreen(Screen[None]):
    """A full screen. Subclasses give ``NAME``, ``HELP_NAME``, ``HELP_TEXT``, :meth:`content`.

    What they may take over: :meth:`on_second`, :meth:`on_token_changed`,
    :meth:`on_profile_changed`, :meth:`interrupt`, :meth:`close_attempt`, :meth:`unsaved_work`.
    """

    NAME: ClassVar[str]
    """The name of its tab, and of its entry in :mod:`wtr_tui.tui.screens`."""
    HELP_NAME: ClassVar[str]
    """What the help calls it."""
    HELP_TEXT: ClassVar[str]
    KEY_LINES: ClassVar[int] = 4
    """The most lines of the key bar; in a terminal of few lines it has one."""
    WHOLE_WIDTH: ClassVar[bool] = False
    """Whether its page uses all columns; prose is easier to read where lines are short."""
    # Not ClassVar: Textual declares them as variables of each instance.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_BELOW, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_FROM, "-tall")]  # noqa: RUF012
    # Letters are keys here: no field takes them before the user goes to one.
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
        # Made beforehand: a screen may be given a message before it is shown for the first time.
        self._message = MessageLine()
        self._styled_for = ""

    def compose(self) -> ComposeResult:
        # What the first Resize would set: it would style every widget a second time.
        size = self.app.size
        for breakpoints, length in (
            (self.HORIZONTAL_BREAKPOINTS, size.width),
            (self.VERTICAL_BREAKPOINTS, size.height),
        ):
            self.add_class([name for least, name in breakpoints or () if length >= least][-1])
        tabs = TABS[:1] if self.session.socket else TABS
        yield Header(self.NAME, standing(self.session), tabs=tabs)
        with Page(id="page", classes="-whole" if self.WHOLE_WIDTH else ""):
            yield from self.content()
        yield self._message
        yield KeyBar(most_lines=self.KEY_LINES if size.height >= TINY_BELOW else 1)

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
        """What the page holds."""
        raise NotImplementedError

    @property
    def program(self) -> Program:
        return cast(Program, self.app)

    @property
    def session(self) -> Session:
        return self.program.session

    @property
    def is_built(self) -> bool:
        """Whether its widgets are there: not yet before the first showing, no more at the end."""
        return self.is_mounted and self.app.is_running

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Says what happened, at the bottom of this screen, in rows that nothing else uses."""
        if self.is_built and self.query(KeyBar):
            self._make_room(for_message=bool(sentence))
        self._message.tell(sentence, tone)

    def forget(self, sentence: str) -> None:
        """Takes this message away, unless another has taken its place."""
        if self._message.sentence == sentence:
            self.tell("")

    def _make_room(self, *, for_message: bool) -> None:
        """Where the page needs all the rows of a low terminal, a message replaces the keys."""
        page, keys = self.query_one(Page), self.query_one(KeyBar)
        if self.size.height >= TALL_FROM:  # it may have been lower before
            self._message.limit(MOST_ROWS)
            keys.display = True
            return
        used = max((child.virtual_region_with_margin.bottom for child in page.children), default=0)
        key_rows = keys.outer_size.height if keys.display else 1
        free = self.size.height - 1 - key_rows - used
        self._message.limit(free if free > 0 else key_rows)
        keys.display = free > 0 or not for_message

    def on_message_line_over(self) -> None:
        self.tell("")

    def show_standing(self) -> None:
        """Lets the header say how the token is now; costs nothing where nothing changed."""
        self.query_one(Header).show_standing(standing(self.session))

    def on_header_tab_pressed(self, event: Header.TabPressed) -> None:
        self.program.go(event.name)

    async def on_card_keys_key_pressed(self, event: CardKeys.KeyPressed) -> None:
        await self.run_action(event.action)

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

    def when_settled(self, then: Callable[[], None]) -> None:
        """Calls ``then`` once the user may leave this screen: at once, or after a question."""
        then()

    def unsaved_work(self) -> str:
        """What would be lost if the program ended now, in a sentence; "" where nothing would."""
        return ""

    def on_profile_changed(self) -> None:
        """Called when the session goes on with another profile."""
        self.tell("")
        self.on_token_changed()

    def on_settings_changed(self) -> None:
        """Called when the settings were saved, be it elsewhere than on this screen."""
        self.query_one(Header).follow_keys()
        self.on_token_changed()

    def on_token_changed(self) -> None:
        """Called when the stored token is another one, or is gone."""


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box in the middle; ``compose`` yields one :class:`Box`."""

    ASKS: ClassVar[bool] = True
    """Whether it has to be answered; what only shows something makes way for another screen."""
    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-2)", show=False),
        Binding("down,j", "scroll(2)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
    ]

    @property
    def program(self) -> Program:
        return cast(Program, self.app)

    @property
    def session(self) -> Session:
        return self.program.session

    def on_key(self, event: events.Key) -> None:
        """Textual keeps the program's own keys, which work everywhere, from dialogs."""
        action = self.program.action_of(event.key)
        bound = self.active_bindings.get(event.key)
        if action and (bound is None or bound.node is not self):
            event.stop()
            self.app.call_later(self.app.run_action, action)

    def action_scroll(self, lines: int) -> None:
        self.query_one(Box).scroll_relative(y=lines, animate=False)


SCROLL_KEYS = (("↑ ↓", "scroll"), ("Esc", "closes"))


class Box(VerticalScroll, can_focus=False):
    """The frame of a dialog: the title above, the keys below; what it holds scrolls between them.

    ``columns`` is how many its widest line takes. Each key is what to press and what it does; a
    click on it presses it.
    """

    def __init__(self, title: str, *keys: tuple[str, str], columns: int = 68) -> None:
        super().__init__()
        self.show_title(title)
        self._keys = [(with_keys(key), word) for key, word in keys]
        parts = [
            Content.assemble(Content.styled(key, "bold $next"), f" {word}")
            for key, word in self._keys
        ]
        self.border_subtitle = self._line = Content(_BETWEEN).join(parts)
        self.styles.width = columns + _AROUND

    def on_click(self, event: events.Click) -> None:
        width, height = self.outer_size
        if event.y != height - 1:
            return
        # At the right of the lower edge; from its left end on where it is cut.
        start = max(width - _CORNER - self._line.cell_length, _CORNER)
        for key, word in self._keys:
            end = start + len(f"{key} {word}")
            if start <= event.x < end:
                event.stop()
                pressed = _NAMES.get(key) or next(
                    filter(lambda each: spelled(each) == key, self.screen.active_bindings), ""
                )
                if pressed:
                    # Not from here: a key that its parent has sent goes no further than a field.
                    self.app.call_later(self.app.simulate_key, pressed)
                return
            start = end + len(_BETWEEN)

    def show_title(self, title: str) -> None:
        """Another title; the same one costs nothing."""
        if self.border_title != printable(title):
            self.border_title = Content(printable(title))


_BETWEEN, _CORNER = "   ", 3
_NAMES = {"Enter": "enter", "Esc": "escape"}
_AROUND = 7
"""Columns of the frame, the blanks inside of it and the scroll bar (dialogs.tcss)."""


class Listing(Dialog[None]):
    """A list to be scrolled and closed: all scopes, the history.

    As wide as its lines, up to the screen; what does not fit goes on below column ``hang``."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[Content], *, hang: int = 0) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._hang = hang

    def compose(self) -> ComposeResult:
        count = len(self._lines)
        widest = max((line.cell_length for line in self._lines), default=30)
        title = f"{self._title} · {count}" if count else self._title
        with Box(title, *SCROLL_KEYS, columns=max(widest, 30)):
            yield Quiet("nothing yet")

    def on_resize(self) -> None:
        if self._lines:
            width = self.query_one(Box).content_size.width or self.size.width
            gap = "\n" + " " * self._hang
            lines = [
                line[: self._hang] + Content(gap).join(line[self._hang :].wrap(width - self._hang))
                for line in self._lines
            ]
            self.query_one(Quiet).reshape(Content("\n").join(lines))
