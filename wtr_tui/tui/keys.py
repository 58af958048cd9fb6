"""Keys as the screens declare them: the key, a word for the bottom line, a sentence for help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from textual.binding import Binding, BindingsMap, BindingType
from textual.keys import Keys, key_to_character

from wtr_tui.text import cleaned


class Key(NamedTuple):
    """A key, or several with commas between; ``word`` is for the bottom line, ``meaning`` for help.

    ``show`` says whether it stands in the bottom line.
    """

    key: str
    action: str
    word: str
    meaning: str
    show: bool = True


def keys(*declared: Key) -> list[Binding]:
    """As Textual's bindings; the action's name is the id under which the user may rebind it."""
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
    """The name of an action in the setting ``keys``: ``copy-export``, ``go-sign-in``, ``quit``."""
    name, _, rest = action.removeprefix("app.").partition("(")
    argument = rest.rstrip(")").strip("'")
    return f"{name}-{argument}".rstrip("-").replace("_", "-")


_rebound: dict[str, str] = {}
_PLACEHOLDER = re.compile(r"\{([a-z-]+):([^{} ]+)\}")


def rebind(other: Mapping[str, str]) -> None:
    """From now on these actions have other keys than they are declared with."""
    _rebound.clear()
    _rebound.update(other)


def key(action: str, usual: str) -> str:
    """How the key of an action is spelled, for a sentence that names it.

    ``usual`` is the one it is declared with: one name can stand for a key on each screen.
    """
    return display_key(keys_of(action, usual))


def keys_of(action: str, usual: str) -> str:
    """The keys of an action as Textual spells them, with commas between them."""
    return _rebound.get(action, usual)


def with_keys(text: str) -> str:
    """The text with the keys for its marks, such as ``{copy:c}``."""
    return _PLACEHOLDER.sub(lambda mark: key(mark[1], mark[2]), text)


def display_key(key: str) -> str:
    """``^s``, ``F3``, ``c``: as short as the line of keys needs it."""
    first = key.partition(",")[0]
    if first.startswith("ctrl+"):
        return "^" + first.removeprefix("ctrl+")
    if first.startswith("f") and first[1:].isdigit():
        return first.upper()
    return {"enter": "⏎", "escape": "Esc"}.get(first, first)


_MODIFIERS = ("ctrl+", "alt+", "shift+", "super+", "meta+", "hyper+")
_NAMED = frozenset(key.value for key in Keys)


def action_names(screens: Mapping[str, Iterable[BindingType]]) -> list[str]:
    """What can be given other keys on these screens."""
    every = (each for declared in screens.values() for each in declared)
    return sorted({each.id for each in every if isinstance(each, Binding) and each.id})


def keymap(
    wanted: Mapping[str, str], screens: Mapping[str, Iterable[BindingType]]
) -> tuple[dict[str, str], list[str]]:
    """What of the setting can be used on ``screens``, each given by name with all its bindings.

    By the name of an action the keys it has now, in Textual's spelling; and a sentence for each
    entry that is left out: its action keeps its own keys.
    """
    bindings = {name: list(BindingsMap(declared).key_to_bindings.items())
                for name, declared in screens.items()}  # fmt: skip
    own = {
        name: [(key, each) for key, every in found for each in every]
        for name, found in bindings.items()
    }
    actions = action_names(screens)
    used: dict[str, str] = {}
    warnings: list[str] = []
    for action, text in wanted.items():
        given = [_normal(each) for each in text.split(",")]
        refused = [each for each in given if not _is_key(each)]
        if action not in actions:
            like = get_close_matches(action, actions, 1)
            names = f"Did you mean {like[0]}?" if like else f"{key('go-check', 'f6')} lists them."
            warnings.append(f"keys: there is no action {cleaned(action, 40)}. {names}")
        elif refused:
            warnings.append(
                f"keys: {cleaned(refused[0], 40)}, for {action}, is no key. There are f9, ctrl+e,"
                " alt+x, enter or a single letter."
            )
        else:
            used[action] = ",".join(given)
    conflicts = []
    while conflict := _find_conflict(used, own):
        action, at, other, screen = conflict
        conflicts.append(
            f"keys: {display_key(at)}, for {action}, is that of {other} on the screen {screen}:"
            f" {action} keeps its own. Choose another key, or give {other} one as well."
        )
        del used[action]
    return used, [*conflicts, *warnings]


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
    used: Mapping[str, str], own: Mapping[str, Sequence[tuple[str, Binding]]]
) -> tuple[str, str, str, str] | None:
    """The first action that is to have the key of another: action, key, the other, the screen."""
    for screen, found in own.items():
        held: dict[str, set[str]] = {}
        for key, each in found:
            for now in used[each.id].split(",") if each.id and each.id in used else [key]:
                held.setdefault(now, set()).add(each.id or each.description or each.action)
        for key, holders in held.items():
            ours = [action for action in used if action in holders]
            others = sorted(holders - set(ours[-1:]))
            if ours and others:
                return ours[-1], key, others[0], screen
    return None


def _normal(key: str) -> str:
    key = key.strip()
    if key[:1] == "^" and len(key) == 2:  # as the line of keys spells it
        return f"ctrl+{key[1].lower()}"
    return key if len(key) == 1 else key.lower()


def _is_key(key: str) -> bool:
    bare = key
    while bare.startswith(_MODIFIERS):
        bare = bare.partition("+")[2]
    return len(bare) == 1 or bare in _NAMED or len(key_to_character(bare) or "") == 1
