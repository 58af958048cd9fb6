"""How things are with a profile, from its files, and from Webex whose token it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtr_tui import clock
from wtr_tui.commands import debug
from wtr_tui.commands.valid_token import stored_token
from wtr_tui.errors import (
    DONE,
    NoRefreshToken,
    SettingsError,
    SignInNeeded,
    WtrError,
)
from wtr_tui.model import Token
from wtr_tui.oauth.person import Person
from wtr_tui.storage import profile, settings
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.token_file import StoredToken
from wtr_tui.tokens import SIGN_IN, other_base_url, require_own, require_refresh_token

if TYPE_CHECKING:
    from wtr_tui.commands.many import Clients

_PATIENCE = 5.0
"""Seconds that asking Webex whose token it is may take; the rest is known without it."""


@dataclass(frozen=True)
class Condition:
    """``stored`` is None where there is no token, or its file cannot be read.

    ``problems`` are what stands in the way, or will; ``asked`` says that Webex was asked for
    the ``person``, and None then means that this token may not know.
    """

    profile: Profile
    settings: Settings
    stored: StoredToken | None
    problems: tuple[str, ...]
    exit_code: int
    person: Person | None = None
    asked: bool = False

    @property
    def token(self) -> Token | None:
        return None if self.stored is None else self.stored.token

    def owned_by(self, person: Person | None) -> Condition:
        return replace(self, person=person, asked=True)

    def with_problem(self, sentence: str) -> Condition:
        return replace(self, problems=(*self.problems, sentence))


def of_one(
    name: str | None, config: str | None, environ: Mapping[str, str], now: datetime, *, who: bool
) -> Condition:
    """One profile; ``who`` asks Webex for the user, and is not held up by its failing."""
    shown = condition(profile.find(name, config, environ), environ, now)
    return _with_owners([shown])[0] if who else shown


def of_all(environ: Mapping[str, str], now: datetime, *, who: bool) -> list[Condition]:
    """Every profile, by name."""
    environ = dict(environ)  # the real one decodes a variable each time it is asked for
    found = [condition(each, environ, now) for each in profile.every(environ)]
    return _with_owners(found) if who else found


def condition(found: Profile, environ: Mapping[str, str], now: datetime) -> Condition:
    """Never raises a WtrError: what cannot be read is a problem."""
    problems: list[WtrError] = []
    incomplete: list[WtrError] = []
    try:
        known = settings.load(found.settings_path, environ)
    except SettingsError as error:
        known = settings.without_file(environ)
        problems.append(error)
    else:
        debug.show_settings(found, known)
        incomplete = _settings_problem(known)
    try:
        stored = stored_token(found)
    except WtrError as error:
        code = error.exit_code
        return Condition(found, known, None, _told([*problems, *incomplete, error]), code)
    token = stored.token
    if token.refresh_token is not None:
        # A personal access token, or a bot's, belongs to no integration and needs no settings.
        problems += incomplete
    try:
        require_own(stored, known)
    except SettingsError as error:
        problems.append(error)
    if token.is_valid(now):
        # Without a refresh token a valid token is all there ever will be: no problem yet.
        if token.refresh_token is not None:
            problems += _refresh_problem(token, now)
        return Condition(found, known, stored, _told(problems), DONE)
    refused = _refresh_problem(token, now)
    hurdles = refused + problems  # a person who has to sign in is needed first
    code = hurdles[0].exit_code if hurdles else DONE
    return Condition(found, known, stored, _told(hurdles), code)


def _settings_problem(known: Settings) -> list[WtrError]:
    try:
        known.require()
    except SettingsError as error:
        return [error]
    return []


def _refresh_problem(token: Token, now: datetime) -> list[WtrError]:
    try:
        require_refresh_token(token)
    except NoRefreshToken as error:
        return [error]
    left = token.refresh_left(now)
    if left is not None and left <= timedelta(0):
        return [SignInNeeded("The refresh token has run out.", SIGN_IN)]
    return []


def _told(problems: list[WtrError]) -> tuple[str, ...]:
    return tuple(str(problem) for problem in problems)


def _with_owners(found: Sequence[Condition]) -> list[Condition]:
    from wtr_tui.commands import many

    clients = many.Clients()
    try:
        return many.for_each(found, lambda each: _with_owner(each, clients))
    finally:
        clients.close()


def _with_owner(shown: Condition, clients: Clients) -> Condition:
    """The same, with the person Webex names; what goes wrong is told in its place."""
    if shown.stored is None or shown.token is None or not shown.token.is_valid(clock.now()):
        return shown
    if other_base_url(shown.stored, shown.settings):
        return shown  # it is a problem already, and the token is not sent there to ask
    debug.hide(shown.token.access_token, shown.token.refresh_token)
    try:
        client = clients.client(shown.settings, total_timeout=_PATIENCE)
        return shown.owned_by(client.person(shown.token.access_token))
    except WtrError as error:
        return shown.with_problem(error.message)
