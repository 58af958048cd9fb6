"""How much is left, as a line."""

from __future__ import annotations

from time import monotonic

from textual.content import Content
from textual.widget import Widget


def bar(share: float, width: int) -> str:
    """``share`` (0 to 1) of ``width`` cells filled, to the half cell.

    A last half cell stays while anything is left: an empty line means nothing is.
    """
    halves = round(min(max(share, 0.0), 1.0) * width * 2)
    if share > 0:
        halves = max(halves, 1)
    whole, half = divmod(halves, 2)
    return ("━" * whole + "╸" * half).ljust(width, "┄")


_LEAST_PAUSE_SECONDS = 20.0
_SMALL_MOVE = 0.08


class Bar(Widget):
    """A bar over the whole width; repainted when it has moved by half a cell.

    A small move may wait twenty seconds: of a token that lives for minutes the bar would move
    every second, and each repaint is a few hundred bytes.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Bar { height: 1; width: 100%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._share = 0.0
        self._painted_at = -_LEAST_PAUSE_SECONDS

    def render(self) -> Content:
        # Drawn when the width is known: already the first picture is complete.
        return Content(bar(self._share, self.size.width))

    def set_share(self, share: float) -> None:
        now = monotonic()
        small = abs(share - self._share) < _SMALL_MOVE and share > 0
        if small and now - self._painted_at < _LEAST_PAUSE_SECONDS:
            return
        moved = bar(share, self.size.width) != bar(self._share, self.size.width)
        self._share = share
        self._painted_at = now
        if moved:
            self.refresh()
