"""What a running process costs, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: int) -> float:
    """Of the processor, so far, for all its threads."""
    folder = Path(f"/proc/{process}")
    try:
        times = [path.read_text() for path in folder.glob("task/*/schedstat")]
    except OSError:
        times = []
    if times:  # in nanoseconds; the ticks of stat are too format_time_left for a process that idles
        return sum(int(text.split()[0]) for text in times) / 1e9
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def resident_megabytes(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {process} has ended")
