"""The old name of :mod:`wtr_tui.clock`."""

from wtr_tui.clock import UTC as UTC
from wtr_tui.clock import countdown as countdown
from wtr_tui.clock import duration as duration
from wtr_tui.clock import from_iso as from_iso
from wtr_tui.clock import iso as iso
from wtr_tui.clock import local as local
from wtr_tui.clock import now as now
