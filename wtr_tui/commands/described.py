"""A description of the command line, as completion scripts need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Value(Enum):
    """What stands behind an option, or in the place of an argument."""

    NONE = auto()
    TEXT = auto()
    FILE = auto()
    PROFILE = auto()
    PROGRAM = auto()
    CHOICE = auto()


@dataclass(frozen=True)
class Option:
    """An option by its names, or an argument without one; ``words`` say what it does."""

    names: tuple[str, ...]
    words: str
    value: Value
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    name: str
    words: str
    options: tuple[Option, ...]
    arguments: tuple[Option, ...] = ()

    @property
    def names(self) -> str:
        return " ".join(name for option in self.options for name in option.names)


def taking_a_value(commands: Sequence[Command]) -> list[str]:
    """By their names alone: no option takes a value in one command and none in another."""
    options = (option for command in commands for option in command.options)
    taking = [option.names for option in options if option.value is not Value.NONE]
    return sorted({name for names in taking for name in names})
