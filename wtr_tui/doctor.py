"""What would go wrong here, found before it does: for ``wtr doctor`` and the screen of that name.

Looks only, mends nothing. :func:`examine` gives the findings in the order a user would mend them:
settings, files, lock, token, timer, SSH, port, browser, clipboard, time zone, proxy, certificates,
Webex.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from wtr_tui import clock, timer
from wtr_tui import known as noting
from wtr_tui.addresses import RedirectUri
from wtr_tui.environment import browser, clipboard, surroundings
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.errors import (
    AccessTokenRejected,
    ForeignToken,
    LockHeld,
    NoRefreshToken,
    SettingsError,
    WtrError,
)
from wtr_tui.model import Secret, Token
from wtr_tui.oauth import proxies
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.listener.sockets import CannotListen, listening_sockets
from wtr_tui.storage import settings, sinks
from wtr_tui.storage.lock import keeper_of
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import BROWSER, CLIPBOARD, DELIVER
from wtr_tui.text import cleaned, on_one_line, user_name
from wtr_tui.token_state import TokenState, hurdles, require_own, sign_in_soon, state_of

_SETTINGS = "settings"
_TOKEN = "token"  # noqa: S105 - a subject
_ROOM = 16 * 1024
"""Bytes; a token file has two, and for a moment there are two of them."""
_SHOWN = {"appid": "App ID", "secret": "secret", "scopes": "scopes", "redirectPort": "port"}
_TIMEOUT = 10.0
_CLOCK_TOLERANCE = timedelta(seconds=60)
_ADDRESS = "https://webexapis.com/"
_NO_TOKEN = Secret("none")
"""Webex refuses it, and that is a response too."""


class Level(Enum):
    """The value is the mark before the line; with BAD something will not work."""

    GOOD = "✓"
    WARN = "!"
    BAD = "✗"


@dataclass(frozen=True)
class Finding:
    """``subject`` is what was looked at, in a word or two; ``words`` never hold a secret."""

    level: Level
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.level.value} {self.subject}: {self.words}"


def _good(subject: str, words: str) -> Finding:
    return Finding(Level.GOOD, subject, words)


def _warn(subject: str, words: str) -> Finding:
    return Finding(Level.WARN, subject, words)


def _bad(subject: str, words: str | WtrError) -> Finding:
    return Finding(Level.BAD, subject, on_one_line(str(words)))


def examine(profile: Profile, environ: Mapping[str, str], *, ask: bool = True) -> Iterator[Finding]:
    """The findings as they are made; ``ask`` allows one request to Webex.

    Blocks for as long as Webex takes, ten seconds at most. Raises no WtrError.
    """
    known, findings = _read_settings(profile, environ)
    yield from findings
    # Before the token is read, which mends the mode of its file.
    yield from file_modes(profile)
    yield from _lock(profile)
    token, findings = _token(profile, known, clock.now())
    yield from findings
    if token is not None and token.refresh_token is not None:
        yield _timer(profile, environ)
    yield from _socket(profile, environ)
    yield from _sinks(known, token)
    here = surroundings.look(environ)
    yield from _connection(here, known)
    yield _port(known)
    yield _browser(here, known, environ)
    yield _clipboard(here, known)
    yield from _time_zone()
    yield _proxy(known, environ)
    yield from _webex(known, token, ask=ask)


def _read_settings(profile: Profile, environ: Mapping[str, str]) -> tuple[Settings, list[Finding]]:
    try:
        known = settings.load(profile.settings_path, environ)
    except SettingsError as error:
        return settings.without_file(environ), [_bad(_SETTINGS, error)]
    unusable = {problem.key for problem in known.problems}
    sources = ", ".join(
        f"{words} {'not usable' if key in unusable else known.sources[key].words()}"
        for key, words in _SHOWN.items()
        if key in known.sources
    )
    where = str(profile.settings_path) + ("" if known.text is not None else " (not there)")
    findings = [_bad(_SETTINGS, problem.message) for problem in known.problems]
    findings += [_warn(_SETTINGS, warning) for warning in known.warnings]
    level = _good if not known.problems else _warn
    return known, [level(_SETTINGS, f"{where}: {sources}."), *findings]


def file_modes(profile: Profile) -> Iterator[Finding]:
    """The folder of the tokens and the token file: whose they are, and who can read them."""
    folder, file = profile.token_path.parent, profile.token_path
    for path, wanted in ((folder, 0o700), (file, 0o600)):
        try:
            facts = path.stat(follow_symlinks=False) if path is file else path.stat()
        except FileNotFoundError:
            yield _missing(path)
            break  # a folder that is not there holds no file
        except OSError as error:
            yield _bad("files", f"{path} cannot be looked at: {error.strerror}.")
            continue
        yield _file_mode(path, facts, wanted)
    yield from _room(_nearest(folder))


def _missing(path: Path) -> Finding:
    above = _nearest(path)
    owner = above.stat().st_uid
    if owner not in (os.geteuid(), 0):
        return _bad(
            "files",
            f"{path} is not there and is not made, {above} belongs to {user_name(owner)}, not to"
            f" {user_name(os.geteuid())}: a new token could not be saved.",
        )
    if not os.access(above, os.W_OK | os.X_OK):
        return _bad(
            "files",
            f"{path} is not there and could not be made, {above} cannot be written to: a new"
            " token could not be saved.",
        )
    return _good("files", f"{path} is not there yet; it will be made private.")


def _nearest(path: Path) -> Path:
    """The path itself, or the folder above it that is there."""
    return next((each for each in (path, *path.parents) if os.access(each, os.F_OK)), path)


def _room(folder: Path) -> Iterator[Finding]:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return
    without_files = disk.f_files > 0 and disk.f_favail == 0
    if disk.f_bavail * disk.f_frsize < _ROOM or without_files:
        yield _bad("files", f"the disk of {folder} is full: a new token could not be saved.")


def _file_mode(path: Path, facts: os.stat_result, wanted: int) -> Finding:
    mode = stat.S_IMODE(facts.st_mode)
    expected = stat.S_ISDIR if wanted & 0o100 else stat.S_ISREG
    if not expected(facts.st_mode):
        return _bad("files", f"{path} is not what it should be (a link, or no file at all).")
    if facts.st_uid != os.geteuid():
        return _bad("files", f"{path} belongs to another user (id {facts.st_uid}).")
    if mode & 0o077:
        return _warn(
            "files",
            f"others can get at {path} (mode {mode:o}); the next use sets it to {wanted:o}.",
        )
    if not os.access(path, os.W_OK):
        return _bad("files", f"{path} cannot be written to: a new token could not be saved.")
    return _good("files", f"{path} is private (mode {mode:o}).")


def _token(profile: Profile, known: Settings, now: datetime) -> tuple[Token | None, list[Finding]]:
    """The token, if it can be read and may be shown to the base URL, and how it is."""
    try:
        stored = profile.token_file.read()
    except WtrError as error:
        return None, [_bad(_TOKEN, error)]
    if stored is None:
        return None, [_warn(_TOKEN, "there is none: sign in with wtr retrieve, or in wtr-tui.")]
    found = stored.token
    noted = noting.of(profile)
    findings = []
    if state_of(stored, known, noted, now) not in _HAVING_A_REASON:
        findings.append(_life(found, now))
    for hurdle in hurdles(found, noted, now):
        is_enough = isinstance(hurdle, NoRefreshToken) and found.is_valid(now)
        findings.append((_warn if is_enough else _bad)(_TOKEN, str(hurdle)))
    if soon := sign_in_soon(noted, found, known, now):
        findings.append(_warn(_TOKEN, soon))
    try:
        require_own(stored, known)
    except ForeignToken as error:
        return None, [*findings, _bad(_TOKEN, error)]
    except SettingsError:
        return None, findings  # what cannot be read of the settings has its own finding
    return found, findings


_HAVING_A_REASON = (TokenState.REFUSED, TokenState.SIGN_IN_NEEDED, TokenState.FOREIGN)


def _timer(profile: Profile, environ: Mapping[str, str]) -> Finding:
    """Whether something refreshes the token while nobody asks for it and no screen is open."""
    auto_refresh = timer.keeps_alive(profile, environ)
    screen = keeper_of(profile.name, profile.token_path.parent)
    if screen is not None and (auto_refresh is None or auto_refresh.fault):
        return _good(
            "timer",
            f"the open wtr-tui (process {screen}) keeps this token alive, and nothing once that is"
            " closed: wtr install-timer changes that.",
        )
    if auto_refresh is None:
        return _warn(
            "timer",
            "nothing refreshes this token while wtr-tui is closed: wtr install-timer changes that.",
        )
    if auto_refresh.fault:
        return _warn(
            "timer", f"{auto_refresh.where} does not keep this token alive. {auto_refresh.fault}"
        )
    return _good("timer", f"{auto_refresh.where} keeps this token alive.")


def _socket(profile: Profile, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Where systemd listens for ``wtr serve``: whether it could give the token."""
    found = timer.serving_socket(profile, environ) if sys.platform != "darwin" else None
    if found is not None and found.fault:
        yield _warn("socket", f"{found.where} does not give this token. {found.fault}")
    elif found is not None:
        yield _good("socket", f"systemd listens for wtr serve ({found.where}).")


def _sinks(known: Settings, token: Token | None) -> Iterator[Finding]:
    """The files of the setting deliver: can they be written, who reads them, what do they hold?"""
    for sink in known[DELIVER]:
        try:
            facts = sink.path.stat()
            held = token is None or sinks.holds(sink, token.access_token.reveal())
        except FileNotFoundError:
            if os.access(_nearest(sink.path), os.W_OK):
                yield _good("deliver", f"{sink.place} is written with the next new token.")
            else:
                yield _bad("deliver", f"{sink.place} is not there and cannot be made.")
            continue
        except OSError as error:
            yield _bad("deliver", f"{sink.place} cannot be read: {error.strerror}.")
            continue
        if facts.st_uid not in (os.geteuid(), 0) or not os.access(sink.path.parent, os.W_OK):
            yield _bad("deliver", f"{sink.place} cannot be written by this user.")
        elif facts.st_mode & 0o044:
            mode = stat.S_IMODE(facts.st_mode)
            yield _warn("deliver", f"other users may read {sink.place} (mode {mode:o}).")
        elif not held:
            yield _warn("deliver", f"{sink.place} holds another token; wtr refresh writes it.")
        else:
            yield _good("deliver", f"{sink.place} holds the token.")


def _life(found: Token, now: datetime) -> Finding:
    left = found.left(now)
    if left is None:
        return _good(_TOKEN, "valid; its end is not known.")
    if left <= timedelta(0):
        return _warn(_TOKEN, "the access token has expired; wtr refresh gets a new one.")
    return _good(_TOKEN, f"valid, {clock.duration(left)} left.")


def _lock(profile: Profile) -> Iterator[Finding]:
    """Whether another process sits on the token; looks only where there is a lock already."""
    if not profile.token_path.with_suffix(".lock").exists():
        return
    try:
        with profile.token_file.lock(timeout=0.5):
            pass
    except LockHeld as held:
        yield _warn("lock", f"{held.message} {held.hint}")
    except WtrError as error:
        yield _bad("lock", error)
    else:
        yield _good("lock", "nobody holds it.")


def _port(known: Settings) -> Finding:
    """Whether the redirect could be received: the port is had for a moment, on both families."""
    if not RedirectUri.parse(known.redirect_uri).is_local:
        return _good(
            "port",
            f"none is needed: the redirect URI is {known.redirect_uri}, so the address where the"
            " browser ends is pasted, or a device code used.",
        )
    try:
        opened = listening_sockets(known.redirect_port)
    except CannotListen as error:
        return _bad("port", error)
    addresses = [str(each.getsockname()[0]) for each in opened]
    for each in opened:
        each.close()
    words = f"{known.redirect_port} is free on {' and '.join(addresses)}."
    if len(addresses) < 2:
        return _warn("port", f"{words} A browser that tries the other address waits in vain.")
    return _good("port", f"{words} The redirect URI to register is {known.redirect_uri}")


def _connection(here: Surroundings, known: Settings) -> Iterator[Finding]:
    yield _good("you are", f"{here.words()}.")
    if here.remote:
        yield _good("forwarding", f"{here.forward_command(known.redirect_port)}")


def _browser(here: Surroundings, known: Settings, environ: Mapping[str, str]) -> Finding:
    if not here.should_open_browser(known[BROWSER]):
        return _good("browser", "none is opened here; the address is shown, to open anywhere.")
    command = next(browser.commands(_ADDRESS, environ, here), None)
    if command is None:
        return _warn("browser", "none was found here: open the address yourself.")
    return _good("browser", f"{cleaned(command[0])} would be asked.")


def _clipboard(here: Surroundings, known: Settings) -> Finding:
    routes = clipboard.routes(here, known[CLIPBOARD])
    if not routes:
        return _warn("clipboard", "none can be reached from here; the screens show texts in full.")
    return _good("clipboard", f"through {', then '.join(route.value for route in routes)}.")


def _time_zone() -> Iterator[Finding]:
    unknown = clock.unknown_time_zone()
    if unknown:
        words = f"$TZ names none that this system knows ({unknown!a}): times are shown in UTC."
        yield _warn("time zone", words)


def _proxy(known: Settings, environ: Mapping[str, str]) -> Finding:
    try:
        found = proxies.proxy_for(known.base_url, environ)
    except SettingsError as error:
        return _bad("proxy", error)
    sentence = "none." if found is None else f"{found}."
    warning = proxies.warning(environ)
    return _warn("proxy", f"{sentence} {warning}") if warning else _good("proxy", sentence)


def _webex(known: Settings, token: Token | None, *, ask: bool) -> Iterator[Finding]:
    """The authorities, and with ``ask`` one request: does Webex answer, and what time is it?"""
    try:
        client = WebexClient(
            known.base_url,
            known.app_id,
            known.secret,
            ca_file=known.ca_file,
            total_timeout=_TIMEOUT,
        )
        client.warm()
    except SettingsError as error:
        yield _bad("certificates", error)
        return
    extra = [str(path) for path in (known.ca_file, os.environ.get("SSL_CERT_FILE")) if path]
    words = "the authorities this system trusts"
    yield _good("certificates", f"{' and those of '.join([words, *extra])}.")
    if not ask:
        return
    with client:
        yield from _answer(client, token)
        yield from _clock(client)


def _answer(client: WebexClient, token: Token | None) -> Iterator[Finding]:
    is_valid = token is not None and token.is_valid(clock.now())
    try:
        owner = client.account(token.access_token if token and is_valid else _NO_TOKEN)
    except AccessTokenRejected:
        if is_valid:
            yield _bad("webex", "it answers, but does not accept the access token.")
        else:
            yield _good("webex", "it answers.")
    except WtrError as error:
        yield _bad("webex", error)
    else:
        whose = f"; the token is {owner.display_name}'s" if owner is not None else ""
        yield _good("webex", f"it answers and accepts the access token{whose}.")


def _clock(client: WebexClient) -> Iterator[Finding]:
    offset = client.clock_offset
    if offset is None:
        return
    words = f"{clock.duration(abs(offset))} {'behind' if offset > timedelta(0) else 'ahead of'}"
    if abs(offset) > _CLOCK_TOLERANCE:
        yield _warn("clock", f"this machine is {words} Webex: times shown are wrong by so much.")
    else:
        yield _good("clock", "this machine and Webex agree.")
