"""The dialogs, framed above a screen: questions, lists, help, and lists to choose from."""

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
from wtr_tui.tui.keys import display_key, with_keys
from wtr_tui.tui.screens import WtrScreen, hanging_indent
from wtr_tui.tui.session import Session
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets import StaticText, clickable
from wtr_tui.tui.widgets.bars import ShownKey, wrap_keys
from wtr_tui.tui.widgets.inputs import CompactInput

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box in the middle; ``compose`` yields one :class:`Frame`."""

    ASKS: ClassVar[bool] = True
    """Whether it must be answered; one that only shows something closes for another screen."""
    DEFAULT_CSS = """
    Dialog Frame {
        margin: 1 2; padding: 1 2; max-width: 100%; height: auto; max-height: 100%;
        background: $background; border: round $next;
        border-title-color: $next; border-title-style: bold; border-subtitle-color: $muted;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    Dialog.-short Frame { margin: 0; padding: 0 1; }
    Dialog Frame StaticText { width: 100%; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]
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
        """Run the app's own key bindings, which Textual does not consult for a modal screen."""
        action = self.program.action_for(event.key)
        bound = self.active_bindings.get(event.key)
        if action and (bound is None or bound.node is not self):
            event.stop()
            self.app.call_later(self.app.run_action, action)

    def action_press(self, key: str) -> None:
        """Press a key, given as it is spelled in the frame."""
        spelling = filter(lambda each: display_key(each) == key, self.active_bindings)
        if pressed := _KEY_NAMES.get(key) or next(spelling, ""):
            # From the app: a key event sent by the dialog would not leave the focused field.
            self.app.call_later(self.app.simulate_key, pressed)

    def action_scroll(self, lines: int) -> None:
        self.query_one(Frame).scroll_relative(y=lines, animate=False)


_SCROLL = ("↑ ↓", "scroll")
SCROLL_KEYS = (_SCROLL, ("Esc", "closes"))
_KEY_NAMES = {"Enter": "enter", "Esc": "escape"}
_COLUMNS = 70
_AROUND = 7
"""Columns of the frame, the blanks inside of it and the scroll bar."""


class Frame(VerticalScroll, can_focus=False):
    """The frame of a dialog: the title above, the keys below, the content scrolling in between.

    ``columns`` is the width of the widest line. Each of ``keys`` is a key and what it does; a
    click on it presses it.
    """

    auto_links = Reactive(False)

    def __init__(self, title: str, *keys: tuple[str, str], columns: int = _COLUMNS) -> None:
        super().__init__()
        self.show_title(title)
        self._keys = [(with_keys(key), word) for key, word in keys]
        self._show_keys()
        self.styles.width = columns + _AROUND

    def watch_show_vertical_scrollbar(self) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        """Show the keys, those that scroll only while there is something to scroll."""
        keys = [each for each in self._keys if each != _SCROLL or self.show_vertical_scrollbar]
        parts = [
            clickable(Content.styled(key, "bold $next") + f" {word}", f"screen.press({key!r})")
            for key, word in keys
        ]
        self.border_subtitle = Content("   ").join(parts)

    def show_title(self, title: str) -> None:
        """Change the title; the same one costs nothing."""
        if self.border_title != printable(title):
            self.border_title = Content(printable(title))


class ListDialog(Dialog[None]):
    """A list to scroll: all scopes, the history.

    As wide as its lines, up to the screen's width; longer lines wrap to column ``hang``.
    """

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
            yield StaticText()

    def on_resize(self) -> None:
        width = self.query_one(Frame).content_size.width or self.size.width
        gap = "\n" + " " * self._hang
        lines = [
            line[: self._hang] + Content(gap).join(line[self._hang :].wrap(width - self._hang))
            for line in self._lines
        ]
        self.query_one(StaticText).reshape(Content("\n").join(lines))


_MAX_QUESTION_COLUMNS = 64
_YES_NO = (("y", "yes"), ("n", "no"))


class ConfirmDialog(Dialog["bool | None"]):
    """A question before something that cannot be undone.

    Its result is True for yes, False for no, and None for neither.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n", "answer(False)", "No"),
        Binding("escape", "answer(None)", "Later"),
    ]

    def __init__(self, what: str, question: str, keys: Sequence[tuple[str, str]] = _YES_NO) -> None:
        super().__init__()
        self._what = what
        self._question = question
        self._keys = keys

    def compose(self) -> ComposeResult:
        keys = sum(len(key) + len(word) + 4 for key, word in self._keys)
        widest = min(len(self._what), _MAX_QUESTION_COLUMNS)
        columns = max(widest, len(self._question) + 4, keys)
        with Frame(self._question, *self._keys, columns=columns):
            yield StaticText(self._what)

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)


class OtherAccountDialog(ConfirmDialog):
    """Asks whether another account's token, put aside at ``path``, replaces the stored one."""

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


_WIDE_HELP, _NARROW_HELP, _GUTTER = 98, 73, 2
"""Columns."""


class HelpDialog(Dialog[None]):
    """What a screen is for, and its keys as its bindings declare them, in 24 lines."""

    ASKS = False
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
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
        columns = _WIDE_HELP if self.app.size.width >= _WIDE_HELP + _AROUND else _NARROW_HELP
        with Frame(f"Help · {self._about.HELP_NAME}", *SCROLL_KEYS, columns=columns):
            yield StaticText()

    def on_resize(self) -> None:
        width = self.size.width - _AROUND
        width = _WIDE_HELP if width >= _WIDE_HELP else min(width, _NARROW_HELP)
        about, socket = self._about.help_text, self.session.socket
        here = [
            (self.app.get_key_display(binding).replace("⏎", "Enter"), binding.tooltip)
            for binding in self._about.BINDINGS
            if isinstance(binding, Binding) and binding.tooltip
            if not (socket or binding.action in {"save", "approve"})
            or self._about.check_action(binding.action, ()) is not False
        ]
        everywhere = [key for key in self._app_keys() if not socket or key.key[0] != "F"]
        parts: list[str | Content] = [
            *(Content.styled("Keys on this screen (^ is Ctrl)", "$muted"), "\n"),
            *(key_table(here, width), "\n\n"),
            *(Content.styled("Keys everywhere", "$muted"), "\n"),
            *(Content("\n").join(wrap_keys(everywhere, width)), "\n\n"),
            "\n".join(hanging_indent(line, width) for line in with_keys(about).split("\n")),
        ]
        self.query_one(StaticText).reshape(Content.assemble(*parts))

    def _app_keys(self) -> Iterable[ShownKey]:
        """Yield the keys that work on every screen, this one included, grouped by action."""
        own = {
            self.app.get_key_display(each): f"app.{each.action.removeprefix('app.')}"
            for each in self._about.BINDINGS
            if isinstance(each, Binding) and each.description
        }
        by_action: dict[str, list[Binding]] = {}
        for each in self.app.BINDINGS:
            if isinstance(each, Binding) and each.description:
                by_action.setdefault(each.action, []).append(each)
        for action, found in by_action.items():
            keys = dict.fromkeys(self.app.get_key_display(each) for each in found)
            if free := [each for each in keys if own.get(each, f"app.{action}") == f"app.{action}"]:
                yield ShownKey(" ".join(free), found[0].description, f"app.{action}")


def key_table(rows: Sequence[tuple[str, str]], width: int) -> Content:
    """Lay out keys and their meanings in two columns, or in one where there is no room for two."""
    if width < _NARROW_HELP:
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


# Lists that are filtered by typing: the values of a setting, the palette, the scopes.

_OTHER_ROWS = 11
"""Rows of such a dialog that are not the list."""
_MAX_ROWS = 28


class FilterDialog(Dialog[ScreenResultType]):
    """A list below a field that filters it. Subclasses define :meth:`options` and :meth:`choose`.

    The field has the focus, the arrows move the highlight in the list, Enter or a click chooses.
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
    """The option that is highlighted first; "" for the first one."""

    def compose(self) -> ComposeResult:
        with Frame("", *self.KEYS):
            yield CompactInput(placeholder=self.PLACEHOLDER)
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed
            yield StaticText("", id="meaning")

    def on_mount(self) -> None:
        self.list_matches("", keep=self._current)
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        rows = min(max(self.size.height - _OTHER_ROWS, 3), _MAX_ROWS)
        self.query_one(OptionList).styles.max_height = rows

    def options(self, words: str) -> Iterable[Option]:
        """Yield what matches ``words``; a group's title is a disabled option."""
        raise NotImplementedError

    def choose(self, name: str, words: str) -> None:
        """Handle Enter or a click on the option of this id; "" where nothing is listed."""
        raise NotImplementedError

    def explain(self, text: str) -> None:
        """Show below the list what the highlighted option means, or what is wrong."""
        self.query_one("#meaning", StaticText).show(text)

    def list_matches(self, words: str, *, keep: str = "") -> None:
        """List what matches ``words``, with the option ``keep`` highlighted, else the first."""
        listed = self.query_one(OptionList)
        options = list(self.options(words))
        listed.clear_options()
        listed.add_options(options)
        able = [at for at, option in enumerate(options) if not option.disabled]
        kept = [at for at in able if keep and options[at].id == keep]
        if able:
            listed.highlighted = (kept or able)[0]
        if able and not kept:
            listed.scroll_home(animate=False)  # shows the title of the first group, too

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self.list_matches(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        option = self.query_one(OptionList).highlighted_option
        self.choose(option.id or "" if option is not None else "", event.value)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.choose(event.option.id or "", self.query_one(Input).value)

    def action_mark(self, where: str) -> None:
        getattr(self.query_one(OptionList), f"action_{where}")()

    def action_leave(self) -> None:
        self.dismiss(None)


class ChoiceDialog(FilterDialog["str | None"]):
    """A choice of one; its result is None where the user leaves without one.

    ``current`` is highlighted first. ``meanings`` explains some choices. ``preview`` is called
    with each choice that is highlighted.
    """

    NO_MATCH = "Nothing in the list matches."

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
        if not found:
            yield Option(Content.styled(self.NO_MATCH, "$muted"), disabled=True)

    def prompt(self, choice: str, meaning: str) -> Content:
        """Return the line of a choice."""
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


# Of use only as a key, or the same as another command.
_NOT_COMMANDS = {
    *("scroll(1)", "scroll(-1)", "clear_message", "screen.copy_text"),
    *("interrupt", "palette"),
}


class PaletteDialog(ChoiceDialog):
    """The actions of the bindings active on the screen below, by name.

    Its result is a key of ``actions``, to be run once the dialog is closed.
    """

    KEYS = (("Enter", "runs it"), *FilterDialog.KEYS[1:])
    NO_MATCH = "No action of this screen matches; other screens have others."

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
    """Yield each action once, with its first binding, without those of widgets such as fields."""
    seen: set[str] = set()
    for each in (each for each in active if isinstance(each.node, (App, Screen))):
        binding = each.binding
        name = binding.tooltip or binding.description
        action = binding.action.rpartition("app.")[2]
        if name and each.enabled and action not in seen | _NOT_COMMANDS:
            seen.add(action)
            yield name, each


def group_scopes(words: str, first: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the scopes that match all ``words``, in groups with a title each.

    Matches in the name come before those in the description. Without words: those of ``first``,
    then all others by the part before their colon.
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
    """A choice of scopes; its result is None where the user leaves without a change."""

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
        # Listed first also once deselected, so that they can be selected again.
        self._first = chosen

    def options(self, words: str) -> Iterable[Option]:
        known = known_scopes()
        own = [name for name in self._chosen if name not in known]
        every = tuple(dict.fromkeys((*self._first, *own)))
        groups = group_scopes(words, every)
        count = len(known) + sum(name not in known for name in every)
        self.query_one(Frame).show_title(f"Scopes · {len(self._chosen)} of {count} chosen")
        if not groups:
            self.explain(f"Not a known scope. Enter takes “{words.strip()}” as it is.")
        for title, members in groups:
            yield Option(Content.styled(title, "$muted"), disabled=True)
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
        self.explain(known_scopes().get(name, "Not in the list of known scopes."))

    def choose(self, name: str, words: str) -> None:
        if not name:
            try:
                (name,) = parse_scopes(words)
            except ValueError as error:
                self.explain(str(error))
                return
        if name in self._chosen:
            self._chosen = tuple(scope for scope in self._chosen if scope != name)
        else:
            self._chosen = (*self._chosen, name)
        self.list_matches(words, keep=name)

    def action_done(self) -> None:
        self.dismiss(self._chosen)
