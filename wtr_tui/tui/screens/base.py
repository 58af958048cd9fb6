"""What all full screens have in common: header, page, message line, key bar."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from wtr_tui.tui import driver
from wtr_tui.tui.keys import key
from wtr_tui.tui.session import Session
from wtr_tui.tui.state import standing
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets.bars import TABS, Header, KeyBar
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

NARROW_BELOW, TALL_FROM, TINY_BELOW = 76, 22, 14


MOST_ROWS = 3
"""Of the message line."""
_CHARACTERS_A_SECOND = 15
_LEAST_SECONDS = {Tone.PLAIN: 6, Tone.GOOD: 6, Tone.WARN: 20, Tone.BAD: 60}


def seconds_shown(sentence: str, tone: Tone) -> float:
    """How long a message stays: what failed longer than what went well, time to read it beside."""
    return _LEAST_SECONDS[tone] + len(sentence) / _CHARACTERS_A_SECOND


class MessageLine(Quiet):
    """Stays for a while, until another message comes, or until the user presses Escape.

    What is under way (``Refreshing …``) stays until its outcome is shown. Where there is no room
    for all of it, it ends with the key that shows the rest.
    """

    def __init__(self, over: Callable[[], None]) -> None:
        """``over`` is called once it has been there long enough."""
        super().__init__()
        self._over = over
        self.sentence, self._tone = "", Tone.PLAIN
        self._timer: Timer | None = None
        self._rows = MOST_ROWS

    def on_mount(self) -> None:
        self._count()  # it may have a message before it is shown

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        self.sentence, self._tone = sentence, tone
        for other in Tone:
            self.set_class(other is tone, f"-{other.name.lower()}")
        self.set_class(bool(sentence), "-shown")
        self.reshape(f"{tone.sign} {sentence}" if sentence else "")
        if self.is_mounted:
            self._count()

    @property
    def whole(self) -> Content:
        """All of it, with its sign."""
        return super().render()

    def limit(self, rows: int) -> None:
        """Takes no more than so many rows, and at least one."""
        self._rows = min(max(rows, 1), MOST_ROWS)
        self.styles.max_height = self._rows

    def render(self) -> Content:
        whole, width = self.whole, self.content_size.width
        lines = whole.wrap(width) if width else []
        if len(lines) <= self._rows:
            return whole
        *shown, last = lines[: self._rows]
        more = Content.styled(f"… {key('whole-message', 'ctrl+g')}", "bold $next")
        return Content("\n").join([*shown, last[: width - more.cell_length - 1] + " " + more])

    def _count(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.sentence and not self.sentence.endswith("…"):
            self._timer = self.set_timer(seconds_shown(self.sentence, self._tone), self._over)


class Page(VerticalScroll, can_focus=False):
    """The scrolling middle. It takes no focus itself: that would repaint all of it."""

    # A blank column beside the scroll bar: texts are not to touch it.
    DEFAULT_CSS = "Page.-scrolls > * { max-width: 99%; }"

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        self.set_class(shown, "-scrolls")


class WtrScreen(Screen[None]):
    """A full screen. Subclasses give ``NAME``, ``HELP_NAME``, ``HELP_TEXT``, :meth:`content`.

    What they may take over: :meth:`on_second`, :meth:`on_token_changed`,
    :meth:`on_profile_changed`, :meth:`interrupt`, :meth:`close_attempt`, :meth:`unsaved_work`,
    :meth:`defers_settings_reload`.
    """

    NAME: ClassVar[str]
    """The name of its tab, and of its entry in :mod:`wtr_tui.tui.screens`."""
    HELP_NAME: ClassVar[str]
    """What the help calls it."""
    HELP_TEXT: ClassVar[str]
    KEY_LINES: ClassVar[int] = 4
    """The most lines of the key bar; in a terminal of few lines it has one."""
    FULL_WIDTH: ClassVar[bool] = False
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
        driver.paint_rows(self)
        # Made beforehand: a screen may be given a message before it is shown for the first time.
        self._message = MessageLine(self.action_clear_message)
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
        with Page(id="page", classes="-whole" if self.FULL_WIDTH else ""):
            yield from self.content()
        yield self._message
        yield KeyBar(most_lines=self.KEY_LINES if size.height >= TINY_BELOW else 1)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.ScreenResume):
            # Widgets are styled when they are made, and when something about them changes. To
            # style all of them again takes longer than to show the screen.
            event.refresh_styles = self._styled_for not in {"", self.app.theme}
            self._styled_for = self.app.theme
        await super().on_event(event)

    def content(self) -> Iterable[Widget]:
        """What the page holds."""
        raise NotImplementedError

    @property
    def program(self) -> WtrApp:
        return cast("WtrApp", self.app)

    @property
    def session(self) -> Session:
        return self.program.session

    @property
    def help_text(self) -> str:
        """What the help says of this screen."""
        return self.HELP_TEXT

    @property
    def is_built(self) -> bool:
        """Whether its widgets are there: not yet before the first showing, no more at the end."""
        return self.is_mounted and self.app.is_running

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Says what happened, at the bottom of this screen, in rows that nothing else uses."""
        if self.is_built and self.query(KeyBar):
            self._make_room(for_message=bool(sentence))
        self._message.show_message(sentence, tone)

    def withdraw_message(self, sentence: str) -> None:
        """Takes this message away, unless another has taken its place."""
        if self._message.sentence == sentence:
            self.show_message("")

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

    def show_standing(self) -> None:
        """Lets the header say how the token is now; costs nothing where nothing changed."""
        self.query_one(Header).show_standing(standing(self.session))

    def on_screen_resume(self) -> None:
        self.update_time(self.session.now())  # below another screen or a dialog nothing was counted

    def update_time(self, now: datetime) -> None:
        """Shows everything that time alone changes as it is now."""
        if self.is_built:
            self.show_standing()
            self.on_second(now)

    def action_clear_message(self) -> None:
        self.show_message("")

    def action_scroll(self, lines: int) -> None:
        self.query_one(Page).scroll_relative(y=lines, animate=False)

    def on_second(self, now: datetime) -> None:
        """Called once a second while this screen is shown."""

    def interrupt(self) -> bool:
        """Ends what is going on here, as Ctrl+C asks to; False where nothing is."""
        return False

    async def close_attempt(self) -> None:
        """Ends what is going on here, whatever screen is shown, and waits until it has ended."""

    def confirm_leaving(self, then: Callable[[], None]) -> None:
        """Calls ``then`` once the user may leave this screen: at once, or after a question."""
        then()

    def unsaved_work(self) -> str:
        """What would be lost if the program ended now, in a sentence; "" where nothing would."""
        return ""

    def defers_settings_reload(self) -> bool:
        """Whether a settings file that has changed has to wait for what is going on here."""
        return bool(self.unsaved_work())

    def on_profile_changed(self) -> None:
        """Called when the session goes on with another profile."""
        self.show_message("")
        self.on_token_changed()

    def on_settings_changed(self) -> None:
        """Called when the settings were saved, be it elsewhere than on this screen."""
        self.query_one(Header).follow_keys()
        self.on_token_changed()

    def on_token_changed(self) -> None:
        """Called when the stored token is another one, or is gone."""


def hanging_indent(line: str, width: int, *, at: int = 0) -> str:
    """The line in lines of ``width``, the later ones indented to where its words begin.

    That is at ``at``, else behind a number (``1. ``) or a name with two blanks after it.
    """
    begins = re.match(r"\d\. |\S+ {2,}", line)
    indent = " " * (at or (begins.end() if begins else 0))
    # A wrapped line is made of words: the blanks within the first column are not to be lost.
    head, rest = line[: len(indent)], line[len(indent) :]
    wrapped = textwrap.wrap(rest, max(width - len(indent), 10), break_on_hyphens=False) or [""]
    return f"\n{indent}".join([head + wrapped[0], *wrapped[1:]])
