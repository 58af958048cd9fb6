"""The old name of :mod:`wtr_tui.delivery`."""

from wtr_tui.delivery import deliver as run
from wtr_tui.history import Event as Event

__all__ = ["Event", "run"]
