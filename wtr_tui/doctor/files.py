"""Whether the files are private, and what stands in them. Looks only, mends nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from wtr_tui import clock
from wtr_tui.doctor.finding import Finding, bad, good, warn
from wtr_tui.errors import LockHeld, SettingsError, WtrError
from wtr_tui.model import Token
from wtr_tui.storage import settings
from wtr_tui.storage.profile import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.tokens import require_base_url

_SETTINGS = "settings"
_TOKEN = "token"  # noqa: S105 - a subject
_REFRESH_TOKEN_SOON = timedelta(days=7)
_ROOM = 16 * 1024
"""Bytes; a token file has two, and for a moment there are two of them."""
_SHOWN = {"appid": "App ID", "secret": "secret", "scopes": "scopes", "redirectPort": "port"}


def read_settings(profile: Profile, environ: Mapping[str, str]) -> tuple[Settings, list[Finding]]:
    """The settings, as far as they can be read, and what is to be said of them."""
    try:
        known = settings.load(profile.settings_path, environ)
    except SettingsError as error:
        return settings.without_file(environ), [bad(_SETTINGS, error)]
    unusable = {problem.key for problem in known.problems}
    sources = ", ".join(
        f"{words} {'not usable' if key in unusable else known.sources[key].words()}"
        for key, words in _SHOWN.items()
        if key in known.sources
    )
    where = str(profile.settings_path) + ("" if known.text is not None else " (not there)")
    findings = [bad(_SETTINGS, problem.message) for problem in known.problems]
    findings += [warn(_SETTINGS, warning) for warning in known.warnings]
    level = good if not known.problems else warn
    return known, [level(_SETTINGS, f"{where}: {sources}."), *findings]


def modes(profile: Profile) -> Iterator[Finding]:
    """The folder of the tokens and the token file: whose they are, and who can read them."""
    folder, file = profile.token_path.parent, profile.token_path
    for path, wanted in ((folder, 0o700), (file, 0o600)):
        try:
            facts = path.stat(follow_symlinks=False) if path is file else path.stat()
        except FileNotFoundError:
            yield _missing(path)
            break  # a folder that is not there holds no file
        except OSError as error:
            yield bad("files", f"{path} cannot be looked at: {error.strerror}.")
            continue
        yield _judged(path, facts, wanted)
    yield from _room(_nearest(folder))


def _missing(path: Path) -> Finding:
    """Whether it could be made when it is needed."""
    above = _nearest(path)
    if not os.access(above, os.W_OK | os.X_OK):
        return bad(
            "files",
            f"{path} is not there and could not be made, {above} cannot be written to: a new"
            " token could not be saved.",
        )
    return good("files", f"{path} is not there yet; it will be made private.")


def _nearest(path: Path) -> Path:
    """The path itself, or the folder above it that is there."""
    return next((each for each in (path, *path.parents) if os.access(each, os.F_OK)), path)


def _room(folder: Path) -> Iterator[Finding]:
    """Whether there is room for a token; nothing is said where there is."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return
    without_files = disk.f_files > 0 and disk.f_favail == 0
    if disk.f_bavail * disk.f_frsize < _ROOM or without_files:
        yield bad("files", f"the disk of {folder} is full: a new token could not be saved.")


def _judged(path: Path, facts: os.stat_result, wanted: int) -> Finding:
    mode = stat.S_IMODE(facts.st_mode)
    expected = stat.S_ISDIR if wanted & 0o100 else stat.S_ISREG
    if not expected(facts.st_mode):
        return bad("files", f"{path} is not what it should be (a link, or no file at all).")
    if facts.st_uid != os.geteuid():
        return bad("files", f"{path} belongs to another user (id {facts.st_uid}).")
    if mode & 0o077:
        return warn(
            "files",
            f"others can get at {path} (mode {mode:o}); the next use sets it to {wanted:o}.",
        )
    if not os.access(path, os.W_OK):
        return bad("files", f"{path} cannot be written to: a new token could not be saved.")
    return good("files", f"{path} is private (mode {mode:o}).")


def token(profile: Profile, known: Settings, now: datetime) -> tuple[Token | None, list[Finding]]:
    """The token, if it can be read and may be shown to the base URL, and how it is."""
    try:
        stored = profile.token_file.read()
    except WtrError as error:
        return None, [bad(_TOKEN, error)]
    if stored is None:
        return None, [warn(_TOKEN, "there is none: sign in with wtr retrieve, or in wtr-tui.")]
    found = stored.token
    findings = [_life(found, now)]
    if known.app_id and stored.app_id != known.app_id:
        findings.append(
            bad(
                _TOKEN,
                "it belongs to another App ID than the settings name: use a profile for each.",
            )
        )
    left = found.refresh_left(now)
    if found.refresh_token is None:
        findings.append(warn(_TOKEN, "it has no refresh token, so it cannot be refreshed."))
    elif left is not None and left <= timedelta(0):
        findings.append(bad(_TOKEN, "the refresh token has run out: sign in again."))
    elif left is not None and left < _REFRESH_TOKEN_SOON:
        words = f"the refresh token has {clock.duration(left)} left: sign in again soon."
        findings.append(warn(_TOKEN, words))
    try:
        require_base_url(stored, known)
    except SettingsError as error:
        return None, [*findings, bad(_TOKEN, error)]
    return found, findings


def _life(found: Token, now: datetime) -> Finding:
    left = found.left(now)
    if left is None:
        return good(_TOKEN, "valid; its end is not known.")
    if left <= timedelta(0):
        return warn(_TOKEN, "the access token has run out; wtr refresh gets a new one.")
    return good(_TOKEN, f"valid, {clock.duration(left)} left.")


def lock(profile: Profile) -> Iterator[Finding]:
    """Whether another process sits on the token; looks only where there is a lock already."""
    if not profile.token_path.with_suffix(".lock").exists():
        return
    try:
        with profile.token_file.lock(timeout=0.5):
            pass
    except LockHeld as held:
        yield warn("lock", f"{held.message} {held.hint}")
    except WtrError as error:
        yield bad("lock", error)
    else:
        yield good("lock", "nobody holds it.")
