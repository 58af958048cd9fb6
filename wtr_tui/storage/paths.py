"""Which files belong to a profile.

Paths are given as text, and only ``os`` is imported: importing pathlib, platformdirs or typing
takes longer than all that ``wtr token`` has to do when the token is still good.
"""

from __future__ import annotations

import os

from wtr_tui.errors import StorageError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = "wtr-tui"
DEFAULT_PROFILE = "default"

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_NAME = 64


def config_dir(environ: Mapping[str, str]) -> str:
    """``$XDG_CONFIG_HOME/wtr-tui``, by default ``~/.config/wtr-tui``."""
    return _base(environ, "XDG_CONFIG_HOME", ".config")


def state_dir(environ: Mapping[str, str]) -> str:
    """``$XDG_STATE_HOME/wtr-tui``, by default ``~/.local/state/wtr-tui``."""
    return _base(environ, "XDG_STATE_HOME", ".local/state")


def settings_path(profile: str, environ: Mapping[str, str]) -> str:
    """The settings file of a profile. Raises UsageError where the name is none."""
    return f"{config_dir(environ)}/{checked_name(profile)}.yaml"


def token_path(profile: str, environ: Mapping[str, str]) -> str:
    """The token file of a profile. Raises UsageError where the name is none."""
    return f"{state_dir(environ)}/{checked_name(profile)}.json"


def lock_path(token_path: str) -> str:
    """The lock file beside a token file: ``work.lock`` for ``work.json``."""
    return f"{token_path.removesuffix('.json')}.lock"


def state_path(token_path: str) -> str:
    """What is known of a token beyond its file: ``work.state`` beside ``work.json``.

    It is JSON, but to version 0.1.0 each ``.json`` beside it is the token of a profile.
    """
    return f"{token_path.removesuffix('.json')}.state"


def history_path(token_path: str) -> str:
    """What happened to a token: ``work.history.jsonl`` beside ``work.json``."""
    return f"{token_path.removesuffix('.json')}.history.jsonl"


def log_path(token_path: str) -> str:
    """What the onToken command printed: ``work.log`` beside ``work.json``."""
    return f"{token_path.removesuffix('.json')}.log"


def profile_name(given: str | None, environ: Mapping[str, str]) -> str:
    """The profile that is meant: the one given, ``$WTR_PROFILE``, or ``default``; checked."""
    if given is not None:
        return checked_name(given)
    return checked_name(environ.get("WTR_PROFILE") or DEFAULT_PROFILE)


def checked_name(profile: str) -> str:
    """The name itself. Raises UsageError where it could lead to another folder, or hide a file."""
    if is_name(profile):
        return profile
    raise UsageError(
        f"{profile[:_LONGEST_NAME]!a} cannot be the name of a profile.",
        "A name has letters, digits, dots, dashes and underscores, begins with none of . and -,"
        f" and is at most {_LONGEST_NAME} characters long.",
    )


def is_name(text: str) -> bool:
    """Whether a profile can be called so."""
    return (
        0 < len(text) <= _LONGEST_NAME and text[0] not in ".-" and _NAME_CHARACTERS.issuperset(text)
    )


def profile_names(environ: Mapping[str, str]) -> list[str]:
    """Of all profiles that have settings or a token. Raises StorageError."""
    names = _stems(config_dir(environ), ".yaml") | _stems(state_dir(environ), ".json")
    return sorted(filter(is_name, names))


def _stems(folder: str, ending: str) -> set[str]:
    try:
        files = os.listdir(folder)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        from wtr_tui.text import cause

        raise StorageError(f"The folder {folder} cannot be read: {cause(error)}.") from error
    return {file.removesuffix(ending) for file in files if file.endswith(ending)}


def home(environ: Mapping[str, str]) -> str:
    """The home folder: ``$HOME``, or what the system's list of users says.

    Raises StorageError where neither gives an absolute path: a ``~`` is never taken literally.
    """
    named = environ.get("HOME", "")
    if not named.startswith("/"):
        named = _home_of_user()
    if not named.startswith("/"):
        raise StorageError(
            "There is no home folder: $HOME is not set, and the system does not know this user.",
            "Set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME, to a folder of yours.",
        )
    return named


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _base(environ: Mapping[str, str], variable: str, below_home: str) -> str:
    # The XDG specification: a path that is not absolute is to be ignored.
    base = environ.get(variable, "")
    if not base.startswith("/"):
        base = f"{home(environ).rstrip('/')}/{below_home}"
    return f"{base.rstrip('/')}/{PROGRAM}"
