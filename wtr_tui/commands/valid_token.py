"""Settings and token of the profile that is meant, for the commands: anything odd is reported."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping

from wtr_tui import in_flight, tokens
from wtr_tui.commands import debug
from wtr_tui.commands.options import NoOptions
from wtr_tui.commands.output import tell
from wtr_tui.model import StoredToken, Token
from wtr_tui.storage import profiles, settings
from wtr_tui.storage.lock import Lock
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings


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


def loaded_settings(found: Profile, environ: Mapping[str, str] | None = None) -> Settings:
    """The profile's settings; warnings about them are printed. Raises SettingsError.

    ``environ`` is what of the environment counts for this profile, by default all of it.
    """
    known = settings.load(found.settings_path, os.environ if environ is None else environ)
    debug.show_settings(found, known)
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
        known = loaded_settings(found)
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
