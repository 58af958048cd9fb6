"""The line at the top: the screens, the state of the token, and where the user is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from textual.content import Content
from textual.events import Click
from textual.message import Message

from wtr_tui import MARK
from wtr_tui.text import printable
from wtr_tui.tui.keys import key
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.quiet import Quiet


@dataclass(frozen=True)
class Tab:
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


@dataclass(frozen=True)
class Standing:
    """What the header says at its right end."""

    meaning: Meaning
    left: str
    """The time left in two units or a word: ``13 d 23 h``, ``expired``, ``no token``."""
    profile: str
    place: str = ""
    """``over SSH from 10.0.0.7``; empty at a desk."""
    short_left: str = ""
    """For a narrow terminal: ``13 d``; empty for the first unit of ``left``."""
    sign_in_by: str = ""
    """``sign in by Sat 28 Nov 10:00``; empty where that is far away."""


@dataclass(frozen=True)
class _Form:
    """How much the line says."""

    titles: int = len(TABS)
    """Of so many tabs, from the left, besides that of the one shown."""
    spaced: bool = False
    mark: bool = True
    others: bool = True
    """The keys of the other tabs."""
    place: str = ""
    short: bool = False
    """The time left in one unit."""
    profile: int = 24
    """The most characters of the profile's name."""
    left: bool = True
    """The time left, also beside the instant of the next sign-in."""
    sign_in: bool = True


_BARE = _Form(titles=0, mark=False, profile=0, left=False)


class Header(Quiet):
    """One line on every screen, painted again where it changes.

    Where the terminal is narrow, it first shortens the place, then the names of the other
    screens from the right, then the time left; the dot and the tab shown are always there.
    """

    DEFAULT_CSS = """
    Header { height: 1; width: 100%; background: $panel; color: $foreground; padding: 0 1; }
    """

    @dataclass
    class TabPressed(Message):
        """A tab was clicked; ``name`` is that of its :class:`Tab`."""

        name: str

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

    def on_mount(self) -> None:
        self._compose_line()

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
            if left.cell_length + 2 + right.cell_length <= width:
                break
        gap = " " * max(width - left.cell_length - right.cell_length, 0)
        self._find_spans(left)
        self.show(Content.assemble(left, gap, right)[:width])

    def _forms(self) -> Iterator[_Form]:
        """From the fullest to the shortest; the first one that fits is shown."""
        place = self._standing.place
        # ``over SSH from 10.0.0.7`` as ``SSH``; what is not over SSH goes.
        for each in dict.fromkeys((place, "SSH" if "SSH" in place else "", "")):
            yield _Form(spaced=True, place=each)
        yield _Form()
        yield _Form(short=True)
        for titles in range(len(TABS) - 1, -1, -1):
            yield _Form(titles)
            if titles < len(TABS) - 2:
                yield _Form(titles, short=True)
        yield _Form(0, mark=False, short=True)
        yield _Form(0, mark=False, short=True, profile=12)
        if self._standing.sign_in_by:
            yield _BARE
            yield replace(_BARE, others=False)
        yield replace(_BARE, short=True, left=True, sign_in=False)
        yield replace(_BARE, short=True, left=True, sign_in=False, others=False)

    def _tab_line(self, form: _Form) -> Content:
        """The mark and the tabs."""
        current = "bold reverse" if self.app.no_color else "bold $on-next on $next"
        parts = []
        if form.mark:
            parts = [Content.styled(MARK, "bold $next"), Content("  " if form.spaced else " ")]
        for index, tab in enumerate(self._tabs):
            if tab.name == self._current:
                parts.append(Content.styled(f" {_key(tab)} {tab.title} ", current))
            elif form.others:
                parts.append(Content.styled(f" {_key(tab)} ", "$muted"))
                if index < form.titles:
                    parts.append(Content(f"{tab.title} "))
            if form.spaced:
                parts.append(Content(" "))
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
        standing = self._standing
        left = standing.left
        if form.short:
            left = standing.short_left or " ".join(left.split()[:2])
        profile = printable(standing.profile)
        if len(profile) > form.profile:
            profile = profile[: form.profile - 1] + "…" if form.profile else ""
        parts = [Content.styled(standing.meaning.sign, f"bold {standing.meaning.colour}")]
        if form.left or not standing.sign_in_by:
            parts.append(Content.styled(f" {left}", "bold $foreground"))
        if standing.sign_in_by and form.sign_in:
            comma = ", " if form.left else " "
            words = f"{comma}{standing.sign_in_by}"
            parts.append(Content.styled(words, f"bold {Meaning.SOON.colour}"))
        if profile:
            parts.append(Content.styled(f"  {profile}", "$foreground"))
        if form.place:
            parts.append(Content.styled(f"  {printable(form.place)}", "$muted"))
        return Content.assemble(*parts)


def _key(tab: Tab) -> str:
    return key(f"go-{tab.name}", tab.key)
