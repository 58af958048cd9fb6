"""The keys of a settings file, each with its line and its value: what every reader starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wtr_tui.errors import SettingsError
from wtr_tui.storage.plain_yaml import plain_values


@dataclass(frozen=True)
class Entry:
    """One key of the file. ``value`` is its text, its texts (a list), or None where it has none.

    A text in quotation marks and a list are values also when they are empty.

    ``nested`` marks a value that is a group of keys, or a list of anything but texts.
    ``read_as`` is what any reader of YAML makes of it where that is no text: "a number".
    """

    key: str
    line: int
    value: str | tuple[str, ...] | None = field(repr=False)
    nested: bool = False
    read_as: str = ""


class SettingsFileError(SettingsError):
    """The settings file cannot be read or understood; it is left as it is.

    ``line`` and ``column`` count from 1 and are 0 where the trouble has no place. ``sentence``
    has the line itself below it, and a caret below that, in lines of their own.
    """

    def __init__(self, sentence: str, advice: str = "", *, line: int = 0, column: int = 0) -> None:
        super().__init__(sentence, advice)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        gap = "\n" if "\n" in self.message else " "
        return f"{self.message}{gap}{self.hint}".rstrip()


def entries(text: str, name: str) -> Mapping[str, Entry]:
    """The keys of the file in their order. ``name`` is the file, for the sentences.

    Raises SettingsFileError with line and column.
    """
    plainly = plain_values(text)
    if plainly is not None:
        return {
            key: Entry(key, line, value, read_as=read_as)
            for key, (line, value, read_as) in plainly.items()
        }
    from wtr_tui.storage.settings_yaml import parsed

    return parsed(text, name)
