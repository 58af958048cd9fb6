"""The program, but for one function: whoever calls it is killed (kill -9) before it does anything.

``python -m tests.security.lethal MODULE:PATH ARGUMENTS…``
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

from wtr_tui import cli


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    module, _, path = sys.argv.pop(1).partition(":")
    place: object = importlib.import_module(module)
    *names, last = path.split(".")
    for name in names:
        place = getattr(place, name)
    if not callable(getattr(place, last)):
        raise TypeError(f"{module}:{path} is no function")
    setattr(place, last, die)
    sys.exit(cli.main())
