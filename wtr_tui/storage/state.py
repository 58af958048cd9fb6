"""The state of a token that all processes share: ``PROFILE.state`` beside its file.

It holds the outcome of the last refresh, since when Webex has refused the access token or the
refresh token, and which warnings of the refresh token's end were given. Each of these is bound to
the token it is about, so that a new token ends it. It is written under the token's lock. The
program works without it, so errors of reading and writing it are ignored. It holds no secret:
tokens are identified by their CRC-32.

``wtr token`` loads this module: it needs the standard library only, and no dataclass.
"""

from __future__ import annotations

import json
import zlib

from wtr_tui import clock
from wtr_tui.errors import StorageError
from wtr_tui.storage import private_file
from wtr_tui.storage.paths import state_path
from wtr_tui.storage.private_file import read_private, write_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta
    from typing import Any

    from wtr_tui.storage.paths import AnyPath

VERSION = 1
DEFAULT_WARN_BEFORE: tuple[int, ...] = (14 * 86_400, 3 * 86_400, 86_400)
"""Default for when to warn of the refresh token's end: seconds before it, the longest first."""

# Ends are computed from "expires_in": two responses about the same end differ by this at most.
_SAME_END = 60  # seconds


class LastOutcome:
    """The outcome of the last attempt at a new token: ``kind`` is that of the event or error."""

    __slots__ = ("at", "kind", "message")

    def __init__(self, kind: str, at: datetime, message: str = "") -> None:
        self.kind = kind
        self.at = at
        self.message = message


class State:
    """The content of the state file. Its methods take the token, as it may be about an earlier one.

    The attributes are the file's members; those with their default are not written.
    """

    access: str = ""
    refresh: str = ""
    """The checksums of the tokens that this is about."""
    last: LastOutcome | None = None
    refreshed_at: datetime | None = None
    """When Webex last issued a token, be it the same one."""
    refused_since: datetime | None = None
    refused_again: bool = False
    """Whether a refresh returned the refused access token once more."""
    sign_in_needed_since: datetime | None = None
    message: str = ""
    """Why a sign-in is needed."""
    mint_failures: int = 0
    """The number of failures in a row to mint a service app's token."""
    mint_again_at: datetime | None = None
    """When to try that again."""
    end: datetime | None = None
    """When the refresh token expires, as last written."""
    end_stays: bool | None = None
    """Whether the last refresh left that end unchanged; None where it is unknown."""
    rotates: bool = False
    """Whether a refresh has returned another refresh token, which revokes the one before."""
    said: str = ""
    """The checksum of a repeating notice about the token file that was already shown."""
    warn_before: tuple[int, ...] = DEFAULT_WARN_BEFORE
    given: tuple[int, ...] = ()
    """Those of ``warn_before`` for which a warning was given."""

    def bind(self, access_token: str, refresh_token: str | None) -> None:
        """Bind the state to these tokens, and drop what it says about others."""
        access, refresh = checksum(access_token), checksum(refresh_token)
        if access != self.access:
            self.refused_since, self.refused_again = None, False
        if access != self.access or refresh != self.refresh:
            self.sign_in_needed_since, self.message = None, ""
            self.mint_failures, self.mint_again_at = 0, None
        self.access, self.refresh = access, refresh

    def refused(self, access_token: str) -> datetime | None:
        """Return since when Webex has refused this access token; None where it has not."""
        return self.refused_since if self.access == checksum(access_token) else None

    def sign_in_needed(self, refresh_token: str | None) -> datetime | None:
        """Return since when Webex has refused this refresh token; None where it has not."""
        is_own = bool(refresh_token) and self.refresh == checksum(refresh_token)
        return self.sign_in_needed_since if is_own else None

    def mint_deferred_until(self, access_token: str) -> datetime | None:
        """Return when a token may be minted again in place of this access token; None for now."""
        return self.mint_again_at if self.access == checksum(access_token) else None

    def is_end_fixed(self, end: datetime) -> bool:
        """Return whether refreshing is known not to extend this end of the refresh token."""
        return self.end_stays is True and self._is_about(end)

    def is_end_extended(self, end: datetime) -> bool:
        """Return whether refreshing is known to extend this end: then no sign-in is needed."""
        return self.end_stays is False and self._is_about(end)

    def due_warnings(
        self, end: datetime, left: timedelta, warn_before: Sequence[int] | None = None
    ) -> tuple[int, ...]:
        """Return the limits of ``warn_before`` that are reached; () where the nearest was given.

        ``warn_before`` is by default the one that was last written.
        """
        warn_before = self.warn_before if warn_before is None else warn_before
        reached = tuple(limit for limit in warn_before if 0 < left.total_seconds() <= limit)
        given = self.given if self._is_about(end) or self.end is None else ()
        is_news = reached and min(reached) < min(given, default=reached[0] + 1)
        return reached if is_news and not self.is_end_extended(end) else ()

    def record_warnings(self, end: datetime, limits: tuple[int, ...]) -> None:
        """Record that the warnings for these limits were given for this end."""
        if not self._is_about(end):
            self.end_stays = None
        self.end, self.given = end, limits

    def _is_about(self, end: datetime) -> bool:
        return self.end is not None and is_same_end(self.end, end)


def _limits(value: object) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, list) else ()


def _last(value: dict[str, object]) -> LastOutcome:
    at = clock.from_iso(str(value["at"]))
    return LastOutcome(str(value["outcome"]), at, str(value.get("message", "")))


_READERS: dict[str, Callable[[Any], object]] = {
    "str": str,
    "bool": bool,
    "bool | None": bool,
    "int": int,
    "datetime | None": lambda value: clock.from_iso(str(value)),
    "tuple[int, ...]": _limits,
    "LastOutcome | None": _last,
}
"""The parser of a member of the file, by its type in :class:`State`."""


def checksum(secret: str | None) -> str:
    """Return the CRC-32 of a token, which identifies it without giving it away; "" for none."""
    return f"{zlib.crc32(secret.encode()):08x}" if secret else ""


def is_same_end(one: datetime, other: datetime) -> bool:
    """Return whether two ends of a refresh token, each computed from a response, are the same."""
    return abs((one - other).total_seconds()) <= _SAME_END


def read(token_path: AnyPath) -> State:
    """Read the state beside this token file; a new one where there is none or it is unreadable."""
    state, members = State(), _read_members(token_path)
    if members.get("version") == VERSION:
        try:
            for name, kind in State.__annotations__.items():
                if name in members:
                    setattr(state, name, _READERS[kind](members[name]))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return State()
    return state


def longest_warning(token_path: AnyPath) -> int | None:
    """Return how many seconds before the refresh token's end the first warning is due.

    None where a refusal is recorded, for which the whole state has to be read. Fast: for
    ``wtr token``.
    """
    members = _read_members(token_path)
    if "refused_since" in members or "sign_in_needed_since" in members:
        return None
    try:
        return max(_limits(members.get("warn_before")) or DEFAULT_WARN_BEFORE)
    except (ValueError, TypeError, OverflowError):
        return None


def fingerprint(token_path: AnyPath) -> tuple[int, ...] | None:
    """Return a value that changes with the state, without reading it; None for no file."""
    return private_file.fingerprint(state_path(token_path))


def write(token_path: AnyPath, state: State) -> bool:
    """Replace the state; return False where that fails. Call it with the token's lock held."""
    try:
        members = {
            name: _written(value)
            for name, value in vars(state).items()
            if value != getattr(State, name)
        }
        content = json.dumps({"version": VERSION, **members}, indent=2, ensure_ascii=False) + "\n"
        write_private(state_path(token_path), content.encode("utf-8", "replace"), flush=False)
    except (OSError, StorageError):
        return False
    return True


def _read_members(token_path: AnyPath) -> Mapping[str, object]:
    try:
        content, _ = read_private(state_path(token_path))
        members: object = json.loads(content.decode("utf-8"))
    except (OSError, StorageError, ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def _written(value: Any) -> object:
    """Return a member as it is written to the file."""
    if isinstance(value, LastOutcome):
        return {"outcome": value.kind, "at": clock.iso(value.at), "message": value.message}
    # JSON writes a tuple as a list; anything else is an instant.
    return value if isinstance(value, (str, int, tuple)) else clock.iso(value)
