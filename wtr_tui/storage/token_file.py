"""The token on disk: private, replaced as a whole, locked, and never lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from wtr_tui.errors import StorageError
from wtr_tui.model import Token
from wtr_tui.storage.locations import PROGRAM, lock_path
from wtr_tui.storage.lock import Lock, exclusive
from wtr_tui.storage.private_file import read_private, try_room, write_private
from wtr_tui.storage.token_fields import (
    CorruptTokenFile,
    TokenFileUnreadable,
    parse_fields,
    read_content,
    read_fields,
)
from wtr_tui.storage.token_json import base_url_of, from_fields, to_json
from wtr_tui.text import cause

__all__ = [
    "CorruptTokenFile",
    "StoredToken",
    "TokenFile",
    "TokenFileUnreadable",
    "TokenNotSaved",
    "read_fields",
]

Fingerprint = tuple[int, int, int, int]
"""Inode, size, time of change and time of modification in ns: differs when the file does."""


@dataclass(frozen=True)
class StoredToken:
    """A token and the integration it belongs to; ``notices`` are what reading it repaired.

    ``base_url`` is where it was granted; "" where the file does not say, as 0.1.0 did not.
    """

    app_id: str
    token: Token
    base_url: str = ""
    notices: tuple[str, ...] = field(default=(), compare=False)


class TokenNotSaved(StorageError):
    """The token could not be written. What the file held before, it still holds."""

    def __init__(self, path: Path, reason: str, advice: str = "") -> None:
        super().__init__(f"The token was not saved to {path}: {reason}", advice)


class TokenFile:
    """One profile's token file. Any number of processes may read and replace it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> StoredToken | None:
        """The token, or None where there is no file.

        Raises TokenFileUnreadable where the file cannot be read, and CorruptTokenFile where it
        does not hold a token; its content is copied aside first, once.
        """
        found = read_content(str(self.path))
        if found is None:
            return None
        content, notices = found
        try:
            stored = self._parse(content)
        except CorruptTokenFile as error:
            try:
                kept_as = self._keep_aside("corrupt", content)
            except StorageError:
                # Told without a copy; save() makes it before it replaces the file, or refuses.
                kept_as = ""
            raise CorruptTokenFile(error.path, error.fault, kept_as) from None
        return replace(stored, notices=notices)

    def save(self, stored: StoredToken) -> tuple[str, ...]:
        """Replaces the file; returns when the token is on the disk. Gives notices, as sentences.

        A damaged file, or another App ID's token, is copied aside before it is replaced.
        Raises TokenNotSaved, with the old file intact.
        """
        try:
            kept_as = self.keep_aside_unless(stored.app_id, stored.base_url)
            content = _content(stored)
            notices = write_private(
                str(self.path), content, tighten_folder=self.path.parent.name == PROGRAM
            )
        except OSError as error:
            raise TokenNotSaved(self.path, f"{cause(error)}.", _UNTOUCHED) from error
        except TokenNotSaved:
            raise
        except StorageError as error:
            raise TokenNotSaved(self.path, error.message, error.hint) from error
        if kept_as:
            notices = (f"What {self.path} held before is kept as {kept_as}.", *notices)
        return notices

    def try_room(self, stored: StoredToken) -> None:
        """Raises TokenNotSaved where there is no room for a token like this one, twice over."""
        try:
            try_room(str(self.path), 2 * len(_content(stored)))
        except OSError as error:
            raise TokenNotSaved(self.path, f"{cause(error)}.", _UNTOUCHED) from error

    def keep_aside_unless(self, app_id: str, base_url: str = "") -> str:
        """Copies the file aside unless it holds a token of this App ID and base URL; gives the
        copy's path, or "" where there was no need. A base URL that is not known is no other.

        The file itself stays, :meth:`save` replaces it. Raises TokenFileUnreadable or
        TokenNotSaved where that fails.
        """
        found = read_content(str(self.path))
        if found is None:
            return ""
        content, _ = found
        try:
            held = self._parse(content)
        except CorruptTokenFile:
            return self._keep_aside("corrupt", content)
        if held.app_id != app_id:
            return self._keep_aside("other-app", content)
        if held.base_url and base_url and held.base_url != base_url:
            return self._keep_aside("other-server", content)
        return ""

    def lock(self, timeout: float = 10.0) -> Lock:
        """``with file.lock():`` — no other process that asks for it is inside. Raises LockHeld."""
        return exclusive(lock_path(str(self.path)), timeout)

    def fingerprint(self) -> Fingerprint | None:
        """Changes when the file does, without reading it; None where there is no file.

        Raises TokenFileUnreadable where even that cannot be told.
        """
        try:
            facts = self.path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TokenFileUnreadable(
                f"The token file {self.path} cannot be looked at: {cause(error)}."
            ) from error
        return facts.st_ino, facts.st_size, facts.st_ctime_ns, facts.st_mtime_ns

    def _parse(self, content: bytes) -> StoredToken:
        path = str(self.path)
        fields = parse_fields(path, content)
        app_id, token = from_fields(path, fields)
        return StoredToken(app_id, token, base_url_of(path, fields))

    def _keep_aside(self, why: str, content: bytes) -> str:
        """Writes the content to ``NAME.WHY-TIME``; a second call finds the copy already made."""
        try:
            moment = time.gmtime(self.path.stat().st_mtime)
            first = f"{self.path}.{why}-{time.strftime('%Y%m%dT%H%M%SZ', moment)}"
            for path in (first, *(f"{first}-{number}" for number in range(2, 100))):
                try:
                    kept, _ = read_private(path)
                except FileNotFoundError:
                    write_private(path, content)
                    return path
                if kept == content:
                    return path
        except OSError as error:
            raise TokenNotSaved(
                self.path,
                f"what it holds now could not be copied aside: {cause(error)}.",
                _UNTOUCHED,
            ) from error
        raise TokenNotSaved(self.path, "there are too many copies beside it.", _UNTOUCHED)


def _content(stored: StoredToken) -> bytes:
    return to_json(stored.app_id, stored.token, stored.base_url)


_UNTOUCHED = "The file is as it was before."
