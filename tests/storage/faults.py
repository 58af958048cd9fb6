"""System calls that fail on demand: the n-th one of a run, whichever it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CALLS = (
    "open", "close", "read", "write", "fsync", "rename", "mkdir", "fstat", "stat", "fchmod",
    "listdir", "unlink",
)  # fmt: skip


class Counted:
    """Counts the calls of a run; instead of the one called ``failing`` (from 0) something else
    happens: ``action``, by default an OSError with ``code``."""

    def __init__(
        self, failing: int = -1, code: int = 0, action: Callable[[], None] | None = None
    ) -> None:
        self.failing = failing
        self.code = code
        self.action = action or self.fail
        self.names: list[str] = []

    def wrapped(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            at = len(self.names)
            self.names.append(name)
            if at != self.failing:
                return call(*arguments, **named)
            if name == "close":
                # Linux closes the descriptor even where it reports an error.
                call(*arguments, **named)
            return self.action()

        return counted

    def fail(self) -> None:
        raise OSError(self.code, os.strerror(self.code))

    @contextmanager
    def installed(self) -> Iterator[None]:
        originals = {name: getattr(os, name) for name in CALLS}
        for name, call in originals.items():
            setattr(os, name, self.wrapped(name, call))
        try:
            yield
        finally:
            for name, call in originals.items():
                setattr(os, name, call)
