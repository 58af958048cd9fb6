"""The widgets: here the basic ones, texts and titled frames, that repaint only what changed.

Over a slow line every repaint counts: a widget that shows the same again sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from wtr_tui.model import Secret
from wtr_tui.text import printable


class StaticText(Widget):
    """A text without markup or control characters.

    :meth:`show` keeps its size and the place of everything else: a new layout sends kilobytes.
    Where the size has to follow the text, use :meth:`reshape`.
    """

    ALLOW_SELECT = False
    auto_links = Reactive(False)  # clickable parts have a style of their own
    DEFAULT_CSS = "StaticText { height: auto; }"

    def __init__(self, text: str | Content = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = _to_content(text)

    def render(self) -> Content:
        return self._content

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return self._content.plain

    def show(self, text: str | Content) -> None:
        """Replace the text and repaint it in the space it has."""
        if self._replace(text):
            self.refresh()

    def reshape(self, text: str | Content) -> None:
        """Replace the text and lay out the screen anew for its size."""
        if self._replace(text):
            # Textual does this only for a mounted widget, but this one may have been measured.
            self.clear_cached_dimensions()
            self.refresh(layout=True)

    def fit(self, text: str | Content) -> None:
        """Replace a line in a widget as wide as its text; lay out anew only for another width."""
        content = _to_content(text)
        show = self.show if content.cell_length == self._content.cell_length else self.reshape
        show(content)

    def _replace(self, text: str | Content) -> bool:
        """Set the text; return whether it, or its style, is another one."""
        before, self._content = self._content, _to_content(text)
        return not before.is_same(self._content)  # == ignores the styles


def _to_content(text: str | Content) -> Content:
    # A path or a file may hold an escape sequence, which Textual would pass on to the terminal.
    return Content(printable(text)) if isinstance(text, str) else text


class Lines(Widget):
    """Lines that are composed for the width of the widget, which is as high as they take."""

    ALLOW_SELECT = False
    auto_links = Reactive(False)
    DEFAULT_CSS = "Lines { height: auto; width: 100%; }"

    _painted: Sequence[Content] = ()

    def lines(self, width: int) -> list[Content]:
        """Return what to show in so many columns."""
        raise NotImplementedError

    def update_lines(self) -> bool:
        """Repaint the lines if they have changed, and return whether they have.

        Their layout is made anew only for another number of them.
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


class RevealableSecret(Widget):
    """A secret at the end of a page, shown on demand.

    While hidden it keeps its space where there is room for it: to lay the page out anew takes
    twice as long as to show the text.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "RevealableSecret { height: auto; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._secret = Secret("")
        self._is_revealed = False
        self._keeps_space = False
        self._check_is_pending = False
        self._page_width = 0
        self._lowest = 0
        """The last row at which it fits without scrolling."""

    def render(self) -> Content:
        return Content(f"\n{self._secret.reveal()}" if self._is_revealed else "")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # The blank row above belongs to it: a margin would be there while it is hidden, too.
        rows = 1 - (-len(self._secret.reveal()) // max(width, 1))
        if container.width != self._page_width:
            # What fills the rest of the page would otherwise stay too small for the new width.
            self._page_width, self._keeps_space = container.width, False
        # Textual asks with the height of the page, and with that of what the page holds.
        self._lowest = max(self._lowest, container.height - rows)
        if not self._check_is_pending:
            # Within a layout, the positions would be those of another complete layout.
            self._check_is_pending = self.call_after_refresh(self._check_space)
        return rows if self._is_revealed or self._keeps_space else 0

    def _check_space(self) -> None:
        self._check_is_pending = False
        above = self.parent.children if isinstance(self.parent, Widget) else ()
        top = max((each.virtual_region_with_margin.bottom for each in above if each is not self),
                  default=0)  # fmt: skip
        keeps, self._lowest = 0 < top <= self._lowest, 0
        if keeps is not self._keeps_space:
            self._keeps_space = keeps
            self.refresh(layout=not self._is_revealed)

    def set_secret(self, secret: Secret) -> None:
        """Replace the secret, revealed or not."""
        if secret != self._secret:
            self._secret = secret
            self.refresh(layout=True)

    def toggle(self) -> None:
        """Reveal the secret, or hide it again."""
        self._is_revealed = not self._is_revealed
        self.refresh(layout=not self._keeps_space)
        if self._is_revealed:
            self.call_after_refresh(self.scroll_visible, animate=False)

    def hide(self) -> None:
        if self._is_revealed:
            self.toggle()


_CORNERS = 6
"""Columns that Textual puts around a title: two corners, and a line and a blank at each end."""


class Panel(Vertical):
    """A frame with a title and, at its right end, a second one; ``-accent`` highlights it.

    The right title is a state or a key to press: ``● valid``, ``F5 all``.
    """

    DEFAULT_CSS = """
    Panel {
        width: 1fr; height: auto; padding: 0 2;
        border: round $line; border-title-color: $foreground; border-title-background: $background;
        border-title-style: bold;
    }
    Panel.-accent { border: round $next; border-title-color: $next; }
    """
    auto_links = Reactive(False)  # clickable parts have a style of their own

    def __init__(
        self,
        title: str,
        *children: Widget,
        right: str | Content = "",
        id: str | None = None,
    ) -> None:
        super().__init__(*children, id=id)
        self._title = title
        self._right = _to_right_title(right)
        self._titled_width = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not at a Resize: one that comes while the screen is composed, or below a dialog, may not
        # have the final size.
        if self.outer_size.width != self._titled_width:
            self._compose_title()
        return super().render_lines(crop)

    def show_title(self, title: str) -> None:
        """Replace the title at the left."""
        if title != self._title:
            self._title = title
            self._compose_title()

    def show_right(self, right: str | Content) -> None:
        """Replace the title at the right; a string is muted."""
        content = _to_right_title(right)
        if not content.is_same(self._right):
            self._right = content
            self._compose_title()

    def _compose_title(self) -> None:
        self._titled_width = self.outer_size.width
        if not self._titled_width:
            return
        room = self._titled_width - _CORNERS
        title = Content(printable(self._title))
        fill = room - title.cell_length - self._right.cell_length - 2
        if not self._right or fill < 1:  # no room for both
            self.border_title = Content(truncate(self._title, room))
        else:
            frame = "not bold $next" if self.has_class("-accent") else "not bold $line"
            self.border_title = Content.assemble(
                title, Content.styled(f" {'─' * fill} ", frame), self._right
            )


def _to_right_title(right: str | Content) -> Content:
    return Content.styled(printable(right), "not bold $muted") if isinstance(right, str) else right


def clickable(content: Content, action: str) -> Content:
    """Return the text with an action (``app.…`` or ``screen.…``) for a click on it."""
    return content.stylize(Style.from_meta({"@click": action}))


def clickable_key(key: str, word: str, action: str) -> Content:
    """Return a key and its word (``F5 all``) as a right title to click on."""
    shown = Content.styled(key, "bold $next") + Content.styled(f" {word}", "not bold $muted")
    return clickable(shown, action)


def truncate(text: str, most: int) -> str:
    """Return the printable text, shortened to ``most`` characters with … at its end."""
    shown = printable(text)
    return shown if len(shown) <= most else shown[: max(most - 1, 0)] + "…"


def truncate_middle(name: str, most: int) -> str:
    """Return a name shortened in its middle, as its end tells it apart: ``calli…vice-16``."""
    shown = printable(name)
    tail = min(_TAIL, most // 3)
    return shown if len(shown) <= most else f"{shown[: most - tail - 1]}…{shown[-tail:]}"


_TAIL = 8
