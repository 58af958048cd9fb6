"""The header at the top of each screen, the key bar at its bottom, and the keys in its cards."""

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
    """A full screen: its name, its key and its title."""

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
    """What the header shows at its right end."""

    meaning: Meaning
    left: str
    """The time left in two units, or a word: ``13 d 23 h``, ``expired``, ``no token``."""
    profile: str
    place: str = ""
    """Where the program runs: ``over SSH from 10.0.0.7``; "" on the user's own machine."""
    sign_in_by: str = ""
    """``sign in by Sat 28 Nov 10:00``; "" if that is not due soon."""

    @property
    def short_left(self) -> str:
        """The time left in one unit, ``13 d``, or the word."""
        counts = self.left[:1] in "<0123456789"
        return " ".join(self.left.split()[:2]) if counts else self.left


_OMITTED_FIRST = (
    "place in full", "place", "gaps", "second unit", "title check", "mark", "title profiles",
    "title settings", "title sign-in", "title token", "long profile", "profile", "time left",
    "tabs", "sign-in",
)  # fmt: skip
"""What is omitted if there is no room for everything, in this order.

The sign and the current tab always stay; the time left, too, unless the next sign-in is shown."""


class Header(StaticText):
    """The line at the top of every screen: tabs, state of the token, profile, place."""

    DEFAULT_CSS = """
    Header { height: 1; width: 100%; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(
        self,
        current: str,
        state: HeaderState,
        *,
        tabs: tuple[Tab, ...] = TABS,
    ) -> None:
        super().__init__()
        self._current = current
        self._tabs = tabs
        self._state = state

    def on_resize(self) -> None:
        self._compose_line()

    def show_state(self, state: HeaderState) -> None:
        """Replace the state; an equal one costs nothing."""
        if state != self._state:
            self._state = state
            self._compose_line()

    def update_keys(self) -> None:
        """Show the keys of the tabs as they are bound now."""
        self._compose_line()

    def _compose_line(self) -> None:
        width = self.app.size.width - self.styles.padding.width
        omitted: list[str] = []
        while len(omitted) < len(_OMITTED_FIRST) and not self._fits(omitted, width):
            omitted.append(_OMITTED_FIRST[len(omitted)])
        for each in reversed(omitted):  # the last one may have made room for some of the others
            fewer = [other for other in omitted if other != each]
            omitted = fewer if self._fits(fewer, width) else omitted
        left, right = self._tab_line(omitted), self._state_line(omitted)
        gap = " " * max(width - left.cell_length - right.cell_length, 0)
        self.show(Content.assemble(left, gap, right)[:width])

    def _fits(self, omitted: Sequence[str], width: int) -> bool:
        # A tab ends with a blank; one more is needed between the two parts.
        used = self._tab_line(omitted).cell_length + 1 + self._state_line(omitted).cell_length
        return used <= width

    def _tab_line(self, omitted: Sequence[str]) -> Content:
        current = "bold reverse" if self.app.no_color else "bold $on-next on $next"
        gap = "" if "gaps" in omitted else " "
        parts = []
        if "mark" not in omitted:
            parts += [Content.styled(f"{MARK} ", "bold $next"), Content(gap)]
        for tab in self._tabs:
            shown = Content()
            if tab.name == self._current:
                shown = Content.styled(f" {_key(tab)} {tab.title} ", current)
            elif "tabs" not in omitted:
                title = "" if f"title {tab.name}" in omitted else f"{tab.title} "
                shown = Content.styled(f" {_key(tab)} ", "$muted") + title
            parts.append(clickable(shown, f"app.go('{tab.name}')"))
            parts.append(Content(gap))
        return Content.assemble(*parts)

    def _state_line(self, omitted: Sequence[str]) -> Content:
        state, gap = self._state, " " if "gaps" in omitted else "  "
        parts = [Content.styled(state.meaning.sign, f"bold {state.meaning.colour}")]
        has_left = "time left" not in omitted or not state.sign_in_by
        if has_left:
            left = state.short_left if "second unit" in omitted else state.left
            parts.append(Content.styled(f" {left}", "bold $foreground"))
        if state.sign_in_by and "sign-in" not in omitted:
            words = f"{',' * has_left} {state.sign_in_by}"
            parts.append(Content.styled(words, f"bold {Meaning.SOON.colour}"))
        if "profile" not in omitted:
            most = 12 if "long profile" in omitted else 24
            parts.append(Content.styled(f"{gap}{truncate(state.profile, most)}", "$foreground"))
        place = state.place
        if "place in full" in omitted:  # ``SSH`` for ``over SSH from 10.0.0.7``
            place = "SSH" if "SSH" in place else ""
        if place and "place" not in omitted:
            parts.append(Content.styled(f"{gap}{printable(place)}", "$muted"))
        return Content.assemble(*parts)


def _key(tab: Tab) -> str:
    return key(f"go-{tab.name}", tab.key)


class ShownKey(NamedTuple):
    """A key with its word, the action for a click on it, and whether it is enabled."""

    key: str
    word: str
    action: str
    enabled: bool = True

    @property
    def content(self) -> Content:
        """``r Refresh``, muted if it is not enabled."""
        if self.enabled:
            shown = Content.styled(self.key, "bold $next") + Content(f" {self.word}")
            return clickable(shown, self.action)
        return Content.styled(f"{self.key} {self.word}", "$muted")


def wrap_keys(keys: Iterable[ShownKey], room: int, gap: int = 3) -> list[Content]:
    """Return lines of ``room`` columns, broken only between a word and the next key."""
    lines = [Content()]
    for each in keys:
        word, before = each.content, lines[-1].cell_length
        if before and before + gap + word.cell_length > room:
            lines.append(word)
        else:
            lines[-1] += " " * (gap if before else 0) + word
    return lines


class KeyLines(StaticText):
    """Keys with their words, updated with the bindings; a click does what the key does."""

    GAP = 3

    def __init__(self, most_lines: int = 99) -> None:
        """Omit keys where more than ``most_lines`` lines would be needed.

        They are omitted from the end, but for the last two, which lead on from everywhere.
        """
        super().__init__()
        self._most_lines = most_lines
        self._shown: object = None

    def current_keys(self) -> list[ShownKey]:
        """Return the keys to show at present."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.update_keys())
        self.update_keys()

    def on_resize(self) -> None:
        self.update_keys()

    def update_keys(self) -> None:
        """Show the present keys; the same ones cost nothing."""
        room, keys = self.content_size.width or self.app.size.width - 2, self.current_keys()
        # Called several times whenever a screen is shown, mostly for the same keys.
        if (room, keys) == self._shown:
            return
        self._shown = (room, keys)
        lines = wrap_keys(keys, room, self.GAP)
        while len(lines) > self._most_lines and len(keys) > _ALWAYS_SHOWN:
            keys = [*keys[: -_ALWAYS_SHOWN - 1], *keys[-_ALWAYS_SHOWN:]]
            lines = wrap_keys(keys, room, self.GAP)
        self.reshape(Content("\n").join(lines))


_ALWAYS_SHOWN = 2
"""Keys, the last ones."""


class KeyBar(KeyLines):
    """The bindings of the screen that have ``show``, in the order of their declaration.

    Textual's Footer has a widget for each key: seven times the bytes, and more layout at start.
    """

    DEFAULT_CSS = "KeyBar { width: 100%; }"
    GAP = 2

    def current_keys(self) -> list[ShownKey]:
        shown: dict[str, ShownKey] = {}
        # Rebound keys stand elsewhere in active_bindings, but keep their place here.
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
    """The keys in a card: those of the screen that have these actions.

    ``words`` replaces the words of some of them, by action.
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
        is_typing = isinstance(screen.focused, Input)  # keys are letters there
        for action in self._actions:
            binding = declared[action]
            state = screen.check_action(*parse(action)[1:])
            if state is not False:
                key = self.app.get_key_display(binding)
                word = self.words.get(action, binding.description)
                shown.append(ShownKey(key, word, f"screen.{action}", bool(state) and not is_typing))
        return shown
