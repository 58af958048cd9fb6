"""The token file's content as it lies on disk: one JSON object. Reads it, and nothing more.

Apart from the token file itself so that ``wtr token`` need not import datetime, dataclasses
and typing to print a token that is still good.
"""

from __future__ import annotations

import json

from wtr_tui.errors import StorageError
from wtr_tui.storage.private_file import UnsafeFile, read_private
from wtr_tui.text import cause

VERSION = 1


class TokenFileUnreadable(StorageError):
    """There is a token file, but it cannot be read: it is not known whether there is a token."""


class CorruptTokenFile(StorageError):
    """The token file does not hold what it should. ``kept_as`` is where its content was copied."""

    def __init__(self, path: str, fault: str, kept_as: str = "") -> None:
        kept = f" Its content is kept as {kept_as}." if kept_as else ""
        super().__init__(f"The token file {path} is damaged: {fault}.{kept}", "Sign in again.")
        self.path = path
        self.fault = fault
        self.kept_as = kept_as


def read_fields(path: str) -> dict[str, object] | None:
    """The token file's members (see ``version``, ``appid``, ``access_token`` …); None: no file.

    Only the outer form is judged, the members are whatever the file says. Raises
    CorruptTokenFile where it is not a JSON object, TokenFileUnreadable where it cannot be read
    or was written by a newer version of the program.
    """
    found = read_content(path)
    return None if found is None else parse_fields(path, found[0])


def read_content(path: str) -> tuple[bytes, tuple[str, ...]] | None:
    """The bytes of the token file and what was repaired on the way; None where there is none."""
    try:
        return read_private(path)
    except FileNotFoundError:
        return None
    except UnsafeFile as error:
        raise TokenFileUnreadable(error.message, error.hint) from error
    except OSError as error:
        raise TokenFileUnreadable(
            f"The token file {path} cannot be read: {cause(error)}.",
            "Nothing is written as long as it is not known what it holds.",
        ) from error


def parse_fields(path: str, content: bytes) -> dict[str, object]:
    """The members in these bytes. Raises as :func:`read_fields` does; ``path`` is for the words."""
    if not content.strip():
        raise CorruptTokenFile(path, "it is empty")
    try:
        fields: object = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        # The cause is left out: json's exception carries the whole text, token and all.
        raise CorruptTokenFile(path, "it is not JSON") from None
    if not isinstance(fields, dict):
        raise CorruptTokenFile(path, "it is not a JSON object")
    version = fields.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CorruptTokenFile(path, "it has no version")
    if version > VERSION:
        raise TokenFileUnreadable(
            f"The token file {path} was written by a newer wtr-tui (version {version}).",
            "Update this one.",
        )
    return fields
