"""A record of the settings a token was saved under, by which it is seen that they are the same.

It stands in the token file as ``settings``: length and CRC-32 of the bytes of the settings file
that were parsed (or that there was no file), and which App ID and base URL these bytes name by
themselves, without the environment. While they are the same, YAML need not be loaded to know
whether the token is the settings' own.
"""

from __future__ import annotations

import os
import stat
import zlib

from wtr_tui.storage.private_file import LARGEST, read_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

APP_ID_VARIABLES = ("WEBEX_APPID", "WEBEX_CLIENTID", "WEBEX_CLIENT_ID")
BASE_URL_VARIABLE = "WEBEX_BASEURL"

_ABSENT = "absent"


def record(content: bytes | None, app_id: str, base_url: str) -> dict[str, object]:
    """The record of a settings file with this content (None: there is no file).

    ``app_id`` and ``base_url`` are what the content names by itself: "" for no App ID, the
    default for no base URL.
    """
    return {"file": _mark(content), "appid": app_id, "base_url": base_url}


def same_base_url(one: str, other: str) -> bool:
    """Whether two base URLs are one: letter case and a slash at the end make no other."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def fits(members: Mapping[str, object], settings_path: str, environ: Mapping[str, str]) -> bool:
    """Whether file and environment surely are settings of the token with these members.

    No App ID at all is no contradiction. False wherever that is not sure: then the settings have
    to be read. Never raises.
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
    if not same_base_url(base_url, own):
        return False
    try:
        return found.get("file") == _mark(_content(settings_path))
    except OSError:
        return False


def _mark(content: bytes | None) -> object:
    if content is None:
        return _ABSENT
    return {"length": len(content), "crc32": zlib.crc32(content)}


def _content(path: str) -> bytes | None:
    """The file's bytes; None where there is none. OSError for whatever needs a closer look."""
    try:
        # Without O_NONBLOCK opening a FIFO would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        facts = os.fstat(descriptor)
        own = facts.st_uid in (os.geteuid(), 0) and not facts.st_mode & 0o022
        if not stat.S_ISREG(facts.st_mode) or not own or facts.st_size > LARGEST:
            raise OSError
        return read_all(descriptor)
    finally:
        os.close(descriptor)
