"""The token on disk: private, replaced as a whole, locked, and never lost."""

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


class _Written(NamedTuple):
    """A whole token in a file; the greater ``age`` is the newer one."""

    stored: StoredToken
    age: tuple[datetime, int]

    def replaces(self, other: _Written) -> bool:
        """Whether it is newer, from one App ID and, where that is known, one base URL."""
        urls = {self.stored.base_url, other.stored.base_url} - {""}
        is_own = self.stored.app_id == other.stored.app_id and len(urls) < 2
        return is_own and self.age > other.age


class TokenFile:
    """One profile's token file. Any number of processes may read and replace it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *, locked: bool = False) -> StoredToken | None:
        """The token, or None where there is no file.

        With ``locked`` what a killed writer has left was taken up just before. Raises
        TokenFileUnreadable where the file cannot be read, and CorruptTokenFile where it does not
        hold a token; its content is copied aside first, once.
        """
        if not locked and os.path.lexists(private_file.temporary_path(str(self.path))):
            # Who holds the lock may be writing it, or takes it up itself.
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
                kept_as = self._keep_aside("corrupt", content)
            except errors.StorageError:
                # Told without a copy; save() makes it before it replaces the file, or refuses.
                kept_as = ""
            raise errors.CorruptTokenFile(error.path, error.fault, kept_as) from None
        return stored._replace(notices=notices)

    def save(self, stored: StoredToken) -> tuple[str, ...]:
        """Replaces the file; returns when the token is on the disk. Gives notices, as sentences.

        A damaged file, or another App ID's token, is copied aside before it is replaced.
        Raises TokenNotSaved, with the old file intact.
        """
        with self._saving():
            kept_as = self.back_up_unless(stored.app_id, stored.base_url)
            content = to_json(stored)
            if len(content) > private_file.LARGEST:
                raise errors.TokenNotSaved(str(self.path), "it is larger than 1 MiB.", _UNTOUCHED)
            restrict_folder = self.path.parent.name == PROGRAM
            notices = private_file.write_private(
                str(self.path), content, restrict_folder=restrict_folder
            )
        if kept_as:
            notices = (f"What {self.path} held before is kept as {kept_as}.", *notices)
        return notices

    @contextmanager
    def _saving(self, reason: str = "") -> Iterator[None]:
        """Raises TokenNotSaved for whatever keeps the block from writing."""
        try:
            yield
        except OSError as error:
            raise errors.TokenNotSaved(
                str(self.path), f"{reason}{cause(error)}.", _UNTOUCHED
            ) from error
        except (errors.UnsafeFile, errors.TokenFileUnreadable) as error:
            raise errors.TokenNotSaved(str(self.path), error.message, error.hint) from error

    def recover_interrupted_save(self) -> None:
        """Puts a token in place whose writer was killed before it could rename its file.

        Only for whoever holds the lock: then no writer is alive. It has to be newer than the
        file's, and of the same App ID and base URL. Where refresh tokens are replaced it is the
        only good one. What is older than the file, or half a token, is deleted.
        """
        path = str(self.path)
        temporary = private_file.temporary_path(path)
        claim = private_file.try_claim(temporary)
        if claim is None:
            return
        try:
            with suppress(OSError, errors.StorageError):
                left, current = self._written(temporary), self._written(path)
                if left is None or (current is not None and not left.replaces(current)):
                    Path(temporary).unlink()
                    return
                if current is None and (damaged := read_content(path)) is not None:
                    self._keep_aside("corrupt", damaged[0])
                private_file.put_in_place(temporary, path)
        finally:
            os.close(claim)

    def _written(self, path: str) -> _Written | None:
        """The token in one of the files, None where it holds none; raises as :meth:`read` does."""
        found = read_content(path)
        if found is None:
            return None
        try:
            stored = self._parse(found[0])
        except errors.CorruptTokenFile:
            return None
        # Instants in the file are whole seconds: within one, the file's own time counts.
        return _Written(stored, (stored.token.obtained_at, Path(path).stat().st_mtime_ns))

    def delete(self) -> list[Path]:
        """Deletes the token with all copies of it, also those put aside; gives what is gone.

        Only for whoever holds the lock. Raises OSError, with the path as ``filename``.
        """
        name, undecided = self.path.name, Path(self._undecided).name
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

    # The tokens of sign-ins whose account has to be asked about before they replace another's.
    # Each lies in a file of its own beside the token file, from before the question until the
    # answer: whatever ends the program in between, the token is there at the next start.

    def put_aside(self, stored: StoredToken) -> Path:
        """Writes the token beside the file, which stays as it is. Raises TokenNotSaved."""
        aside = Path(f"{self._undecided}{_moment(time.time())}-{os.urandom(2).hex()}")
        TokenFile(aside).save(stored)
        return aside

    def list_put_aside(self) -> list[tuple[Path, StoredToken]]:
        """What was put aside and not decided about, the newest first.

        One that is in place already is deleted. Never raises: what cannot be read is left alone.
        """
        found = []
        prefix = Path(self._undecided).name
        with suppress(OSError, errors.StorageError):
            # Ends what was killed while it put a token aside, where that was written whole.
            for temporary in self.path.parent.glob(f".{prefix}*.tmp"):
                name = temporary.name[1:].removesuffix(".tmp")
                TokenFile(temporary.with_name(name)).recover_interrupted_save()
            held = self.read()
            for path in sorted(self.path.parent.glob(f"{prefix}*"), reverse=True):
                stored = TokenFile(path).read()
                if stored is None:
                    continue
                if held is not None and held.token.same_access(stored.token):
                    path.unlink()
                else:
                    found.append((path, stored))
        return found

    def is_put_aside(self, path: Path) -> bool:
        """Whether this is one of the files that were put aside."""
        return str(path.absolute()).startswith(self._undecided)

    def accept_put_aside(self, path: Path) -> str:
        """Puts a token that was put aside in place, and gives where the one before it is kept.

        "" for nowhere. Raises a StorageError, with the token still put aside.
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
    def _undecided(self) -> str:
        # Not the token file's whole name: what begins with that is the token file's own.
        return f"{str(self.path).removesuffix('.json')}.put-aside-"

    def require_space(self, stored: StoredToken) -> None:
        """For before Webex is asked: raises StorageError where a token like this one, twice over,
        could not be saved.
        """
        try:
            with self._saving():
                private_file.require_space(str(self.path), 2 * len(to_json(stored)))
        except errors.TokenNotSaved as error:
            message = f"Webex was not asked, as a new token could not be saved. {error.message}"
            raise errors.StorageError(message, error.hint) from error

    def back_up_unless(self, app_id: str, base_url: str = "", token: Token | None = None) -> str:
        """Copies the file aside unless it holds a token of this App ID and base URL; gives the
        copy's path, or "" where there was no need. A base URL that is not known is no other.
        With a ``token`` it has to be that one, too.

        The file itself stays, :meth:`save` replaces it. Raises TokenFileUnreadable or
        TokenNotSaved where that fails.
        """
        found = read_content(str(self.path))
        if found is None:
            return ""
        content, _ = found
        try:
            held = self._parse(content)
        except errors.CorruptTokenFile:
            return self._keep_aside("corrupt", content)
        if held.app_id != app_id:
            return self._keep_aside("other-app", content)
        if held.base_url and base_url and held.base_url != base_url:
            return self._keep_aside("other-server", content)
        if token is not None and not held.token.same_access(token):
            return self._keep_aside("other-account", content)
        return ""

    def lock(self, timeout: float = 10.0) -> Lock:
        """``with file.lock():`` — no other process that asks for it is inside. Raises LockHeld."""
        return Lock(lock_path(str(self.path)), timeout)

    def fingerprint(self) -> tuple[int, ...] | None:
        """Differs when the file does, without reading it; None where there is none to be seen."""
        return private_file.fingerprint(str(self.path))

    def _parse(self, content: bytes) -> StoredToken:
        return of_members(token_json.parsed(str(self.path), content))

    def _keep_aside(self, why: str, content: bytes) -> str:
        """Writes the content to ``NAME.WHY-TIME``; a second call finds the copy already made."""
        with self._saving("what it holds now could not be copied aside: "):
            path = f"{self.path}.{why}-{_moment(self.path.stat().st_mtime)}"
            while True:
                try:
                    if private_file.read_private(path)[0] == content:
                        return path
                except FileNotFoundError:
                    private_file.write_private(path, content)
                    return path
                path += f"-{zlib.crc32(content):08x}"  # two contents in one second


def _moment(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def of_members(members: token_json.Members) -> StoredToken:
    """The token in the members that :mod:`token_json` gives."""
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
    """Whose token it is, as far as members of a file say. Raises CorruptTokenFile."""
    return _account(token_json.account(path, members) or {})


def _account(members: Mapping[str, str]) -> Account:
    # They are shown: nothing in them may be an order to the terminal.
    return Account(**{name: cleaned(text, limit=200) for name, text in members.items()})


def to_json(stored: StoredToken) -> bytes:
    """The file's content. Instants are cut to whole seconds, so that none looks longer."""
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


_UNTOUCHED = "The file is as it was before."
