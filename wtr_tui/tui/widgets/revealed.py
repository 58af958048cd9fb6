"""A secret that can be shown and hidden without anything else moving."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wtr_tui.model import Secret


class Revealed(Widget):
    """The last of a page. Where there is room it keeps its place while it is hidden: to lay the
    page out anew takes twice as long as to show the text.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Revealed { height: auto; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._secret = Secret("")
        self._shown = False
        self._keeps_place = False

    def render(self) -> Content:
        return Content(f"\n{self._secret.reveal()}" if self._shown else "")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # A margin in place of the empty row above it would be there while it is hidden, too.
        rows = 1 - (-len(self._secret.reveal()) // max(width, 1))
        top = self.virtual_region.y  # where the last layout has put it
        self._keeps_place = 0 < top <= container.height - rows
        return rows if self._shown or self._keeps_place else 0

    def hold(self, secret: Secret) -> None:
        if secret != self._secret:
            self._secret = secret
            self.refresh(layout=True)

    def switch(self) -> None:
        """Shows the text, or hides it again."""
        self._shown = not self._shown
        self.refresh(layout=not self._keeps_place)
        if self._shown:
            self.call_after_refresh(self.scroll_visible, animate=False)

    def hide(self) -> None:
        if self._shown:
            self.switch()
