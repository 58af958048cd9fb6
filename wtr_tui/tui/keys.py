"""Keys as the screens declare them: the key, a word for the bottom line, a sentence for help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
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


_other: dict[str, str] = {}
_MARK = re.compile(r"\{([a-z-]+):([^{} ]+)\}")


def use(other: Mapping[str, str]) -> None:
    """From now on these actions have other keys than they are declared with."""
    _other.clear()
    _other.update(other)


def key(action: str, usual: str) -> str:
    """How the key of an action is spelled, for a sentence that names it.

    ``usual`` is the one it is declared with: one name can stand for a key on each screen.
    """
    return spelled(held(action, usual))


def held(action: str, usual: str) -> str:
    """The keys of an action as Textual spells them, with commas between them."""
    return _other.get(action, usual)


def with_keys(text: str) -> str:
    """The text with the keys for its marks, such as ``{copy:c}``."""
    return _MARK.sub(lambda mark: key(mark[1], mark[2]), text)


def spelled(key: str) -> str:
    """``^s``, ``F3``, ``c``: as short as the line of keys needs it."""
    first = key.partition(",")[0]
    if first.startswith("ctrl+"):
        return "^" + first.removeprefix("ctrl+")
    if first.startswith("f") and first[1:].isdigit():
        return first.upper()
    return {"enter": "⏎", "escape": "Esc"}.get(first, first)
