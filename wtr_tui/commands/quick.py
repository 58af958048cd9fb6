"""What stands in a profile's files, for the case that nothing has to be asked or explained.

``wtr token`` is what scripts call most. A token that is good needs no YAML, no HTTP and no
dataclasses; whatever is out of the ordinary is left to the whole program.
"""

from __future__ import annotations

import time

from wtr_tui.commands import plain_settings
from wtr_tui.errors import WtrError
from wtr_tui.storage import locations, token_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_ALIKE = str.maketrans("123456789", "000000000")


def good_token(
    name: str | None, config: str | None, environ: Mapping[str, str], min_left: int
) -> dict[str, str] | None:
    """The members of the token file, where more than ``min_left`` seconds of the token are left.

    None wherever that is not sure, or the settings may name another App ID.
    """
    files = paths(name, config, environ)
    if files is None:
        return None
    settings_path, token_path = files
    members = _members(token_path)
    if not _ends_after(members.get("expires_at", ""), min_left):
        return None
    # No App ID in the settings is no contradiction.
    named = plain_settings.app_id(settings_path, environ)
    if named not in ("", members.get("appid")):
        return None
    return members if plain_settings.leaves_base_url(settings_path, environ, members) else None


def calm_profile(files: tuple[str, str], environ: Mapping[str, str]) -> dict[str, str] | None:
    """The members of the token file, where nothing at all is wrong with the profile.

    Nothing wrong is: both tokens are good for a minute, and the settings can refresh them.
    ``files`` are its settings and its token.
    """
    settings_path, token_path = files
    members = _members(token_path)
    if not _ends_after(members.get("expires_at", ""), 60) or not members.get("refresh_token"):
        return None
    refresh_end = members.get("refresh_expires_at")
    if refresh_end is not None and not _ends_after(refresh_end, 60):
        return None
    named = plain_settings.complete_for(settings_path, environ)
    if named is None or named != members.get("appid"):
        return None
    return members if plain_settings.leaves_base_url(settings_path, environ, members) else None


def paths(
    name: str | None, config: str | None, environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """The settings and the token file; None where a name is none or a path needs thought."""
    try:
        profile = locations.profile_name(name, environ)
        other = config or environ.get("WTR_CONFIG")
        settings_path = other or locations.settings_path(profile, environ)
        token_path = locations.token_path(profile, environ)
    except WtrError:
        return None
    return (settings_path, token_path) if settings_path.startswith("/") else None


def is_refreshable(token_path: str) -> bool:
    """Whether the file holds a token with a refresh token."""
    return bool(_members(token_path).get("refresh_token"))


def has_ended(token_path: str) -> bool:
    """Whether the file holds an access token that is of no use any more."""
    end = _members(token_path).get("expires_at")
    return end is not None and not _ends_after(end, 0)


def _members(token_path: str) -> dict[str, str]:
    """The file's members that are texts; none at all where it holds no usable access token."""
    try:
        fields = token_fields.read_fields(token_path) or {}
    except WtrError:
        return {}
    members = {key: value for key, value in fields.items() if isinstance(value, str)}
    token = members.get("access_token", "")
    is_token = token.isascii() and token.isprintable() and token != "" and " " not in token
    return members if is_token else {}


def _ends_after(expires_at: str, seconds: int) -> bool:
    """Whether the instant, written as the program writes it, is further away than that."""
    wanted = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    shape = expires_at.translate(_ALIKE)
    # Of one shape and in one time zone, so the order of the texts is the order of the instants.
    return shape == "0000-00-00T00:00:00Z" and expires_at > wanted and _is_real(expires_at)


def _is_real(instant: str) -> bool:
    """Whether the calendar surely has this day, and the day this time."""
    month, day = int(instant[5:7]), int(instant[8:10])
    longest = 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    return (
        1 <= month <= 12
        and 1 <= day <= longest
        and instant[11:13] < "24"
        and instant[14:16] < "60"
        and instant[17:19] < "60"
    )
