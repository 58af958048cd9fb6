"""The setting ``deliver``: files that always hold the present access token.

``file: PATH`` holds the bare token, without a line end. ``env: PATH`` with ``key: NAME`` is a
``.env`` file, of which that one line is replaced or appended. Everything else stays as it is: the
other bytes, mode and owner; a new file has mode 0600. Signing out empties what was written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from wtr_tui.errors import StorageError, UnsafeFile
from wtr_tui.storage.private_file import rewrite
from wtr_tui.storage.settings_values import RawValue, expanded
from wtr_tui.text import cause, dotenv_line, user_name

DEFAULT_KEY = "WEBEX_ACCESS_TOKEN"

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHAPE = "Each entry of deliver is file: PATH, or env: PATH with key: NAME."


class Sink(NamedTuple):
    """A file, or with a ``key`` one line of a file."""

    path: Path
    key: str = ""

    @property
    def place(self) -> str:
        """``~/app/.env, WEBEX_ACCESS_TOKEN``."""
        return f"{self.path}, {self.key}" if self.key else str(self.path)


def parse(given: RawValue) -> tuple[Sink, ...]:
    """What the setting says. Raises ValueError."""
    value = given.value
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return tuple(_sink(entry, given) for entry in entries)


def _sink(entry: object, given: RawValue) -> Sink:
    if not isinstance(entry, Mapping):
        raise ValueError(_SHAPE)
    unknown = set(entry) - {"file", "env", "key"}
    named = [kind for kind in ("file", "env") if kind in entry]
    if unknown or len(named) != 1 or ("key" in entry and named == ["file"]):
        raise ValueError(_SHAPE)
    text = entry[named[0]]
    key = entry.get("key", DEFAULT_KEY if named == ["env"] else "")
    if not isinstance(text, str) or not text.strip() or not isinstance(key, str):
        raise ValueError(_SHAPE)
    if key and not _KEY.fullmatch(key):
        raise ValueError("The key of an env entry is a name of letters, digits and underscores.")
    return Sink(expanded(given, text), key)


def write(sink: Sink, token: str, *, keep_off: Sequence[Path] = ()) -> None:
    """Writes the token; "" empties what was written before, and makes no file for that.

    ``keep_off`` are files that it must not be: the settings and the token itself. Raises
    StorageError where it cannot be written; the file is then as it was before.
    """
    path = _followed(sink.path)
    if any(os.path.realpath(other) == path for other in keep_off):
        raise UnsafeFile(f"{sink.path} is a file of wtr-tui itself.", "Name another one.")
    if not token and not os.path.lexists(path):
        return

    def change(content: bytes) -> bytes:
        return _with_line(content, sink.key, token) if sink.key else token.encode("ascii")

    try:
        rewrite(path, change)
    except OSError as error:
        raise StorageError(f"{sink.path} cannot be written: {cause(error)}.") from error


def holds(sink: Sink, token: str) -> bool:
    """Whether it holds this token. Raises OSError where it cannot be read."""
    content = sink.path.read_bytes()
    if not sink.key:
        return content == token.encode("ascii")
    return _with_line(content, sink.key, token) == content


def _followed(path: Path) -> str:
    """Where a link leads: one of this user's or root's, for in /tmp anybody may lay one down."""
    try:
        facts = os.lstat(path)
    except OSError:
        return str(path)
    if facts.st_uid not in (0, os.geteuid()):
        raise UnsafeFile(f"{path} belongs to {user_name(facts.st_uid)}.", "Name a file of yours.")
    return os.path.realpath(path)


def _with_line(content: bytes, key: str, token: str) -> bytes:
    """The file's content with the last line of this key replaced, or one appended."""
    lines = content.splitlines(keepends=True)
    name = key.encode("ascii")
    pattern = re.compile(rb"[ \t]*(export[ \t]+)?" + name + rb"[ \t]*=")
    end = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    new = dotenv_line(key, token).encode("ascii")
    for at in range(len(lines) - 1, -1, -1):
        found = pattern.match(lines[at])
        if found is not None:
            before = lines[at]
            its_end = before[len(before.rstrip(b"\r\n")) :]
            lines[at] = (found[1] or b"") + new + its_end
            return b"".join(lines)
    if not token:
        return content
    gap = b"" if not lines or lines[-1].endswith((b"\n", b"\r")) else end
    return content + gap + new + end
