"""The texts of the sign-in screen, and which keys it offers when."""

from __future__ import annotations

import shlex

import pytest

from tests.support.tokens import a_token
from wtr_tui.errors import FAILED, NotSaved
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import End, Ended, Method, Step
from wtr_tui.tui.screens.sign_in import action_state, step_message
from wtr_tui.tui.screens.sign_in_cards import (
    Progress,
    progress_sentence,
    shown_steps,
    wrap_shell_line,
)
from wtr_tui.tui.themes import Tone

LISTENING = steps.Listening("http://localhost:6855/s/k7q2mx9d", 6855, ("127.0.0.1",))
ANSWERED = [steps.Exchanging(way) for way in Method]


NOT_LISTENING = steps.NotListening("Taken.", "Free it.")
UNSAVED = steps.SignedInUnsaved(NotSaved(a_token(), "No room.", "Make room."), Method.PASTE)
REFUSED = steps.DeviceCodeRefused("Not set up.", "", ("https://example.com/callback",))
REDIRECT, PASTE = steps.Exchanging(Method.REDIRECT), steps.Exchanging(Method.PASTE)


def after(*taken: Step) -> Progress:
    progress = Progress()
    for step in taken:
        progress = progress.after(step)
    return progress


@pytest.mark.parametrize("step", ANSWERED, ids=[step.method.name for step in ANSWERED])
def test_nothing_is_called_signed_in_while_the_code_is_exchanged(step: steps.Exchanging) -> None:
    progress = after(LISTENING, step)
    said = progress_sentence(progress)
    assert step.method.value in said
    assert "signed in" not in said.lower()


@pytest.mark.parametrize(
    ("taken", "signs"),
    [
        ((), "●○○○"),
        ((LISTENING,), "●○○○"),
        ((NOT_LISTENING,), "●○○○"),
        ((LISTENING, steps.BrowserArrived()), "✓●○○"),
        ((LISTENING, steps.BrowserArrived(), REDIRECT), "✓✓●○"),
        ((NOT_LISTENING, PASTE), "✓✓●○"),
        ((LISTENING, PASTE, UNSAVED), "✓✓✓✗"),
        ((LISTENING, REDIRECT, steps.SignedIn(a_token(), Method.REDIRECT)), "✓✓✓✓"),
        ((LISTENING, Ended(End.DECLINED, "Declined.", "", FAILED)), "✗○○○"),
        ((LISTENING, REDIRECT, Ended(End.FAILED, "Refused.", "", FAILED)), "✓✓✗○"),
    ],
)
def test_the_line_of_steps_says_what_is_done_and_what_is_to_come(
    taken: tuple[Step, ...], signs: str
) -> None:
    line = shown_steps(after(*taken))
    assert "".join(step.state.value[0] for step in line) == signs


def test_the_line_of_steps_names_how_the_answer_came() -> None:
    def second(*taken: Step) -> str:
        return shown_steps(after(*taken))[1].text

    assert second(LISTENING) == "browser arrived"
    assert second(LISTENING, PASTE) == "address pasted"
    assert second(LISTENING, steps.Exchanging(Method.DEVICE)) == "device code entered"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, "ssh -N -o ExitOnForwardFailure=yes -L 1:localhost:1 'a b@c'"),
        (40, "ssh -N -o ExitOnForwardFailure=yes \\\n  -L 1:localhost:1 'a b@c'"),
        (28, "ssh -N -o \\\n  ExitOnForwardFailure=yes \\\n  -L 1:localhost:1 'a b@c'"),
    ],
)
def test_a_long_shell_line_is_continued_so_that_it_can_be_copied(width: int, expected: str) -> None:
    line = "ssh -N -o ExitOnForwardFailure=yes -L 1:localhost:1 'a b@c'"
    shown = wrap_shell_line(line, width)
    assert shown == expected
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(line)


@pytest.mark.parametrize(
    ("step", "tone"),
    [
        (NOT_LISTENING, None),  # its card says it
        (steps.Noticed("Something came."), Tone.WARN),
        (steps.SignedIn(a_token(), Method.PASTE), Tone.GOOD),
        (UNSAVED, Tone.BAD),
        (Ended(End.CANCELLED, "Cancelled.", "", 130), Tone.PLAIN),
        (Ended(End.FAILED, "Refused.", "Look.", FAILED), Tone.PLAIN),  # its frame says it
        (LISTENING, None),
        (steps.BrowserArrived(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_step_is_told_in_its_tone(step: Step, tone: Tone | None) -> None:
    said = step_message(step)
    assert (said[1] if said else None) is tone
    assert said is None or "  " not in said[0]


@pytest.mark.parametrize(
    ("action", "progress", "state", "is_offered"),
    [
        ("begin", after(), {"ready": True}, True),
        ("begin", after(), {"ready": False}, None),
        ("begin", after(), {"ready": True, "running": True}, False),
        ("open", after(LISTENING), {"running": True}, True),
        ("open", after(), {"running": True}, None),
        ("open", after(NOT_LISTENING), {"running": True}, False),
        ("open", after(), {}, False),
        ("device", after(), {"running": True}, True),
        ("device", after(), {}, False),
        ("qr", after(LISTENING), {"running": True}, False),
        ("copy-device", after(REFUSED), {"running": True}, True),
        ("approve", after(), {"running": True, "sandbox": True}, True),
        ("approve", after(), {"running": True}, False),
        ("leave_field", after(), {}, True),
    ],
)
def test_a_key_is_offered_when_it_does_something(
    action: str, progress: Progress, state: dict[str, bool], is_offered: bool | None
) -> None:
    usual = {"running": False, "ready": True, "sandbox": False}
    assert action_state(action, progress, **(usual | state)) is is_offered
