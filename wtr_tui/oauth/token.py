"""What was granted, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wtr_tui.oauth.failures import UnusableAnswer
from wtr_tui.oauth.fields import credential, is_visible_ascii, lifetime
from wtr_tui.secret import Secret


@dataclass(frozen=True)
class Token:
    """An access token with all that was said about it. Every instant is aware, in UTC.

    ``expires_at`` and ``refresh_expires_at`` are None where the end is unknown, or there is
    none (a bot token). A token without ``refresh_token`` cannot be refreshed.
    """

    access_token: Secret
    obtained_at: datetime
    expires_at: datetime | None
    refresh_token: Secret | None = None
    refresh_expires_at: datetime | None = None
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, not one
    scopes: tuple[str, ...] = ()

    def left(self, now: datetime) -> timedelta | None:
        """How long the access token lives on; negative once it is over, None if unknown."""
        return None if self.expires_at is None else self.expires_at - now

    def refresh_left(self, now: datetime) -> timedelta | None:
        """How long the refresh token lives on; negative once it is over, None if unknown."""
        return None if self.refresh_expires_at is None else self.refresh_expires_at - now

    def is_valid(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Whether more than ``margin`` is left. An unknown end counts as valid."""
        left = self.left(now)
        return left is None or left > margin

    @property
    def organization(self) -> str | None:
        """The organisation's UUID, where the token spells it: ``…_PF84_<uuid>``."""
        _, mark, end = self.access_token.reveal().rpartition("_PF84_")
        return end.lower() if mark and _is_uuid(end) else None

    def same_access(self, other: Token) -> bool:
        """Whether both give the same access token: Webex often repeats one within a day."""
        return self.access_token == other.access_token


def granted(answer: Mapping[str, object], *, now: datetime, previous: Token | None = None) -> Token:
    """Judges a successful answer of the token endpoint (RFC 6749 §5.1) and gives its token.

    ``now`` is when the request was sent: lifetimes count from there, so that a slow answer
    never makes a token look longer-lived than it is. ``previous`` is the token that was
    refreshed: what the answer does not state is kept from it (RFC 6749 §6). Raises
    UnusableAnswer where the answer holds no usable token; unknown members are ignored.
    """
    access_token = credential(answer, "access_token")
    if access_token is None:
        raise UnusableAnswer("Webex's answer says success but holds no access token.", _TRY_AGAIN)
    _require_bearer(answer)
    life = lifetime(answer, "expires_in")
    refresh_token, refresh_expires_at = _refresh_side(answer, now, previous)
    return Token(
        access_token=access_token,
        obtained_at=now,
        expires_at=None if life is None else now + life,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_expires_at,
        scopes=_scopes(answer) or (previous.scopes if previous else ()),
    )


def _require_bearer(answer: Mapping[str, object]) -> None:
    # The example answer on Webex's integrations page states no token_type at all.
    stated = answer.get("token_type")
    if stated is None or stated == "":
        return
    if not isinstance(stated, str) or stated.lower() != "bearer":
        raise UnusableAnswer(
            "Webex's answer holds a token of another type than Bearer.",
            "This program cannot use it; check the base URL.",
        )


def _refresh_side(
    answer: Mapping[str, object], now: datetime, previous: Token | None
) -> tuple[Secret | None, datetime | None]:
    stated = credential(answer, "refresh_token")
    life = lifetime(answer, "refresh_token_expires_in")
    kept = previous.refresh_token if previous else None
    refresh_token = stated or kept
    if refresh_token is None:
        return None, None
    if life is not None:
        return refresh_token, now + life
    # The end that was known belongs to the old refresh token, not to a new one.
    if previous is not None and refresh_token == kept:
        return refresh_token, previous.refresh_expires_at
    return refresh_token, None


def _scopes(answer: Mapping[str, object]) -> tuple[str, ...]:
    stated = answer.get("scope")
    if stated is None:
        return ()
    scopes = tuple(filter(None, stated.split(" "))) if isinstance(stated, str) else None
    if scopes is None or not all(map(is_visible_ascii, scopes)):
        raise UnusableAnswer("Webex's answer has a scope list that cannot be one.", _TRY_AGAIN)
    return scopes


def _is_uuid(text: str) -> bool:
    parts = text.lower().split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        character in "0123456789abcdef" for part in parts for character in part
    )


_TRY_AGAIN = "Try again; if it stays so, tell Webex support."
