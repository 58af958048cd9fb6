"""Whole processes, timed from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.figure import Sample

_NOWHERE = (
    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
)


@dataclass(frozen=True)
class Taken:
    """Both in milliseconds: on the clock, and of the processor."""

    elapsed: float
    cpu: float


def run(command: Sequence[str], environ: Mapping[str, str]) -> Taken:
    """What one process took. Raises RuntimeError where it fails: that would be quick."""
    return at_once([command], environ)


def at_once(commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> Taken:
    """What it took until the last of them had ended; the processor's time of all."""
    began = time.perf_counter()
    started = [
        os.posix_spawn(command[0], list(command), dict(environ), file_actions=_NOWHERE)
        for command in commands
    ]
    ended = [os.wait4(process, 0) for process in started]
    elapsed = time.perf_counter() - began
    codes = {os.waitstatus_to_exitcode(status) for _, status, _ in ended}
    if codes != {0}:
        raise RuntimeError(f"{commands[0]} ended with {sorted(codes)}")
    cpu = sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended)
    return Taken(1000 * elapsed, 1000 * cpu)


def interleaved(measures: Mapping[str, Callable[[], float]], runs: int) -> dict[str, Sample]:
    """Each measure so many times, by turns, so that a busy moment meets them all.

    What the first turn gives is not counted: it fills the caches.
    """
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(runs + 1):
        for name, measure in measures.items():
            value = measure()
            if turn or runs == 1:
                taken[name].append(value)
    return {name: Sample(tuple(values)) for name, values in taken.items()}
