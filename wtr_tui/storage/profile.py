"""A profile is one integration: its settings and its token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wtr_tui.errors import UsageError
from wtr_tui.storage import locations
from wtr_tui.storage.token_file import TokenFile

DEFAULT = "default"
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


@dataclass(frozen=True)
class Profile:
    name: str
    settings_path: Path
    token_path: Path

    @property
    def token_file(self) -> TokenFile:
        return TokenFile(self.token_path)


def find(name: str | None, config: str | None, environ: Mapping[str, str]) -> Profile:
    """The profile asked for by option or by ``$WTR_PROFILE``, ``$WTR_CONFIG``; else ``default``.

    ``config`` names another settings file; the token stays with the profile's name. Raises
    UsageError for a name that cannot be a file's.
    """
    chosen = name or environ.get("WTR_PROFILE") or DEFAULT
    refusal = check_name(chosen)
    if refusal is not None:
        raise UsageError(refusal, "Use letters, digits, dots, dashes and underscores.")
    other = config or environ.get("WTR_CONFIG")
    settings_path = (
        Path(other).expanduser().absolute() if other else locations.settings_path(chosen, environ)
    )
    return Profile(chosen, settings_path, locations.token_path(chosen, environ))


def check_name(name: str) -> str | None:
    """A sentence where the name cannot be a profile's, else None."""
    if not name or name.startswith((".", "-")) or len(name) > 64 or not set(name) <= _ALLOWED:
        return "That cannot be the name of a profile."
    return None


def every(environ: Mapping[str, str]) -> list[Profile]:
    """All profiles that have settings or a token, by name."""
    names = {
        path.stem
        for folder, ending in (
            (locations.config_dir(environ), ".yaml"),
            (locations.state_dir(environ), ".json"),
        )
        if folder.is_dir()
        for path in folder.iterdir()
        if path.suffix == ending and check_name(path.stem) is None
    }
    return [find(name, None, {**environ, "WTR_CONFIG": ""}) for name in sorted(names)]
