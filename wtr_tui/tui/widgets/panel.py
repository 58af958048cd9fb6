"""A titled frame, with a second title at its right end."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.reactive import Reactive
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from wtr_tui.text import printable

_CORNERS = 6
"""What Textual puts around a title: two corners, and at each end a line and a blank."""


class Panel(Vertical):
    """Frames what it holds; the class ``-accent`` marks the one that matters most.

    The right title is what there is to know or to press: ``● valid``, ``F5 all``.
    """

    DEFAULT_CSS = """
    Panel {
        width: 1fr; height: auto; padding: 0 2;
        border: round $line; border-title-color: $foreground; border-title-background: $background;
        border-title-style: bold;
    }
    Panel.-accent { border: round $next; border-title-color: $next; }
    """
    auto_links = Reactive(False)  # what can be pressed has a style of its own

    def __init__(
        self,
        title: str,
        *children: Widget,
        right: str | Content = "",
        id: str | None = None,
    ) -> None:
        super().__init__(*children, id=id)
        self._title = title
        self._right = _made_content(right)
        self._titled_for = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not at a Resize: one that comes while the screen is being put together, or below a
        # dialog, tells a size that is not the last.
        if self.outer_size.width != self._titled_for:
            self._compose_title()
        return super().render_lines(crop)

    def show_title(self, title: str) -> None:
        """Another title at the left; the same one costs nothing."""
        if title != self._title:
            self._title = title
            self._compose_title()

    def show_right(self, right: str | Content) -> None:
        """Another title at the right; a text without a style of its own is muted."""
        content = _made_content(right)
        if not content.is_same(self._right):
            self._right = content
            self._compose_title()

    def _compose_title(self) -> None:
        self._titled_for = self.outer_size.width
        if not self._titled_for:
            return
        room = self._titled_for - _CORNERS
        title = Content(printable(self._title))
        fill = room - title.cell_length - self._right.cell_length - 2
        if not self._right or fill < 1:  # no room for both
            self.border_title = Content(truncate(self._title, room))
        else:
            frame = "not bold $next" if self.has_class("-accent") else "not bold $line"
            self.border_title = Content.assemble(
                title, Content.styled(f" {'─' * fill} ", frame), self._right
            )


def clickable(content: Content, action: str) -> Content:
    """The text as something to click on; the action is ``app.…`` or ``screen.…``."""
    return content.stylize(Style.from_meta({"@click": action}))


def truncate(text: str, most: int) -> str:
    """The text without what would move the cursor, ended by … where it is longer."""
    shown = printable(text)
    return shown if len(shown) <= most else shown[: max(most - 1, 0)] + "…"


def truncate_middle(text: str, most: int) -> str:
    """The same for a name, of which the end tells as much as the beginning: ``calli…vice-16``."""
    shown = printable(text)
    tail = min(_TAIL, most // 3)
    return shown if len(shown) <= most else f"{shown[: most - tail - 1]}…{shown[-tail:]}"


_TAIL = 8


def clickable_key(key: str, word: str, action: str) -> Content:
    """A right title that is a key and what it leads to."""
    shown = Content.styled(key, "bold $next") + Content.styled(f" {word}", "not bold $muted")
    return clickable(shown, action)


def _made_content(right: str | Content) -> Content:
    return Content.styled(printable(right), "not bold $muted") if isinstance(right, str) else right
