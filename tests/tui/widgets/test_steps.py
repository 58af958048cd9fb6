"""The steps of a sign-in on one line."""

from __future__ import annotations

import pytest

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.screens.sign_in_cards import ShownStep, StepLine, StepState

STEPS = (
    ShownStep("waiting for you", "you", StepState.DONE),
    ShownStep("browser arrived", "browser", StepState.NOW),
    ShownStep("exchange the code", "exchange", StepState.TO_COME),
    ShownStep("save the token", "save", StepState.TO_COME),
)


def line_of(steps: tuple[ShownStep, ...]) -> StepLine:
    line = StepLine()
    line.show(steps)
    return line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (100, "✓ waiting for you ──── ● browser arrived ──── ○ exchange the code ──── "
              "○ save the token"),
        (80, "✓ you ── ● browser ── ○ exchange ── ○ save"),
        (60, "✓ you ── ● browser ── ○ exchange ── ○ save"),
        (40, "✓ ─ ● browser ─ ○ ─ ○"),
        (12, "✓ ─ ● browse"),
    ],
)  # fmt: skip
async def test_what_there_is_room_for(width: int, line: str) -> None:
    app = Stage(line_of(STEPS))
    async with app.run_test(size=(width, 3)):
        assert app.rows[0] == line


async def test_a_step_that_fails_keeps_its_words_and_nothing_of_the_others_stays() -> None:
    steps = line_of(STEPS)
    app = Stage(steps)
    async with app.run_test(size=(24, 3)) as pilot:
        steps.show(
            (
                *(ShownStep("done", "done", StepState.DONE) for _ in range(3)),
                ShownStep("save", "save", StepState.FAILED),
            )
        )
        await pilot.pause()
        assert app.rows[0] == "✓ ─ ✓ ─ ✓ ─ ✗ save"
