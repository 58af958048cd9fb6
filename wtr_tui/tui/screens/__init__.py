"""The full screens, one file each, and what they have in common: header, page, message, key bar.

To add a screen:

1. Write ``screens/NAME.py`` with a subclass of :class:`WtrScreen` (a full screen) or
   :class:`dialogs.Dialog` (a framed box above one). Its texts, its keys and its style sheet
   (``DEFAULT_CSS``) belong in that file.
2. Add a full screen to :data:`FULL_SCREENS`; then ``program.go("NAME")`` shows it.
3. If it is a tab, add it to :data:`wtr_tui.tui.widgets.bars.TABS` and its key to
   ``WtrApp.BINDINGS``. A dialog is shown with ``self.app.push_screen(…)``.

A screen reads ``self.session`` (profile, settings, token) and calls ``self.program``, the app,
which it imports for the type checker alone.
"""

from __future__ import annotations

import importlib
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
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from wtr_tui.tui import driver
from wtr_tui.tui.display import header_state
from wtr_tui.tui.keys import key
from wtr_tui.tui.session import Session
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets import StaticText
from wtr_tui.tui.widgets.bars import TABS, Header, KeyBar

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp

FULL_SCREENS = {
    "token": ("token", "TokenScreen"),
    "sign-in": ("sign_in", "SignInScreen"),
    "settings": ("settings", "SettingsScreen"),
    "profiles": ("profiles", "ProfilesScreen"),
    "check": ("check", "CheckScreen"),
}
"""Module and class of each, by the name of its tab. Imported when first shown."""


def load(name: str) -> type[WtrScreen]:
    """Return the class of a full screen."""
    module, class_name = FULL_SCREENS[name]
    found = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)
    return cast(type[WtrScreen], found)


def bindings_by_screen() -> dict[str, list[BindingType]]:
    """Return the bindings of each full screen, with those that all have in common."""
    return {
        name: [each for kind in (load(name), WtrScreen) for each in kind.BINDINGS]
        for name in FULL_SCREENS
    }


_NARROW_BELOW, _TALL_FROM, _TINY_BELOW = 76, 22, 14
"""Columns; rows; rows."""
_MAX_MESSAGE_ROWS = 3
_CHARACTERS_READ_PER_SECOND = 15
_MIN_SECONDS = {Tone.PLAIN: 6, Tone.GOOD: 6, Tone.WARN: 20, Tone.BAD: 60}


def seconds_shown(sentence: str, tone: Tone) -> float:
    """Return how long a message stays: longer after a failure, and with the time to read it."""
    return _MIN_SECONDS[tone] + len(sentence) / _CHARACTERS_READ_PER_SECOND


class MessageLine(StaticText):
    """The message at the bottom: shown for a while, until the next one or until Escape.

    Progress (``Refreshing …``) stays until its outcome replaces it. A message with more rows than
    there is room for ends with the key that shows all of it.
    """

    def __init__(self, on_timeout: Callable[[], None]) -> None:
        super().__init__()
        self._on_timeout = on_timeout
        self.sentence, self._tone = "", Tone.PLAIN
        self._timer: Timer | None = None
        self._max_rows = _MAX_MESSAGE_ROWS

    def on_mount(self) -> None:
        self._restart_timer()  # it may have a message before it is shown

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        self.sentence, self._tone = sentence, tone
        for other in Tone:
            self.set_class(other is tone, f"-{other.name.lower()}")
        self.set_class(bool(sentence), "-shown")
        self.reshape(f"{tone.sign} {sentence}" if sentence else "")
        if self.is_mounted:
            self._restart_timer()

    @property
    def full_text(self) -> Content:
        """The whole message with its sign."""
        return super().render()

    def limit(self, rows: int) -> None:
        """Take at most so many rows, and at least one."""
        self._max_rows = min(max(rows, 1), _MAX_MESSAGE_ROWS)
        self.styles.max_height = self._max_rows

    def render(self) -> Content:
        text, width = self.full_text, self.content_size.width
        lines = text.wrap(width) if width else []
        if len(lines) <= self._max_rows:
            return text
        *shown, last = lines[: self._max_rows]
        more = Content.styled(f"… {key('whole-message', 'ctrl+g')}", "bold $next")
        return Content("\n").join([*shown, last[: width - more.cell_length - 1] + " " + more])

    def _restart_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.sentence and not self.sentence.endswith("…"):
            self._timer = self.set_timer(seconds_shown(self.sentence, self._tone), self._on_timeout)


class Page(VerticalScroll, can_focus=False):
    """The scrolling middle. It takes no focus itself: that would repaint all of it."""

    # A blank column keeps texts from touching the scroll bar.
    DEFAULT_CSS = "Page.-scrolls > * { max-width: 99%; }"

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        self.set_class(shown, "-scrolls")


class WtrScreen(Screen[None]):
    """A full screen. Subclasses define ``NAME``, ``HELP_NAME``, ``HELP_TEXT`` and :meth:`content`.

    They may override :meth:`on_second`, :meth:`on_token_changed`, :meth:`on_profile_changed`,
    :meth:`on_settings_changed`, :meth:`interrupt`, :meth:`close_attempt`,
    :meth:`confirm_leaving`, :meth:`unsaved_work` and :meth:`defers_settings_reload`.
    """

    NAME: ClassVar[str]
    """The name of its tab, and its key in :data:`FULL_SCREENS`."""
    HELP_NAME: ClassVar[str]
    """Its title in the help."""
    HELP_TEXT: ClassVar[str]
    KEY_LINES: ClassVar[int] = 4
    """The most lines of the key bar; one in a terminal of few rows."""
    FULL_WIDTH: ClassVar[bool] = False
    """Whether its page uses all columns; prose is easier to read in short lines."""
    # Not ClassVar: Textual declares them as variables of each instance.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_NARROW_BELOW, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL_FROM, "-tall")]
    # Letters are keys here: no field may take them before the user enters one.
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_message", "Close the message", show=False, id="clear"),
        # With priority, before the next key goes to a field: over a slow line keys come in
        # bunches, and what follows a Tab, perhaps a secret, is meant for the next field.
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
        driver.render_visible_rows(self)
        # Not in compose(): a screen may be given a message before it is first shown.
        self._message = MessageLine(self.action_clear_message)
        self._styled_for = ""

    def compose(self) -> ComposeResult:
        # The classes that the first Resize would set, which would style every widget again.
        size = self.app.size
        self.set_breakpoint_classes(size)
        tabs = TABS[:1] if self.session.socket else TABS
        yield Header(self.NAME, header_state(self.session), tabs=tabs)
        with Page(id="page", classes="-full-width" if self.FULL_WIDTH else ""):
            yield from self.content()
        yield self._message
        yield KeyBar(most_lines=self.KEY_LINES if size.height >= _TINY_BELOW else 1)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.ScreenResume):
            # Widgets are styled when they are made and when they change. Styling all of them
            # again, as Textual does, takes longer than showing the screen.
            event.refresh_styles = self._styled_for not in {"", self.app.theme}
            self._styled_for = self.app.theme
        await super().on_event(event)

    def set_breakpoint_classes(self, size: Size) -> None:
        """Set the classes for the size of the terminal.

        Textual does it after the layout: a widget that composes its lines by them would have
        painted those of the previous size, and would not be painted again.
        """
        for breakpoints, length in (
            (self.HORIZONTAL_BREAKPOINTS, size.width),
            (self.VERTICAL_BREAKPOINTS, size.height),
        ):
            fitting = [name for least, name in breakpoints or () if length >= least][-1:]
            for _, name in breakpoints or ():
                self.set_class(name in fitting, name)

    def content(self) -> Iterable[Widget]:
        """Yield the widgets of the page."""
        raise NotImplementedError

    @property
    def program(self) -> WtrApp:
        return cast("WtrApp", self.app)

    @property
    def session(self) -> Session:
        return self.program.session

    @property
    def help_text(self) -> str:
        """What the help says about this screen."""
        return self.HELP_TEXT

    @property
    def is_built(self) -> bool:
        """Whether its widgets exist: from its first showing until the program ends."""
        return self.is_mounted and self.app.is_running

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Show what happened, in rows at the bottom that nothing else uses; "" clears them."""
        if self.is_built and self.query(KeyBar):
            self._make_room(for_message=bool(sentence))
        self._message.show_message(sentence, tone)

    def withdraw_message(self, sentence: str) -> None:
        """Clear this message, unless another one has replaced it."""
        if self._message.sentence == sentence:
            self.show_message("")

    def _make_room(self, *, for_message: bool) -> None:
        """Let a message replace the keys where the page needs all rows of a low terminal."""
        page, keys = self.query_one(Page), self.query_one(KeyBar)
        if self.size.height >= _TALL_FROM:  # it may have been lower before
            self._message.limit(_MAX_MESSAGE_ROWS)
            keys.display = True
            return
        used = max((child.virtual_region_with_margin.bottom for child in page.children), default=0)
        key_rows = keys.outer_size.height if keys.display else 1
        free = self.size.height - 1 - key_rows - used
        self._message.limit(free if free > 0 else key_rows)
        keys.display = free > 0 or not for_message

    def update_header(self) -> None:
        """Update the token's state in the header; the same state costs nothing."""
        self.query_one(Header).show_state(header_state(self.session))

    def on_screen_resume(self) -> None:
        self.update_time(self.session.now())  # not updated below another screen or a dialog

    def update_time(self, now: datetime) -> None:
        """Update everything that changes with time alone."""
        if self.is_built:
            self.update_header()
            self.on_second(now)

    def action_clear_message(self) -> None:
        self.show_message("")

    def action_scroll(self, lines: int) -> None:
        self.query_one(Page).scroll_relative(y=lines, animate=False)

    def on_second(self, now: datetime) -> None:
        """Handle the tick, once a second while this screen is shown."""

    def interrupt(self) -> bool:
        """Cancel the operation in progress, for Ctrl+C; return whether there was one."""
        return False

    async def close_attempt(self) -> None:
        """Cancel the sign-in in progress, whatever screen is shown, and wait for its end."""

    def confirm_leaving(self, then: Callable[[], None]) -> None:
        """Call ``then`` once the user may leave this screen: at once, or after a question."""
        then()

    def unsaved_work(self) -> str:
        """Return what would be lost if the program ended now, as a sentence; "" for nothing."""
        return ""

    def defers_settings_reload(self) -> bool:
        """Return whether a changed settings file must not be read before work here is done."""
        return bool(self.unsaved_work())

    def on_profile_changed(self) -> None:
        """Handle a switch of the session to another profile."""
        self.show_message("")
        self.on_token_changed()

    def on_settings_changed(self) -> None:
        """Handle new settings, saved on this screen or read from a changed file."""
        self.query_one(Header).update_keys()
        self.on_token_changed()

    def on_token_changed(self) -> None:
        """Handle a stored token that was replaced or deleted."""


def hanging_indent(line: str, width: int, *, at: int = 0) -> str:
    """Return the line wrapped to ``width``, later lines indented to column ``at``.

    By default that is where the text begins behind a number (``1. ``) or a name and two blanks.
    """
    begins = re.match(r"\d\. |\S+ {2,}", line)
    indent = " " * (at or (begins.end() if begins else 0))
    # textwrap joins words by one blank: those within the first column are to stay.
    head, rest = line[: len(indent)], line[len(indent) :]
    wrapped = textwrap.wrap(rest, max(width - len(indent), 10), break_on_hyphens=False) or [""]
    return f"\n{indent}".join([head + wrapped[0], *wrapped[1:]])
