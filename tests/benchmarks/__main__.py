"""``python -m tests.benchmarks``: one table on stdout, what is going on meanwhile on stderr."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.benchmarks import commands, first_picture, idle, keys, many, memory, sign_in
from tests.benchmarks.figure import Figure, table
from tests.benchmarks.installed import installed
from tests.benchmarks.place import Place, progress
from tests.benchmarks.stand_in import StandIn

_GROUPS: dict[str, Callable[[Place], list[Figure]]] = {
    "commands": commands.figures,
    "first-picture": first_picture.figures,
    "keys": keys.figures,
    "sign-in": sign_in.figures,
    "idle": idle.figures,
    "memory": memory.figures,
    "many": many.figures,
}


def main() -> int:
    asked = _parser().parse_args()
    began = time.monotonic()
    progress("installing")
    copy = installed()
    figures: list[Figure] = []
    with closing(StandIn()) as stand_in, tempfile.TemporaryDirectory(prefix="wtr-bench-") as folder:
        place = Place(copy, stand_in, Path(folder), smoke=asked.smoke)
        for name in asked.only or _GROUPS:
            progress(f"{time.monotonic() - began:5.0f} s  {name}")
            figures += _GROUPS[name](place)
    progress(f"{time.monotonic() - began:5.0f} s  done (~: the ratio depends on the load)")
    if asked.json:
        print(json.dumps([figure.members() for figure in figures], indent=2))
    else:
        print(table(figures, judged=not asked.smoke))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--smoke", action="store_true", help="each once, briefly; judges nothing")
    parser.add_argument("--only", action="append", choices=_GROUPS, help="a group of figures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
