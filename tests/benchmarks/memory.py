"""What stays in memory once a token was refreshed."""

from __future__ import annotations

from tests.benchmarks.figure import Figure, Goal
from tests.benchmarks.first_picture import TOKEN_VIEW
from tests.benchmarks.place import Home, Place
from tests.benchmarks.processes import resident_megabytes
from tests.benchmarks.screen import Screen
from tests.benchmarks.timing import interleaved


def figures(place: Place) -> list[Figure]:
    home = place.signed_in("memory")
    taken = interleaved(
        {"hello": lambda: _hello(place, home), "ours": lambda: _after_refresh(place, home)},
        place.runs(3),
    )
    name = "resident memory of the token view after a refresh"
    return [Figure(name, "MB", taken["ours"], taken["hello"], Goal(1.15))]


def _hello(place: Place, home: Home) -> float:
    with Screen(place.baseline("hello_httpx.py"), home.environ) as screen:
        screen.wait_for("Hello, World!")
        return resident_megabytes(screen.process)


def _after_refresh(place: Place, home: Home) -> float:
    with Screen(place.program(), home.environ) as screen:
        screen.wait_for(*TOKEN_VIEW)
        screen.press(b"r")
        screen.wait_for("Refreshed at")
        return resident_megabytes(screen.process)
