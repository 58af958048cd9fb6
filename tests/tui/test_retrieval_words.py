"""What the sign-in says at each step, and when."""

from __future__ import annotations

import pytest

from tests.support.stage import DESK, OVER_SSH
from tests.support.tokens import a_token
from wtr_tui.errors import FAILED, NotSaved
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import End, Ended, Method, Step
from wtr_tui.tui.screens import sign_in_words as words
from wtr_tui.tui.screens.sign_in_keys import offered
from wtr_tui.tui.widgets.message_line import Tone

LISTENING = steps.Listening("http://localhost:6855/s/k7q2mx9d", 6855, ("127.0.0.1",))
ANSWERED = [steps.Exchanging(way) for way in Method]


@pytest.mark.parametrize("step", ANSWERED, ids=[step.method.name for step in ANSWERED])
@pytest.mark.parametrize("remote", [True, False])
def test_nothing_is_called_signed_in_while_the_code_is_exchanged(
    step: steps.Exchanging, remote: bool
) -> None:
    said = words.lines(step, 6855, remote=remote)
    assert step.method.value in said["browser"]
    assert not any("signed in" in line.lower() for line in said.values())
    assert said["exchange"].startswith(words.ACTIVE)


def test_the_port_is_called_forwarded_once_something_came_through_it() -> None:
    def forwarding(step: Step) -> str:
        return words.lines(step, 6855, remote=True).get("forward-lead", "")

    assert forwarding(LISTENING) == ""
    assert forwarding(steps.BrowserArrived()).startswith(words.DONE)
    assert forwarding(steps.Exchanging(Method.REDIRECT)).startswith(words.DONE)
    assert not forwarding(steps.Exchanging(Method.PASTE)).startswith(words.DONE)
    assert "forward-lead" not in words.lines(steps.BrowserArrived(), 6855, remote=False)


@pytest.mark.parametrize("place", [DESK, OVER_SSH], ids=["desk", "ssh"])
def test_the_line_above_the_address_says_what_to_do_with_it(place: object) -> None:
    line = words.at_first(DESK if place is DESK else OVER_SSH)["browser"]
    assert line.startswith(f"{words.ACTIVE} ")
    assert "open this address in your browser" in line.lower()
    assert line.endswith("agree:")


@pytest.mark.parametrize(
    ("step", "tone"),
    [
        (steps.NotListening("Taken.", "Free it."), Tone.WARN),
        (steps.Noticed(steps.Notice.STRAY, "Something came.", 3), Tone.WARN),
        (steps.SignedIn(a_token(), Method.PASTE), Tone.GOOD),
        (
            steps.SignedInUnsaved(NotSaved(a_token(), "No room.", "Make room."), Method.PASTE),
            Tone.BAD,
        ),
        (Ended(End.CANCELLED, "Cancelled.", "", 130), Tone.PLAIN),
        (Ended(End.FAILED, "Refused.", "Look.", FAILED), Tone.BAD),
        (LISTENING, None),
        (steps.BrowserArrived(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_step_is_told_in_its_tone(step: Step, tone: Tone | None) -> None:
    said = words.message(step)
    assert (said[1] if said else None) is tone
    assert said is None or "  " not in said[0]


@pytest.mark.parametrize(
    ("action", "state", "is_offered"),
    [
        ("begin", {"ready": True}, True),
        ("begin", {"ready": False}, None),
        ("begin", {"ready": True, "running": True}, False),
        ("open", {"running": True, "listening": True}, True),
        ("open", {"running": True}, None),
        ("open", {}, False),
        ("device", {"running": True}, True),
        ("device", {}, False),
        ("approve", {"running": True, "sandbox": True}, True),
        ("approve", {"running": True}, False),
        ("leave_field", {}, True),
    ],
)
def test_a_key_is_offered_when_it_does_something(
    action: str, state: dict[str, bool], is_offered: bool | None
) -> None:
    usual = {"running": False, "listening": False, "ready": True, "sandbox": False}
    assert offered(action, **(usual | state)) is is_offered
