"""What opens in a frame above a screen: a question, a list, the help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType

from wtr_tui.errors import WtrError
from wtr_tui.model import Account
from wtr_tui.storage.settings_table import ACCOUNT
from wtr_tui.text import printable
from wtr_tui.tui.keys import spelled, with_keys
from wtr_tui.tui.screens.base import WtrScreen, hanging
from wtr_tui.tui.session import Session
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets.key_bar import ShownKey, lay_out
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box in the middle; ``compose`` yields one :class:`Box`."""

    ASKS: ClassVar[bool] = True
    """Whether it has to be answered; what only shows something makes way for another screen."""
    DEFAULT_CSS = """
    Dialog Box {
        margin: 1 2; padding: 1 2; max-width: 100%; height: auto; max-height: 100%;
        background: $background; border: round $next;
        border-title-color: $next; border-title-style: bold; border-subtitle-color: $muted;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    Dialog.-short Box { margin: 0; padding: 0 1; }
    Dialog Box Quiet { width: 100%; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-2)", show=False),
        Binding("down,j", "scroll(2)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
    ]

    @property
    def program(self) -> WtrApp:
        return cast("WtrApp", self.app)

    @property
    def session(self) -> Session:
        return self.program.session

    def on_key(self, event: events.Key) -> None:
        """Textual keeps the program's own keys, which work everywhere, from dialogs."""
        action = self.program.action_of(event.key)
        bound = self.active_bindings.get(event.key)
        if action and (bound is None or bound.node is not self):
            event.stop()
            self.app.call_later(self.app.run_action, action)

    def action_scroll(self, lines: int) -> None:
        self.query_one(Box).scroll_relative(y=lines, animate=False)


_SCROLL = ("↑ ↓", "scroll")
SCROLL_KEYS = (_SCROLL, ("Esc", "closes"))


class Box(VerticalScroll, can_focus=False):
    """The frame of a dialog: the title above, the keys below; what it holds scrolls between them.

    ``columns`` is how many its widest line takes. Each key is what to press and what it does; a
    click on it presses it.
    """

    def __init__(self, title: str, *keys: tuple[str, str], columns: int = 68) -> None:
        super().__init__()
        self.show_title(title)
        self._every = [(with_keys(key), word) for key, word in keys]
        self._show_keys()
        self.styles.width = columns + _AROUND

    def watch_show_vertical_scrollbar(self) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        """The keys that scroll are shown while there is something to scroll."""
        self._keys = [
            each for each in self._every if each != _SCROLL or self.show_vertical_scrollbar
        ]
        parts = [
            Content.assemble(Content.styled(key, "bold $next"), f" {word}")
            for key, word in self._keys
        ]
        self.border_subtitle = self._line = Content(_BETWEEN).join(parts)

    def on_click(self, event: events.Click) -> None:
        width, height = self.outer_size
        if event.y != height - 1:
            return
        # At the right of the lower edge; from its left end on where it is cut.
        start = max(width - _CORNER - self._line.cell_length, _CORNER)
        for key, word in self._keys:
            end = start + len(f"{key} {word}")
            if start <= event.x < end:
                event.stop()
                pressed = _NAMES.get(key) or next(
                    filter(lambda each: spelled(each) == key, self.screen.active_bindings), ""
                )
                if pressed:
                    # Not from here: a key that its parent has sent goes no further than a field.
                    self.app.call_later(self.app.simulate_key, pressed)
                return
            start = end + len(_BETWEEN)

    def show_title(self, title: str) -> None:
        """Another title; the same one costs nothing."""
        if self.border_title != printable(title):
            self.border_title = Content(printable(title))


_BETWEEN, _CORNER = "   ", 3
_NAMES = {"Enter": "enter", "Esc": "escape"}
_AROUND = 7
"""Columns of the frame, the blanks inside of it and the scroll bar."""


class Listing(Dialog[None]):
    """A list to be scrolled and closed: all scopes, the history.

    As wide as its lines, up to the screen; what does not fit goes on below column ``hang``."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[Content], *, hang: int = 0) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._hang = hang

    def compose(self) -> ComposeResult:
        count = len(self._lines)
        widest = max((line.cell_length for line in self._lines), default=30)
        title = f"{self._title} · {count}" if count > 1 else self._title
        with Box(title, *SCROLL_KEYS, columns=max(widest, 30)):
            yield Quiet("nothing yet")

    def on_resize(self) -> None:
        if self._lines:
            width = self.query_one(Box).content_size.width or self.size.width
            gap = "\n" + " " * self._hang
            lines = [
                line[: self._hang] + Content(gap).join(line[self._hang :].wrap(width - self._hang))
                for line in self._lines
            ]
            self.query_one(Quiet).reshape(Content("\n").join(lines))


_QUESTION_WIDEST = 64
_KEYS = (("y", "yes"), ("n", "no"))


class ConfirmScreen(Dialog["bool | None"]):
    """A question before something that cannot be taken back.

    Gives True for yes, False for no, and None for neither: the question stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("escape", "answer(None)", "Later"),
    ]

    def __init__(self, what: str, question: str, keys: Sequence[tuple[str, str]] = _KEYS) -> None:
        super().__init__()
        self._what = what
        self._question = question
        self._keys = keys

    def compose(self) -> ComposeResult:
        keys = sum(len(key) + len(word) + 4 for key, word in self._keys)
        columns = max(min(len(self._what), _QUESTION_WIDEST), len(self._question) + 4, keys)
        with Box(self._question, *self._keys, columns=columns):
            yield Quiet(self._what)

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)


class OtherAccountScreen(ConfirmScreen):
    """Asks whether the token put aside at ``path``, of another account, replaces the stored one.

    A sign-in as somebody else than the stored token's owner counts only once it is answered.
    """

    def __init__(self, session: Session, path: Path, account: Account, before: Account) -> None:
        why = account.why_put_aside(before, session.settings[ACCOUNT])
        has_token = session.profile.token_path.exists()
        super().__init__(
            f"{why} Nothing was replaced yet.",
            "Replace the stored token?" if has_token else "Keep the new token?",
            (("y", "yes"), ("n", "no, delete the new one"), ("Esc", "later")),
        )
        self._path = path

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)
        program, path = self.program, self._path
        if answer is None:
            program.tell(f"The new token is kept in {path}, and asked about at the next start.")
        elif answer:
            self._take()
        else:
            with suppress(OSError):
                path.unlink()
            program.tell("The new token is deleted; nothing was replaced.")

    def _take(self) -> None:
        session, program = self.session, self.program
        try:
            kept_as = session.profile.token_file.take(self._path)
        except WtrError as error:
            program.tell(f"NOT SAVED: {error}", Tone.BAD)
            return
        session.auto_refresh.stopped = ""
        session.auto_refresh.look(session.now())
        program.token_changed()
        program.go("token")
        kept = f" The one before it is kept as {kept_as}." if kept_as else ""
        self.app.call_after_refresh(program.tell, f"The token is replaced.{kept}", Tone.GOOD)


_WIDEST, _USUAL, _GUTTER = 98, 73, 2


class HelpScreen(Dialog[None]):
    """What this screen is for, and what each key does, whole in 24 lines.

    Made from the bindings themselves, so it cannot be out of date."""

    ASKS = False
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    DEFAULT_CSS = """
    HelpScreen Box { margin: 0; }
    HelpScreen.-short Box { padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
    ]

    def __init__(self, about: WtrScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        columns = _WIDEST if self.app.size.width >= _WIDEST + _AROUND else _USUAL
        with Box(f"Help · {self._about.HELP_NAME}", *SCROLL_KEYS, columns=columns):
            yield Quiet()

    def on_resize(self) -> None:
        width = self.size.width - _AROUND
        width = _WIDEST if width >= _WIDEST else min(width, _USUAL)
        about, socket = self._about.HELP_TEXT, self.session.socket
        if socket:
            from wtr_tui.tui import from_socket

            about = from_socket.HELP_TEXT
        here = [
            (_in_words(self.app.get_key_display(binding)), binding.tooltip)
            for binding in self._about.BINDINGS
            if isinstance(binding, Binding) and binding.tooltip
            if not socket or self._about.check_action(binding.action, ()) is not False
        ]
        everywhere = [key for key in self._everywhere() if not socket or key.key[0] != "F"]
        parts: list[str | Content] = [
            *(Content.styled("Keys on this screen (^ is Ctrl)", "$muted"), "\n"),
            *(key_table(here, width), "\n\n"),
            *(Content.styled("Keys everywhere", "$muted"), "\n"),
            *(Content("\n").join(lay_out(everywhere, width)[0]), "\n\n"),
            "\n".join(hanging(line, width) for line in with_keys(about).split("\n")),
        ]
        self.query_one(Quiet).reshape(Content.assemble(*parts))

    def _everywhere(self) -> Iterable[ShownKey]:
        """The keys of the program itself; those of one action together."""
        by_action: dict[str, list[Binding]] = {}
        for each in self.app.BINDINGS:
            if isinstance(each, Binding) and each.description:
                by_action.setdefault(each.action, []).append(each)
        for action, found in by_action.items():
            keys = dict.fromkeys(self.app.get_key_display(each) for each in found)
            yield ShownKey(" ".join(keys), found[0].description, action)


def key_table(rows: Sequence[tuple[str, str]], width: int) -> Content:
    """The keys in two columns, or in one where it is narrow; where the words of a key need more
    than a line, they stand under the words."""
    if width < _USUAL:
        return Content("\n").join(line for lines in _key_lines(rows, width) for line in lines)
    column = (width - _GUTTER) // 2
    cells = _key_lines(rows, column)
    left: list[Content] = []
    while cells and len(left) < sum(map(len, cells)):
        left += cells.pop(0)
    right = [line for lines in cells for line in lines]
    lines = (
        Content.assemble(one, " " * (column + _GUTTER - one.cell_length), other) if other else one
        for one, other in zip_longest(left, right, fillvalue=Content())
    )
    return Content("\n").join(lines)


def _key_lines(rows: Sequence[tuple[str, str]], width: int) -> list[list[Content]]:
    keys = max((len(key) for key, _ in rows), default=0)
    cells = []
    for key, words in rows:
        first, *more = hanging(f"{key:<{keys}}  {words}", width, at=keys + 2).split("\n")
        cells.append([Content.styled(key, "bold $next") + first[len(key) :], *map(Content, more)])
    return cells


def _in_words(key: str) -> str:
    return "Enter" if key == "⏎" else key
