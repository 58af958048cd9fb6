"""The format of the token file, one JSON object, and its strict reader.

It needs the standard library only and no dataclass, as ``wtr token`` prints a valid token with
nothing else loaded. :mod:`wtr_tui.storage.token_file` builds on it.

The members are ``version`` (1), ``appid``, ``access_token``, ``expires_at``, ``refresh_token``,
``refresh_expires_at``, ``token_type``, ``scope`` and ``obtained_at``, as in 0.1.0; and
``base_url``, ``account`` and ``settings``, which 0.1.0 ignores. ``settings`` is a record of the
settings that the token was saved under: length and CRC-32 of the settings file's bytes that were
parsed (or that there was no file), and the App ID and base URL in them, without the environment.
While the file is the same, YAML need not be loaded to know whether the token belongs to the
settings.
"""

from __future__ import annotations

import json
import os
import zlib

from wtr_tui.clock import plain_iso
from wtr_tui.errors import CorruptTokenFile, TokenFileUnreadable, UnsafeFile
from wtr_tui.storage.private_file import read_private, read_regular
from wtr_tui.text import cause, is_visible_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Members = dict[str, Any]
    """The known members, validated; an absent one is None. Instants are ISO 8601 strings."""

VERSION = 1
INSTANTS = ("obtained_at", "expires_at", "refresh_expires_at")
TEXTS = ("access_token", "refresh_token", "appid", "token_type", "base_url")
ACCOUNT = ("display_name", "email", "organization", "user_id")
REQUIRED = ("appid", "access_token", "obtained_at")
APP_ID_VARIABLES = ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID")
BASE_URL_VARIABLE = "WEBEX_BASEURL"
_ABSENT = "absent"


def read(path: str) -> Members | None:
    """Return the members of a token file, or None for no file. Nothing is repaired or backed up.

    Raise CorruptTokenFile where it does not hold a token, TokenFileUnreadable where it cannot
    be read, is open to other users, or was written by a newer version of the program.
    """
    found = read_content(path, repair=False)
    return None if found is None else parse(path, found[0])


def read_content(path: str, *, repair: bool = True) -> tuple[bytes, tuple[str, ...]] | None:
    """Return the bytes of the token file and notices about repairs; None for no file.

    Raise TokenFileUnreadable.
    """
    try:
        return read_private(path, repair=repair)
    except FileNotFoundError:
        return None
    except UnsafeFile as error:
        raise TokenFileUnreadable(error.message, error.hint) from error
    except OSError as error:
        raise TokenFileUnreadable(
            f"The token file {path} cannot be read: {cause(error)}.",
            "Nothing is written as long as it is not known what it holds.",
        ) from error


def parse(path: str, content: bytes) -> Members:
    """Parse a token file's bytes. Raise as :func:`read` does; ``path`` is for the message."""
    members = _load_object(path, content)
    checked: Members = {}
    for name in (*TEXTS, "scope", *INSTANTS):
        text = checked[name] = _text(path, members, name) or None
        if text is None:
            continue
        # They go into an HTTP header or onto the screen: no control characters.
        if not all(map(is_visible_ascii, text.split() if name == "scope" else [text])):
            raise CorruptTokenFile(path, f"{name} holds characters that do not belong there")
        if name in INSTANTS:
            try:
                checked[name] = plain_iso(text)
            except (ValueError, OverflowError):
                raise CorruptTokenFile(path, f"{name} is not an instant with a time zone") from None
    for name in REQUIRED:
        if not checked[name]:
            raise CorruptTokenFile(path, f"it has no {name}")
    checked["account"] = parse_account(path, members)
    # Not validated: a malformed record matches nothing, and the settings are read.
    checked["settings"] = members.get("settings")
    return checked


def parse_account(path: str, members: Mapping[str, object]) -> dict[str, str] | None:
    """Return the strings that tell whose token it is; None for no account."""
    found = members.get("account")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise CorruptTokenFile(path, "account is not a JSON object")
    return {name: _text(path, found, name) or "" for name in ACCOUNT}


def _load_object(path: str, content: bytes) -> Members:
    if not content.strip():
        raise CorruptTokenFile(path, "it is empty")
    try:
        members: object = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        # No cause: json's exception carries the whole text with the token.
        raise CorruptTokenFile(path, "it is not JSON") from None
    if not isinstance(members, dict):
        raise CorruptTokenFile(path, "it is not a JSON object")
    version = members.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CorruptTokenFile(path, "it has no version")
    if version > VERSION:
        raise TokenFileUnreadable(
            f"The token file {path} was written by a newer wtr-tui (version {version}).",
            "Update this one.",
        )
    return members


def _text(path: str, members: Mapping[str, object], name: str) -> str | None:
    text = members.get(name)
    if text is not None and not isinstance(text, str):
        raise CorruptTokenFile(path, f"{name} is not a text")
    return text


def settings_record(content: bytes | None, app_id: str, base_url: str) -> dict[str, object]:
    """Return the record of a settings file with this content (None: there is no file).

    ``app_id`` and ``base_url`` are those in the content: "" for no App ID, the default for no base
    URL.
    """
    return {"file": _fingerprint_of(content), "appid": app_id, "base_url": base_url}


def is_same_base_url(one: str, other: str) -> bool:
    """Return whether two base URLs are equal but for letter case and a slash at the end."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def matches_settings(
    members: Mapping[str, object], settings_path: str, environ: Mapping[str, str]
) -> bool:
    """Return whether settings file and environment certainly are those of this token.

    Settings without an App ID do not contradict it. False where it is uncertain: then the settings
    have to be read. Never raises.
    """
    found = members.get("settings")
    own = members.get("base_url")
    if not isinstance(found, dict) or not isinstance(own, str):
        return False
    named = [value for name in APP_ID_VARIABLES if (value := environ.get(name, "").strip())]
    app_id = named[0] if named else found.get("appid")
    base_url = environ.get(BASE_URL_VARIABLE, "").strip() or found.get("base_url")
    if not isinstance(app_id, str) or not isinstance(base_url, str):
        return False
    if app_id not in ("", members.get("appid")):
        return False
    if not is_same_base_url(base_url, own):
        return False
    try:
        content, facts = read_regular(settings_path)
    except FileNotFoundError:
        return found.get("file") == _ABSENT
    except (OSError, UnsafeFile):
        return False
    own_file = facts.st_uid in (os.geteuid(), 0) and not facts.st_mode & 0o022
    return own_file and found.get("file") == _fingerprint_of(content)


def _fingerprint_of(content: bytes | None) -> object:
    if content is None:
        return _ABSENT
    return {"length": len(content), "crc32": zlib.crc32(content)}
