"""A profile is one integration: its settings and its token."""

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

_PATIENCE = 10.0  # seconds, for a refresh that is under way
_FIRST_TEXT = b"""\
# Settings of wtr-tui. What you write here stays; the program changes only the values.
"""


class Profile(NamedTuple):
    """The name of an integration, and where its settings and its token are kept."""

    name: str
    settings_path: Path
    token_path: Path

    @property
    def token_file(self) -> TokenFile:
        return TokenFile(self.token_path)

    def load_settings(self, environ: Mapping[str, str]) -> Settings:
        """The settings; see :func:`wtr_tui.storage.settings.load`."""
        return load(self.settings_path, environ)

    def settings_fingerprint(self) -> tuple[int, int, int] | None:
        """Differs once the settings file has changed; None where it cannot be looked at.

        A link is followed: what it leads to counts, as for the reader.
        """
        try:
            facts = self.settings_path.stat()
        except OSError:
            return None
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


def find(name: str | None, config: str | None, environ: Mapping[str, str]) -> Profile:
    """The profile that is meant; neither of its files need exist.

    ``name`` and ``config`` are what the command line says; without them ``$WTR_PROFILE`` and
    ``$WTR_CONFIG`` count. ``config`` is another settings file; the token is kept under the
    profile's name all the same. Raises UsageError where the name is none.
    """
    profile = by_name(paths.profile_name(name, environ), environ)
    other = config or environ.get("WTR_CONFIG")
    return profile._replace(settings_path=_typed_path(other, environ)) if other else profile


def find_all(environ: Mapping[str, str]) -> list[Profile]:
    """All profiles that have settings or a token, by name. Raises StorageError."""
    return [by_name(name, environ) for name in paths.profile_names(environ)]


def by_name(name: str, environ: Mapping[str, str]) -> Profile:
    """The profile of this name, with its usual settings file. Raises UsageError."""
    return Profile(
        name, Path(paths.settings_path(name, environ)), Path(paths.token_path(name, environ))
    )


def environment_of(
    profile: Profile, environ: Mapping[str, str], chosen: str | None = None
) -> Mapping[str, str]:
    """The environment as it counts for one of several profiles.

    The variables that stand for settings, such as WEBEX_SECRET, belong to the ``chosen`` profile
    alone (None: the one that is meant where none is named): no secret, base URL or redirect URI
    of one integration is used for another.
    """
    chosen = paths.profile_name(None, environ) if chosen is None else chosen
    if profile.name == chosen:
        return environ
    names = {name for each in settings_table.SETTINGS for name in each.variables}
    return {name: value for name, value in environ.items() if name not in names}


def create(name: str, environ: Mapping[str, str]) -> Profile:
    """Begins a profile with a settings file that sets nothing yet.

    Raises UsageError where there is one of that name, or the name is none; StorageError where
    the file cannot be written.
    """
    profile = by_name(name, environ)
    if profile.settings_path.exists() or profile.token_path.exists():
        raise UsageError(f"There is a profile {name} already.", "Choose another name.")
    try:
        write_private(str(profile.settings_path), _FIRST_TEXT)
    except OSError as error:
        raise StorageError(
            f"The settings {profile.settings_path} cannot be written: {cause(error)}."
        ) from error
    return profile


def remove(profile: Profile) -> tuple[Path, ...]:
    """Deletes the profile's settings and its token, and gives the files that are gone.

    What killed writers left behind goes too, the copies of tokens that were put aside, and what
    was noted of the token: nothing comes back. The lock file stays: another process may hold it.
    Raises StorageError where a file cannot be deleted, LockHeld where the token is in use.
    """
    settings = profile.settings_path
    left = settings.parent.glob(f".{escape(settings.name)}.*.tmp")  # by whatever version
    with profile.token_file.lock(_PATIENCE):
        try:
            gone = profile.token_file.delete()
            token = str(profile.token_path)
            known = (paths.state_path(token), paths.history_path(token), paths.log_path(token))
            for path in (settings, *left, *map(Path, known)):
                with suppress(FileNotFoundError):
                    path.unlink()
                    gone.append(path)
        except OSError as error:
            raise StorageError(f"{error.filename} cannot be deleted: {cause(error)}.") from error
    return tuple(gone)


def _typed_path(text: str, environ: Mapping[str, str]) -> Path:
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
