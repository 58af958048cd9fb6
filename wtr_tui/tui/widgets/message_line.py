"""One place where the program tells what happened, in a sentence."""

from __future__ import annotations

from enum import Enum

from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from wtr_tui.tui.keys import key
from wtr_tui.tui.widgets.quiet import Quiet

MOST_ROWS = 5
_CHARACTERS_A_SECOND = 15


class Tone(Enum):
    """How something is meant: its sign, as a colour never says it alone, and its colour."""

    PLAIN = ("·", "$foreground")
    GOOD = ("✓", "$calm")
    WARN = ("!", "$soon")
    BAD = ("✗", "$over")

    def __init__(self, sign: str, colour: str) -> None:
        self.sign = sign
        self.colour = colour


_LEAST_SECONDS = {Tone.PLAIN: 6, Tone.GOOD: 6, Tone.WARN: 20, Tone.BAD: 60}


def seconds_shown(sentence: str, tone: Tone) -> float:
    """How long a message stays: what failed longer than what went well, time to read it beside."""
    return _LEAST_SECONDS[tone] + len(sentence) / _CHARACTERS_A_SECOND


class MessageLine(Quiet):
    """Stays for a while, until another message comes, or until the user presses Escape.

    What is under way (``Refreshing …``) stays until its outcome is shown. Where there is no room
    for all of it, it ends with the key that shows the rest.
    """

    class Over(Message):
        """It has been there long enough."""

    def __init__(self) -> None:
        super().__init__()
        self.sentence, self._tone = "", Tone.PLAIN
        self._timer: Timer | None = None
        self._rows = MOST_ROWS

    def on_mount(self) -> None:
        self._count()  # it may have a message before it is shown

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
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
            self._timer = self.set_timer(seconds_shown(self.sentence, self._tone), self._end)

    def _end(self) -> None:
        self.post_message(self.Over())
