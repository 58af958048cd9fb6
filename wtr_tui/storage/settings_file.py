"""The settings file: reads it as a person may keep it, and saves changes without losing a word."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wtr_tui.errors import SettingsError, SettingsFileError, StorageError, UnsafeFile
from wtr_tui.storage.private_file import LARGEST, write_private
from wtr_tui.storage.settings_yaml import Entry, parsed
from wtr_tui.text import cause

__all__ = [
    "SettingsFile",
    "SettingsFileChanged",
    "SettingsFileError",
    "SettingsNotSaved",
    "read_mapping",
    "save",
]

_BYTE_ORDER_MARK = "\ufeff"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SettingsFileChanged(SettingsError):
    """Somebody else changed the file since it was read; nothing was written."""


class SettingsNotSaved(StorageError):
    """The file could not be written; it is as it was."""


@dataclass(frozen=True)
class SettingsFile:
    """What was read: the keys, the bytes and the text (None: no file), mode, owner and group."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    mode: int = 0o600
    owner: int = 0
    group: int = 0


def read_mapping(path: Path) -> SettingsFile:
    """Reads the file. A symbolic link is followed, and the mode is left alone: a person's file.

    A file that does not exist has no keys. Raises SettingsFileError where it cannot be read, is
    too large, or is not one YAML mapping in UTF-8 with each key once.
    """
    read = _read(path)
    if read is None:
        return SettingsFile()
    content, facts = read
    text = _text(path, content)
    found = parsed(text.removeprefix(_BYTE_ORDER_MARK), str(path))
    return SettingsFile(
        found, content, text, stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid
    )


def save(path: Path, changes: Mapping[str, object | None], *, expected: str | None) -> None:
    """Writes the file with these keys set or removed (None), mode 0600, at once or not at all.

    ``expected`` is the text the changes were made for (``SettingsFile.text``; None: there was no
    file). Where ``path`` is a symbolic link, the file it leads to is replaced and the link stays.
    Raises SettingsFileChanged where the file is another one by now, SettingsFileError or
    SettingsNotEditable where it cannot be changed safely, SettingsNotSaved where it cannot be
    written.
    """
    # Loaded here: most who read the settings never write them.
    from wtr_tui.storage.settings_edit import edited

    if _descriptor_number(path) is not None:
        raise SettingsNotSaved(
            f"{path} can be read, but nothing can be saved there.",
            "Name a file with --config, or leave it out.",
        )
    found = read_mapping(path)
    if found.text != expected:
        raise SettingsFileChanged(
            f"{path} was changed by somebody else since it was read, so it was not overwritten.",
            "Read it again, then make your changes once more.",
        )
    text = edited(found.text or "", changes, str(path))
    try:
        write_private(os.path.realpath(path), text.encode("utf-8"))
    except (OSError, UnsafeFile) as error:
        reason = error.message if isinstance(error, UnsafeFile) else f"{cause(error)}."
        raise SettingsNotSaved(
            f"The settings were not saved to {path}: {reason}", "The file is as it was."
        ) from error


def _read(path: Path) -> tuple[bytes, os.stat_result] | None:
    try:
        content, facts = _content(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsFileError(
            f"The settings file {path} cannot be read: {cause(error)}.",
            "Correct its owner or its mode; nothing is written to it.",
        ) from error
    if len(content) > LARGEST:
        raise SettingsFileError(f"{path} is larger than 1 MiB, so it is not a settings file.")
    return content, facts


def _content(path: Path) -> tuple[bytes, os.stat_result]:
    number = _descriptor_number(path)
    if number is not None:
        return _of_descriptor(number)
    # Without O_NONBLOCK opening a FIFO would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise SettingsFileError(f"{path} is not a regular file, so settings are not read.")
        return _read_all(descriptor), facts
    finally:
        os.close(descriptor)


def _descriptor_number(path: Path) -> int | None:
    """The number in ``/dev/fd/63``, which is what a shell makes of ``<(command)``."""
    folder, _, number = str(path).rpartition("/")
    is_one = folder in ("/dev/fd", "/proc/self/fd") and number.isascii() and number.isdigit()
    return int(number) if is_one else None


@cache
def _of_descriptor(number: int) -> tuple[bytes, os.stat_result]:
    """What can be read from an open descriptor. It can be read once, so it is kept."""
    facts = os.fstat(number)
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISFIFO(facts.st_mode)):
        raise SettingsFileError(f"/dev/fd/{number} is neither a file nor a pipe.")
    return _read_all(number), facts


def _read_all(descriptor: int) -> bytes:
    content = b""
    while len(content) <= LARGEST and (part := os.read(descriptor, 65_536)):
        content += part
    return content


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if content.startswith(_UTF_16_MARKS):
            fault = "is written in UTF-16"
        else:
            line = content.count(b"\n", 0, error.start) + 1
            fault = f"line {line} holds a byte that is not UTF-8"
        # The cause is left out: it carries the whole content, secret and all.
        raise SettingsFileError(f"{path}: the file {fault}.", "Save it as UTF-8.") from None
