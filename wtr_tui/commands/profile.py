"""The profiles that a command works on: which, their settings and token, and their status.

Warnings about them are printed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from wtr_tui import errors, token_state, tokens
from wtr_tui.commands import output
from wtr_tui.errors import DONE, WtrError
from wtr_tui.storage import profiles, state
from wtr_tui.storage.settings import from_environment
from wtr_tui.token_state import TokenState

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from wtr_tui.commands import NoOptions
    from wtr_tui.model import Account, StoredToken, Token
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.oauth.transport import HttpClient
    from wtr_tui.storage.lock import Lock
    from wtr_tui.storage.profiles import Profile
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.state import State

S = TypeVar("S")
T = TypeVar("T")

AT_ONCE = 8
"""Profiles that are worked on at a time."""


def read_token(profile: Profile) -> StoredToken:
    """Read the token file and print what had to be repaired. Raise SignInNeeded, StorageError."""
    stored = tokens.stored_token(profile)
    output.hide_secrets(stored.token.access_token, stored.token.refresh_token)
    for notice in stored.notices:
        from wtr_tui import outcomes

        if outcomes.should_show_notice(profile, notice):
            output.print_message(notice)
    return stored


def load_settings(
    profile: Profile, stored: StoredToken | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Load the profile's settings and print the warnings about them. Raise SettingsError.

    ``environ`` is the environment that counts for this profile, by default the process's. Raises
    ForeignToken, before any warning, where the token ``stored`` belongs to other settings.
    """
    settings = profile.load_settings(os.environ if environ is None else environ)
    output.log_settings(profile, settings)
    if stored is not None:
        token_state.require_own(stored, settings)
    for warning in settings.warnings:
        output.print_message(warning)
    return settings


def valid_token(
    options: Namespace | NoOptions, *, may_refresh: bool = True, lock: Lock | None = None
) -> Token:
    """Return a valid token of the chosen profile, refreshed first if needed. Raise a WtrError.

    ``lock`` is the token's, if the caller holds it or has waited for it; it is released.
    """
    from wtr_tui import shutdown

    try:
        profile = profiles.find(options.profile, options.config, os.environ)
        stored = read_token(profile)
        settings = load_settings(profile, stored)
        end = stored.token.expires_at or "an unknown instant"
        output.log_step(f"the stored token is valid until {end}")
        with shutdown.defer_signals():
            obtained = tokens.valid_token(
                profile,
                settings,
                min_left=options.min_left,
                may_refresh=may_refresh,
                stored=stored,
                lock=lock,
            )
    finally:
        if lock is not None:
            lock.release()
    token = obtained.token
    output.hide_secrets(token.access_token, token.refresh_token)
    output.log_step(f"the token is {obtained.how.value}")
    if obtained.warning:
        output.print_message(obtained.warning)
    return token


def chosen_profiles(options: Namespace) -> list[tuple[Profile, Mapping[str, str]]]:
    """Return the chosen profile, or with ``--all`` every one, each with its environment."""
    if options.all and (options.profile or options.config):
        raise errors.UsageError(
            "--all is for every profile: it goes with no --profile or --config."
        )
    environ = dict(os.environ)  # which decodes a variable at each access
    if options.all:
        return [
            (each, profiles.environment_of(each, environ)) for each in profiles.find_all(environ)
        ]
    return [(profiles.find(options.profile, options.config, environ), environ)]


def map_concurrently(function: Callable[[S], T], each: Sequence[S]) -> list[T]:
    """Return the results in order; at most AT_ONCE calls run at a time. They must not raise."""
    from concurrent.futures import ThreadPoolExecutor  # one token needs no threads

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="profile")
    try:
        return list(pool.map(function, each))
    finally:
        # After Ctrl+C no further call begins; a refresh in flight is saved.
        pool.shutdown(cancel_futures=True)


@contextmanager
def clients(total_timeout: float) -> Iterator[Callable[[Settings], WebexClient]]:
    """Provide a factory of clients that share the connections to the same base URL.

    It raises SettingsError where the CA file or a proxy cannot be used.
    """
    import threading

    lock = threading.Lock()
    pools: dict[tuple[str, Path | None], HttpClient] = {}

    def client(settings: Settings) -> WebexClient:
        from wtr_tui.oauth.transport import http_client

        server = settings.base_url, settings.ca_file
        with lock:
            if server not in pools:
                pools[server] = http_client(*server)
        return tokens.webex_client(settings, http=pools[server], total_timeout=total_timeout)

    try:
        yield client
    finally:
        for pool in pools.values():
            pool.close()


# The status of a profile, for wtr status and wtr check.

_TIMEOUT = 5.0
"""Seconds for asking Webex who the user is; everything else is known without it."""


class ProfileStatus(NamedTuple):
    """Everything that is known of one profile.

    ``stored`` is None where there is no token, or its file cannot be read. ``problems`` are
    sentences on what stands in the way, or will; ``recorded`` is the state beside the token. Where
    Webex was ``asked`` and ``account`` is None, this token may not read it, or is refused.
    """

    profile: Profile
    settings: Settings
    stored: StoredToken | None
    problems: tuple[str, ...]
    exit_code: int
    state: TokenState
    recorded: State
    account: Account | None = None
    asked: bool = False

    @property
    def token(self) -> Token | None:
        return None if self.stored is None else self.stored.token

    @property
    def not_granted(self) -> tuple[str, ...]:
        """The scopes that the settings ask for and the token lacks."""
        return token_state.scopes_not_granted(self.token, self.settings) if self.token else ()

    def is_refused(self, now: datetime) -> bool:
        """Return whether Webex refuses the access token before its expiry."""
        return bool(self.token and token_state.since_refused(self.recorded, self.token, now))

    @property
    def is_grant_lost(self) -> bool:
        """Whether Webex no longer accepts the refresh token."""
        return bool(self.token and token_state.since_sign_in_needed(self.recorded, self.token))


def chosen_statuses(options: Namespace, now: datetime, *, who: bool) -> list[ProfileStatus]:
    """Return the status of the chosen profiles. ``who`` asks Webex for their users."""
    found = chosen_profiles(options)
    if not who:
        return [profile_status(*each, now) for each in found]
    with clients(_TIMEOUT) as client:
        return map_concurrently(lambda each: _status_with_account(*each, now, client), found)


def profile_status(
    profile: Profile, environ: Mapping[str, str], now: datetime, recorded: State | None = None
) -> ProfileStatus:
    """Return the status of a profile; ``recorded`` is by default what is recorded on disk.

    Never raises a WtrError: what cannot be read is a problem.
    """
    recorded = state.read(profile.token_path) if recorded is None else recorded
    of_settings: Sequence[WtrError]
    try:
        settings = profile.load_settings(environ)
    except errors.SettingsError as error:
        settings, of_settings = from_environment(environ), [error]
    else:
        output.log_settings(profile, settings)
        of_settings = _error_of(settings.require)
    stored, soon = None, ""
    try:
        stored = read_token(profile)
    except WtrError as error:
        problems, exit_code = [*of_settings, error], error.exit_code
    else:
        problems, exit_code = _problems_of(stored, settings, of_settings, recorded, now)
        soon = token_state.sign_in_soon(recorded, stored.token, settings, now)
    return ProfileStatus(
        profile,
        settings,
        stored,
        tuple(filter(None, [*map(str, problems), soon])),
        exit_code,
        token_state.state_of(stored, settings, recorded, now),
        recorded,
    )


def _problems_of(
    stored: StoredToken,
    settings: Settings,
    of_settings: Sequence[WtrError],
    recorded: State,
    now: datetime,
) -> tuple[list[WtrError], int]:
    """Return the problems of a stored token, those that only a sign-in mends first; an exit code.

    ``of_settings`` are those of the settings alone.
    """
    token = stored.token
    problems = list(of_settings)
    if token.refresh_token is None and not settings.unread:
        problems = []  # a personal access token, or a bot's, belongs to no integration
    foreign = _error_of(lambda: token_state.require_own(stored, settings))
    if not problems or any(isinstance(error, errors.ForeignToken) for error in foreign):
        problems += foreign
    every = [*token_state.token_problems(token, recorded, now), *problems]
    if not token.is_valid(now) or token_state.since_refused(recorded, token, now) is not None:
        return every, every[0].exit_code if every else DONE
    # Where its settings cannot be read, or are another's, no command gives even a valid token.
    exit_code = errors.WRONG_USAGE if foreign or settings.unread else DONE
    # Without a refresh token a valid one is all there ever will be: that is no problem yet.
    return problems if token.refresh_token is None else every, exit_code


def _error_of(check: Callable[[], object]) -> list[WtrError]:
    """Return the error that a check raises, if any."""
    try:
        check()
    except WtrError as error:
        return [error]
    return []


def _status_with_account(
    profile: Profile,
    environ: Mapping[str, str],
    now: datetime,
    client: Callable[[Settings], WebexClient],
) -> ProfileStatus:
    """Return the status with the account that Webex names; a failure is one problem more."""
    from wtr_tui import outcomes

    status = profile_status(profile, environ, now)
    stored, token = status.stored, status.token
    if stored is None or token is None or not token.is_valid(now):
        return status
    if _error_of(lambda: token_state.require_base_url(stored, status.settings)):
        return status  # it is among the problems; the token is not sent to another server
    output.hide_secrets(token.access_token, token.refresh_token)
    try:
        account = client(status.settings).account(token.access_token, scopes=token.scopes)
    except errors.AccessTokenRejected as error:
        recorded = outcomes.record_refusal(profile, token, error, now)
        return profile_status(profile, environ, now, recorded)
    except WtrError as error:
        return status._replace(problems=(*status.problems, error.message))
    if status.state is TokenState.REFUSED:
        outcomes.record_acceptance(profile, token)
        status = profile_status(profile, environ, now)
    return status._replace(account=account, asked=True)
