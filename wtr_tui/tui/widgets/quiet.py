"""Texts that cost nothing while they do not change."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widget import Widget

from wtr_tui.model import Secret
from wtr_tui.text import printable


class Quiet(Widget):
    """A text without markup or control characters.

    ``show`` keeps the place and size of everything: over a slow line a new layout costs
    kilobytes. Where the size has to follow, use ``reshape``.
    """

    ALLOW_SELECT = False
    auto_links = Reactive(False)  # what can be pressed has a style of its own
    DEFAULT_CSS = "Quiet { height: auto; }"

    def __init__(
        self, text: str | Content = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._content = _made_harmless(text)

    def render(self) -> Content:
        return self._content

    @property
    def shown(self) -> str:
        """What is on the screen, without its styles."""
        return self._content.plain

    def show(self, text: str | Content) -> None:
        before, self._content = self._content, _made_harmless(text)
        if not before.is_same(self._content):  # == compares the letters alone, not their colours
            self.refresh()

    def reshape(self, text: str | Content) -> None:
        before, self._content = self._content, _made_harmless(text)
        if not before.is_same(self._content):
            # Textual does so itself only once the widget is mounted; it may have been measured.
            self.clear_cached_dimensions()
            self.refresh(layout=True)

    def fit(self, text: str | Content) -> None:
        """Shows a line in a widget as wide as its text: laid out anew only for another width.

        A text of the same width is one short run of bytes, without blanks to fill up with.
        """
        content = _made_harmless(text)
        show = self.show if content.cell_length == self._content.cell_length else self.reshape
        show(content)


def _made_harmless(text: str | Content) -> Content:
    # Textual passes an escape on to the terminal, and a path or a file may hold one.
    return Content(printable(text)) if isinstance(text, str) else text


class Lines(Widget):
    """Lines that are made for the columns there are; as high as they take."""

    ALLOW_SELECT = False
    auto_links = Reactive(False)
    DEFAULT_CSS = "Lines { height: auto; width: 100%; }"

    _painted: Sequence[Content] = ()

    def lines(self, width: int) -> list[Content]:
        """What it shows in so many columns."""
        raise NotImplementedError

    def update_lines(self) -> bool:
        """Paints them as they are now, laid out anew only for another number of them.

        Tells whether anything has changed; the same lines cost nothing.
        """
        before, now = self._painted, self.lines(self.content_size.width)
        same = len(before) == len(now)
        if same and all(map(Content.is_same, before, now)):
            return False
        self._painted = now
        self.refresh(layout=not same)
        return True

    def render(self) -> Content:
        self._painted = self.lines(self.content_size.width)
        return Content("\n").join(self._painted)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.lines(width))


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
        self._looks_for_place = False
        self._page_width = 0
        self._lowest = 0
        """The last row where it has room without scrolling."""

    def render(self) -> Content:
        return Content(f"\n{self._secret.reveal()}" if self._shown else "")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # A margin in place of the empty row above it would be there while it is hidden, too.
        rows = 1 - (-len(self._secret.reveal()) // max(width, 1))
        if container.width != self._page_width:
            # What fills a page of another width would leave it the place it has, and be smaller.
            self._page_width, self._keeps_place = container.width, False
        # It is asked with the height of the page, and with that of what the page holds.
        self._lowest = max(self._lowest, container.height - rows)
        if not self._looks_for_place:
            # Asked for within a layout, its place would be that of another whole layout.
            self._looks_for_place = self.call_after_refresh(self._look_for_place)
        return rows if self._shown or self._keeps_place else 0

    def _look_for_place(self) -> None:
        self._looks_for_place = False
        above = self.parent.children if isinstance(self.parent, Widget) else ()
        top = max((each.virtual_region_with_margin.bottom for each in above if each is not self),
                  default=0)  # fmt: skip
        keeps, self._lowest = 0 < top <= self._lowest, 0
        if keeps is not self._keeps_place:
            self._keeps_place = keeps
            self.refresh(layout=not self._shown)

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
