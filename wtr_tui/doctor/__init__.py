"""What would go wrong here, found before it does. Shared by the command and the screen."""

from wtr_tui.doctor.examination import examine
from wtr_tui.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
