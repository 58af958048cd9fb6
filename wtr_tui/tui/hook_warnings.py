"""What went wrong with the onToken command: said in a thread, told by the screen's next tick."""

from __future__ import annotations

import logging
from collections import deque

_LOGGER = logging.getLogger("wtr_tui.hook")


class HookWarnings(logging.Handler):
    """Collects the warnings of :mod:`wtr_tui.hook` from :meth:`listen` to :meth:`deafen`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._sentences: deque[str] = deque()

    def listen(self) -> None:
        _LOGGER.addHandler(self)

    def deafen(self) -> None:
        _LOGGER.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._sentences.append(record.getMessage())

    def take(self) -> str:
        """The oldest that was not taken yet, as a sentence; "" where there is none."""
        return self._sentences.popleft() if self._sentences else ""
