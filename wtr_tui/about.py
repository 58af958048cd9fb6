"""What the program is and looks like, on the screens and on the browser's page alike."""

__version__ = "0.2.0"

MARK = "WTR²"
ACCENT_ON_DARK = "#4fb3d9"
ACCENT_ON_LIGHT = "#0b6e99"
