"""Where a stored token came from. Nothing of it is ever sent to another base URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtr_tui.errors import SettingsError
from wtr_tui.text import cleaned

if TYPE_CHECKING:
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.token_file import StoredToken


def other_base_url(stored: StoredToken, base_url: str, file_base_url: str) -> str:
    """The base URL the token came from, where that is another one than ``base_url``; else "".

    A file of version 0.1.0 does not say it: its token is taken for one of the base URL that the
    settings file names, or the default (``file_base_url``). The environment does not count here:
    whoever can set a variable could else have the refresh token sent to any server.
    """
    own = stored.base_url or file_base_url or base_url
    same = own.rstrip("/").lower() == base_url.rstrip("/").lower()
    return "" if same else own


def require_base_url(stored: StoredToken, known: Settings) -> None:
    """Raises SettingsError where the settings name another base URL than the token's."""
    other = other_base_url(stored, known.base_url, known.file_base_url)
    if other:
        raise SettingsError(
            f"The token came from {cleaned(other, 100)}, and {known.base_url_place} names"
            f" {cleaned(known.base_url, 100)}: nothing of it is sent there.",
            "Use another profile for another base URL.",
        )
