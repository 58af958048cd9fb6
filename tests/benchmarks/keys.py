"""From a key to the changed screen, with both programs open and pressed by turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle

from tests.benchmarks.figure import Figure, Goal
from tests.benchmarks.first_picture import TOKEN_VIEW
from tests.benchmarks.place import Place
from tests.benchmarks.screen import Screen
from tests.benchmarks.timing import interleaved

_F2, _F4, _V = b"\x1bOQ", b"\x1bOS", b"v"
_GOAL = Goal(1.5)

Step = tuple[bytes, Callable[[str], bool]]


def figures(place: Place) -> list[Figure]:
    home = place.signed_in("keys")
    # Only the beginning and the end of a token are shown before it is revealed.
    middle = home.stored()["access_token"][20:60]
    with (
        Screen(place.program(), home.environ) as ours,
        Screen(place.baseline("two_screens.py"), home.environ) as small,
    ):
        ours.wait_for(*TOKEN_VIEW)
        small.wait_for("hidden")
        revealed = interleaved(
            {
                "ours": _presses(ours, [_shows(_V, middle), _hides(_V, middle)]),
                "small": _presses(small, [_shows(_V, "revealed"), _hides(_V, "revealed")]),
            },
            place.runs(30),
        )
        switched = interleaved(
            {
                "ours": _presses(ours, [_shows(_F4, "App ID"), _shows(_F2, "In scripts")]),
                "small": _presses(small, [_shows(_F4, "second"), _shows(_F2, "first")]),
            },
            place.runs(20),
        )
    return [
        Figure("key to changed screen: reveal", "ms", revealed["ours"], revealed["small"], _GOAL),
        Figure("key to changed screen: switch", "ms", switched["ours"], switched["small"], _GOAL),
    ]


def _presses(screen: Screen, steps: Sequence[Step]) -> Callable[[], float]:
    """Each call presses the next key and gives the milliseconds until its picture."""
    endless = cycle(steps)

    def press() -> float:
        key, condition = next(endless)
        pressed = screen.press(key)
        return 1000 * (screen.wait_until(condition, key) - pressed)

    return press


def _shows(key: bytes, text: str) -> Step:
    return key, lambda shown: text in shown


def _hides(key: bytes, text: str) -> Step:
    return key, lambda shown: text not in shown
