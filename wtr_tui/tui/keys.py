"""Keys: their declaration by the screens, the setting ``keys`` that rebinds them, their display."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from textual.binding import Binding, BindingsMap, BindingType
from textual.keys import Keys, key_to_character

from wtr_tui.text import cleaned


class Key(NamedTuple):
    """The declaration of a key."""

    key: str
    """One key, or several with commas between."""
    action: str
    word: str
    """For the key bar."""
    meaning: str
    """For the help."""
    show: bool = True
    """Whether it is in the key bar."""


def bindings(*declared: Key) -> list[Binding]:
    """Return Textual's bindings; their id is the name of the action in the setting ``keys``."""
    return [
        Binding(
            key.key,
            key.action,
            key.word,
            show=key.show,
            tooltip=key.meaning,
            id=action_id(key.action),
        )
        for key in declared
    ]


def action_id(action: str) -> str:
    """Return the name of an action in the setting ``keys``: ``copy-export``, ``go-sign-in``."""
    name, _, rest = action.removeprefix("app.").partition("(")
    argument = rest.rstrip(")").strip("'")
    return f"{name}-{argument}".rstrip("-").replace("_", "-")


_rebound: dict[str, str] = {}
_PLACEHOLDER = re.compile(r"\{([a-z-]+):([^{} ]+)\}")


def rebind(other: Mapping[str, str]) -> None:
    """Use these keys instead of the declared ones from now on, by action name."""
    _rebound.clear()
    _rebound.update(other)


def key(action: str, usual: str) -> str:
    """Return the key of an action as a sentence names it: ``^s``.

    ``usual`` is the declared one, as one name can have another key on each screen.
    """
    return display_key(keys_of(action, usual))


def keys_of(action: str, usual: str) -> str:
    """Return the keys of an action in Textual's spelling, with commas between them."""
    return _rebound.get(action, usual)


def with_keys(text: str) -> str:
    """Return the text with keys in place of placeholders such as ``{copy:c}``."""
    return _PLACEHOLDER.sub(lambda mark: key(mark[1], mark[2]), text)


def display_key(key: str) -> str:
    """Return the first of some keys, short for the key bar: ``^s``, ``F3``, ``c``."""
    first = key.partition(",")[0]
    if first.startswith("ctrl+"):
        return "^" + first.removeprefix("ctrl+")
    if first.startswith("f") and first[1:].isdigit():
        return first.upper()
    return {"enter": "⏎", "escape": "Esc"}.get(first, first)


_MODIFIERS = ("ctrl+", "alt+", "shift+", "super+", "meta+", "hyper+")
_NAMED_KEYS = frozenset(key.value for key in Keys)


def action_names(screens: Mapping[str, Iterable[BindingType]]) -> list[str]:
    """Return the names of all actions that can be rebound on these screens."""
    every = (each for declared in screens.values() for each in declared)
    return sorted({each.id for each in every if isinstance(each, Binding) and each.id})


def keymap(
    wanted: Mapping[str, str], screens: Mapping[str, Iterable[BindingType]]
) -> tuple[dict[str, str], list[str]]:
    """Return what of the setting ``keys`` is usable on ``screens``, given with all their bindings.

    That is, by the name of the action, its keys in Textual's spelling; and a sentence for each
    entry that is left out, whose action keeps its declared keys.
    """
    used, refused = _parse(wanted, action_names(screens))
    declared = {
        name: [
            (key, each) for key, every in BindingsMap(own).key_to_bindings.items() for each in every
        ]
        for name, own in screens.items()
    }
    conflicts = []
    while conflict := _find_conflict(used, declared):
        action, at, other, screen = conflict
        conflicts.append(
            f"keys: {display_key(at)}, for {action}, is that of {other} on the screen {screen}:"
            f" {action} keeps its own. Choose another key, or give {other} one as well."
        )
        del used[action]
    return used, [*conflicts, *refused]


def _parse(wanted: Mapping[str, str], actions: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the keys by action, and a sentence for each entry with an unknown action or key."""
    used: dict[str, str] = {}
    refused: list[str] = []
    for action, text in wanted.items():
        given = [_textual_spelling(each) for each in text.split(",")]
        unknown = [each for each in given if not _is_key(each)]
        if action not in actions:
            like = get_close_matches(action, actions, 1)
            names = f"Did you mean {like[0]}?" if like else f"{key('go-check', 'f6')} lists them."
            refused.append(f"keys: there is no action {cleaned(action, 40)}. {names}")
        elif unknown:
            refused.append(
                f"keys: {cleaned(unknown[0], 40)}, for {action}, is no key. There are f9, ctrl+e,"
                " alt+x, enter or a single letter."
            )
        else:
            used[action] = ",".join(given)
    return used, refused


def refused_keys(
    wanted: Mapping[str, str], screens: Mapping[str, Iterable[BindingType]]
) -> list[str]:
    """Return the sentences of :func:`keymap`, and for an unknown action one with all names."""
    _, refused = keymap(wanted, screens)
    actions = action_names(screens)
    if any(action not in actions for action in wanted):
        refused.append(f"keys: the actions are {', '.join(actions)}.")
    return refused


def _find_conflict(
    used: Mapping[str, str], declared: Mapping[str, Sequence[tuple[str, Binding]]]
) -> tuple[str, str, str, str] | None:
    """Return an action that would get the key of another: action, key, other action, screen."""
    for screen, bindings in declared.items():
        actions_by_key: dict[str, set[str]] = {}
        for key, each in bindings:
            for now in used[each.id].split(",") if each.id and each.id in used else [key]:
                name = each.id or each.description or each.action
                actions_by_key.setdefault(now, set()).add(name)
        for key, actions in actions_by_key.items():
            rebound = [action for action in used if action in actions]
            others = sorted(actions - set(rebound[-1:]))
            if rebound and others:
                return rebound[-1], key, others[0], screen
    return None


def _textual_spelling(key: str) -> str:
    key = key.strip()
    if key[:1] == "^" and len(key) == 2:  # as in the key bar
        return f"ctrl+{key[1].lower()}"
    return key if len(key) == 1 else key.lower()


def _is_key(key: str) -> bool:
    bare = key
    while bare.startswith(_MODIFIERS):
        bare = bare.partition("+")[2]
    return len(bare) == 1 or bare in _NAMED_KEYS or len(key_to_character(bare) or "") == 1
