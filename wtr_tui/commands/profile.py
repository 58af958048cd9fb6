"""The profile a command works on, its settings and token; and the same for many at once.

Anything odd about them is reported.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from wtr_tui import in_flight, tokens
from wtr_tui.commands import debug
from wtr_tui.commands.output import tell
from wtr_tui.storage import profiles, settings

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from wtr_tui.commands import NoOptions
    from wtr_tui.model import StoredToken, Token
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.oauth.transport import HttpClient
    from wtr_tui.storage.lock import Lock
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings

S = TypeVar("S")
T = TypeVar("T")

AT_ONCE = 8
"""Profiles that are worked on at a time."""


def stored_token(found: Profile) -> StoredToken:
    """What the profile's file holds; what reading it repaired is reported. Raises SignInNeeded."""
    stored = tokens.stored_token(found)
    debug.hide(stored.token.access_token, stored.token.refresh_token)
    if stored.notices:
        from wtr_tui import known

        for notice in stored.notices:
            if known.is_to_be_said(found, notice):
                tell(notice)
    return stored


def loaded_settings(
    found: Profile, stored: StoredToken | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The profile's settings; warnings about them are printed. Raises SettingsError.

    ``environ`` is what of the environment counts for this profile, by default all of it. Where the
    token ``stored`` is not that of these settings ForeignToken says so, and no warning.
    """
    known = settings.load(found.settings_path, os.environ if environ is None else environ)
    debug.show_settings(found, known)
    if stored is not None:
        tokens.require_own(stored, known)
    for warning in known.warnings:
        tell(warning)
    return known


def valid_token(
    options: Namespace | NoOptions, *, may_refresh: bool = True, lock: Lock | None = None
) -> Token:
    """A valid token of the profile that is meant; warnings are printed. Raises a WtrError.

    ``lock`` is the token's, where it is held or has been waited for; it is let go of.
    """
    try:
        found = profiles.find(options.profile, options.config, os.environ)
        stored = stored_token(found)
        known = loaded_settings(found, stored)
        end = stored.token.expires_at or "an unknown instant"
        debug.step(f"the stored token is valid until {end}")
        with in_flight.saved_first():
            obtained = tokens.valid_token(
                found,
                known,
                min_left=options.min_left,
                may_refresh=may_refresh,
                stored=stored,
                lock=lock,
            )
    finally:
        if lock is not None:
            lock.release()
    token = obtained.token
    debug.hide(token.access_token, token.refresh_token)
    debug.step(f"the token is {obtained.how.value}")
    if obtained.warning:
        tell(obtained.warning)
    return token


def for_each(each: Sequence[S], do: Callable[[S], T]) -> list[T]:
    """What ``do`` gives for each, in their order; none is held up by another. It must not raise."""
    from concurrent.futures import ThreadPoolExecutor  # one token needs no threads

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="profile")
    try:
        return list(pool.map(do, each))
    finally:
        # After Ctrl+C those that have not begun do not begin; a refresh under way is saved.
        pool.shutdown(cancel_futures=True)


class Clients:
    """Clients for many profiles over one connection pool for each CA file, made when needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[Path | None, HttpClient] = {}

    def client(self, settings: Settings, *, total_timeout: float = 30.0) -> WebexClient:
        """Raises SettingsError where the CA file or a proxy cannot be used."""
        from wtr_tui.oauth.client import WebexClient, http

        with self._lock:
            if settings.ca_file not in self._pools:
                self._pools[settings.ca_file] = http(settings.ca_file)
            pool = self._pools[settings.ca_file]
        return WebexClient(
            settings.base_url,
            settings.app_id,
            settings.secret,
            http=pool,
            total_timeout=total_timeout,
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
