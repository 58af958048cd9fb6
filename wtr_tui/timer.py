"""A timer that refreshes the tokens of all profiles while no user is there.

A systemd user timer where a user manager runs, on macOS a launchd agent, else a line of the
crontab. It runs without the shell it was installed from: :func:`lacking` says what it would miss.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeAlias

from wtr_tui import process
from wtr_tui.errors import SettingsError, UsageError, WtrError
from wtr_tui.oauth.proxies import proxy_for
from wtr_tui.schedulers import DAY, HOUR, LIMIT, Crontab, Found, Job, Launchd, spelled
from wtr_tui.storage import paths, settings
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.systemd import Systemd

Scheduler: TypeAlias = "Systemd | Crontab | Launchd"

_SHORTEST = 300
_EVERY = "--every takes what divides an hour or a day, from 5m to 1d: 15m, 30m, 1h, 6h, 12h."
_NO_VALUES = ("sources", "problems", "warnings", "wrong", "record", "text")
"""What a Settings holds beside the values themselves."""


def job(every: int, within: int) -> Job:
    """The work of a timer, durations in seconds.

    Raises UsageError where no calendar holds such a timer, or a token could expire between two
    of its runs.
    """
    by_the_hour = every % HOUR == 0 and DAY % every == 0 if every >= HOUR else False
    by_the_minute = every >= _SHORTEST and every % 60 == 0 and HOUR % every == 0
    if not (by_the_hour or by_the_minute):
        raise UsageError(_EVERY)
    if within <= every:
        raise UsageError(
            f"--within {spelled(within)} is not longer than --every {spelled(every)}: a token could"
            " expire between two runs."
        )
    return Job(program(), every, within)


def program() -> tuple[str, ...]:
    """How to start this program from anywhere: its script, else ``python -m wtr_tui``."""
    script = Path(sys.argv[0] if sys.argv else "").absolute()
    if script.name in ("wtr", "wtr-tui") and script.is_file() and os.access(script, os.X_OK):
        return (str(script),)
    return (sys.executable, "-m", "wtr_tui")


def scheduler(environ: Mapping[str, str]) -> Scheduler:
    """The one to install with on this machine."""
    if sys.platform == "darwin":
        return Launchd(environ)
    systemd = Systemd(environ)
    return systemd if systemd.runs() else Crontab(environ)


def _schedulers(environ: Mapping[str, str]) -> list[Scheduler]:
    """Every one that may hold a timer of ours, the cheapest to look at first."""
    if sys.platform == "darwin":
        return [Launchd(environ), Crontab(environ)]
    return [Systemd(environ), Crontab(environ)]


@dataclass(frozen=True)
class Installed:
    """``changed`` is false where it was there already; ``needed`` are sentences for the user."""

    scheduler: str
    changed: bool
    needed: tuple[str, ...]


def install(job: Job, profile: Profile, environ: Mapping[str, str]) -> Installed:
    """Installs the timer, in place of one that was installed before.

    Raises SettingsError where it would not do what ``profile`` does in this shell, and WtrError
    where the system refuses or something of the same name is not ours.
    """
    chosen = scheduler(environ)
    require_enough(job.program, profile, environ, chosen)
    changed = chosen.install(job)
    for other in _schedulers(environ):
        if other.name != chosen.name:
            with suppress(WtrError):  # not there, or not ours: then there is nothing to take out
                changed |= other.remove()
    found = chosen.found()
    needed = chosen.needed() + ([] if found is None or not found.fault else [found.fault])
    return Installed(chosen.name, changed, tuple(needed))


def install_socket(profile: Profile, environ: Mapping[str, str]) -> Installed:
    """Lets systemd listen for ``wtr serve`` of the profile and start it when somebody connects.

    Raises as :func:`install`, and UsageError where no user manager of systemd runs.
    """
    systemd = Systemd(environ)
    if not systemd.runs():
        raise UsageError(
            "No systemd user manager runs here, which would listen and start wtr serve.",
            "Run wtr serve itself, or see the units with --print.",
        )
    require_enough(program(), profile, environ, systemd, "wtr serve started by systemd")
    changed = systemd.install_socket(program(), profile.name)
    return Installed(systemd.name, changed, tuple(systemd.needed()))


def remove(environ: Mapping[str, str]) -> list[str]:
    """Takes out what was installed, and names where that was. Raises WtrError."""
    gone = []
    for each in _schedulers(environ):
        if each.is_there() and each.remove():
            gone.append(each.name)
    return gone


def keeps_alive(profile: Profile, environ: Mapping[str, str] | None = None) -> Found | None:
    """The timer that refreshes the profile's token while nobody is there; None for none.

    ``fault`` says why it does not work, where that can be seen. A timer that a user wrote by hand
    counts too. Costs a few files read and one or two processes. Never raises a WtrError.
    """
    environ = os.environ if environ is None else environ
    for each in _schedulers(environ):
        with suppress(WtrError):
            found = each.found()
            if found is not None and found.is_for(profile.name):
                return _with_missing(found, profile, environ, each)
    return None


def serving_socket(profile: Profile, environ: Mapping[str, str]) -> Found | None:
    """The socket at which systemd starts ``wtr serve`` of the profile; else as keeps_alive."""
    systemd = Systemd(environ)
    with suppress(WtrError):
        found = systemd.found_socket(profile.name)
        return found and _with_missing(found, profile, environ, systemd)
    return None


def _with_missing(
    found: Found, profile: Profile, environ: Mapping[str, str], scheduler: Scheduler
) -> Found:
    missing = [] if found.fault else lacking(profile, environ, scheduler.given())
    return replace(found, fault=f"It does not have {missing[0]}") if missing else found


# What a timer would not have.


def require_enough(
    program: tuple[str, ...],
    profile: Profile,
    environ: Mapping[str, str],
    chosen: Scheduler,
    what: str = "A timer",
) -> None:
    """Raises SettingsError where ``what`` would miss what ``profile`` has in ``environ``.

    The variables of this shell count for the chosen profile alone.
    """
    if any(_in_a_cache(path, environ) for path in (program[0], sys.prefix)):
        raise SettingsError(
            f"The program itself, {program[0]}, is in a cache, which may be emptied at any"
            f" time: {what[:1].lower()}{what[1:]} would not have it.",
            "Install it first, as with uv tool install wtr-tui or pipx install wtr-tui.",
        )
    given = chosen.given()
    missing = lacking(profile, environ, given)
    started = process.run(
        ("/bin/sh", "-c", 'cd / && exec "$@"', "sh", *program, "--version"),
        limit=LIMIT,
        environ=given,
    )
    if not started.ok:
        words = shlex.join(program)
        missing.append(f"what {words} needs to start: without this shell it {started.problem}.")
    if missing:
        listed = "\n".join(f"  {sentence}" for sentence in missing)
        raise SettingsError(f"{what} would not have what this shell has:\n{listed}", chosen.cure)


def lacking(profile: Profile, environ: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The variables that the profile has in ``environ``, needs, and would not have in ``given``.

    Sentences that name one each. Raises SettingsError where the settings cannot be read.
    """
    known = settings.load(profile.settings_path, environ)
    found = []
    for name, folder in (
        ("XDG_CONFIG_HOME", paths.config_dir),
        ("XDG_STATE_HOME", paths.state_dir),
    ):
        if folder(environ) != folder(given):
            variable = name if environ.get(name) or given.get(name) else "HOME"
            found.append(f"${variable}: it would look in {folder(given)}, not {folder(environ)}.")
    named = environ.get("WTR_CONFIG")
    if named and named != given.get("WTR_CONFIG"):
        usual = paths.settings_path(profile.name, environ)
        found.append(f"$WTR_CONFIG: the settings have to be in {usual}.")
    found += _settings_lacking(known, settings.load(profile.settings_path, given))
    proxy = proxy_for(known.base_url, environ)
    if proxy is not None and proxy.source.startswith("$"):
        variable = proxy.source[1:]
        if environ.get(variable) != given.get(variable):
            found.append(f"{proxy.source}: the proxy to Webex.")
    found += [
        f"${name}: the certificate authorities to trust."
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        if environ.get(name) and environ.get(name) != given.get(name)
        if not _is_the_systems(environ[name])
    ]
    return found


def _is_the_systems(authorities: str) -> bool:
    """Whether these certificate authorities are those that are trusted without any variable."""
    import ssl

    usual = ssl.get_default_verify_paths()
    whole = os.path.realpath(authorities)
    known = {os.path.realpath(path) for path in (usual.openssl_cafile, usual.openssl_capath)}
    return whole in known or str(Path(whole).parent) in known


def _settings_lacking(known: Settings, without: Settings) -> list[str]:
    names = [each.name for each in fields(Settings) if each.name not in _NO_VALUES]
    if all(getattr(known, name) == getattr(without, name) for name in names):
        return []
    return [
        f"${source.name}: the setting {key}. It has to be in the settings file."
        for key, source in known.sources.items()
        if source.kind == "environment" and without.sources.get(key) != source
    ]


def _in_a_cache(path: str, environ: Mapping[str, str]) -> bool:
    """Whether uvx, ``uv tool run`` or ``pipx run`` made it for this one run."""
    whole = Path(os.path.realpath(path))
    named = (environ.get("UV_CACHE_DIR"), environ.get("XDG_CACHE_HOME"))
    if any(cache and whole.is_relative_to(os.path.realpath(cache)) for cache in named):
        return True
    return not {".cache", "Caches", "archive-v0", "environments-v2"}.isdisjoint(whole.parts)
