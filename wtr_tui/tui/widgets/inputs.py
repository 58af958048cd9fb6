"""Text inputs that send little to the terminal, and the form field around one."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input

from wtr_tui.tui.widgets import Lines


class CompactInput(Input):
    """An input one line high, without a blinking cursor, which would send 2.6 kB/s over SSH."""

    END: ClassVar[str] = ""
    """A sign in the last column; without one, … marks a value that is cut."""

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(value, id=id, placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.intercept_paste: Callable[[str], bool] = lambda text: False
        """Handles a paste that is not meant for this field; returns whether it was one."""

    def on_focus(self) -> None:
        # Until the cursor moves, Textual leaves it out of sight beyond a long value.
        place = Region(self.cursor_position, 0, 1, 1)
        self.scroll_to_region(place, animate=False, force=True)

    def on_blur(self) -> None:
        self.scroll_to(0, animate=False, force=True)

    def watch_value(self) -> None:
        # Set by the program: Textual would show the end of a long value.
        if self.is_attached and not self.has_focus and self.virtual_size.width > self.size.width:
            self.on_blur()

    def render_line(self, y: int) -> Strip:
        strip, width = super().render_line(y), self.size.width
        is_cut = not self.has_focus and cell_len(self.value or self.placeholder) > width
        end = self.END if self.END and not self.disabled else "…" if is_cut else ""
        if not end:
            return strip
        return Strip([*strip.crop(0, width - 1), Segment(end, self.rich_style)])

    async def on_key(self, event: events.Key) -> None:
        """Handle own keys at once: while they bubble up to the app, later letters overtake them."""
        bound = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if bound is not None and bound.node is self and bound.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(bound.binding.action, self)

    def on_paste(self, event: events.Paste) -> None:
        """Insert all lines: Textual inserts the first one, which would cut a wrapped URL."""
        if not self.intercept_paste(event.text):
            self.insert_text_at_cursor(join_lines(event.text))
            self.call_after_refresh(self.on_focus)
        event.stop()
        event.prevent_default()


class AddressInput(CompactInput):
    """An input for a URL; a paste replaces all of it, such as a URL that was refused."""

    def on_paste(self, event: events.Paste) -> None:
        self.value = ""
        super().on_paste(event)


class ListedInput(CompactInput):
    """An input for one of a few values, which Enter, Space or a click lists."""

    END = "▾"

    async def on_key(self, event: events.Key) -> None:
        if event.key == "space":
            event.stop()
            event.prevent_default()
            await self.action_submit()
        else:
            await super().on_key(event)

    async def on_mouse_down(self, event: events.MouseDown) -> None:
        # Not on_click: focus shows a help line, which moves fields before the button is released.
        event.prevent_default()
        await self.action_submit()


class SecretInput(CompactInput):
    """An input that shows dots unless revealed, and then allows neither copy nor cut."""

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(value, id=id, placeholder=placeholder)
        self.password = True

    def action_copy(self) -> None:
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        if not self.password:
            super().action_cut()


def join_lines(text: str) -> str:
    """Return the lines joined by blanks, without the indents that a terminal's wrapping adds."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


_NOT_SAVED = Content.styled("● not saved yet", "$soon")
_LABEL, _SOURCE = 20, 24


class Field(Lines):
    """A form field: label, entry and source of the value; below them its problem and its help.

    ``check`` returns a sentence on a wrong value, or None; it is called at every key. ``meaning``
    is the help, shown with the focus. The field paints all but the entry itself, as a screen has
    some thirty of them.
    """

    SCOPED_CSS = False  # it asks how large the screen is
    DEFAULT_CSS = f"""
    Field Input {{ width: 1fr; margin: 0 {_SOURCE} 0 {_LABEL}; }}
    .-narrow Field Input, .-first-steps Field Input {{ margin: 0 0 0 {_LABEL}; }}
    """

    def __init__(
        self,
        label: str,
        key: str,
        entry: CompactInput,
        check: Callable[[str], str | None],
        meaning: str = "",
    ) -> None:
        super().__init__(id=f"field-{key.lower()}")
        self.label = label
        self.entry = entry
        self.before = ""
        """The value it was filled with."""
        self.problem = ""
        self.reports_missing = True
        """Whether a missing value is reported."""
        self.is_setting = True
        """Whether its value is saved; otherwise it only fills in other fields."""
        self._check = check
        self.meaning = meaning
        self._source = ""
        self._shows_help = False

    def compose(self) -> ComposeResult:
        yield self.entry

    @property
    def changed(self) -> bool:
        """Whether its value is another one than it was filled with."""
        return self.entry.value != self.before

    def fill(self, value: str, source: str, fixed: bool = False) -> None:
        """Show a value and its source; a ``fixed`` value, from elsewhere, cannot be edited."""
        self.before = self.entry.value = value
        self.entry.disabled = fixed
        self.show_source(source)
        self.check()

    @on(Input.Changed)
    def check(self) -> None:
        self.problem = self._check(self.entry.value) or ""
        self.update_lines()

    def on_descendant_focus(self) -> None:
        self._shows_help = True
        self.update_lines()

    def on_descendant_blur(self) -> None:
        self._shows_help = False
        self.update_lines()

    def show_source(self, source: str) -> None:
        """Show where the value it was filled with comes from."""
        self._source = source
        self.update_lines()

    def update_lines(self) -> bool:
        changed = super().update_lines()
        if changed and self._shows_help:
            # Textual scrolls to the entry alone, but the help below it has to be visible, too.
            self.call_after_refresh(self.scroll_visible, animate=False)
        return changed

    def lines(self, width: int) -> list[Content]:
        narrow = self.screen.has_class("-narrow")
        has_sources = not narrow and not self.screen.has_class("-first-steps")
        first = Content.styled(self.label.ljust(_LABEL), "$muted")
        if has_sources:
            is_unsaved = self.is_setting and self.changed
            source = _NOT_SAVED if is_unsaved else Content.styled(self._source, "$muted")
            place = " " * (width - _LABEL - _SOURCE + 1)
            first = Content.assemble(first, place, source.truncate(_SOURCE - 1, ellipsis=True))
        indent = 0 if narrow else _LABEL
        notes = []
        if self.entry.disabled and not has_sources:
            notes.append(Content.styled(self._source, "$muted"))
        if self.problem and (self.entry.value or self.reports_missing):
            # A missing value is no error yet.
            notes.append(Content.styled(self.problem, "$over" if self.entry.value else "$muted"))
        if self._shows_help and self.meaning:
            notes.append(Content.styled(self.meaning, "$muted"))
        below = [line for note in notes for line in note.wrap(max(width - indent, 10))]
        return [first, *(Content(" " * indent) + line for line in below)]
