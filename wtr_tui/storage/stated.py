"""What somebody said about one setting, and where: the environment, the file, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wtr_tui.storage.settings_keys import SettingKey
from wtr_tui.storage.settings_yaml import Entry


@dataclass(frozen=True)
class Source:
    """Where a value comes from. ``name`` is the variable or the file's path."""

    kind: Literal["environment", "file", "default"]
    name: str = ""

    def words(self) -> str:
        """``from $WEBEX_SECRET``, ``from file``, ``default``."""
        return {"environment": f"from ${self.name}", "file": "from file"}.get(self.kind, "default")


@dataclass(frozen=True)
class Problem:
    """A value that is missing or wrong.

    ``message`` names the place and the fault; ``where`` is the place alone ("" where the value
    is missing) and ``fault`` the fault alone, for beside a field.
    """

    key: str
    message: str
    where: str
    fault: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Stated:
    """``text`` is None where nothing is stated; with a ``fault`` it cannot be used as it is.

    ``place`` is where it is stated: the variable, or file, line and key. A key or variable that
    is there without a value has a place, but no text.
    """

    source: Source
    where: str = ""
    place: str = ""
    text: str | None = field(default=None, repr=False)
    fault: str = ""
    notes: tuple[str, ...] = ()


def stated(
    key: SettingKey, path: Path | None, entries: Mapping[str, Entry], environ: Mapping[str, str]
) -> Stated:
    """What counts for this key: the first variable that is not empty, else the file.

    A variable of blanks alone is as good as none: that is how scripts hand on what they lack.
    """
    variables = [name for name in key.variables if environ.get(name, "").strip()]
    if variables:
        name = variables[0]
        others = [other for other in variables if environ[other] != environ[name]]
        notes = tuple(f"${name} counts, ${other} says something else." for other in others)
        place = f"${name}"
        return Stated(Source("environment", name), place, place, environ[name], notes=notes)
    named = [entries[name] for name in key.names if name in entries]
    found = [entry for entry in named if entry.value is not None or entry.nested]
    if not found and not named:
        empty = next((f"${name}" for name in key.variables if name in environ), "")
        return Stated(Source("default"), empty, empty)
    entry = (found or named)[0]
    where = f"{path} line {entry.line}"
    place = f"{where}, {entry.key}"
    if not found:
        return Stated(Source("default"), where, place)
    source = Source("file", str(path))
    if entry.nested:
        return Stated(source, where, place, fault=_not_nested(key))
    if any(other.value != entry.value for other in found):
        fault = f"{found[1].key} in line {found[1].line} says something else: keep one of them."
        return Stated(source, where, place, fault=fault)
    assert entry.value is not None
    if isinstance(entry.value, tuple) and key.name != "scopes":
        return Stated(source, where, place, fault="This must be a text, not a list.")
    text = entry.value if isinstance(entry.value, str) else " ".join(entry.value)
    fault = ""
    if key.is_text and entry.read_as:
        fault = f"YAML reads this as {entry.read_as}: put it in quotation marks."
    return Stated(source, where, place, text, fault)


def _not_nested(key: SettingKey) -> str:
    if key.name == "scopes":
        return "Each scope must be a text, without a space behind its colon: spark:kms."
    return "This must be a text, not a group of keys."
