"""``python -m wtr_tui`` is ``wtr-tui``."""

from wtr_tui.cli import program

program()
