"""The mark and the accent that the screens and the browser's page share."""

from __future__ import annotations

from typing import Final

MARK: Final = "WTR²"
ACCENT_ON_DARK: Final = "#4fb3d9"
ACCENT_ON_LIGHT: Final = "#0b6e99"
