"""The old place of what is in :mod:`wtr_tui.text`."""

from wtr_tui.text import cause as cause
from wtr_tui.text import user_name as user_name
