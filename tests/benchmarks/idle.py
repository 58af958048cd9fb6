"""What the screens cost while nobody presses a key: bytes to the terminal, and processor time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmarks.figure import Against, Figure, Goal, once
from tests.benchmarks.place import Place
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.screen import Screen, watch

_SECONDS = 60.0
_SETTLING = 5.0
_SHORT_LIFE = 180.0
"""Seconds. Refreshed at half its life, so not while it is watched."""

_LITTLE = Goal(100, Against.VALUE)
_COUNTING = Goal(200, Against.VALUE)
_CPU_GOAL = Goal(0.3, Against.DIFFERENCE)


@dataclass(frozen=True)
class _Cost:
    bytes_a_second: float
    cpu_percent: float


def figures(place: Place) -> list[Figure]:
    long, short, waiting = (
        place.signed_in("idle-long", age=1000.0),
        place.signed_in("idle-short", _SHORT_LIFE),
        place.home("idle-waiting"),
    )
    starts = {
        "hello": (place.baseline("hello.py"), long, "Hello"),
        "clock": (place.baseline("clock.py"), long, "Clock"),
        "long": (place.program(), long, "● valid"),
        "short": (place.program(), short, "until "),
        "waiting": (place.program(), waiting, "Listening on"),
    }
    with ExitStack() as open_screens:
        screens = {}
        for name, (command, home, text) in starts.items():
            screens[name] = open_screens.enter_context(Screen(command, home.environ))
            screens[name].wait_for(text)
        # All at the same time: a minute each would take too long.
        cost = _watched(screens, place.seconds(_SETTLING), place.seconds(_SECONDS))
    return [
        _bytes("bytes/s, token view counting seconds", cost["short"], cost["clock"], _COUNTING),
        _bytes("bytes/s, token view, 14 days left", cost["long"], cost["clock"], _COUNTING),
        _bytes("bytes/s, retrieval screen waiting", cost["waiting"], cost["clock"], _LITTLE),
        _cpu("CPU, token view idle, 60 s", cost["long"], cost["hello"]),
    ]


def _watched(screens: Mapping[str, Screen], settling: float, seconds: float) -> dict[str, _Cost]:
    every = list(screens.values())
    watch(every, settling)
    before = {name: (len(each.pieces), cpu_seconds(each.process)) for name, each in screens.items()}
    watch(every, seconds)
    costs = {}
    for name, screen in screens.items():
        first, cpu = before[name]
        costs[name] = _Cost(
            sum(len(piece) for _, piece in screen.pieces[first:]) / seconds,
            100 * (cpu_seconds(screen.process) - cpu) / seconds,
        )
    return costs


def _bytes(name: str, ours: _Cost, baseline: _Cost, goal: Goal) -> Figure:
    return Figure(name, "B", once(ours.bytes_a_second), once(baseline.bytes_a_second), goal)


def _cpu(name: str, ours: _Cost, baseline: _Cost) -> Figure:
    return Figure(name, "%", once(ours.cpu_percent), once(baseline.cpu_percent), _CPU_GOAL)
