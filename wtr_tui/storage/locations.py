"""Which files the program keeps, and where (XDG Base Directory Specification).

The same places on every system, as git and ssh do it: ``~/.config`` and ``~/.local/state``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wtr_tui.errors import StorageError

FOLDER = "wtr-tui"


def config_dir(environ: Mapping[str, str]) -> Path:
    """Where settings are: ``$XDG_CONFIG_HOME/wtr-tui``, usually ``~/.config/wtr-tui``."""
    return _base(environ, "XDG_CONFIG_HOME", ".config") / FOLDER


def state_dir(environ: Mapping[str, str]) -> Path:
    """Where tokens are: ``$XDG_STATE_HOME/wtr-tui``, usually ``~/.local/state/wtr-tui``."""
    return _base(environ, "XDG_STATE_HOME", ".local/state") / FOLDER


def settings_path(profile: str, environ: Mapping[str, str]) -> Path:
    return config_dir(environ) / f"{profile}.yaml"


def token_path(profile: str, environ: Mapping[str, str]) -> Path:
    return state_dir(environ) / f"{profile}.json"


def home(environ: Mapping[str, str]) -> Path:
    """The person's home: ``$HOME``, or what the user database says.

    Raises StorageError where there is neither: nothing is ever written to ``/`` or ``./~``.
    """
    named = environ.get("HOME", "")
    if named.startswith("/"):
        return Path(named)
    import pwd

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise StorageError(
            "There is no home directory: $HOME is not set and the user is not known.",
            "Set $HOME, or $XDG_CONFIG_HOME and $XDG_STATE_HOME.",
        ) from None


def _base(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    # The specification: a relative path is invalid and to be ignored.
    named = environ.get(variable, "")
    return Path(named) if named.startswith("/") else home(environ) / below_home
