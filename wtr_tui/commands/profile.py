"""The profiles a command works on, one or many at once: settings, token, and how they are.

Anything odd about them is reported.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from wtr_tui import errors, token_state, tokens
from wtr_tui.commands import output
from wtr_tui.errors import DONE, WtrError
from wtr_tui.storage import profiles, settings, state
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


def stored_token(found: Profile) -> StoredToken:
    """What the profile's file holds; what reading it repaired is reported. Raises SignInNeeded."""
    stored = tokens.stored_token(found)
    output.hide_secrets(stored.token.access_token, stored.token.refresh_token)
    for notice in stored.notices:
        from wtr_tui import outcomes

        if outcomes.should_show_notice(found, notice):
            output.print_message(notice)
    return stored


def loaded_settings(
    found: Profile, stored: StoredToken | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The profile's settings; warnings about them are printed. Raises SettingsError.

    ``environ`` is what of the environment counts for this profile, by default all of it. Where the
    token ``stored`` is not that of these settings ForeignToken says so, and no warning.
    """
    chosen = settings.load(found.settings_path, os.environ if environ is None else environ)
    output.log_settings(found, chosen)
    if stored is not None:
        token_state.require_own(stored, chosen)
    for warning in chosen.warnings:
        output.print_message(warning)
    return chosen


def valid_token(
    options: Namespace | NoOptions, *, may_refresh: bool = True, lock: Lock | None = None
) -> Token:
    """A valid token of the profile that is meant; warnings are printed. Raises a WtrError.

    ``lock`` is the token's, where it is held or has been waited for; it is let go of.
    """
    from wtr_tui import in_flight

    try:
        found = profiles.find(options.profile, options.config, os.environ)
        stored = stored_token(found)
        chosen = loaded_settings(found, stored)
        end = stored.token.expires_at or "an unknown instant"
        output.log_step(f"the stored token is valid until {end}")
        with in_flight.defer_signals():
            obtained = tokens.valid_token(
                found,
                chosen,
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
    """The profile that is meant, or with ``--all`` every one, by name; what of the environment
    counts for each is beside it."""
    if options.all and (options.profile or options.config):
        raise errors.UsageError(
            "--all is for every profile: it goes with no --profile or --config."
        )
    environ = dict(os.environ)  # the real one decodes a variable each time it is asked for
    if options.all:
        return [
            (each, profiles.environment_of(each, environ)) for each in profiles.find_all(environ)
        ]
    return [(profiles.find(options.profile, options.config, environ), environ)]


def for_each(each: Sequence[S], do: Callable[[S], T]) -> list[T]:
    """What ``do`` gives for each, in their order; none is held up by another. It must not raise."""
    from concurrent.futures import ThreadPoolExecutor  # one token needs no threads

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="profile")
    try:
        return list(pool.map(do, each))
    finally:
        # After Ctrl+C those that have not begun do not begin; a refresh under way is saved.
        pool.shutdown(cancel_futures=True)


@contextmanager
def clients(total_timeout: float) -> Iterator[Callable[[Settings], WebexClient]]:
    """Makes clients for many profiles, which share what connects to the same base URL.

    That raises SettingsError where the CA file or a proxy cannot be used.
    """
    import threading

    lock = threading.Lock()
    pools: dict[tuple[str, Path | None], HttpClient] = {}

    def client(settings: Settings) -> WebexClient:
        from wtr_tui.oauth.transport import http

        place = settings.base_url, settings.ca_file
        with lock:
            if place not in pools:
                pools[place] = http(*place)
        return tokens.webex_client(settings, http=pools[place], total_timeout=total_timeout)

    try:
        yield client
    finally:
        for pool in pools.values():
            pool.close()


# How a profile is, for wtr status and wtr check.

_PATIENCE = 5.0
"""Seconds that asking Webex whose token it is may take; the rest is known without it."""


class Condition(NamedTuple):
    """``stored`` is None where there is no token, or its file cannot be read.

    ``problems`` are what stands in the way, or will; ``known`` is what is noted beside the token;
    ``asked`` says that Webex was asked for the ``account``, and None then means that this token
    may not know, or is refused.
    """

    profile: Profile
    settings: Settings
    stored: StoredToken | None
    problems: tuple[str, ...]
    exit_code: int
    state: TokenState
    known: State
    account: Account | None = None
    asked: bool = False

    @property
    def token(self) -> Token | None:
        return None if self.stored is None else self.stored.token

    @property
    def not_granted(self) -> tuple[str, ...]:
        """The scopes that are asked for and that the token lacks."""
        return token_state.scopes_not_granted(self.token, self.settings) if self.token else ()

    def is_refused(self, now: datetime) -> bool:
        """Whether Webex refuses the access token before its end."""
        return bool(self.token and token_state.since_refused(self.known, self.token, now))

    @property
    def is_lost(self) -> bool:
        """Whether Webex no longer accepts the refresh token."""
        return bool(self.token and token_state.since_sign_in_needed(self.known, self.token))


def conditions(options: Namespace, now: datetime, *, who: bool) -> list[Condition]:
    """How the chosen profiles are. ``who`` asks Webex for the users, and is not held up by its
    failing."""
    found = chosen_profiles(options)
    if not who:
        return [condition(*each, now) for each in found]
    with clients(_PATIENCE) as client:
        return for_each(found, lambda each: _asked(*each, now, client))


def condition(
    found: Profile, environ: Mapping[str, str], now: datetime, noted: State | None = None
) -> Condition:
    """How one profile is, by what is ``noted`` of its token, or by what the file of that says.

    Never raises a WtrError: what cannot be read is a problem.
    """
    noted = state.read(str(found.token_path)) if noted is None else noted
    problems: list[WtrError] = []
    try:
        chosen = settings.load(found.settings_path, environ)
    except errors.SettingsError as error:
        chosen = settings.from_environment(environ)
        problems.append(error)
    else:
        output.log_settings(found, chosen)
    incomplete = [] if chosen.unread else _objections(chosen.require)
    try:
        stored = stored_token(found)
    except WtrError as error:
        shown = tuple(map(str, [*problems, *incomplete, error]))
        kind = token_state.state_of(None, chosen, noted, now)
        return Condition(found, chosen, None, shown, error.exit_code, kind, noted)
    token = stored.token
    if token.refresh_token is not None:
        # A personal access token, or a bot's, belongs to no integration and needs no settings.
        problems += incomplete
    foreign = _objections(lambda: token_state.require_own(stored, chosen))
    if not problems or any(isinstance(error, errors.ForeignToken) for error in foreign):
        problems += foreign
    # What only a sign-in mends comes first.
    token_problems = [*token_state.token_problems(token, noted, now), *problems]
    code = token_problems[0].exit_code if token_problems else DONE
    if token.is_valid(now) and token_state.since_refused(noted, token, now) is None:
        # Where its settings cannot be read, or are another's, no command gives even a valid token.
        code = errors.WRONG_USAGE if foreign or chosen.unread else DONE
        if token.refresh_token is None:
            token_problems = problems  # a valid token is all there ever will be: no problem yet
    shown = tuple(map(str, token_problems))
    soon = token_state.sign_in_soon(noted, token, chosen, now)
    return Condition(
        *(found, chosen, stored, (*shown, soon) if soon else shown, code),
        *(token_state.state_of(stored, chosen, noted, now), noted),
    )


def _objections(check: Callable[[], object]) -> list[WtrError]:
    """The error that a check raises, if any."""
    try:
        check()
    except WtrError as error:
        return [error]
    return []


def _asked(
    found: Profile,
    environ: Mapping[str, str],
    now: datetime,
    client: Callable[[Settings], WebexClient],
) -> Condition:
    """The same, with the account Webex names; what goes wrong is a problem instead."""
    from wtr_tui import outcomes

    shown = condition(found, environ, now)
    stored, token = shown.stored, shown.token
    if stored is None or token is None or not token.is_valid(now):
        return shown
    if _objections(lambda: token_state.require_base_url(stored, shown.settings)):
        return shown  # it is a problem already, and the token is not sent there to ask
    output.hide_secrets(token.access_token, token.refresh_token)
    try:
        account = client(shown.settings).account(token.access_token, scopes=token.scopes)
    except errors.AccessTokenRejected as error:
        noted = outcomes.record_refusal(found, token, error, now)
        return condition(found, environ, now, noted)
    except WtrError as error:
        return shown._replace(problems=(*shown.problems, error.message))
    if shown.state is TokenState.REFUSED:
        outcomes.record_acceptance(found, token)
        shown = condition(found, environ, now)
    return shown._replace(account=account, asked=True)
