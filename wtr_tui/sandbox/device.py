"""Device codes: given to a program, decided by a person elsewhere (RFC 8628)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from wtr_tui.sandbox.answer import ApiRefusal, OAuthRefusal
from wtr_tui.sandbox.grants import Grant, Grants
from wtr_tui.sandbox.rules import Rules
from wtr_tui.sandbox.token_text import new_token_text


class Decision(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"


@dataclass
class DeviceCode:
    text: str
    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    interval: timedelta
    decision: Decision = Decision.PENDING
    polled_at: datetime | None = None


class DeviceCodes:
    """All device codes, by their own text and by what the person types."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants
        self._codes: dict[str, DeviceCode] = {}

    def give(
        self, client_id: str, scopes: tuple[str, ...], rules: Rules, now: datetime
    ) -> DeviceCode:
        code = DeviceCode(
            text=new_token_text(),
            user_code=self._unused_user_code(now),
            client_id=client_id,
            scopes=scopes,
            expires_at=now + rules.device_lifetime,
            interval=rules.device_interval,
        )
        self._codes[code.text] = code
        return code

    def waiting(self, user_code: str, now: datetime) -> DeviceCode | None:
        """The code that a person may still decide about, by what was typed."""
        typed = "".join(user_code.split())
        for code in self._codes.values():
            if (
                code.user_code == typed
                and code.decision is Decision.PENDING
                and now < code.expires_at
            ):
                return code
        return None

    def redeem(self, text: str, client_id: str, rules: Rules, now: datetime) -> Grant:
        """The grant once the person has approved.

        Raises ApiRefusal 428 while nobody has decided, OAuthRefusal for the rest
        (webex: device/token; RFC 8628 §3.5).
        """
        code = self._codes.get(text)
        if code is None or code.client_id != client_id or code.decision is Decision.USED:
            raise OAuthRefusal("invalid_grant", "The device code is unknown or was used before.")
        if now >= code.expires_at:
            raise OAuthRefusal("expired_token", "The device code has expired.")
        too_soon = code.polled_at is not None and now - code.polled_at < code.interval
        code.polled_at = now
        if too_soon:
            code.interval += timedelta(seconds=5)
            raise OAuthRefusal("slow_down", "The device code was asked about too soon.")
        if code.decision is Decision.DENIED:
            raise OAuthRefusal("access_denied", "The person denied the request.")
        if code.decision is Decision.PENDING:
            raise ApiRefusal(428, "authorization_pending: nobody has entered the user code yet.")
        code.decision = Decision.USED
        return self._grants.open(client_id, code.scopes, rules, now)

    def _unused_user_code(self, now: datetime) -> str:
        while True:
            digits = f"{secrets.randbelow(1_000_000):06}"
            if self.waiting(digits, now) is None:
                return digits
