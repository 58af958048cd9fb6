"""The program, but for one function: whoever calls it is killed (kill -9), or meets a fault.

``python -m tests.security.spoilt kill|fault MODULE:PATH ARGUMENTS…``. The fault's message holds
whatever the function was given, secrets in clear, as that of a careless library would.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping

from wtr_tui import cli
from wtr_tui.model import Secret, Token


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(*arguments: object, **options: object) -> None:
    raise RuntimeError(" ".join(clear(value) for value in (*arguments, *options.values())))


def clear(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Token):
        return " ".join(clear(part) for part in vars(value).values())
    if isinstance(value, Mapping):
        return " ".join(clear(part) for part in value.values())
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value)


if __name__ == "__main__":
    instead = {"kill": die, "fault": fail}[sys.argv.pop(1)]
    module, _, path = sys.argv.pop(1).partition(":")
    place: object = importlib.import_module(module)
    *names, last = path.split(".")
    for name in names:
        place = getattr(place, name)
    if not callable(getattr(place, last)):
        raise TypeError(f"{module}:{path} is no function")
    setattr(place, last, instead)
    sys.exit(cli.main())
