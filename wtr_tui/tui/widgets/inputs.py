"""Inputs that are quiet on the line and careful with what is in them."""

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
    """One line high, no blinking cursor (a blinking one sends 2.6 kB/s over SSH)."""

    END: ClassVar[str] = ""
    """What stands in its last column; else … where a value has no room."""

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(value, id=id, placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.intercept_paste: Callable[[str], bool] = lambda text: False
        """Takes what is pasted here where it is not meant for this field, and says so."""

    def on_focus(self) -> None:
        # Textual leaves the cursor out of sight, beyond the end of a long value, until it moves.
        place = Region(self.cursor_position, 0, 1, 1)
        self.scroll_to_region(place, animate=False, force=True)

    def on_blur(self) -> None:
        self.scroll_to(0, animate=False, force=True)

    def watch_value(self) -> None:
        # Filled in by the program; Textual would show the end of a long value.
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
        """Its own keys at once: on their way up to the program, later letters overtake them."""
        bound = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if bound is not None and bound.node is self and bound.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(bound.binding.action, self)

    def on_paste(self, event: events.Paste) -> None:
        """Takes all lines: Textual's own keeps the first, and a wrapped address would be cut."""
        if not self.intercept_paste(event.text):
            self.insert_text_at_cursor(join_lines(event.text))
            self.call_after_refresh(self.on_focus)
        event.stop()
        event.prevent_default()


class AddressInput(CompactInput):
    """Holds one address: what is pasted stands in for what was there, such as a refused one."""

    def on_paste(self, event: events.Paste) -> None:
        self.value = ""
        super().on_paste(event)


class ListedInput(CompactInput):
    """Takes one of a few values, which Enter, Space or a click asks to be listed."""

    END = "▾"

    async def on_key(self, event: events.Key) -> None:
        if event.key == "space":
            event.stop()
            event.prevent_default()
            await self.action_submit()
        else:
            await super().on_key(event)

    async def on_mouse_down(self, event: events.MouseDown) -> None:
        # No click: what a focus explains moves the fields before the button is let go.
        event.prevent_default()
        await self.action_submit()


class SecretInput(CompactInput):
    """Shows dots unless revealed; what is not shown cannot be copied or cut either."""

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
    """The lines as one, without the breaks and the blanks a terminal wraps with."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


_NOT_SAVED = Content.styled("● not saved yet", "$soon")
_LABEL, _SOURCE = 20, 24


class Field(Lines):
    """A label, an entry and where its value comes from; below them what is wrong with the value,
    and while it has the focus, what it is for.

    ``check`` gives a sentence for a wrong value, or None; it is asked at every key. All but the
    entry is painted by the field itself: there are some thirty of them on one screen.
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
        """What it was filled with."""
        self.problem = ""
        self.reports_missing = True
        """Whether it says so where a value is merely missing."""
        self.is_setting = True
        """Whether its value is saved; else it fills in other fields."""
        self._check = check
        self.meaning = meaning
        self._source = ""
        self._explains = False

    def compose(self) -> ComposeResult:
        yield self.entry

    @property
    def changed(self) -> bool:
        """Whether it holds something else than it was filled with."""
        return self.entry.value != self.before

    def fill(self, value: str, source: str, fixed: bool = False) -> None:
        """Shows a value and its source; a ``fixed`` one is the environment's, not to be edited."""
        self.before = self.entry.value = value
        self.entry.disabled = fixed
        self.show_source(source)
        self.check()

    @on(Input.Changed)
    def check(self) -> None:
        self.problem = self._check(self.entry.value) or ""
        self.update_lines()

    def on_descendant_focus(self) -> None:
        self._explains = True
        self.update_lines()

    def on_descendant_blur(self) -> None:
        self._explains = False
        self.update_lines()

    def show_source(self, source: str) -> None:
        """Where the value comes from that it was filled with."""
        self._source = source
        self.update_lines()

    def update_lines(self) -> bool:
        changed = super().update_lines()
        if changed and self._explains:
            # Textual scrolls to the entry alone; what is said below it has to be in sight, too.
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
            # What is merely missing so far is said calmly.
            notes.append(Content.styled(self.problem, "$over" if self.entry.value else "$muted"))
        if self._explains and self.meaning:
            notes.append(Content.styled(self.meaning, "$muted"))
        below = [line for note in notes for line in note.wrap(max(width - indent, 10))]
        return [first, *(Content(" " * indent) + line for line in below)]
