"""A token as the members of its file, and back. Strict: half a token is no token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from wtr_tui.clock import from_iso, iso
from wtr_tui.model import Account, Secret, Token
from wtr_tui.storage.token_fields import VERSION, CorruptTokenFile
from wtr_tui.text import cleaned

_Value = TypeVar("_Value")


def to_json(app_id: str, token: Token, base_url: str = "", account: Account | None = None) -> bytes:
    """The file's content. Instants are cut to whole seconds, so that none looks longer.

    ``base_url`` is where it was granted, "" where that is not known. 0.1.0 ignores this member,
    and the one of the account.
    """
    fields: dict[str, object] = {
        "version": VERSION,
        "appid": app_id,
        "access_token": token.access_token.reveal(),
        "expires_at": _written(token.expires_at),
        "refresh_token": None if token.refresh_token is None else token.refresh_token.reveal(),
        "refresh_expires_at": _written(token.refresh_expires_at),
        "token_type": token.token_type,
        "scope": " ".join(token.scopes),
        "obtained_at": _written(token.obtained_at),
    }
    if base_url:
        fields["base_url"] = base_url
    if account is not None and account.known:
        fields["account"] = asdict(account)
    return (json.dumps(fields, indent=2) + "\n").encode("ascii")


def from_fields(path: str, fields: Mapping[str, object]) -> tuple[str, Token]:
    """The App ID and the token. Raises CorruptTokenFile, which names the member at fault."""
    judged = _Fields(path, fields)
    refresh_token = judged.credential("refresh_token")
    return judged.required("appid", judged.word("appid")), Token(
        access_token=judged.required("access_token", judged.credential("access_token")),
        obtained_at=judged.required("obtained_at", judged.instant("obtained_at")),
        expires_at=judged.instant("expires_at"),
        refresh_token=refresh_token,
        refresh_expires_at=judged.instant("refresh_expires_at"),
        token_type=judged.word("token_type") or "Bearer",
        scopes=judged.words("scope"),
    )


def base_url_of(path: str, fields: Mapping[str, object]) -> str:
    """Where the token was granted; "" where the file does not say. Raises CorruptTokenFile."""
    return _Fields(path, fields).word("base_url") or ""


def account_of(path: str, fields: Mapping[str, object]) -> Account:
    """Whose token it is, as far as the file says. Raises CorruptTokenFile."""
    members = fields.get("account")
    if members is None:
        return Account()
    if not isinstance(members, dict):
        raise CorruptTokenFile(path, "account is not a JSON object")
    inside = _Fields(path, members)
    names = ("user_id", "display_name", "email", "organization")
    # They are shown: nothing in them may be an order to the terminal.
    return Account(**{name: cleaned(inside.text(name) or "", limit=200) for name in names})


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


class _Fields:
    """The members of one file, each judged as it is asked for; absent and null are None."""

    def __init__(self, path: str, fields: Mapping[str, object]) -> None:
        self._path = path
        self._fields = fields

    def text(self, name: str) -> str | None:
        stated = self._fields.get(name)
        if stated is not None and not isinstance(stated, str):
            raise self._fault(f"{name} is not a text")
        return stated

    def credential(self, name: str) -> Secret | None:
        stated = self.text(name)
        if stated is None:
            return None
        # It goes into an HTTP header.
        if not _is_visible_ascii(stated):
            raise self._fault(f"{name} is not a token")
        return Secret(stated)

    def words(self, name: str) -> tuple[str, ...]:
        stated = tuple((self.text(name) or "").split())
        # They are shown as they are: nothing in them may be an order to the terminal.
        if not all(_is_visible_ascii(word) for word in stated):
            raise self._fault(f"{name} holds characters that do not belong there")
        return stated

    def word(self, name: str) -> str | None:
        stated = self.words(name)
        if len(stated) > 1:
            raise self._fault(f"{name} is more than one word")
        return stated[0] if stated else None

    def instant(self, name: str) -> datetime | None:
        stated = self.text(name)
        if stated is None:
            return None
        try:
            return from_iso(stated)
        except (ValueError, OverflowError):
            raise self._fault(f"{name} is not an instant with a time zone") from None

    def required(self, name: str, value: _Value | None) -> _Value:
        if not value:
            raise self._fault(f"it has no {name}")
        return value

    def _fault(self, fault: str) -> CorruptTokenFile:
        return CorruptTokenFile(self._path, fault)


def _is_visible_ascii(text: str) -> bool:
    # Not oauth.fields': it imports what a command that only reads a token never needs.
    return bool(text) and all("!" <= character <= "~" for character in text)
