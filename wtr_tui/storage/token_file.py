"""The token file of a profile: private, replaced atomically, locked, backed up before a loss."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from wtr_tui import errors
from wtr_tui.clock import from_iso, from_iso_if_known, iso_if_known
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.storage import private_file, token_json
from wtr_tui.storage.lock import Lock
from wtr_tui.storage.paths import PROGRAM, lock_path
from wtr_tui.storage.token_json import read_content
from wtr_tui.text import cause, cleaned


class _DatedToken(NamedTuple):
    """A token with the time it was obtained and its file's modification time in nanoseconds."""

    stored: StoredToken
    obtained: tuple[datetime, int]

    def supersedes(self, other: _DatedToken) -> bool:
        """Return whether it is newer and of the same App ID and, if known, the same base URL."""
        urls = {self.stored.base_url, other.stored.base_url} - {""}
        is_same_client = self.stored.app_id == other.stored.app_id and len(urls) < 2
        return is_same_client and self.obtained > other.obtained


class TokenFile:
    """A profile's token file, which any number of processes may read and replace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *, locked: bool = False) -> StoredToken | None:
        """Return the token, or None where there is no file.

        ``locked``: the caller holds the lock and has called :meth:`recover_interrupted_save`.
        Raise TokenFileUnreadable where the file cannot be read, and CorruptTokenFile where it
        does not hold a token; its content is backed up first, once.
        """
        if not locked and os.path.lexists(private_file.temporary_path(str(self.path))):
            # Another holder of the lock may be writing it, or recovers it itself.
            with suppress(errors.WtrError), self.lock(timeout=0):
                self.recover_interrupted_save()
        found = read_content(str(self.path))
        if found is None:
            return None
        content, notices = found
        try:
            stored = self._parse(content)
        except errors.CorruptTokenFile as error:
            try:
                kept_as = self._back_up("corrupt", content)
            except errors.StorageError:
                # save() backs it up before it replaces the file, or refuses.
                kept_as = ""
            raise errors.CorruptTokenFile(error.path, error.fault, kept_as) from None
        return stored._replace(notices=notices)

    def save(self, stored: StoredToken) -> tuple[str, ...]:
        """Replace the file, returning notices once the token is on the disk.

        A damaged file, or another App ID's token, is backed up before it is replaced.
        Raise TokenFileNotWritten, with the old file intact.
        """
        with self._as_not_saved():
            kept_as = self.back_up_unless(stored.app_id, stored.base_url)
            content = to_json(stored)
            if len(content) > private_file.LARGEST:
                raise errors.TokenFileNotWritten(
                    str(self.path), "it is larger than 1 MiB.", _FILE_UNCHANGED
                )
            restrict_folder = self.path.parent.name == PROGRAM
            notices = private_file.write_private(
                str(self.path), content, restrict_folder=restrict_folder
            )
        if kept_as:
            notices = (f"What {self.path} held before is kept as {kept_as}.", *notices)
        return notices

    @contextmanager
    def _as_not_saved(self, reason: str = "") -> Iterator[None]:
        """Turn the errors of writing in the block into TokenFileNotWritten."""
        try:
            yield
        except OSError as error:
            raise errors.TokenFileNotWritten(
                str(self.path), f"{reason}{cause(error)}.", _FILE_UNCHANGED
            ) from error
        except (errors.UnsafeFile, errors.TokenFileUnreadable) as error:
            raise errors.TokenFileNotWritten(str(self.path), error.message, error.hint) from error

    def recover_interrupted_save(self) -> None:
        """Put a token in place whose writer was killed before it renamed its temporary file.

        Call it with the lock held, when no other writer is alive. Where Webex rotates refresh
        tokens, that token is the only usable one. It has to be newer than the file's and of the
        same App ID and base URL; an older or incomplete one is deleted.
        """
        path = str(self.path)
        temporary = private_file.temporary_path(path)
        claim = private_file.try_claim(temporary)
        if claim is None:
            return
        try:
            with suppress(OSError, errors.StorageError):
                left, current = self._dated_token(temporary), self._dated_token(path)
                if left is None or (current is not None and not left.supersedes(current)):
                    Path(temporary).unlink()
                    return
                if current is None and (damaged := read_content(path)) is not None:
                    self._back_up("corrupt", damaged[0])
                private_file.put_in_place(temporary, path)
        finally:
            os.close(claim)

    def _dated_token(self, path: str) -> _DatedToken | None:
        """Return a file's token, None where it holds none. Raise as :meth:`read` does."""
        found = read_content(path)
        if found is None:
            return None
        try:
            stored = self._parse(found[0])
        except errors.CorruptTokenFile:
            return None
        # Instants in the file are whole seconds: within one, the modification time decides.
        return _DatedToken(stored, (stored.token.obtained_at, Path(path).stat().st_mtime_ns))

    def delete(self) -> list[Path]:
        """Delete the token with all its copies, and return the deleted files.

        Call it with the lock held. Raise OSError, with the path as ``filename``.
        """
        name, undecided = self.path.name, Path(self._put_aside_prefix).name
        reasons = ("corrupt", "other-app", "other-server", "other-account")
        prefixes = (f".{name}.", undecided, f".{undecided}", *(f"{name}.{why}-" for why in reasons))
        beside = []
        if self.path.parent.is_dir():
            beside = [each for each in self.path.parent.iterdir() if each.name.startswith(prefixes)]
        gone = []
        for path in (self.path, *sorted(beside)):
            try:
                path.unlink()
            except FileNotFoundError:
                continue
            gone.append(path)
        return gone

    # A token that was put aside: the sign-in was by another account, and the user is asked before
    # it replaces the token. It lies in a file of its own from before the question until the answer,
    # so that it survives the end of the program in between.

    def put_aside(self, stored: StoredToken) -> Path:
        """Save the token in a file beside this one, which stays. Raise TokenFileNotWritten."""
        aside = Path(f"{self._put_aside_prefix}{_timestamp(time.time())}-{os.urandom(2).hex()}")
        TokenFile(aside).save(stored)
        return aside

    def list_put_aside(self) -> list[tuple[Path, StoredToken]]:
        """Return the files and tokens that were put aside, the newest first.

        One that is the present token already is deleted. Never raises: unreadable ones are skipped.
        """
        found = []
        prefix = Path(self._put_aside_prefix).name
        with suppress(OSError):
            # The program may have been killed while it put a token aside.
            for temporary in self.path.parent.glob(f".{prefix}*.tmp"):
                name = temporary.name[1:].removesuffix(".tmp")
                TokenFile(temporary.with_name(name)).recover_interrupted_save()
            present = _read_intact(self.path)
            for path in sorted(self.path.parent.glob(f"{prefix}*"), reverse=True):
                stored = _read_intact(path)
                if stored is None:
                    continue
                if present is not None and present.token.same_access(stored.token):
                    path.unlink()
                else:
                    found.append((path, stored))
        return found

    def is_put_aside(self, path: Path) -> bool:
        """Return whether this is the path of a token that was put aside."""
        return str(path.absolute()).startswith(self._put_aside_prefix)

    def accept_put_aside(self, path: Path) -> str:
        """Replace the token by one that was put aside; return the backup of the former, or "".

        Raise StorageError, with the token still put aside.
        """
        stored = TokenFile(path).read()
        if stored is None:
            raise errors.StorageError(f"{path} is not there any more.")
        with self.lock():
            kept_as = self.back_up_unless(stored.app_id, stored.base_url, stored.token)
            self.save(stored)
        with suppress(OSError):
            path.unlink()
        return kept_as

    @property
    def _put_aside_prefix(self) -> str:
        # Without ".json": names that begin with the token file's own are its backups.
        return f"{str(self.path).removesuffix('.json')}.put-aside-"

    def require_space(self, stored: StoredToken) -> None:
        """Raise StorageError where the disk has no room for a token twice as long.

        Checked before Webex is asked for a new one.
        """
        try:
            with self._as_not_saved():
                private_file.require_space(str(self.path), 2 * len(to_json(stored)))
        except errors.TokenFileNotWritten as error:
            message = f"Webex was not asked, as a new token could not be saved. {error.message}"
            raise errors.StorageError(message, error.hint) from error

    def back_up_unless(self, app_id: str, base_url: str = "", token: Token | None = None) -> str:
        """Back the file up unless it holds a token of this App ID and base URL.

        An unknown base URL ("") matches any. With ``token`` it has to hold that one. Return the
        backup's path, "" for none; the file itself stays. Raise TokenFileUnreadable or
        TokenFileNotWritten.
        """
        found = read_content(str(self.path))
        if found is None:
            return ""
        content, _ = found
        try:
            held = self._parse(content)
        except errors.CorruptTokenFile:
            return self._back_up("corrupt", content)
        if held.app_id != app_id:
            return self._back_up("other-app", content)
        if held.base_url and base_url and held.base_url != base_url:
            return self._back_up("other-server", content)
        if token is not None and not held.token.same_access(token):
            return self._back_up("other-account", content)
        return ""

    def lock(self, timeout: float = 10.0) -> Lock:
        """Return the lock that all processes take before they replace the token."""
        return Lock(lock_path(self.path), timeout)

    def fingerprint(self) -> tuple[int, ...] | None:
        """Return a value that changes with the file, without reading it; None for no file."""
        return private_file.fingerprint(str(self.path))

    def _parse(self, content: bytes) -> StoredToken:
        return from_members(token_json.parse(str(self.path), content))

    def _back_up(self, why: str, content: bytes) -> str:
        """Write the content to ``NAME.WHY-TIME``, once, and return that path."""
        with self._as_not_saved("what it holds now could not be copied aside: "):
            path = f"{self.path}.{why}-{_timestamp(self.path.stat().st_mtime)}"
            while True:
                try:
                    if private_file.read_private(path)[0] == content:
                        return path
                except FileNotFoundError:
                    private_file.write_private(path, content)
                    return path
                path += f"-{zlib.crc32(content):08x}"  # another content of the same second


def _read_intact(path: Path) -> StoredToken | None:
    """Return a file's token; None where it holds none, cannot be read or does not exist."""
    with suppress(errors.StorageError):
        found = read_content(str(path))
        if found is not None:
            return from_members(token_json.parse(str(path), found[0]))
    return None


def _timestamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def from_members(members: token_json.Members) -> StoredToken:
    """Return the token with these validated members."""
    refresh_token = members["refresh_token"]
    token = Token(
        access_token=Secret(members["access_token"]),
        obtained_at=from_iso(members["obtained_at"]),
        expires_at=from_iso_if_known(members["expires_at"]),
        refresh_token=None if refresh_token is None else Secret(refresh_token),
        refresh_expires_at=from_iso_if_known(members["refresh_expires_at"]),
        token_type=members["token_type"] or "Bearer",
        scopes=tuple((members["scope"] or "").split()),
    )
    settings = members["settings"]
    return StoredToken(
        members["appid"],
        token,
        members["base_url"] or "",
        _account(members["account"] or {}),
        settings=settings if isinstance(settings, dict) else None,
    )


def account_of(path: str, members: Mapping[str, object]) -> Account:
    """Return the account in a token file's members. Raise CorruptTokenFile."""
    return _account(token_json.parse_account(path, members) or {})


def _account(members: Mapping[str, str]) -> Account:
    # They are shown: no control characters.
    return Account(**{name: cleaned(text, limit=200) for name, text in members.items()})


def to_json(stored: StoredToken) -> bytes:
    """Return the file's content. Instants are cut to whole seconds, so none gets later."""
    token = stored.token
    members: dict[str, object] = {
        "version": token_json.VERSION,
        "appid": stored.app_id,
        "access_token": token.access_token.reveal(),
        "expires_at": iso_if_known(token.expires_at),
        "refresh_token": None if token.refresh_token is None else token.refresh_token.reveal(),
        "refresh_expires_at": iso_if_known(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
        "obtained_at": iso_if_known(token.obtained_at),
    }
    # 0.1.0 ignores these.
    if stored.base_url:
        members["base_url"] = stored.base_url
    if stored.account.is_known:
        members["account"] = stored.account._asdict()
    if stored.settings is not None:
        members["settings"] = stored.settings
    return (json.dumps(members, indent=2) + "\n").encode("ascii")


_FILE_UNCHANGED = "The file is as it was before."
