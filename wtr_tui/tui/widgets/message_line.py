"""One place where the program tells what happened, in a sentence."""

from __future__ import annotations

from enum import Enum

from wtr_tui.tui.widgets.quiet import Quiet


class Tone(Enum):
    """The value is the sign in front: a colour never says it alone."""

    PLAIN = "·"
    GOOD = "✓"
    WARN = "!"
    BAD = "✗"


class MessageLine(Quiet):
    """Stays until something else is told or the person presses Escape; never covers anything."""

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        for other in Tone:
            self.set_class(other is tone, f"-{other.name.lower()}")
        self.set_class(bool(sentence), "-told")
        self.reshape(f"{tone.value} {sentence}" if sentence else "")
