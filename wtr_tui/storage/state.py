"""What is known of a token beyond its file: ``PROFILE.state``, so that every process says it.

The outcome of the last refresh; since when Webex refuses the access token, or no longer accepts the
refresh token; which warnings of the refresh token's end were given. Each is bound to the token it
speaks of, so a new token ends it, whoever saved that. It is written under the token's lock; a state
that cannot be read or written harms nothing. No secret is in it: tokens are known by their CRC-32.

``wtr token`` loads this: the standard library alone, and no dataclass.
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

VERSION = 1
WARN_BEFORE: tuple[int, ...] = (14 * 86_400, 3 * 86_400, 86_400)
"""Seconds before the refresh token's end at which a sign-in is announced, unless set otherwise."""

# Ends are computed from "expires in": two answers about the same end differ by this at most.
_SAME_END = 60


class LastOutcome:
    """How the last attempt at a new token ended: ``kind`` is an event's or an error's."""

    __slots__ = ("at", "kind", "message")

    def __init__(self, kind: str, at: datetime, message: str = "") -> None:
        self.kind = kind
        self.at = at
        self.message = message


class State:
    """What was noted. Ask for it with the token in hand: it may speak of an earlier one."""

    access: str = ""
    refresh: str = ""
    """The tokens that were in the file when it was written, as :func:`checksum` gives them."""
    last: LastOutcome | None = None
    refreshed_at: datetime | None = None
    """When Webex last gave a token, be it the same one."""
    refused_since: datetime | None = None
    refused_again: bool = False
    """A refresh has given the refused access token once more."""
    sign_in_needed_since: datetime | None = None
    message: str = ""
    """Why a sign-in is needed."""
    mint_failures: int = 0
    """How often in a row a service app's token could not be minted anew."""
    mint_again_at: datetime | None = None
    """When that may be tried again."""
    end: datetime | None = None
    """The end of the refresh token at the last writing."""
    end_stays: bool | None = None
    """Whether the last refresh left that end where it was; None where none has shown it."""
    rotates: bool = False
    """Whether a refresh has given another refresh token, and so taken the one before back."""
    said: str = ""
    """A notice that is true at every reading and was given, as :func:`checksum` gives it."""
    warn_before: tuple[int, ...] = WARN_BEFORE
    given: tuple[int, ...] = ()
    """For which of ``warn_before`` the sign-in was announced."""

    def bind(self, access_token: str, refresh_token: str | None) -> None:
        """Speaks of these tokens from now on: what was known of others ends."""
        access, refresh = checksum(access_token), checksum(refresh_token)
        if access != self.access:
            self.refused_since, self.refused_again = None, False
        if access != self.access or refresh != self.refresh:
            self.sign_in_needed_since, self.message = None, ""
            self.mint_failures, self.mint_again_at = 0, None
        self.access, self.refresh = access, refresh

    def refused(self, access_token: str) -> datetime | None:
        """Since when Webex refuses this access token; None where it is not known to."""
        return self.refused_since if self.access == checksum(access_token) else None

    def sign_in_needed(self, refresh_token: str | None) -> datetime | None:
        """Since when Webex no longer accepts this refresh token; None where it is not known."""
        is_own = bool(refresh_token) and self.refresh == checksum(refresh_token)
        return self.sign_in_needed_since if is_own else None

    def mint_deferred_until(self, access_token: str) -> datetime | None:
        """Until when nothing is minted in place of this access token; None where it may be."""
        return self.mint_again_at if self.access == checksum(access_token) else None

    def is_end_fixed(self, end: datetime) -> bool:
        """Whether refreshing is known not to move this end of the refresh token."""
        return self.end_stays is True and self._is_about(end)

    def is_end_extended(self, end: datetime) -> bool:
        """Whether refreshing is known to move this end: then nobody has to sign in for it."""
        return self.end_stays is False and self._is_about(end)

    def due_warnings(
        self, end: datetime, left: timedelta, warn_before: Sequence[int] | None = None
    ) -> tuple[int, ...]:
        """The limits within which the refresh token ends, where the nearest was not announced yet.

        Without ``warn_before`` those that counted when this was written.
        """
        warn_before = self.warn_before if warn_before is None else warn_before
        reached = tuple(limit for limit in warn_before if 0 < left.total_seconds() <= limit)
        given = self.given if self._is_about(end) or self.end is None else ()
        is_news = reached and min(reached) < min(given, default=reached[0] + 1)
        return reached if is_news and not self.is_end_extended(end) else ()

    def record_warnings(self, end: datetime, limits: tuple[int, ...]) -> None:
        """Notes that these were announced for this end; what was known of another one is over."""
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
"""How a member of the file is read, by its type in a :class:`State`."""


def checksum(secret: str | None) -> str:
    """A name for a token that is none of its text: 32 bits of what has hundreds."""
    return f"{zlib.crc32(secret.encode()):08x}" if secret else ""


def is_same_end(one: datetime, other: datetime) -> bool:
    """Whether two ends of a refresh token are one: each is counted from another response."""
    return abs((one - other).total_seconds()) <= _SAME_END


def read(token_path: str) -> State:
    """What was noted beside this token file; a new one where nothing was, or nothing readable."""
    state, members = State(), _members(token_path)
    if members.get("version") == VERSION:
        try:
            for name, kind in State.__annotations__.items():
                if name in members:
                    setattr(state, name, _READERS[kind](members[name]))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return State()
    return state


def longest_warning(token_path: str) -> int | None:
    """How many seconds before the refresh token's end there may be something to say of the token.

    None where something is noted that takes :func:`read` to judge. Nothing else is loaded for it.
    """
    members = _members(token_path)
    if "refused_since" in members or "sign_in_needed_since" in members:
        return None
    try:
        return max(_limits(members.get("warn_before")) or WARN_BEFORE)
    except (ValueError, TypeError):
        return None


def fingerprint(token_path: str) -> tuple[int, ...] | None:
    """Differs once something else was noted, without reading it; None where nothing is."""
    return private_file.fingerprint(state_path(token_path))


def write(token_path: str, state: State) -> bool:
    """Replaces what was noted; False where that is not possible. Only under the token's lock."""
    if "access_token" in _members(token_path):
        return False  # the token of a profile that is called like this file
    try:
        # What differs from the usual has been set.
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


def _members(token_path: str) -> Mapping[str, object]:
    try:
        content, _ = read_private(state_path(token_path))
        members: object = json.loads(content.decode("utf-8"))
    except (OSError, StorageError, ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def _written(value: Any) -> object:
    """A member as it stands in the file."""
    if isinstance(value, LastOutcome):
        at = clock.iso_if_known(value.at)
        return {"outcome": value.kind, "at": at, "message": value.message}
    # A tuple and a text are as JSON has them; what else there is, is an instant.
    return value if isinstance(value, (str, int, tuple)) else clock.iso(value)
