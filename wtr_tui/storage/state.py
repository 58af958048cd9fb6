"""What is known of a token beyond its file: ``PROFILE.state``, so that every process says it.

The outcome of the last refresh; since when Webex refuses the access token, or no longer accepts the
refresh token; which warnings of the refresh token's end were given. Each is bound to the token it
speaks of, so a new token ends it, whoever saved that. It is written under the token's lock; a state
that cannot be read or written harms nothing. No secret is in it: tokens are known by their CRC-32.

``wtr token`` loads this: the standard library alone, and no dataclass.
"""

from __future__ import annotations

import json
import os
import zlib

from wtr_tui import clock
from wtr_tui.errors import StorageError
from wtr_tui.storage.paths import state_path
from wtr_tui.storage.private_file import read_private, write_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

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

    __slots__ = (
        "access",
        "end",
        "end_stays",
        "given",
        "last",
        "message",
        "mint_again_at",
        "mint_failures",
        "refresh",
        "refreshed_at",
        "refused_again",
        "refused_since",
        "rotates",
        "said",
        "sign_in_needed_since",
        "warn_before",
    )

    def __init__(self) -> None:
        self.access = self.refresh = ""
        """The tokens that were in the file when it was written, as :func:`known_as` gives them."""
        self.last: LastOutcome | None = None
        self.refreshed_at: datetime | None = None
        """When Webex last gave a token, be it the same one."""
        self.refused_since: datetime | None = None
        self.refused_again = False
        """A refresh has given the refused access token once more."""
        self.sign_in_needed_since: datetime | None = None
        self.message = ""
        """Why a sign-in is needed."""
        self.mint_failures = 0
        """How often in a row a service app's token could not be minted anew."""
        self.mint_again_at: datetime | None = None
        """When that may be tried again."""
        self.end: datetime | None = None
        """The end of the refresh token at the last writing."""
        self.end_stays: bool | None = None
        """Whether the last refresh left that end where it was; None where none has shown it."""
        self.rotates = False
        """Whether a refresh has given another refresh token, and so taken the one before back."""
        self.said = ""
        """A notice that is true at every reading and was given, as :func:`known_as` gives it."""
        self.warn_before: tuple[int, ...] = WARN_BEFORE
        self.given: tuple[int, ...] = ()
        """For which of ``warn_before`` the sign-in was announced."""

    def follow(self, access_token: str, refresh_token: str | None) -> None:
        """Speaks of these tokens from now on: what was known of others ends."""
        access, refresh = known_as(access_token), known_as(refresh_token)
        if access != self.access:
            self.refused_since, self.refused_again = None, False
        if access != self.access or refresh != self.refresh:
            self.sign_in_needed_since, self.message = None, ""
            self.mint_failures, self.mint_again_at = 0, None
        self.access, self.refresh = access, refresh

    def refused(self, access_token: str) -> datetime | None:
        """Since when Webex refuses this access token; None where it is not known to."""
        return self.refused_since if self.access == known_as(access_token) else None

    def sign_in_needed(self, refresh_token: str | None) -> datetime | None:
        """Since when Webex no longer accepts this refresh token; None where it is not known."""
        is_own = bool(refresh_token) and self.refresh == known_as(refresh_token)
        return self.sign_in_needed_since if is_own else None

    def mint_waits(self, access_token: str) -> datetime | None:
        """Until when nothing is minted in place of this access token; None where it may be."""
        return self.mint_again_at if self.access == known_as(access_token) else None

    def stays(self, end: datetime) -> bool:
        """Whether refreshing is known not to move this end of the refresh token."""
        return self.end_stays is True and self._is_about(end)

    def moves(self, end: datetime) -> bool:
        """Whether refreshing is known to move this end: then nobody has to sign in for it."""
        return self.end_stays is False and self._is_about(end)

    def due(
        self, end: datetime, left: timedelta, warn_before: Sequence[int] | None = None
    ) -> tuple[int, ...]:
        """The limits within which the refresh token ends, and that were not announced yet.

        Without ``warn_before`` those that counted when this was written.
        """
        if self.moves(end):
            return ()
        warn_before = self.warn_before if warn_before is None else warn_before
        given = self._given(left)
        return tuple(
            limit
            for limit in warn_before
            if limit not in given and left.total_seconds() <= limit and left.total_seconds() > 0
        )

    def announce(self, end: datetime, left: timedelta, limits: Sequence[int]) -> None:
        """Notes that these were announced, and that those of which more is left now were not."""
        self.given = tuple(sorted({*self._given(left), *limits}, reverse=True))
        self.turn_to(end)

    def turn_to(self, end: datetime | None) -> None:
        """Notes the end there is now; what was known of another one no longer counts."""
        if end is None or self.end is None or not is_same_end(self.end, end):
            self.end_stays = None
            self.end = end

    def _is_about(self, end: datetime) -> bool:
        return self.end is not None and is_same_end(self.end, end)

    def _given(self, left: timedelta) -> tuple[int, ...]:
        # A moved end is announced anew; one that is only computed anew is not.
        return tuple(limit for limit in self.given if left.total_seconds() <= limit + _SAME_END)


def known_as(secret: str | None) -> str:
    """A name for a token that is none of its text: 32 bits of what has hundreds."""
    return f"{zlib.crc32(secret.encode()):08x}" if secret else ""


def is_same_end(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) <= _SAME_END


def read(token_path: str) -> State:
    """What was noted beside this token file; a new one where nothing was, or nothing readable."""
    state = State()
    members = _members(token_path)
    if members.get("version") != VERSION:
        return state
    try:
        _fill(state, members)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return State()
    return state


def longest_warning(token_path: str) -> int | None:
    """How many seconds before the refresh token's end there may be something to say of the token.

    None where something is noted that takes :func:`read` to judge. Nothing else is loaded for it.
    """
    members = _members(token_path)
    if _part(members, "refused") or _part(members, "sign_in_needed"):
        return None
    try:
        limits = _limits(_part(members, "sign_in_soon"), "warn_before")
    except (ValueError, TypeError):
        return None
    return max(limits or WARN_BEFORE)


def mark(token_path: str) -> tuple[int, int, int] | None:
    """Differs once something else was noted, without reading it; None where nothing is."""
    try:
        facts = os.stat(state_path(token_path))  # noqa: PTH116 - without pathlib
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def write(token_path: str, state: State) -> bool:
    """Replaces what was noted; False where that is not possible. Only under the token's lock."""
    if "access_token" in _members(token_path):
        return False  # the token of a profile that is called like this file
    try:
        content = json.dumps(_written(state), indent=2, ensure_ascii=False) + "\n"
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


def _fill(state: State, members: Mapping[str, object]) -> None:
    token, refused = _part(members, "token"), _part(members, "refused")
    needed, soon = _part(members, "sign_in_needed"), _part(members, "sign_in_soon")
    last, minting = _part(members, "last"), _part(members, "minting")
    state.access, state.refresh = str(token.get("access", "")), str(token.get("refresh", ""))
    if last:
        at = clock.from_iso(str(last["at"]))
        state.last = LastOutcome(str(last["outcome"]), at, str(last.get("message", "")))
    state.refreshed_at = clock.from_iso_if_known(members.get("refreshed_at"))
    state.said = str(members.get("said", ""))
    state.rotates = members.get("rotates") is True
    state.refused_since = clock.from_iso_if_known(refused.get("since"))
    state.refused_again = refused.get("again") is True
    state.sign_in_needed_since = clock.from_iso_if_known(needed.get("since"))
    state.message = str(needed.get("message", ""))
    state.mint_failures = (
        int(failures) if isinstance(failures := minting.get("failures"), int) else 0
    )
    state.mint_again_at = clock.from_iso_if_known(minting.get("again_at"))
    state.end = clock.from_iso_if_known(soon.get("end"))
    state.end_stays = stays if isinstance(stays := soon.get("stays"), bool) else None
    state.warn_before = _limits(soon, "warn_before") or WARN_BEFORE
    state.given = _limits(soon, "given")


def _part(members: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = members.get(name)
    return part if isinstance(part, dict) else {}


def _limits(members: Mapping[str, object], name: str) -> tuple[int, ...]:
    found = members.get(name)
    return tuple(int(each) for each in found) if isinstance(found, list) else ()


def _written(state: State) -> dict[str, object]:
    members: dict[str, object] = {
        "version": VERSION,
        "token": {"access": state.access, "refresh": state.refresh},
        "sign_in_soon": {
            "end": clock.iso_if_known(state.end),
            "stays": state.end_stays,
            "warn_before": list(state.warn_before),
            "given": list(state.given),
        },
    }
    if state.last is not None:
        last = {"outcome": state.last.kind, "at": clock.iso_if_known(state.last.at)}
        members["last"] = {**last, "message": state.last.message}
    if state.refreshed_at is not None:
        members["refreshed_at"] = clock.iso_if_known(state.refreshed_at)
    if state.said:
        members["said"] = state.said
    if state.rotates:
        members["rotates"] = True
    if state.refused_since is not None:
        members["refused"] = {
            "since": clock.iso_if_known(state.refused_since),
            "again": state.refused_again,
        }
    if state.sign_in_needed_since is not None:
        since = clock.iso_if_known(state.sign_in_needed_since)
        members["sign_in_needed"] = {"since": since, "message": state.message}
    if state.mint_failures:
        again_at = clock.iso_if_known(state.mint_again_at)
        members["minting"] = {"failures": state.mint_failures, "again_at": again_at}
    return members
