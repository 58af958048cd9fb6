"""The line at the top: the screens, the state of the token, and where the user is."""

from __future__ import annotations

from collections.abc import Iterator
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


class _Form(NamedTuple):
    """How much the line says."""

    place: str = ""
    spaced: bool = False
    short: bool = True
    """The time left in one unit."""
    profile: int = 24
    """The most characters of the profile's name."""
    mark: bool = True
    titles: bool = True
    """Of the tabs that are not shown; else only their keys."""
    others: bool = True
    """The tabs that are not shown."""
    left: bool = True
    """The time left, also beside the instant of the next sign-in."""
    sign_in: bool = True


class Header(Quiet):
    """One line on every screen, painted again where it changes.

    Where the terminal is narrow, it first shortens the place, then the time left, then the names
    of the other screens; the dot and the tab shown are always there.
    """

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
        for form in self._forms():
            left, right = self._tab_line(form), self._state(form)
            if left.cell_length + 1 + right.cell_length <= width:  # a tab ends with a blank
                break
        gap = " " * max(width - left.cell_length - right.cell_length, 0)
        self._find_spans(left)
        self.show(Content.assemble(left, gap, right)[:width])

    def _forms(self) -> Iterator[_Form]:
        """From the fullest to the shortest; the first one that fits is shown."""
        place = self._standing.place
        # ``over SSH from 10.0.0.7`` as ``SSH``; what is not over SSH goes.
        for each in dict.fromkeys((place, "SSH" if "SSH" in place else "", "")):
            yield _Form(each, spaced=True, short=False)
        yield _Form(short=False)
        yield _Form()
        yield _Form(mark=False)
        keys = _Form(titles=False)
        yield keys._replace(short=False)
        for most in (24, 12):
            yield keys._replace(profile=most)
        bare = keys._replace(mark=False, profile=0)
        if self._standing.sign_in_by:
            yield bare._replace(left=False)
            yield bare._replace(left=False, others=False)
        yield bare._replace(sign_in=False)
        yield bare._replace(sign_in=False, others=False)

    def _tab_line(self, form: _Form) -> Content:
        """The mark and the tabs."""
        current = "bold reverse" if self.app.no_color else "bold $on-next on $next"
        parts = [Content.styled(f"{MARK} ", "bold $next")] if form.mark else []
        for tab in self._tabs:
            parts.append(Content(" " if form.spaced and tab is self._tabs[0] else ""))
            if tab.name == self._current:
                parts.append(Content.styled(f" {_key(tab)} {tab.title} ", current))
            elif form.others:
                parts.append(Content.styled(f" {_key(tab)} ", "$muted"))
                parts.append(Content(f"{tab.title} " if form.titles else ""))
            parts.append(Content(" " if form.spaced else ""))
        return Content.assemble(*parts)

    def _find_spans(self, line: Content) -> None:
        starts = [(line.plain.find(f" {_key(tab)} "), tab.name) for tab in self._tabs]
        ends = [start for start, _ in starts[1:]] + [line.cell_length]
        self._spans = [
            (start, end, name)
            for (start, name), end in zip(starts, ends, strict=True)
            if start >= 0
        ]

    def _state(self, form: _Form) -> Content:
        standing, gap = self._standing, " " if form.short else "  "
        parts = [Content.styled(standing.meaning.sign, f"bold {standing.meaning.colour}")]
        if form.left or not standing.sign_in_by:
            left = standing.short_left if form.short else standing.left
            parts.append(Content.styled(f" {left}", "bold $foreground"))
        if standing.sign_in_by and form.sign_in:
            words = f"{',' if form.left else ''} {standing.sign_in_by}"
            parts.append(Content.styled(words, f"bold {Meaning.SOON.colour}"))
        if form.profile:
            parts.append(
                Content.styled(f"{gap}{cut(standing.profile, form.profile)}", "$foreground")
            )
        if form.place:
            parts.append(Content.styled(f"{gap}{printable(form.place)}", "$muted"))
        return Content.assemble(*parts)


def _key(tab: Tab) -> str:
    return key(f"go-{tab.name}", tab.key)
