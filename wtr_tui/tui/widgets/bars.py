"""The lines at the top and at the bottom of each screen, and the lines of keys in its cards.

At the top: the screens, the state of the token, and where the user is. At the bottom: the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from textual.actions import parse
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input

from wtr_tui import MARK
from wtr_tui.text import printable
from wtr_tui.tui.keys import key
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets import StaticText, clickable, truncate


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


class HeaderState(NamedTuple):
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
    "place in full", "place", "gaps", "second unit", "title check", "mark", "title profiles",
    "title settings", "title sign-in", "title token", "long profile", "profile", "time left",
    "tabs", "sign-in",
)  # fmt: skip
"""What goes where there is no room for all, the first of it first. The dot and the tab that is
shown stay; the time left, too, unless there is the instant of the next sign-in beside it."""


class Header(StaticText):
    """One line on every screen, painted again where it changes."""

    DEFAULT_CSS = """
    Header { height: 1; width: 100%; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(
        self,
        current: str,
        standing: HeaderState,
        *,
        tabs: tuple[Tab, ...] = TABS,
    ) -> None:
        super().__init__()
        self._current = current
        self._tabs = tabs
        self._standing = standing

    def on_resize(self) -> None:
        self._compose_line()

    def show_state(self, standing: HeaderState) -> None:
        """Says how the token is from now on; costs nothing where nothing changed."""
        if standing != self._standing:
            self._standing = standing
            self._compose_line()

    def update_keys(self) -> None:
        """Names the keys as they are now."""
        self._compose_line()

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
            shown = Content()
            if tab.name == self._current:
                shown = Content.styled(f" {_key(tab)} {tab.title} ", current)
            elif "tabs" not in gone:
                title = "" if f"title {tab.name}" in gone else f"{tab.title} "
                shown = Content.styled(f" {_key(tab)} ", "$muted") + title
            parts.append(clickable(shown, f"app.go('{tab.name}')"))
            parts.append(Content(gap))
        return Content.assemble(*parts)

    def _state(self, gone: Sequence[str]) -> Content:
        standing, gap = self._standing, " " if "gaps" in gone else "  "
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
            parts.append(Content.styled(f"{gap}{truncate(standing.profile, most)}", "$foreground"))
        place = standing.place
        if "place in full" in gone:  # ``over SSH from 10.0.0.7`` as ``SSH``
            place = "SSH" if "SSH" in place else ""
        if place and "place" not in gone:
            parts.append(Content.styled(f"{gap}{printable(place)}", "$muted"))
        return Content.assemble(*parts)


def _key(tab: Tab) -> str:
    return key(f"go-{tab.name}", tab.key)


class ShownKey(NamedTuple):
    """A key, its word, the action of a click on it, and whether it does something now."""

    key: str
    word: str
    action: str
    enabled: bool = True

    @property
    def content(self) -> Content:
        """``r Refresh``."""
        if self.enabled:
            shown = Content.styled(self.key, "bold $next") + Content(f" {self.word}")
            return clickable(shown, self.action)
        return Content.styled(f"{self.key} {self.word}", "$muted")


def lay_out(keys: Iterable[ShownKey], room: int, gap: int = 3) -> list[Content]:
    """Keys in as many lines of ``room`` columns as it takes, a key and its word never parted."""
    lines = [Content()]
    for each in keys:
        word, before = each.content, lines[-1].cell_length
        if before and before + gap + word.cell_length > room:
            lines.append(word)
        else:
            lines[-1] += " " * (gap if before else 0) + word
    return lines


class KeyLines(StaticText):
    """Keys that follow what can be done now. A click on a key does what the key does."""

    GAP = 3

    def __init__(self, most_lines: int = 99) -> None:
        """``most_lines``: where more would be needed, the keys declared last but two go first.

        The last two are taken for those that lead on from everywhere, such as Quit and Help.
        """
        super().__init__()
        self._most_lines = most_lines
        self._shown: object = None

    def current_keys(self) -> list[ShownKey]:
        """Those to be shown now."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.update_keys())
        self.update_keys()

    def on_resize(self) -> None:
        self.update_keys()

    def update_keys(self) -> None:
        """Shows them as they are now; the same keys cost nothing."""
        room, keys = self.content_size.width or self.app.size.width - 2, self.current_keys()
        # Asked for several times whenever a screen is shown; seldom is anything different.
        if (room, keys) == self._shown:
            return
        self._shown = (room, keys)
        lines = lay_out(keys, room, self.GAP)
        while len(lines) > self._most_lines and len(keys) > _ALWAYS:
            keys = [*keys[: -_ALWAYS - 1], *keys[-_ALWAYS:]]
            lines = lay_out(keys, room, self.GAP)
        self.reshape(Content("\n").join(lines))


_ALWAYS = 2


class KeyBar(KeyLines):
    """Shows the bindings of the screen that are to be shown, in the order they are declared.

    One widget instead of Textual's Footer with one for each key: a seventh of the bytes, and
    nothing to lay out at start.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"
    GAP = 2

    def current_keys(self) -> list[ShownKey]:
        shown: dict[str, ShownKey] = {}
        # In their order also where they have other keys than they were declared with.
        declared = [each.action for each in self.screen.BINDINGS if isinstance(each, Binding)]
        order = {action: at for at, action in enumerate(declared)}
        for active in sorted(
            self.screen.active_bindings.values(),
            key=lambda each: order.get(each.binding.action, len(order)),
        ):
            binding = active.binding
            if binding.show and binding.action not in shown:
                place = "app." if active.node is self.app else "screen."
                action = binding.action if "." in binding.action else place + binding.action
                key = self.app.get_key_display(binding)
                shown[binding.action] = ShownKey(key, binding.description, action, active.enabled)
        return list(shown.values())


class CardKeys(KeyLines):
    """The keys of one card: those of the screen's that have these actions.

    ``words`` are other words for some of them than the screen has.
    """

    DEFAULT_CSS = "CardKeys { width: 100%; dock: bottom; }"

    def __init__(self, *actions: str) -> None:
        super().__init__()
        self._actions = actions
        self.words: Mapping[str, str] = {}

    def update_keys(self) -> None:
        super().update_keys()
        self.display = bool(self.plain)

    def current_keys(self) -> list[ShownKey]:
        screen, shown = self.screen, []
        declared = {each.action: each for each in screen.BINDINGS if isinstance(each, Binding)}
        typing = isinstance(screen.focused, Input)  # they are letters there
        for action in self._actions:
            binding = declared[action]
            state = screen.check_action(*parse(action)[1:])
            if state is not False:
                key = self.app.get_key_display(binding)
                word = self.words.get(action, binding.description)
                shown.append(ShownKey(key, word, f"screen.{action}", bool(state) and not typing))
        return shown
