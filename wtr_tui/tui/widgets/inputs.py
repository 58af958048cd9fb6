"""Inputs that are quiet on the line and careful with what is in them."""

from __future__ import annotations

from textual import events
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

    def _on_paste(self, event: events.Paste) -> None:
        """Takes all lines: Textual's own keeps the first, and a wrapped address would be cut."""
        self.insert_text_at_cursor(joined(event.text))
        event.stop()
        event.prevent_default()


class AddressInput(QuietInput):
    """Holds one address: what is pasted stands in for what was there, such as a refused one."""

    def _on_paste(self, event: events.Paste) -> None:
        self.value = ""
        super()._on_paste(event)


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


def joined(text: str) -> str:
    """The lines as one, without the breaks and the blanks a terminal wraps with."""
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))
