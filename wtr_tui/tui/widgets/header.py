"""The line at the top: the screens, the state of the token, and where the user is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.message import Message

from wtr_tui import MARK
from wtr_tui.text import printable
from wtr_tui.tui.keys import key
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.panel import cut
from wtr_tui.tui.widgets.quiet import Quiet


class Tab(NamedTuple):
    """A screen, the key that leads there, and what it is called."""

    name: str
    key: str
    title: str


TABS = (
    Tab("token", "F2", "Token"),
    Tab("sign-in", "F3", "Sign in"),
    Tab("settings", "F4", "Settings"),
    Tab("profiles", "F5", "Profiles"),
    Tab("check", "F6", "Check"),
)


class Standing(NamedTuple):
    """What the header says at its right end."""

    meaning: Meaning
    left: str
    """The time left in two units or a word: ``13 d 23 h``, ``expired``, ``no token``."""
    profile: str
    place: str = ""
    """``over SSH from 10.0.0.7``; empty at a desk."""
    sign_in_by: str = ""
    """``sign in by Sat 28 Nov 10:00``; empty where that is far away."""

    @property
    def short_left(self) -> str:
        """``13 d``: the first unit of the time left."""
        counts = self.left[:1] in "<0123456789"
        return " ".join(self.left.split()[:2]) if counts else self.left


_GOING = (
    "place in full", "place", "gaps", "second unit", "mark", "titles", "long profile", "profile",
    "time left", "tabs", "sign-in",
)  # fmt: skip
"""What goes where there is no room for all, the first of it first. The dot and the tab that is
shown stay; the time left, too, unless there is the instant of the next sign-in beside it."""


class Header(Quiet):
    """One line on every screen, painted again where it changes."""

    DEFAULT_CSS = """
    Header { height: 1; width: 100%; background: $panel; color: $foreground; padding: 0 1; }
    """

    class TabPressed(Message):
        """A tab was clicked; ``name`` is that of its :class:`Tab`."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(
        self,
        current: str,
        standing: Standing,
        *,
        tabs: tuple[Tab, ...] = TABS,
    ) -> None:
        super().__init__()
        self._current = current
        self._tabs = tabs
        self._standing = standing
        self._spans: list[tuple[int, int, str]] = []

    def on_resize(self) -> None:
        self._compose_line()

    def show_standing(self, standing: Standing) -> None:
        """Says how the token is from now on; costs nothing where nothing changed."""
        if standing != self._standing:
            self._standing = standing
            self._compose_line()

    def follow_keys(self) -> None:
        """Names the keys as they are now."""
        self._compose_line()

    async def on_click(self, event: Click) -> None:
        at = event.x - self.styles.padding.left
        for start, end, name in self._spans:
            if start <= at < end:
                event.stop()
                self.post_message(self.TabPressed(name))

    def _compose_line(self) -> None:
        width = self.app.size.width - self.styles.padding.width
        gone: list[str] = []
        while len(gone) < len(_GOING) and not self._fits(gone, width):
            gone.append(_GOING[len(gone)])
        for each in reversed(gone):  # what went last may have made room for more than was needed
            fewer = [other for other in gone if other != each]
            gone = fewer if self._fits(fewer, width) else gone
        left, right = self._tab_line(gone), self._state(gone)
        gap = " " * max(width - left.cell_length - right.cell_length, 0)
        self._find_spans(left)
        self.show(Content.assemble(left, gap, right)[:width])

    def _fits(self, gone: Sequence[str], width: int) -> bool:
        # A tab ends with a blank; another one is needed behind it.
        return self._tab_line(gone).cell_length + 1 + self._state(gone).cell_length <= width

    def _tab_line(self, gone: Sequence[str]) -> Content:
        """The mark and the tabs."""
        current = "bold reverse" if self.app.no_color else "bold $on-next on $next"
        gap = "" if "gaps" in gone else " "
        parts = [] if "mark" in gone else [Content.styled(f"{MARK} ", "bold $next"), Content(gap)]
        for tab in self._tabs:
            if tab.name == self._current:
                parts.append(Content.styled(f" {_key(tab)} {tab.title} ", current))
            elif "tabs" not in gone:
                parts.append(Content.styled(f" {_key(tab)} ", "$muted"))
                parts.append(Content("" if "titles" in gone else f"{tab.title} "))
            parts.append(Content(gap))
        return Content.assemble(*parts)

    def _find_spans(self, line: Content) -> None:
        starts = [(line.plain.find(f" {_key(tab)} "), tab.name) for tab in self._tabs]
        ends = [start for start, _ in starts[1:]] + [line.cell_length]
        self._spans = [
            (start, end, name)
            for (start, name), end in zip(starts, ends, strict=True)
            if start >= 0
        ]

    def _state(self, gone: Sequence[str]) -> Content:
        standing, gap = self._standing, " " if "second unit" in gone else "  "
        parts = [Content.styled(standing.meaning.sign, f"bold {standing.meaning.colour}")]
        has_left = "time left" not in gone or not standing.sign_in_by
        if has_left:
            left = standing.short_left if "second unit" in gone else standing.left
            parts.append(Content.styled(f" {left}", "bold $foreground"))
        if standing.sign_in_by and "sign-in" not in gone:
            words = f"{',' * has_left} {standing.sign_in_by}"
            parts.append(Content.styled(words, f"bold {Meaning.SOON.colour}"))
        if "profile" not in gone:
            most = 12 if "long profile" in gone else 24
            parts.append(Content.styled(f"{gap}{cut(standing.profile, most)}", "$foreground"))
        place = standing.place
        if "place in full" in gone:  # ``over SSH from 10.0.0.7`` as ``SSH``
            place = "SSH" if "SSH" in place else ""
        if place and "place" not in gone:
            parts.append(Content.styled(f"{gap}{printable(place)}", "$muted"))
        return Content.assemble(*parts)


def _key(tab: Tab) -> str:
    return key(f"go-{tab.name}", tab.key)
