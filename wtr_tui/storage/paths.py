"""The paths of a profile's files, and the names a profile can have.

Paths are strings and only ``os`` is imported: importing pathlib, platformdirs or typing takes
longer than everything ``wtr token`` does with a valid token.
"""

from __future__ import annotations

import os

from wtr_tui.errors import StorageError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    AnyPath = str | os.PathLike[str]

PROGRAM = "wtr-tui"
DEFAULT_PROFILE = "default"

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_NAME = 64


def config_dir(environ: Mapping[str, str]) -> str:
    """Return ``$XDG_CONFIG_HOME/wtr-tui``, by default ``~/.config/wtr-tui``."""
    return _base(environ, "XDG_CONFIG_HOME", ".config")


def state_dir(environ: Mapping[str, str]) -> str:
    """Return ``$XDG_STATE_HOME/wtr-tui``, by default ``~/.local/state/wtr-tui``."""
    return _base(environ, "XDG_STATE_HOME", ".local/state")


def settings_path(profile: str, environ: Mapping[str, str]) -> str:
    """Return the profile's settings file. Raise UsageError for an invalid name."""
    return f"{config_dir(environ)}/{checked_name(profile)}.yaml"


def token_path(profile: str, environ: Mapping[str, str]) -> str:
    """Return the profile's token file. Raise UsageError for an invalid name."""
    return f"{state_dir(environ)}/{checked_name(profile)}.json"


def lock_path(token_path: AnyPath) -> str:
    """Return the lock file beside a token file: ``work.lock`` for ``work.json``."""
    return _beside(token_path, ".lock")


def state_path(token_path: AnyPath) -> str:
    """Return the file with the token's state: ``work.state`` beside ``work.json``.

    It is JSON, but version 0.1.0 takes each ``.json`` in this folder for a profile's token.
    """
    return _beside(token_path, ".state")


def history_path(token_path: AnyPath) -> str:
    """Return the file with the token's history: ``work.history.jsonl`` beside ``work.json``."""
    return _beside(token_path, ".history.jsonl")


def log_path(token_path: AnyPath) -> str:
    """Return the log of the onToken command's output: ``work.log`` beside ``work.json``."""
    return _beside(token_path, ".log")


def _beside(token_path: AnyPath, ending: str) -> str:
    return os.fspath(token_path).removesuffix(".json") + ending


def profile_name(given: str | None, environ: Mapping[str, str]) -> str:
    """Return the selected profile's name: ``given``, ``$WTR_PROFILE`` or ``default``.

    Raise UsageError for an invalid name.
    """
    if given is not None:
        return checked_name(given)
    return checked_name(environ.get("WTR_PROFILE") or DEFAULT_PROFILE)


def checked_name(profile: str) -> str:
    """Return the name; raise UsageError where it could lead to another folder or hide a file."""
    if is_valid_name(profile):
        return profile
    raise UsageError(
        f"{profile[:_LONGEST_NAME]!a} cannot be the name of a profile.",
        "A name has letters, digits, dots, dashes and underscores, begins with none of . and -,"
        f" and is at most {_LONGEST_NAME} characters long.",
    )


def is_valid_name(text: str) -> bool:
    """Return whether a profile can have this name."""
    return (
        0 < len(text) <= _LONGEST_NAME and text[0] not in ".-" and _NAME_CHARACTERS.issuperset(text)
    )


def profile_names(environ: Mapping[str, str]) -> list[str]:
    """Return the sorted names of all profiles with settings or a token. Raise StorageError."""
    names = _stems(config_dir(environ), ".yaml") | _stems(state_dir(environ), ".json")
    return sorted(filter(is_valid_name, names))


def _stems(folder: str, ending: str) -> set[str]:
    try:
        files = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        from wtr_tui.text import cause

        raise StorageError(f"The folder {folder} cannot be read: {cause(error)}.") from error
    return {file.removesuffix(ending) for file in files if file.endswith(ending)}


def home(environ: Mapping[str, str]) -> str:
    """Return the home folder: ``$HOME``, or the one in the system's user database.

    Raise StorageError where neither is an absolute path.
    """
    folder = environ.get("HOME", "")
    if not folder.startswith("/"):
        folder = _home_of_user()
    if not folder.startswith("/"):
        raise StorageError(
            "There is no home folder: $HOME is not set, and the system does not know this user.",
            "Set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME, to a folder of yours.",
        )
    return folder


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _base(environ: Mapping[str, str], variable: str, below_home: str) -> str:
    # XDG Base Directory Specification: a relative path is to be ignored.
    base = environ.get(variable, "")
    if not base.startswith("/"):
        base = f"{home(environ).rstrip('/')}/{below_home}"
    return f"{base.rstrip('/')}/{PROGRAM}"
