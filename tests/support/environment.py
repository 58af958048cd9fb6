"""The environment and the signals that the children of tests start with, on every machine alike."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import wtr_tui

PACKAGE_ROOT = Path(wtr_tui.__file__).parents[1]

# The clock of a shifted run (see clock_shift), or parent and child live in different years; and
# the libraries of an interpreter that is not installed in the usual folders.
_HANDED_ON = ("LD_PRELOAD", "SHIFT", "LD_LIBRARY_PATH")


def child_environ(**variables: str) -> dict[str, str]:
    """A whole environment: ``variables``, ``PATH``, and what no child can be without."""
    kept = {name: os.environ[name] for name in ("PATH", *_HANDED_ON) if name in os.environ}
    return {**kept, **variables}


def program_environ(**variables: str) -> dict[str, str]:
    """Like :func:`child_environ`, for a Python that imports the package under test."""
    # Wherever else the interpreter would find another wtr_tui.
    return child_environ(**{"PYTHONPATH": str(PACKAGE_ROOT), "LANG": "C.UTF-8", **variables})


def default_signals() -> None:
    """Lets the children of this process begin with the default action of every signal.

    ``nohup``, a ``&`` in a script and some CI systems start their programs with signals ignored
    or blocked, and both are inherited. What has a handler is not: exec gives it its default back.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        # Python itself ignores those two, and subprocess resets them.
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else _keep)


def _keep(number: int, frame: FrameType | None) -> None:
    """Ignores the signal, as whoever started the tests wished, in this process alone."""
