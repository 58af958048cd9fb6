"""The token of one profile on disk: private, atomic, locked, bound to its App ID."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wtr_tui import instants
from wtr_tui.errors import StorageError
from wtr_tui.oauth.token import Token
from wtr_tui.secret import Secret
from wtr_tui.storage import lock, private_file

VERSION = 1


class CorruptTokenFile(StorageError):
    """The file holds no token: it was copied aside, and nothing was lost."""


class TokenNotSaved(StorageError):
    """The file could not be written; the old one is there unchanged."""


@dataclass(frozen=True)
class StoredToken:
    """A token, and the App ID it was granted to."""

    app_id: str
    token: Token


class TokenFile:
    """``PROFILE.json`` in the state folder. Other programs may read it, only this one writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> StoredToken | None:
        """What is stored; None only where there is no file.

        Raises CorruptTokenFile where the content is no token (a copy is kept beside it), and
        StorageError where it cannot be read: that is never "no token".
        """
        content = private_file.read(self.path)
        if content is None:
            return None
        try:
            return decoded(json.loads(content))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._corrupt(content, error) from None

    def save(self, stored: StoredToken) -> None:
        """Replaces the file. Raises TokenNotSaved, with the old file as it was."""
        content = json.dumps(encoded(stored), indent=2).encode("ascii") + b"\n"
        try:
            private_file.write(self.path, content)
        except OSError as error:
            raise TokenNotSaved(
                f"{self.path} could not be written: {error.strerror}.",
                "Make room or mend the rights, and save again.",
            ) from error
        except StorageError as error:
            raise TokenNotSaved(error.sentence, error.advice) from error

    def lock(self, timeout: float = 10.0) -> AbstractContextManager[None]:
        """Held by whoever reads, asks Webex and writes; see :func:`lock.exclusive`."""
        private_file.make_folder(self.path.parent)
        return lock.exclusive(self.path.with_suffix(".lock"), timeout)

    def fingerprint(self) -> tuple[int, int, int] | None:
        """Differs whenever the file does; None without a file. Costs one stat.

        Raises StorageError where not even that is allowed.
        """
        try:
            facts = os.lstat(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self.path} cannot be looked at: {error.strerror}.") from error
        return facts.st_mtime_ns, facts.st_size, facts.st_ino

    def keep_aside_unless(self, app_id: str) -> str:
        """Copies another App ID's token to a file of its own; gives its path, else "".

        To be called under the lock, before :meth:`save`.
        """
        try:
            stored = self.read()
        except CorruptTokenFile:
            return ""  # copied aside already
        if stored is None or stored.app_id == app_id:
            return ""
        safe = "".join(letter for letter in stored.app_id if letter.isalnum())[:12]
        aside = self.path.with_name(f"{self.path.stem}.{safe or 'other'}.json.aside")
        TokenFile(aside).save(stored)
        return str(aside)

    def _corrupt(self, content: bytes, error: Exception) -> CorruptTokenFile:
        stamp = instants.iso(instants.now()).replace(":", "")
        aside = self.path.with_name(f"{self.path.name}.corrupt-{stamp}")
        kept = f"A copy is kept in {aside}."
        try:
            already = any(
                other.read_bytes() == content
                for other in self.path.parent.glob(f"{self.path.name}.corrupt-*")
            )
            if already:
                kept = f"A copy is kept beside it ({self.path.name}.corrupt-…)."
            else:
                private_file.write(aside, content)
        except (OSError, StorageError):
            kept = "No copy could be made; it is left as it is."
        return CorruptTokenFile(
            f"{self.path} holds no token ({_fault(error)}). {kept}",
            "Signing in again writes a new one.",
        )


def encoded(stored: StoredToken) -> dict[str, object]:
    """The members of the file, in their order; instants as ISO 8601 in UTC."""
    token = stored.token
    return {
        "version": VERSION,
        "appid": stored.app_id,
        "access_token": token.access_token.reveal(),
        "expires_at": _written(token.expires_at),
        "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
        "refresh_expires_at": _written(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
        "obtained_at": _written(token.obtained_at),
    }


def decoded(members: object) -> StoredToken:
    """The inverse of :func:`encoded`; ValueError, TypeError or KeyError for anything else."""
    if not isinstance(members, Mapping):
        raise TypeError("not an object")
    if members["version"] != VERSION:
        raise ValueError("of another version")
    obtained_at = _instant(members["obtained_at"])
    if obtained_at is None:
        raise ValueError("obtained_at is missing")
    refresh_token = members.get("refresh_token")
    token = Token(
        access_token=Secret(_text(members["access_token"])),
        obtained_at=obtained_at,
        expires_at=_instant(members["expires_at"]),
        refresh_token=Secret(_text(refresh_token)) if refresh_token is not None else None,
        refresh_expires_at=_instant(members.get("refresh_expires_at")),
        token_type=_text(members.get("token_type", "Bearer")),
        scopes=tuple(str(members.get("scope") or "").split()),
    )
    return StoredToken(_text(members["appid"]), token)


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else instants.iso(instant)


def _instant(stated: object) -> datetime | None:
    return None if stated is None else instants.from_iso(_text(stated))


def _text(stated: object) -> str:
    if not isinstance(stated, str) or not stated:
        raise TypeError("a text is missing")
    return stated


def _fault(error: Exception) -> str:
    # The error's own words may quote the content, which may be half a token.
    if isinstance(error, KeyError):
        return f"the member {error.args[0]} is missing"
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON in line {error.lineno}"
    return "its members are not what they should be"
