"""Files of other tools that hold a token: what they say (pure).

The Go tool's ``.wtr-cli.json``, wxc_sdk's YAML, an answer of Webex as JSON, this program's own
token file, variables for a shell, or a token alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from wtr_tui.clock import from_iso
from wtr_tui.errors import SettingsError, StorageError
from wtr_tui.model import Account, Secret
from wtr_tui.storage.settings_file import parsed
from wtr_tui.storage.settings_table import check_app_id, check_secret, parse_port, parse_scopes
from wtr_tui.storage.token_file import account_of
from wtr_tui.text import is_visible_ascii

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_MEMBERS = {
    "WEBEX_TOKEN": "access_token",
    "WEBEX_ACCESS_TOKEN": "access_token",
    "WEBEX_ACCESS_TOKEN_EXPIRES_AT": "expires_at",
}
"""What an environment, or a file for one, calls the members."""
_VARIABLE = re.compile(
    rf"""^(?:export +)?({"|".join(_MEMBERS)})=["']?([^\s"']+)["']?$""", re.MULTILINE
)


@dataclass(frozen=True)
class Foreign:
    """``settings`` go by our own file's keys. ``bare`` is a token of which nothing is known."""

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    access_token: Secret | None = None
    expires_at: datetime | None = None
    refresh_token: Secret | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    bare: Secret | None = None
    base_url: str = ""
    account: Account = field(default_factory=Account)

    @property
    def has_token(self) -> bool:
        return any((self.access_token, self.refresh_token, self.bare))


def understood(content: bytes) -> Foreign:
    """What the content of such a file says.

    Raises ValueError with a sentence that repeats nothing of the content.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("That is not text in UTF-8.") from None
    text = text.removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    if not text:
        raise ValueError("There is nothing in it.")
    variables = dict(_VARIABLE.findall(text))
    if variables:
        return _from_members({_MEMBERS[name]: value for name, value in variables.items()})
    if text.startswith("{"):
        return _from_members(_json(text))
    word = text.strip("\"'")
    if not any(letter.isspace() for letter in word):
        return Foreign(bare=_token(word, "What is there"))
    try:
        found = parsed(text, "The file")
    except SettingsError:
        # Its words are about settings, and may show a line.
        raise ValueError("It is neither JSON, nor YAML with keys, nor a token alone.") from None
    return _from_members({key: entry.value for key, entry in found.items()})


def _json(text: str) -> Mapping[str, object]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        # The cause is left out: it carries the whole text.
        raise ValueError("It begins like JSON, but is none.") from None
    assert isinstance(members, dict)  # it begins with a brace
    return members


def _from_members(given: Mapping[str, object]) -> Foreign:
    # The Go tool's library writes its keys in small letters, a user may have written others.
    members = {key.lower(): value for key, value in given.items() if value}
    access = _first(members, "access_token", "token")
    refresh = members.get("refresh_token")
    base_url = members.get("base_url")
    foreign = Foreign(
        settings=_settings(members) if "access_token" not in members else _app_id(members),
        access_token=None if access is None else _token(access, "The access token"),
        expires_at=_instant(_first(members, "expires_at", "expiration")),
        refresh_token=None if refresh is None else _token(refresh, "The refresh token"),
        refresh_expires_at=_instant(
            _first(members, "refresh_token_expires_at", "refresh_expires_at", "refresh_expiration")
        ),
        scopes=_scopes(members.get("scope")),
        base_url=base_url if isinstance(base_url, str) else "",
        account=_account(given),
    )
    if not foreign.has_token and not foreign.settings:
        raise ValueError("It holds no token, and no settings.")
    return foreign


def _first(members: Mapping[str, object], *names: str) -> object:
    return next((members[name] for name in names if name in members), None)


def _settings(members: Mapping[str, object]) -> dict[str, str]:
    found = _app_id(members)
    secret, scopes = members.get("secret"), members.get("scopes")
    port = members.get("redirectport")
    if isinstance(secret, str) and not check_secret(secret):
        found["secret"] = secret.strip()
    if isinstance(scopes, (str, list, tuple)):
        found["scopes"] = " ".join(parse_scopes(scopes))
    if isinstance(port, (str, int)):
        found["redirectPort"] = str(parse_port(str(port)))
    return found


def _app_id(members: Mapping[str, object]) -> dict[str, str]:
    app_id = _first(members, "clientid", "client_id", "appid")
    if app_id is None:
        return {}
    if not isinstance(app_id, str):
        raise ValueError("Its App ID is not a text.")
    refusal = check_app_id(app_id)
    if refusal is not None:
        raise ValueError(refusal)
    return {"appid": app_id.strip()}


def _token(value: object, what: str) -> Secret:
    if not isinstance(value, str) or not is_visible_ascii(value.strip()):
        raise ValueError(f"{what} does not look like a token.")
    if len(value.strip()) < 16:
        raise ValueError(f"{what} is too short for a token.")
    return Secret(value.strip())


def _instant(value: object) -> datetime | None:
    """Seconds since 1970, or ISO 8601 with an offset; None for what says neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(int(value), timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return from_iso(f"{found[1]}T{found[2]}{found[3]}")
    except ValueError:
        return None


def _account(given: Mapping[str, object]) -> Account:
    try:
        return account_of("", given)
    except StorageError:
        return Account()


def _scopes(value: object) -> tuple[str, ...]:
    words = tuple(value.split()) if isinstance(value, str) else ()
    if not all(is_visible_ascii(word) for word in words):
        raise ValueError("Its scopes hold characters that no scope has.")
    return words
