"""From the start of the process to the first complete picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.benchmarks.figure import Figure, Goal
from tests.benchmarks.place import Place
from tests.benchmarks.screen import Screen
from tests.benchmarks.timing import interleaved

TOKEN_VIEW = ("● valid", "▀▀▀", "◆ refresh", "━━━", "Sign-in", "on, next", "q Quit")
"""What the complete token view shows of a token of a usual life."""


def figures(place: Place) -> list[Figure]:
    home = place.signed_in("first-picture")
    hello = place.baseline("hello.py")
    taken = interleaved(
        {
            "hello": lambda: _first_picture(hello, home.environ, "Hello, World!"),
            "token view": lambda: _first_picture(place.program(), home.environ, *TOKEN_VIEW),
        },
        place.runs(15),
    )
    return [
        Figure(
            "`wtr-tui`, stored token, first complete picture",
            "ms",
            taken["token view"],
            taken["hello"],
            Goal(1.35),
        )
    ]


def _first_picture(command: Sequence[str], environ: Mapping[str, str], *texts: str) -> float:
    with Screen(command, environ) as screen:
        return 1000 * (screen.wait_for(*texts) - screen.began)
