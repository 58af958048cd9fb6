"""What opens in a frame above a screen: a question, a list, the help, a list to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wtr_tui.errors import WtrError
from wtr_tui.model import Account
from wtr_tui.storage.settings_table import ACCOUNT
from wtr_tui.storage.settings_values import known_scopes, parse_scopes
from wtr_tui.text import printable
from wtr_tui.tui.keys import spelled, with_keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.session import Session
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets.bars import ShownKey, lay_out
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.panel import pressing
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box in the middle; ``compose`` yields one :class:`Frame`."""

    ASKS: ClassVar[bool] = True
    """Whether it has to be answered; what only shows something makes way for another screen."""
    DEFAULT_CSS = """
    Dialog Frame {
        margin: 1 2; padding: 1 2; max-width: 100%; height: auto; max-height: 100%;
        background: $background; border: round $next;
        border-title-color: $next; border-title-style: bold; border-subtitle-color: $muted;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    Dialog.-short Frame { margin: 0; padding: 0 1; }
    Dialog Frame Quiet { width: 100%; }
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

    def action_press(self, key: str) -> None:
        """Presses a key as it is spelled in the frame."""
        spelling = filter(lambda each: spelled(each) == key, self.active_bindings)
        if pressed := _NAMES.get(key) or next(spelling, ""):
            # Not from here: a key that its parent has sent goes no further than a field.
            self.app.call_later(self.app.simulate_key, pressed)

    def action_scroll(self, lines: int) -> None:
        self.query_one(Frame).scroll_relative(y=lines, animate=False)


_SCROLL = ("↑ ↓", "scroll")
SCROLL_KEYS = (_SCROLL, ("Esc", "closes"))


_COLUMNS = 70


class Frame(VerticalScroll, can_focus=False):
    """The frame of a dialog: the title above, the keys below; what it holds scrolls between them.

    ``columns`` is how many its widest line takes. Each key is what to press and what it does; a
    click on it presses it.
    """

    auto_links = Reactive(False)

    def __init__(self, title: str, *keys: tuple[str, str], columns: int = _COLUMNS) -> None:
        super().__init__()
        self.show_title(title)
        self._every = [(with_keys(key), word) for key, word in keys]
        self._show_keys()
        self.styles.width = columns + _AROUND

    def watch_show_vertical_scrollbar(self) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        """The keys that scroll are shown while there is something to scroll."""
        keys = [each for each in self._every if each != _SCROLL or self.show_vertical_scrollbar]
        parts = [
            pressing(Content.styled(key, "bold $next") + f" {word}", f"screen.press({key!r})")
            for key, word in keys
        ]
        self.border_subtitle = Content("   ").join(parts)

    def show_title(self, title: str) -> None:
        """Another title; the same one costs nothing."""
        if self.border_title != printable(title):
            self.border_title = Content(printable(title))


_NAMES = {"Enter": "enter", "Esc": "escape"}
_AROUND = 7
"""Columns of the frame, the blanks inside of it and the scroll bar."""


class ListDialog(Dialog[None]):
    """A list to be scrolled and closed: all scopes, the history.

    As wide as its lines, up to the screen; what does not fit goes on below column ``hang``."""

    ASKS = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[Content], *, hang: int = 0) -> None:
        super().__init__()
        self._title = title
        self._lines = lines or [Content("nothing yet")]
        self._hang = hang

    def compose(self) -> ComposeResult:
        widest = max(line.cell_length for line in self._lines)
        with Frame(self._title, *SCROLL_KEYS, columns=max(widest, 30)):
            yield Quiet()

    def on_resize(self) -> None:
        width = self.query_one(Frame).content_size.width or self.size.width
        gap = "\n" + " " * self._hang
        lines = [
            line[: self._hang] + Content(gap).join(line[self._hang :].wrap(width - self._hang))
            for line in self._lines
        ]
        self.query_one(Quiet).reshape(Content("\n").join(lines))


_QUESTION_WIDEST = 64
_KEYS = (("y", "yes"), ("n", "no"))


class ConfirmDialog(Dialog["bool | None"]):
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
        with Frame(self._question, *self._keys, columns=columns):
            yield Quiet(self._what)

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)


class OtherAccountDialog(ConfirmDialog):
    """Asks whether the token put aside at ``path``, of another account, replaces the stored one.

    A sign-in as somebody else than the stored token's owner counts only once it is answered.
    """

    def __init__(self, session: Session, path: Path, account: Account, before: Account) -> None:
        why = account.put_aside_reason(before, session.settings[ACCOUNT])
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
            program.show_message(
                f"The new token is kept in {path}, and asked about at the next start."
            )
        elif answer:
            self._take()
        else:
            with suppress(OSError):
                path.unlink()
            program.show_message("The new token is deleted; nothing was replaced.")

    def _take(self) -> None:
        session, program = self.session, self.program
        try:
            kept_as = session.profile.token_file.accept_put_aside(self._path)
        except WtrError as error:
            program.show_message(f"NOT SAVED: {error}", Tone.BAD)
            return
        session.auto_refresh.stopped = ""
        session.auto_refresh.look(session.now())
        program.token_changed()
        program.go("token")
        kept = f" The one before it is kept as {kept_as}." if kept_as else ""
        self.app.call_after_refresh(
            program.show_message, f"The token is replaced.{kept}", Tone.GOOD
        )


_WIDEST, _USUAL, _GUTTER = 98, 73, 2


class HelpDialog(Dialog[None]):
    """What this screen is for, and what each key does, whole in 24 lines.

    Made from the bindings themselves, so it cannot be out of date."""

    ASKS = False
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    DEFAULT_CSS = """
    HelpDialog Frame { margin: 0; }
    HelpDialog.-short Frame { padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
    ]

    def __init__(self, about: WtrScreen) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        columns = _WIDEST if self.app.size.width >= _WIDEST + _AROUND else _USUAL
        with Frame(f"Help · {self._about.HELP_NAME}", *SCROLL_KEYS, columns=columns):
            yield Quiet()

    def on_resize(self) -> None:
        width = self.size.width - _AROUND
        width = _WIDEST if width >= _WIDEST else min(width, _USUAL)
        about, socket = self._about.help_text, self.session.socket
        here = [
            (_in_words(self.app.get_key_display(binding)), binding.tooltip)
            for binding in self._about.BINDINGS
            if isinstance(binding, Binding) and binding.tooltip
            if not (socket or binding.action in {"save", "approve"})
            or self._about.check_action(binding.action, ()) is not False
        ]
        everywhere = [key for key in self._everywhere() if not socket or key.key[0] != "F"]
        parts: list[str | Content] = [
            *(Content.styled("Keys on this screen (^ is Ctrl)", "$muted"), "\n"),
            *(key_table(here, width), "\n\n"),
            *(Content.styled("Keys everywhere", "$muted"), "\n"),
            *(Content("\n").join(lay_out(everywhere, width)), "\n\n"),
            "\n".join(hanging_indent(line, width) for line in with_keys(about).split("\n")),
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
            yield ShownKey(" ".join(keys), found[0].description, f"app.{action}")


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
        first, *more = hanging_indent(f"{key:<{keys}}  {words}", width, at=keys + 2).split("\n")
        cells.append([Content.styled(key, "bold $next") + first[len(key) :], *map(Content, more)])
    return cells


def _in_words(key: str) -> str:
    return "Enter" if key == "⏎" else key


# Lists that are filtered by typing: the values of a setting, the palette, the scopes.

_ROWS_AROUND = 11
"""Rows of a chooser that are not the list."""
_MOST_ROWS = 28


class FilterDialog(Dialog[ScreenResultType]):
    """The field has the focus; the arrows move the mark in the list; a click chooses as Enter does.

    Subclasses give :meth:`options` and :meth:`choose`, and what is said around the list.
    """

    DEFAULT_CSS = """
    FilterDialog OptionList {
        height: auto; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    FilterDialog Input { width: 100%; margin: 0 0 1 0; background: $panel; }
    FilterDialog #meaning { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("down", "mark('cursor_down')", show=False, priority=True),
        Binding("up", "mark('cursor_up')", show=False, priority=True),
        Binding("pagedown", "mark('page_down')", show=False, priority=True),
        Binding("pageup", "mark('page_up')", show=False, priority=True),
    ]
    PLACEHOLDER: ClassVar[str] = "type a part of its name"
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        *(("Enter", "takes it"), ("↑ ↓", "move"), ("Esc", "closes")),
    )
    _current = ""
    """The option that is marked first; "" for the first one."""

    def compose(self) -> ComposeResult:
        with Frame("", *self.KEYS):
            yield QuietInput(placeholder=self.PLACEHOLDER)
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed
            yield Quiet("", id="meaning")

    def on_mount(self) -> None:
        self.list_for("", keep=self._current)
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        rows = min(max(self.size.height - _ROWS_AROUND, 3), _MOST_ROWS)
        self.query_one(OptionList).styles.max_height = rows

    def options(self, words: str) -> Iterable[Option]:
        """What is listed for what was typed; a group's title is an option that is disabled."""
        raise NotImplementedError

    def choose(self, name: str, words: str) -> None:
        """Enter or a click on the option of this id; "" where nothing is listed."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Says what the marked option means, or what is wrong, below the list."""
        self.query_one("#meaning", Quiet).show(text)

    def list_for(self, words: str, *, keep: str = "") -> None:
        """Lists anew; the option ``keep`` is marked, else the first."""
        listed = self.query_one(OptionList)
        options = list(self.options(words))
        listed.clear_options()
        listed.add_options(options)
        able = [at for at, option in enumerate(options) if not option.disabled]
        kept = [at for at in able if keep and options[at].id == keep]
        if able:
            listed.highlighted = (kept or able)[0]
        if able and not kept:
            listed.scroll_home(animate=False)  # the title of the first group, too

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self.list_for(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        listed = self.query_one(OptionList)
        marked = listed.highlighted
        name = ""
        if marked is not None and listed.option_count:
            name = listed.get_option_at_index(marked).id or ""
        self.choose(name, event.value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.choose(event.option.id or "", self.query_one(Input).value)

    def action_mark(self, where: str) -> None:
        getattr(self.query_one(OptionList), f"action_{where}")()

    def action_leave(self) -> None:
        self.dismiss(None)


def group(title: str) -> Option:
    """The title of a group, which cannot be chosen."""
    return Option(Content.styled(title, "$muted"), disabled=True)


class ChoiceDialog(FilterDialog["str | None"]):
    """Gives what was chosen; None for nothing. ``current`` is marked.

    ``meanings`` says of some choices what they are. ``preview`` is given each that is marked.
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[str],
        current: str = "",
        meanings: Mapping[str, str] | None = None,
        preview: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current
        self._meanings = meanings or {}
        self._preview = preview

    def options(self, words: str) -> Iterable[Option]:
        wanted = words.lower().split()
        found = [each for each in self._choices if all(word in each.lower() for word in wanted)]
        found.sort(key=lambda each: not each.lower().startswith(words.strip().lower()))
        self.query_one(Frame).show_title(f"{self._title} · {len(found)} of {len(self._choices)}")
        for each in found:
            yield Option(self.prompt(each, self._meanings.get(each, "")), id=each)

    def prompt(self, choice: str, meaning: str) -> Content:
        """The line of a choice."""
        sign = Content.styled("● ", "$next") if choice == self._current else "  "
        width = max(map(len, self._meanings), default=0)
        means = Content.styled(f"  {meaning}", "$muted") if meaning else ""
        return Content.assemble(sign, choice.ljust(width), means)

    @on(OptionList.OptionHighlighted)
    def _marked(self, event: OptionList.OptionHighlighted) -> None:
        if self._preview is not None and event.option.id:
            self._preview(event.option.id)

    def choose(self, name: str, words: str) -> None:
        if name:
            self.dismiss(name)


# What only makes sense with its key in the hand, or is another name of what is there.
_KEYS_ALONE = {
    *("scroll(1)", "scroll(-1)", "clear_message", "screen.copy_text"),
    *("interrupt", "palette"),
}


class PaletteDialog(ChoiceDialog):
    """The actions of the bindings that are active on the screen below, so that palette, help and
    the line of keys cannot disagree. Gives the name of one in ``actions``, to be run once this is
    closed."""

    KEYS = (("Enter", "runs it"), *FilterDialog.KEYS[1:])

    def __init__(self, below: Screen[None]) -> None:
        self.actions = dict(_actions(below.active_bindings.values()))
        keys = {
            name: below.app.get_key_display(each.binding) for name, each in self.actions.items()
        }
        super().__init__("Commands", list(keys), meanings=keys)

    def prompt(self, choice: str, meaning: str) -> Content:
        room = min(self.app.size.width - 12, _COLUMNS - 1) - len(choice) - len(meaning)
        return Content.assemble(choice, " " * max(room, 2), Content.styled(meaning, "bold $next"))


def _actions(active: Iterable[ActiveBinding]) -> Iterable[tuple[str, ActiveBinding]]:
    """Each action once, by what it does: with Quit on a letter and on ^q, the letter.

    What a field does with a key, such as to move its cursor, is not of the program.
    """
    seen: set[str] = set()
    for each in (each for each in active if isinstance(each.node, (App, Screen))):
        binding = each.binding
        name = binding.tooltip or binding.description
        action = binding.action.rpartition("app.")[2]
        if name and each.enabled and action not in seen | _KEYS_ALONE:
            seen.add(action)
            yield name, each


def group_scopes(words: str, first: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The scopes that match, in groups with a title each; pure.

    Without words: those of ``first``, then the others by what stands before their colon. Every
    word has to be in the name, or else in name and meaning: those matches come last.
    """
    known = known_scopes()
    names = list(dict.fromkeys((*first, *known)))
    wanted = words.lower().split()
    if not wanted:
        others = sorted((name for name in known if name not in first), key=_family)
        families = groupby(others, key=_family)
        return [("chosen", list(first))] * bool(first) + [
            (family, list(members)) for family, members in families
        ]
    named = [name for name in names if all(word in name.lower() for word in wanted)]
    typed = words.strip().lower()
    named.sort(
        key=lambda it: (it.lower() != typed, it not in first, not it.lower().startswith(typed))
    )
    described = [
        name
        for name in names
        if name not in named
        and all(word in f"{name} {known.get(name, '')}".lower() for word in wanted)
    ]
    found = [("in the name", named), ("in the description", described)]
    return [(title, members) for title, members in found if members]


def _family(name: str) -> str:
    family, colon, _ = name.partition(":")
    return family.lower() if colon else "others"


class ScopesDialog(FilterDialog["tuple[str, ...] | None"]):
    """Gives the chosen scopes, or None when the user leaves without changing anything."""

    DEFAULT_CSS = """
    ScopesDialog #meaning {
        display: block; height: 2; color: $muted; padding: 0 2; margin: 1 0 0 0;
    }
    ScopesDialog.-short #meaning { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "done", "Done", priority=True, id="save")
    ]
    PLACEHOLDER = "type to filter, or a scope that is not in the list"
    KEYS = (("Enter", "takes or drops"), ("↑ ↓", "move"), ("{save:^s}", "done"), ("Esc", "cancels"))

    def __init__(self, chosen: tuple[str, ...]) -> None:
        super().__init__()
        self._chosen = chosen
        # What is dropped keeps its place in the list, so that it can be taken again.
        self._first = chosen

    def options(self, words: str) -> Iterable[Option]:
        known = known_scopes()
        own = [name for name in self._chosen if name not in known]
        every = tuple(dict.fromkeys((*self._first, *own)))
        groups = group_scopes(words, every)
        count = len(known) + sum(name not in known for name in every)
        self.query_one(Frame).show_title(f"Scopes · {len(self._chosen)} of {count} chosen")
        if not groups:
            self.say(f"Not a known scope. Enter takes “{words.strip()}” as it is.")
        for title, members in groups:
            yield group(title)
            for name in members:
                yield Option(self._prompt(name), id=name)

    def _prompt(self, name: str) -> Content:
        taken = name in self._chosen
        return Content.assemble(
            Content.styled("✓ " if taken else "  ", "$calm"),
            Content.styled(name, "bold" if taken else ""),
        )

    @on(OptionList.OptionHighlighted)
    def _marked(self, event: OptionList.OptionHighlighted) -> None:
        name = event.option.id or ""
        self.say(known_scopes().get(name, "Not in the list of known scopes."))

    def choose(self, name: str, words: str) -> None:
        if not name:
            try:
                (name,) = parse_scopes(words)
            except ValueError as error:
                self.say(str(error))
                return
        if name in self._chosen:
            self._chosen = tuple(scope for scope in self._chosen if scope != name)
        else:
            self._chosen = (*self._chosen, name)
        self.list_for(words, keep=name)

    def action_done(self) -> None:
        self.dismiss(self._chosen)
