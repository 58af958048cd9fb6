"""The steps of a sign-in on one line: what is done, what is going on, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from textual.content import Content

from wtr_tui.text import printable
from wtr_tui.tui.widgets.quiet import Quiet


class StepState(Enum):
    """The value is its sign and the style of its word."""

    DONE = ("✓", "$calm")
    NOW = ("●", "bold $next")
    TO_COME = ("○", "$muted")
    FAILED = ("✗", "bold $over")


@dataclass(frozen=True)
class Step:
    """``short`` is used where the line is too narrow for all of the words."""

    text: str
    state: StepState = StepState.TO_COME
    short: str = ""


class Steps(Quiet):
    """``✓ waiting for you ── ● browser came by ── ○ exchange the code``.

    Narrower than that: shorter words, then the words of the step that is going on alone.
    """

    DEFAULT_CSS = "Steps { height: 1; width: 100%; }"

    def __init__(
        self, steps: Sequence[Step] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__("", id=id, classes=classes)
        self._steps = tuple(steps)

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Shows where it stands now; the same steps cost nothing."""
        if tuple(steps) != self._steps:
            self._steps = tuple(steps)
            self._compose_line()

    def on_mount(self) -> None:
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    def _compose_line(self) -> None:
        width = self.content_size.width or self.app.size.width
        forms = (
            _joined(self._steps, " ──── "),
            _joined(self._steps, " ── "),
            _joined(self._steps, " ─ "),
            _joined([_shortened(step) for step in self._steps], " ── "),
            _joined([_only_sign(step) for step in self._steps], " ─ "),
        )
        self.show(next((form for form in forms if form.cell_length <= width), forms[-1][:width]))


def _joined(steps: Sequence[Step], line: str) -> Content:
    parts: list[Content] = []
    for index, step in enumerate(steps):
        if index:
            reached = steps[index - 1].state is StepState.DONE
            parts.append(Content.styled(line, "$calm" if reached else "$line"))
        sign, style = step.state.value
        text = f" {printable(step.text)}" if step.text else ""
        parts.append(Content.styled(sign, style))
        parts.append(Content.styled(text, "$foreground" if step.state is StepState.DONE else style))
    return Content.assemble(*parts)


def _shortened(step: Step) -> Step:
    return Step(step.short or step.text, step.state)


def _only_sign(step: Step) -> Step:
    shown = step.state in (StepState.NOW, StepState.FAILED)
    return Step((step.short or step.text) if shown else "", step.state)
