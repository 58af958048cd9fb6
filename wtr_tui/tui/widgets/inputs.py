"""Inputs that are quiet on the line and careful with what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widgets import Input


class QuietInput(Input):
    """One line high, no blinking cursor (a blinking one sends 2.6 kB/s over SSH)."""

    def __init__(self, value: str = "", *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(value, id=id, placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def on_focus(self) -> None:
        # Textual leaves the cursor out of sight, beyond the end of a long value, until it moves.
        place = Region(self.cursor_position, 0, 1, 1)
        self.scroll_to_region(place, animate=False, force=True)

    def on_blur(self) -> None:
        self.scroll_to(0, animate=False, force=True)

    def on_paste(self, event: events.Paste) -> None:
        """Takes all lines: Textual's own keeps the first, and a wrapped address would be cut."""
        self.insert_text_at_cursor(joined(event.text))
        event.stop()
        event.prevent_default()


class AddressInput(QuietInput):
    """Holds one address: what is pasted stands in for what was there, such as a refused one."""

    def on_paste(self, event: events.Paste) -> None:
        self.value = ""
        super().on_paste(event)


class SecretInput(QuietInput):
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


class ChoiceInput(QuietInput):
    """Holds one of a few values, or nothing for the ``usual`` one.

    The arrows step through them, a letter goes to the next that begins with it; whoever holds the
    field lists them on Enter. What is deleted or pasted is the value as a whole.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
    ]

    def __init__(self, choices: Sequence[str], usual: str) -> None:
        super().__init__(placeholder=usual)
        self.choices = tuple(choices)
        self._usual = usual

    def action_step(self, by: int) -> None:
        current = self.value or self._usual
        count = len(self.choices)
        if current in self.choices:
            self.value = self.choices[(self.choices.index(current) + by) % count]
        else:
            self.value = self.choices[0 if by > 0 else -1]

    def replace(self, text: str, start: int, end: int) -> None:
        if text in self.choices:
            self.value = text
            return
        at = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        following = self.choices[at:] + self.choices[:at]
        self.value = next((each for each in following if each.startswith(text)), self.value)

    def insert(self, text: str, index: int) -> None:
        self.replace(text, 0, 0)

    def delete(self, start: int, end: int) -> None:
        self.value = ""


def joined(text: str) -> str:
    """The lines as one, without the breaks and the blanks a terminal wraps with."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))
