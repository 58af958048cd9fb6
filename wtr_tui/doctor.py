"""Checks of everything that a sign-in and a refresh need: for ``wtr doctor`` and the check screen.

They change nothing. :func:`examine` yields the findings in the order in which a user would mend
them: settings, files, lock, token, timer, SSH, port, browser, clipboard, time zone, proxy,
certificates, Webex.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from wtr_tui import clock, delivery, errors, timer
from wtr_tui.addresses import RedirectUri
from wtr_tui.environment import browser, clipboard, surroundings
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.model import Secret, Token
from wtr_tui.oauth import proxies
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.listener import CannotListen, listening_sockets
from wtr_tui.storage import state
from wtr_tui.storage.lock import open_screen_pid
from wtr_tui.storage.private_file import require_own_folder
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings, from_environment
from wtr_tui.storage.settings_table import BROWSER, CLIPBOARD, DELIVER, KEYS
from wtr_tui.storage.settings_values import Sink
from wtr_tui.text import cleaned, on_one_line
from wtr_tui.token_state import TokenState, require_own, sign_in_soon, state_of, token_problems
from wtr_tui.tokens import webex_client

_ROOM = 16 * 1024
"""Bytes; a token file has 2 KiB, and while it is replaced there are two of them."""
_TIMEOUT = 10.0
_CLOCK_TOLERANCE = timedelta(seconds=60)
_NO_TOKEN = Secret("none")
"""Sent where there is none: a refusal is a response of Webex, too."""


class Level(Enum):
    """How bad it is; the value is the sign before the line. BAD: something will not work."""

    GOOD = "✓"
    WARN = "!"
    BAD = "✗"


class Finding(NamedTuple):
    """The result of one check: what was checked, in a word or two, and a sentence on it."""

    level: Level
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.level.value} {self.subject}: {self.message}"


Findings: TypeAlias = "Iterator[Finding]"
RefusedKeys: TypeAlias = "Callable[[Mapping[str, str]], Iterable[str]]"

_good = partial(Finding, Level.GOOD)
_warn = partial(Finding, Level.WARN)


def _bad(subject: str, message: str | errors.WtrError) -> Finding:
    return Finding(Level.BAD, subject, on_one_line(str(message)))


def examine(
    profile: Profile,
    environ: Mapping[str, str],
    *,
    ask: bool = True,
    refused_keys: RefusedKeys = lambda _: (),
) -> Findings:
    """Yield each finding once it is made; ``ask`` allows one request to Webex.

    ``refused_keys`` returns sentences on entries of the setting ``keys``: only the screens, which
    the caller knows, know their keys. Blocks while Webex answers, for ten seconds at most. Raises
    no WtrError.
    """
    settings = yield from _check_settings(profile, environ, refused_keys)
    yield from check_files(profile)  # before the token is read, which mends the mode of its file
    yield from _check_lock(profile)
    token = yield from _check_token(profile, settings)
    if token is not None and token.refresh_token is not None:
        yield _check_timer(profile, environ)
    yield from _check_socket(profile, environ)
    yield from (_check_sink(sink, token) for sink in settings[DELIVER])
    here = surroundings.detect(environ)
    yield from _check_surroundings(here, settings)
    yield _check_port(settings)
    yield _check_browser(here, settings, environ)
    yield _check_clipboard(here, settings)
    yield from _check_time_zone()
    proxy = _check_proxy(settings, environ)
    yield proxy
    if proxy.level is not Level.BAD:
        yield from _check_webex(settings, token, ask=ask)


_SHOWN = {"appid": "App ID", "secret": "secret", "scopes": "scopes", "redirectPort": "port"}


def _check_settings(
    profile: Profile, environ: Mapping[str, str], refused_keys: RefusedKeys
) -> Generator[Finding, None, Settings]:
    """Check the settings and return them; where the file cannot be read, the environment's."""
    try:
        settings = profile.load_settings(environ)
    except errors.SettingsError as error:
        yield _bad("settings", error)
        return from_environment(environ)
    unusable = {
        problem.key: "not usable" if problem.where else "missing" for problem in settings.problems
    }
    sources = ", ".join(
        f"{label} {unusable.get(key) or settings.sources[key].describe()}"
        for key, label in _SHOWN.items()
        if key in settings.sources
    )
    where = str(profile.settings_path) + ("" if settings.text is not None else " (not there)")
    level = _warn if settings.problems else _good
    yield level("settings", f"{where}: {sources}.")
    yield from (_bad("settings", problem.message) for problem in settings.problems)
    yield from (_warn("settings", warning) for warning in settings.warnings)
    refused = refused_keys(settings[KEYS]) if settings[KEYS] else ()
    yield from (_warn("keys", each.removeprefix("keys: ")) for each in refused)
    return settings


# Files.


def check_files(profile: Profile) -> Findings:
    """Check the token file and its folder: owner, mode, space on the disk."""
    folder, file = profile.token_path.parent, profile.token_path
    for path, wanted in ((folder, 0o700), (file, 0o600)):
        try:
            facts = path.stat(follow_symlinks=path is folder)
        except FileNotFoundError:
            yield _check_missing(path)
            break  # a folder that is not there holds no file
        except OSError as error:
            yield _bad("files", f"{path} cannot be looked at: {error.strerror}.")
        else:
            yield _check_mode(path, facts, wanted)
    above = _nearest(folder)
    try:
        disk = os.statvfs(above)
    except OSError:
        return
    if disk.f_bavail * disk.f_frsize < _ROOM or (disk.f_files > 0 and disk.f_favail == 0):
        yield _bad("files", f"the disk of {above} is full: a new token could not be saved.")


def _check_missing(path: Path) -> Finding:
    above = _nearest(path)
    try:
        require_own_folder(str(path))
    except errors.StorageError as error:
        return _bad("files", error)
    if not os.access(above, os.W_OK | os.X_OK):
        return _bad("files", f"{above} cannot be written to: a new token could not be saved.")
    return _good("files", f"{path} is not there yet; it will be made private.")


def _nearest(path: Path) -> Path:
    """Return the path, or the first folder above it that exists."""
    return next((each for each in (path, *path.parents) if os.access(each, os.F_OK)), path)


def _check_mode(path: Path, facts: os.stat_result, wanted: int) -> Finding:
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


def _check_lock(profile: Profile) -> Findings:
    """Check whether another process holds the token's lock, if there is a lock file already."""
    if not os.access(profile.token_path.with_suffix(".lock"), os.F_OK):
        return
    try:
        with profile.token_file.lock(timeout=0.5):
            yield _good("lock", "nobody holds it.")
    except errors.LockHeld as held:
        yield _warn("lock", f"{held.message} {held.hint}")
    except errors.WtrError as error:
        yield _bad("lock", error)


def _check_sink(sink: Sink, token: Token | None) -> Finding:
    """Check a file of the setting deliver: whether it is writable, private and up to date."""
    try:
        facts = sink.path.stat()
        held = token is None or delivery.holds_token(sink, token.access_token.reveal())
    except FileNotFoundError:
        if os.access(_nearest(sink.path), os.W_OK):
            return _good("deliver", f"{sink.place} is written with the next new token.")
        return _bad("deliver", f"{sink.place} is not there and cannot be made.")
    except OSError as error:
        return _bad("deliver", f"{sink.place} cannot be read: {error.strerror}.")
    if facts.st_uid not in (os.geteuid(), 0) or not os.access(sink.path.parent, os.W_OK):
        return _bad("deliver", f"{sink.place} cannot be written by this user.")
    if facts.st_mode & 0o044:
        mode = stat.S_IMODE(facts.st_mode)
        return _warn("deliver", f"other users may read {sink.place} (mode {mode:o}).")
    if not held:
        return _warn("deliver", f"{sink.place} holds another token; wtr refresh writes it.")
    return _good("deliver", f"{sink.place} holds the token.")


# The token.


def _check_token(profile: Profile, settings: Settings) -> Generator[Finding, None, Token | None]:
    """Check the token and return it where it may be sent to the base URL."""
    now = clock.now()
    try:
        stored = profile.token_file.read()
    except errors.WtrError as error:
        yield _bad("token", error)
        return None
    if stored is None:
        yield _warn("token", "there is none: sign in with wtr retrieve, or in wtr-tui.")
        return None
    token = stored.token
    recorded = state.read(profile.token_path)
    kind = state_of(stored, settings, recorded, now)
    if kind not in (TokenState.REFUSED, TokenState.SIGN_IN_NEEDED, TokenState.FOREIGN):
        left = token.left(now)
        if left is None:
            yield _good("token", "valid; its end is not known.")
        elif left <= timedelta(0):
            yield _warn("token", "the access token has expired; wtr refresh gets a new one.")
        else:
            level = _warn if kind is TokenState.SOON else _good
            yield level("token", f"valid, {clock.duration(left)} left.")
    for problem in token_problems(token, recorded, now):
        is_enough = isinstance(problem, errors.NoRefreshToken) and token.is_valid(now)
        yield (_warn if is_enough else _bad)("token", str(problem))
    if soon := sign_in_soon(recorded, token, settings, now):
        yield _warn("token", soon)
    try:
        require_own(stored, settings)
    except errors.ForeignToken as error:
        yield _bad("token", error)
        return None
    except errors.SettingsError:
        return None  # what cannot be read of the settings has its own finding
    return token


def _check_timer(profile: Profile, environ: Mapping[str, str]) -> Finding:
    """Check whether a timer or an open screen refreshes the token."""
    found = timer.find_timer(profile, environ)
    screen = open_screen_pid(profile.name, profile.token_path.parent)
    if found is not None and not found.fault:
        return _good("timer", f"{found.where} keeps this token alive.")
    if screen is not None:
        return _good(
            "timer",
            f"the open wtr-tui (process {screen}) keeps this token alive, and nothing once that is"
            " closed: wtr install-timer changes that.",
        )
    if found is not None:
        return _warn("timer", f"{found.where} does not keep this token alive. {found.fault}")
    return _warn(
        "timer",
        "nothing refreshes this token while wtr-tui is closed: wtr install-timer changes that.",
    )


def _check_socket(profile: Profile, environ: Mapping[str, str]) -> Findings:
    """Check the socket of systemd for ``wtr serve``, if there is one."""
    socket = timer.find_socket(profile, environ) if sys.platform != "darwin" else None
    if socket is not None and socket.fault:
        yield _warn("socket", f"{socket.where} does not give this token. {socket.fault}")
    elif socket is not None:
        yield _good("socket", f"systemd listens for wtr serve ({socket.where}).")


# The machine, the sign-in and the connection to Webex.


def _check_surroundings(here: Surroundings, settings: Settings) -> Findings:
    yield _good("you are", f"{here.describe()}.")
    if here.remote:
        yield _good("forwarding", here.forward_command(settings.redirect_port))


def _check_clipboard(here: Surroundings, settings: Settings) -> Finding:
    routes = [route.value for route in clipboard.routes(here, settings[CLIPBOARD])]
    if routes:
        return _good("clipboard", f"through {', then '.join(routes)}.")
    return _warn("clipboard", "none can be reached from here; the screens show texts in full.")


def _check_time_zone() -> Findings:
    zone = clock.unknown_time_zone()
    if zone:
        message = f"$TZ names none that this system knows ({zone!a}): times are shown in UTC."
        yield _warn("time zone", message)


def _check_port(settings: Settings) -> Finding:
    """Check whether the redirect can be received, by opening the port on IPv4 and IPv6."""
    if not RedirectUri.parse(settings.redirect_uri).is_local:
        return _good(
            "port",
            f"none is needed: the redirect URI is {settings.redirect_uri}, so the address where the"
            " browser ends is pasted, or a device code used.",
        )
    try:
        opened = listening_sockets(settings.redirect_port)
    except CannotListen as error:
        if f"(pid {os.getpid()})" in error.message:
            return _good("port", f"{settings.redirect_port} is listened on by this sign-in.")
        return _bad("port", error)
    addresses = [str(each.getsockname()[0]) for each in opened]
    for each in opened:
        each.close()
    message = f"{settings.redirect_port} is free on {' and '.join(addresses)}."
    if len(addresses) < 2:
        return _warn("port", f"{message} A browser that tries the other address waits in vain.")
    return _good("port", f"{message} The redirect URI to register is {settings.redirect_uri}")


def _check_browser(here: Surroundings, settings: Settings, environ: Mapping[str, str]) -> Finding:
    if not here.should_open_browser(settings[BROWSER]):
        return _good("browser", "none is opened here; the address is shown, to open anywhere.")
    command = next(browser.commands("https://webexapis.com/", environ, here), None)
    if command is None:
        return _warn("browser", "none was found here: open the address yourself.")
    return _good("browser", f"{cleaned(command[0])} would be asked.")


def _check_proxy(settings: Settings, environ: Mapping[str, str]) -> Finding:
    try:
        found = proxies.proxy_for(settings.base_url, environ)
    except errors.SettingsError as error:
        return _bad("proxy", error)
    sentence = "none." if found is None else f"{found}."
    warning = proxies.warning(environ)
    return _warn("proxy", f"{sentence} {warning}") if warning else _good("proxy", sentence)


def _check_webex(settings: Settings, token: Token | None, *, ask: bool) -> Findings:
    """Check the certificate authorities and, with ``ask``, by one request Webex and the clock."""
    try:
        client = webex_client(settings, total_timeout=_TIMEOUT)
        client.warm()
    except errors.SettingsError as error:
        yield _bad("certificates", error)
        return
    extra = [str(path) for path in (settings.ca_file, os.environ.get("SSL_CERT_FILE")) if path]
    trusted = " and those of ".join(["the authorities this system trusts", *extra])
    yield _good("certificates", f"{trusted}.")
    if not ask:
        return
    with client:
        yield _check_response(client, token)
        offset = client.clock_offset
    if offset is None:
        return
    if abs(offset) <= _CLOCK_TOLERANCE:
        yield _good("clock", "this machine and Webex agree.")
    else:
        by = f"{clock.duration(abs(offset))} {'behind' if offset > timedelta(0) else 'ahead of'}"
        yield _warn("clock", f"this machine is {by} Webex: times shown are wrong by so much.")


def _check_response(client: WebexClient, token: Token | None) -> Finding:
    shown = token.access_token if token and token.is_valid(clock.now()) else None
    try:
        owner = client.account(shown or _NO_TOKEN)
    except errors.AccessTokenRejected:
        if shown is None:
            return _good("webex", "it answers.")
        return _bad("webex", "it answers, but does not accept the access token.")
    except errors.WtrError as error:
        return _bad("webex", error)
    whose = f"; the token is {owner.display_name}'s" if owner is not None else ""
    return _good("webex", f"it answers and accepts the access token{whose}.")
