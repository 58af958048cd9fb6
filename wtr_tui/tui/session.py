"""What all screens share: the current profile, and the others, with their settings and tokens."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wtr_tui import clock, token_state
from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.environment import token_socket
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import SettingsError, StorageError, WtrError
from wtr_tui.model import Account, Secret, StoredToken, Token
from wtr_tui.storage import paths, profiles
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings, from_environment
from wtr_tui.storage.settings_table import AUTO_REFRESH
from wtr_tui.tui.keys import with_keys

SAVE_FIRST = "First save the token ({save:s}, on {go-token:F2}): it is only in this window."

if TYPE_CHECKING:
    from wtr_tui.history import Entry
    from wtr_tui.oauth.client import WebexClient


class WatchedProfile:
    """One profile: the content of its files, and what this program has learnt about its token."""

    settings: Settings
    settings_error: SettingsError | None = None
    """Why the settings file cannot be read; ``settings`` then come from the environment alone."""

    def __init__(self, profile: Profile, environ: Mapping[str, str]) -> None:
        self.profile = profile
        self.environ = environ
        self.refresh_note = ""
        """What is to be said about the last refresh beside its time."""
        self.refresh_error = ""
        """Why the last refresh failed; "" after one that succeeded."""
        self.refreshing = False
        self._last_alert = ""
        self._read_at: object = None
        self._history_mark: object = None
        self._latest: Entry | None = None
        self.auto_refresh = self.make_auto_refresh()
        self.load_settings()
        self.auto_refresh.auto = self.settings[AUTO_REFRESH]

    def make_auto_refresh(self) -> AutoRefresh:
        """Return the object that follows the token file."""
        return AutoRefresh(self.profile, Settings(), auto=False)

    @property
    def token(self) -> Token | None:
        """The stored token, or a newer one that could not be saved."""
        stored = self.auto_refresh.stored
        return stored.token if stored is not None else None

    @property
    def account(self) -> Account:
        """The owner of the token, as far as its file says."""
        stored = self.auto_refresh.stored
        return stored.account if stored is not None else Account()

    @property
    def display_path(self) -> str:
        """The path of the settings file with ``~``: ``~/.config/wtr-tui/default.yaml``."""
        return with_tilde(str(self.profile.settings_path), self.environ)

    @property
    def is_configured(self) -> bool:
        """Whether the settings suffice to send requests to Webex."""
        return self.settings_error is None and not self.settings.problems

    @property
    def can_refresh(self) -> bool:
        """Whether there is a token that can be refreshed."""
        with suppress(WtrError):
            self.require_refreshable()
            return self.token is not None
        return False

    def load_settings(self) -> None:
        """Load the settings from file and environment; without the file if it cannot be read."""
        self._read_at = self.profile.settings_fingerprint()
        before = getattr(self, "settings", None)
        try:
            self.settings = self.profile.load_settings(self.environ)
            self.settings_error = None
        except SettingsError as error:
            self.settings = from_environment(self.environ)
            self.settings_error = error
        self.auto_refresh.use_settings(self.settings)
        if before is not None and before[AUTO_REFRESH] != self.settings[AUTO_REFRESH]:
            self.auto_refresh.auto = self.settings[AUTO_REFRESH]

    def reload_changed_settings(self) -> bool:
        """Load the settings if their file has changed, and return whether it has."""
        if self.profile.settings_fingerprint() == self._read_at:
            return False
        self.load_settings()
        return True

    def settings_now(self) -> Settings:
        """Return the settings as the file has them now, for a refresh days after they were loaded.

        What the screens show and edit stays. Raise SettingsError if the file cannot be read: with
        the environment alone, the refresh would blame the token.
        """
        if self.settings_error is None and self.profile.settings_fingerprint() == self._read_at:
            return self.settings
        return self.profile.load_settings(self.environ)

    def look(self, now: datetime) -> bool:
        """Read both files again where other processes changed them; return whether any did."""
        changed = self.reload_changed_settings()
        return self.auto_refresh.look(now) or changed

    def latest(self) -> Entry | None:
        """Return the latest event of the history; None for none, or if it cannot be read."""
        from wtr_tui import history

        mark = history.fingerprint(self.profile)
        if mark != self._history_mark:
            self._history_mark = mark
            try:
                self._latest = next(iter(history.read(self.profile, 1)), None)
            except StorageError:
                self._latest = None
        return self._latest

    def save(self) -> None:
        """Try once more to write a token that could not be saved. Raise StorageError on failure."""
        stored = self.auto_refresh.stored
        if stored is None or not self.auto_refresh.unsaved:
            return
        with self.profile.token_file.lock():
            self.profile.token_file.save(stored)
        self.auto_refresh.unsaved = False

    def require_refreshable(self) -> None:
        """Raise the WtrError that says why this token cannot be refreshed.

        Reasons outside the token, such as missing settings, are left to the refresh itself.
        """
        stored = self.auto_refresh.stored
        if self.auto_refresh.unsaved:
            raise StorageError(with_keys(SAVE_FIRST))
        if stored is not None and self.auto_refresh.is_foreign:
            token_state.require_own(stored, self.settings)
        if stored is not None:
            token_state.require_refresh_token(stored.token)

    @property
    def settings_problem(self) -> str:
        """The first problem of the settings, as a sentence; "" for none.

        Missing settings are no problem for a token that cannot be refreshed anyway.
        """
        if self.settings_error is not None:
            return self.settings_error.message.splitlines()[0]
        stored = self.auto_refresh.stored
        needed = stored is not None and stored.token.refresh_token is not None
        problems = [str(each) for each in self.settings.problems if needed or each.where]
        return next(iter((*problems, *self.settings.warnings)), "")

    def alert(self, now: datetime) -> str:
        """Return what needs the user's action, worded to follow the profile's name; or ""."""
        auto_refresh = self.auto_refresh
        if auto_refresh.unsaved:
            return "has a new token that could not be saved"
        if auto_refresh.problem is not None:
            return "has a token file that cannot be used"
        if auto_refresh.stored is None:
            return ""
        kind = token_state.state_of(auto_refresh.stored, self.settings, auto_refresh.recorded, now)
        if kind is token_state.TokenState.SIGN_IN_NEEDED:
            return "needs a sign-in"
        if kind is token_state.TokenState.REFUSED and auto_refresh.recorded.refused_again:
            return "is refused by Webex"
        return "is no longer refreshed" if auto_refresh.auto and auto_refresh.stopped else ""

    def new_alert(self, now: datetime) -> str:
        """Return the :meth:`alert`; "" for the same one as at the last call."""
        before, self._last_alert = self._last_alert, self.alert(now)
        return self._last_alert if self._last_alert != before else ""


_SOCKET_INTERVAL = timedelta(minutes=1)


class SocketToken(AutoRefresh):
    """The token from ``$WTR_SOCKET``, to show and to copy: ``wtr serve`` refreshes it.

    :meth:`look` asks the socket on a thread, at most once a minute, and takes the answer at its
    next call.
    """

    problem_word = "no token given"
    is_refreshed_elsewhere = True

    def __init__(self, profile: Profile, path: str) -> None:
        super().__init__(profile, Settings(), auto=False)
        self._path = path
        self._asked_at: datetime | None = None
        self._asking: threading.Thread | None = None
        self._answer: Secret | WtrError = Secret("")

    def look(self, now: datetime) -> bool:
        changed = False
        if self._asking is not None and not self._asking.is_alive():
            self._asking = None
            changed = self._take(self._answer, now)
        asked = self._asked_at
        is_recent = asked is not None and timedelta(0) <= now - asked < _SOCKET_INTERVAL
        if self._asking is None and not is_recent:
            self._asked_at = now
            # A daemon: a server that never answers must not keep the program from ending.
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        return changed

    def _ask(self) -> None:
        try:
            self._answer = Secret(token_socket.receive(self._path))
        except WtrError as error:
            self._answer = error

    def _take(self, answer: Secret | WtrError, now: datetime) -> bool:
        before, failed_before = self.stored, self.problem
        if isinstance(answer, WtrError):
            self.problem = answer
            if before is not None and not before.token.is_valid(now):
                self.stored = None
            return failed_before is None or str(failed_before) != str(answer)
        self.problem = None
        if before is None or before.token.access_token != answer:
            from wtr_tui.oauth.responses import claims_of

            end = claims_of(answer).expires_at
            token = Token(access_token=answer, obtained_at=now, expires_at=end)
            self.stored = StoredToken("", token)
        return self.stored is not before or failed_before is not None


class WatchedSocket(WatchedProfile):
    """The socket in place of a profile, with default settings: any here are another token's.

    Its :class:`Profile` has a name that no other can have, and no files.
    """

    def __init__(self, environ: Mapping[str, str], path: str) -> None:
        name = f"${token_socket.VARIABLE}"
        found = Profile(
            name,
            Path(paths.config_dir(environ)) / f"{name}.yaml",
            Path(paths.state_dir(environ)) / f"{name}.json",
        )
        self._path = path
        # Without variables such as WEBEX_SECRET, which are settings of a profile.
        super().__init__(found, profiles.environment_of(found, environ, chosen=""))
        self.auto_refresh.auto = False

    def make_auto_refresh(self) -> AutoRefresh:
        return SocketToken(self.profile, os.path.abspath(self._path))  # noqa: PTH100 - a text

    def load_settings(self) -> None:
        self.settings = from_environment(self.environ)
        self.auto_refresh.use_settings(self.settings)

    def look(self, now: datetime) -> bool:
        return self.auto_refresh.look(now)


def with_tilde(text: str, environ: Mapping[str, str]) -> str:
    """Return the text with ``~`` for the home folder in all paths that begin with it."""
    home = environ.get("HOME", "").rstrip("/")
    return re.sub(rf"(?<![\w/]){re.escape(home)}/", "~/", text) if home else text


class RunningSandbox(Protocol):
    """A simulation of Webex and of the user's browser, passed in by the caller of the screens."""

    def approve(self, start_url: str) -> None:
        """Open the start URL, approve, and follow the redirect to the program's listener."""

    def approved_address(self, authorize_url: str) -> str:
        """Approve, and return the redirect URI with the code."""


class Session:
    """One run of the program: its current profile, and the others as far as they are known.

    ``demo`` is None for the real Webex. With ``socket`` the only profile is ``$WTR_SOCKET``.
    """

    current: WatchedProfile

    def __init__(
        self,
        profile: Profile,
        environ: Mapping[str, str],
        surroundings: Surroundings,
        now: Callable[[], datetime] = clock.now,
        demo: RunningSandbox | None = None,
        socket: WatchedProfile | None = None,
    ) -> None:
        self.environ, self.surroundings = environ, surroundings
        self.now, self.demo, self.socket = now, demo, socket
        self._started = profile
        """The profile of the command line: variables such as WEBEX_SECRET are for it alone."""
        self._watched = {} if socket is None else {profile.name: socket}
        self._has_looked = False
        self.current = self.watch(profile)

    @property
    def watched(self) -> list[WatchedProfile]:
        """The profiles, sorted by name: the current one from the start, the others after a scan."""
        return [self._watched[name] for name in sorted(self._watched)]

    def watch(self, profile: Profile) -> WatchedProfile:
        """Return what is known about a profile, read from its files the first time."""
        if profile.name not in self._watched:
            self._watched[profile.name] = self._make(profile)
        return self._watched[profile.name]

    def _make(self, profile: Profile) -> WatchedProfile:
        if profile.name == self._started.name:
            profile = self._started  # its settings file may be another than the usual one
        counts = profiles.environment_of(profile, self.environ, self._started.name)
        return WatchedProfile(profile, counts)

    def scan(self, now: datetime) -> list[WatchedProfile]:
        """Return profiles that are new, for :meth:`add`. It only reads: a thread may call it.

        A folder that cannot be listed holds none.
        """
        with suppress(StorageError):
            every = profiles.find_all(self.environ)
            new = [self._make(each) for each in every if each.name not in self._watched]
            for each in new:
                each.look(now)
            return new
        return []

    def add(self, found: Sequence[WatchedProfile]) -> bool:
        """Add new profiles and drop those whose files are gone; return whether any differs."""
        for each in found:
            self._watched.setdefault(each.profile.name, each)
        gone = [
            each.profile
            for each in self.watched
            if each.profile.name not in {self.profile.name, self._started.name}
            and not each.auto_refresh.unsaved
            and not each.profile.settings_path.exists()
            and not each.profile.token_path.exists()
        ]
        for profile in gone:
            self.forget(profile)
        changed = bool(found or gone) or not self._has_looked
        self._has_looked = True
        return changed

    def forget(self, profile: Profile) -> None:
        """Drop a profile that was removed."""
        self._watched.pop(profile.name, None)

    def use(self, profile: Profile) -> None:
        """Make another profile the current one, with what is known about its token."""
        self.current = self.watch(profile)
        self.current.load_settings()

    @property
    def profile(self) -> Profile:
        """The current profile."""
        return self.current.profile

    @property
    def settings(self) -> Settings:
        """The settings of the current profile."""
        return self.current.settings

    @property
    def auto_refresh(self) -> AutoRefresh:
        """The token of the current profile, and when it is refreshed."""
        return self.current.auto_refresh

    def client(self) -> WebexClient:
        """Return a client for the profile's token endpoint; close it after use."""
        from wtr_tui.tokens import webex_client

        return webex_client(self.settings, now=self.now)
