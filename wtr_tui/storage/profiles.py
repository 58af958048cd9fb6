"""Profiles: finding, creating and removing them. A profile is one integration with its token."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import NamedTuple

from wtr_tui.errors import StorageError, UsageError
from wtr_tui.storage import paths, settings_table
from wtr_tui.storage.private_file import write_private
from wtr_tui.storage.settings import Settings, load
from wtr_tui.storage.token_file import TokenFile
from wtr_tui.text import cause, printable

_LOCK_TIMEOUT = 10.0  # seconds: a refresh may be under way
_INITIAL_SETTINGS = b"""\
# Settings of wtr-tui. What you write here stays; the program changes only the values.
"""


class Profile(NamedTuple):
    """A profile's name and the paths of its settings and its token."""

    name: str
    settings_path: Path
    token_path: Path

    @property
    def token_file(self) -> TokenFile:
        return TokenFile(self.token_path)

    def load_settings(self, environ: Mapping[str, str]) -> Settings:
        """Load the settings: see :func:`wtr_tui.storage.settings.load`."""
        return load(self.settings_path, environ)

    def settings_fingerprint(self) -> tuple[int, int, int] | None:
        """Return a value that changes with the settings file, links followed; None for no file."""
        try:
            facts = self.settings_path.stat()
        except OSError:
            return None
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


def find(name: str | None, config: str | None, environ: Mapping[str, str]) -> Profile:
    """Return the selected profile; neither of its files need exist.

    ``name`` and ``config`` are the command line's options, by default ``$WTR_PROFILE`` and
    ``$WTR_CONFIG``. ``config`` is another settings file; the token still has the profile's name.
    Raise UsageError for an invalid name.
    """
    profile = by_name(paths.profile_name(name, environ), environ)
    other = config or environ.get("WTR_CONFIG")
    return profile._replace(settings_path=_config_path(other, environ)) if other else profile


def find_all(environ: Mapping[str, str]) -> list[Profile]:
    """Return all profiles with settings or a token, sorted by name. Raise StorageError."""
    return [by_name(name, environ) for name in paths.profile_names(environ)]


def by_name(name: str, environ: Mapping[str, str]) -> Profile:
    """Return the profile of this name with its usual settings file. Raise UsageError."""
    return Profile(
        name, Path(paths.settings_path(name, environ)), Path(paths.token_path(name, environ))
    )


def environment_of(
    profile: Profile, environ: Mapping[str, str], chosen: str | None = None
) -> Mapping[str, str]:
    """Return the environment as it applies to one of several profiles.

    The variables for settings, such as WEBEX_SECRET, apply to the ``chosen`` profile only (None:
    the selected one): no secret, base URL or redirect URI of one integration is used for another.
    """
    chosen = paths.profile_name(None, environ) if chosen is None else chosen
    if profile.name == chosen:
        return environ
    names = {name for each in settings_table.SETTINGS for name in each.variables}
    return {name: value for name, value in environ.items() if name not in names}


def create(name: str, environ: Mapping[str, str]) -> Profile:
    """Create a profile with a settings file that sets nothing yet.

    Raise UsageError for an invalid name or an existing profile; StorageError where the file
    cannot be written.
    """
    profile = by_name(name, environ)
    if profile.settings_path.exists() or profile.token_path.exists():
        raise UsageError(f"There is a profile {name} already.", "Choose another name.")
    try:
        write_private(str(profile.settings_path), _INITIAL_SETTINGS)
    except OSError as error:
        raise StorageError(
            f"The settings {profile.settings_path} cannot be written: {cause(error)}."
        ) from error
    return profile


def remove(profile: Profile) -> tuple[Path, ...]:
    """Delete the profile's files and return their paths.

    Temporary files of killed writers, backups, state, history and log are deleted too. The lock
    file stays: another process may hold it. Raise StorageError where a file cannot be deleted,
    LockHeld where the token is in use.
    """
    token = profile.token_path
    beside = (paths.state_path(token), paths.history_path(token), paths.log_path(token))
    with profile.token_file.lock(_LOCK_TIMEOUT):
        try:
            gone = profile.token_file.delete()
            for file in (profile.settings_path, *map(Path, beside)):
                for path in (file, *file.parent.glob(f".{escape(file.name)}.*tmp")):
                    with suppress(FileNotFoundError):
                        path.unlink()
                        gone.append(path)
        except OSError as error:
            raise StorageError(f"{error.filename} cannot be deleted: {cause(error)}.") from error
    return tuple(gone)


def _config_path(text: str, environ: Mapping[str, str]) -> Path:
    if text == "~" or text.startswith("~/"):
        return Path(paths.home(environ) + text[1:])
    try:
        return Path(text).absolute()
    except FileNotFoundError:
        raise UsageError(
            f"The settings file {printable(text)} cannot be found: the folder this was started in"
            " is gone.",
            "Go to another folder, or name the file by its whole path.",
        ) from None
