"""A valid access token for Python programs, from any thread: the one that ``wtr token`` prints.

If many threads and processes find it expired, one refreshes it and the others wait. The calling
process is not changed: no signal handler, limit, umask or environment variable.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from wtr_tui import clock, tokens
from wtr_tui.errors import NotSaved, UsageError, WtrError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from wtr_tui.model import Token
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

SOCKET = "WTR_SOCKET"
"""The environment variable with the path of ``wtr serve``'s socket."""

_PAUSE = 30.0
"""Seconds between attempts to refresh a token that is still valid."""

_log = logging.getLogger("wtr_tui")


def access_token(profile: str | None = None, min_left: int | None = None) -> str:
    """Return a valid Webex access token, refreshed first if little time is left.

    ``profile`` is a profile's name, by default ``$WTR_PROFILE`` or ``default``. ``min_left`` is the
    seconds that must be left, by default 300, or half of a shorter lifetime. If ``$WTR_SOCKET`` is
    set, the token comes from that ``wtr serve``, which decides how long it lasts. Safe in any
    thread, without an event loop; each call reads the token file, in less than a millisecond.

    ::

        headers = {"Authorization": f"Bearer {wtr_tui.access_token()}"}

    Raise SignInNeeded where a user has to sign in, SettingsError, TemporaryError for what may
    work later, StorageError, UsageError: all of them are a WtrError.
    """
    return source(profile).access_token(min_left)


async def access_token_async(profile: str | None = None, min_left: int | None = None) -> str:
    """Do the same as :func:`access_token` without blocking asyncio's or trio's event loop.

    After a cancellation, a refresh in flight is still completed and saved.
    """
    return await source(profile).access_token_async(min_left)


class Source:
    """One profile's token in this process; obtained by :func:`source`.

    It keeps a token that could not be saved on a read-only disk. A thread that waited during
    another one's refresh shares its result or failure.
    """

    def __init__(self, name: str, config: str | None = None) -> None:
        self._name = name
        self._config = config
        self._lock = threading.Lock()
        self._unsaved: Token | None = None
        self._ended = 0.0
        self._failure: WtrError | None = None
        self._pause_until = 0.0
        self._useless: str | None = None
        """A rejected access token that a refresh returned again."""

    def access_token(self, min_left: int | None = None) -> str:
        asked = time.monotonic()
        if found := self._fast_token(min_left):
            return found
        with self._lock:
            if found := self._fast_token(min_left):
                return found
            if self._failure is not None and self._ended >= asked:
                raise self._failure
            self._failure = None
            try:
                return self._valid_token(min_left).access_token.reveal()
            except WtrError as error:
                self._failure = error
                raise
            finally:
                self._ended = time.monotonic()

    def _fast_token(self, min_left: int | None) -> str:
        members = tokens.fast_token(self._name, self._config, os.environ, min_left)
        return "" if members is None else str(members["access_token"])

    async def access_token_async(self, min_left: int | None = None) -> str:
        from anyio import to_thread

        return await to_thread.run_sync(self.access_token, min_left, abandon_on_cancel=True)

    def expires_at(self) -> datetime | None:
        """Return when the access token expires; None if that is unknown or there is none."""
        stored = self._profile().token_file.read()
        token = None if stored is None else stored.token
        if self._unsaved is not None and (token is None or not token.is_valid(clock.now())):
            token = self._unsaved
        return None if token is None else token.expires_at

    def replacement(self, rejected: str) -> str | None:
        """Return another access token than the one Webex answered 401 to; None if there is none.

        Never raise a WtrError: callers have to report the 401 itself, and the reason is logged as a
        warning.
        """
        with self._lock:
            if rejected == self._useless:
                return None
            try:
                found = self._replaced(rejected)
            except WtrError as error:
                _log.warning("Webex rejected the access token, and there is no other: %s", error)
                return None
            if found == rejected:
                self._useless = rejected
                return None
            return found

    def base_url(self) -> str:
        """Return the base URL of this profile's settings."""
        return self._settings()[1].base_url

    def _valid_token(self, min_left: int | None) -> Token:
        now = clock.now()
        unsaved = self._unsaved
        if unsaved is not None and unsaved.is_valid(now, clock.seconds(min_left or 0)):
            return unsaved
        found, settings = self._settings()
        stored = tokens.stored_token(found)
        paused = time.monotonic() < self._pause_until and stored.token.is_valid(now)
        obtained = tokens.valid_token(
            found, settings, min_left=min_left, may_refresh=not paused, stored=stored
        )
        if obtained.warning:
            _log.warning("%s", obtained.warning)
            if obtained.how is tokens.How.STORED:
                self._pause_until = time.monotonic() + _PAUSE
            elif obtained.how is tokens.How.REFRESHED:
                self._unsaved = obtained.token
        return obtained.token

    def _replaced(self, rejected: str) -> str:
        found, settings = self._settings()
        seen = tokens.stored_token(found).token
        newer = seen.access_token.reveal()
        if newer != rejected and seen.is_valid(clock.now()):
            return newer
        try:
            token = tokens.refresh(found, settings, seen=seen).token
        except NotSaved as error:
            _log.warning("The new token is NOT SAVED. %s", error)
            token = self._unsaved = error.token
        return token.access_token.reveal()

    def _settings(self) -> tuple[Profile, Settings]:
        found = self._profile()
        return found, found.load_settings(os.environ)

    def _profile(self) -> Profile:
        from wtr_tui.storage import profiles

        return profiles.find(self._name, self._config, os.environ)


_sources: dict[str, Source] = {}


class SocketSource(Source):
    """The token from a socket of ``wtr serve``, which decides how long it lasts."""

    def __init__(self, path: str) -> None:
        super().__init__("")
        self._path = path

    def access_token(self, min_left: int | None = None) -> str:
        from wtr_tui.environment import token_socket

        return token_socket.receive(self._path)

    def expires_at(self) -> datetime | None:
        return None

    def base_url(self) -> str:
        from wtr_tui.addresses import DEFAULT_BASE_URL

        return DEFAULT_BASE_URL

    def _replaced(self, rejected: str) -> str:
        return self.access_token()


def source(profile: str | None = None) -> Source:
    """Return the source of a profile, or of ``$WTR_SOCKET``. Raise UsageError for a bad name."""
    from wtr_tui.storage import paths

    path = os.environ.get(SOCKET)
    if path:
        if profile is not None:
            raise UsageError(
                f"${SOCKET} is set, so the token comes from there: no profile can be chosen.",
                f"Unset ${SOCKET}, or name no profile.",
            )
        return _sources.setdefault(f"{SOCKET}={path}", SocketSource(path))
    name = paths.profile_name(profile, os.environ)
    return _sources.setdefault(name, Source(name))


def _forget() -> None:
    """Drop all sources in a forked child: threads missing there may have held their locks."""
    _sources.clear()


os.register_at_fork(after_in_child=_forget)
