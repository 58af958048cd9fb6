"""Lists that are filtered by typing: a setting's values, the palette, the scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wtr_tui.storage.settings_values import known_scopes, parse_scopes
from wtr_tui.tui.screens.dialogs import Box, Dialog
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.quiet import Quiet

_AROUND = 11
"""Rows of the dialog that are not the list."""
_MOST_ROWS = 28


class Chooser(Dialog[ScreenResultType]):
    """The field has the focus; the arrows move the mark in the list; a click chooses as Enter does.

    Subclasses give :meth:`options` and :meth:`choose`, and what is said around the list.
    """

    DEFAULT_CSS = """
    Chooser OptionList {
        height: auto; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-color: $line;
    }
    Chooser Input { width: 100%; margin: 0 0 1 0; background: $panel; }
    Chooser #meaning { display: none; }
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

    def compose(self) -> ComposeResult:
        with Box("", *self.KEYS):
            yield QuietInput(placeholder=self.PLACEHOLDER)
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed
            yield Quiet("", id="meaning")

    def on_mount(self) -> None:
        self.list_for("")
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        rows = min(max(self.size.height - _AROUND, 3), _MOST_ROWS)
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


class ChoiceScreen(Chooser["str | None"]):
    """Gives the value that was chosen; None for none. ``current`` is marked.

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

    def on_mount(self) -> None:
        super().on_mount()
        self.list_for("", keep=self._current)

    def options(self, words: str) -> Iterable[Option]:
        found = [each for each in self._choices if words.strip().lower() in each]
        self.query_one(Box).show_title(f"{self._title} · {len(found)} of {len(self._choices)}")
        width = max(map(len, self._meanings), default=0)
        for each in found:
            meaning = self._meanings.get(each, "")
            means = Content.styled(f"  {meaning}", "$muted") if meaning else ""
            sign = Content.styled("● ", "$next") if each == self._current else "  "
            yield Option(Content.assemble(sign, each.ljust(width), means), id=each)

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
_WIDTH = 67


class PaletteScreen(Chooser["ActiveBinding | None"]):
    """Gives the binding that was chosen, to be run once this is closed; None for none.

    It is made from the bindings that are active on the screen below, so that palette, help and
    the line of keys cannot disagree.
    """

    KEYS = (("Enter", "runs it"), ("↑ ↓", "move"), ("Esc", "closes"))

    def __init__(self, below: Screen[None]) -> None:
        super().__init__()
        self._actions = dict(_actions(below.active_bindings.values()))

    def options(self, words: str) -> Iterable[Option]:
        wanted = words.lower().split()
        names = [n for n in self._actions if all(word in n.lower() for word in wanted)]
        names.sort(key=lambda name: not name.lower().startswith(words.strip().lower()))
        self.query_one(Box).show_title(f"Commands · {len(names)} of {len(self._actions)}")
        room = min(self.app.size.width - 12, _WIDTH)
        for name in names:
            key = self.app.get_key_display(self._actions[name].binding)
            gap = " " * max(room - len(name) - len(key), 2)
            yield Option(Content.assemble(name, gap, Content.styled(key, "bold $next")), id=name)

    def choose(self, name: str, words: str) -> None:
        if name:
            self.dismiss(self._actions[name])


def _actions(active: Iterable[ActiveBinding]) -> Iterable[tuple[str, ActiveBinding]]:
    """Each action once, by what it does: with Quit on a letter and on ^q, the letter."""
    seen: set[str] = set()
    for each in active:
        binding = each.binding
        name = binding.tooltip or binding.description
        action = binding.action.rpartition("app.")[2]
        if name and each.enabled and action not in seen | _KEYS_ALONE:
            seen.add(action)
            yield name, each


def grouped(words: str, first: Sequence[str]) -> list[tuple[str, list[str]]]:
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
    named.sort(key=lambda name: (name.lower() != words.strip().lower(), name not in first))
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


class ScopesScreen(Chooser["tuple[str, ...] | None"]):
    """Gives the chosen scopes, or None when the user leaves without changing anything."""

    DEFAULT_CSS = """
    ScopesScreen #meaning {
        display: block; height: 2; color: $muted; padding: 0 2; margin: 1 0 0 0;
    }
    ScopesScreen.-short #meaning { margin: 0; }
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
        groups = grouped(words, every)
        count = len(known) + sum(name not in known for name in every)
        self.query_one(Box).show_title(f"Scopes · {len(self._chosen)} of {count} chosen")
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
