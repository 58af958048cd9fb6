"""The values the program works with: secrets, tokens and accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from wtr_tui import clock
from wtr_tui.text import MASK

if TYPE_CHECKING:
    from collections.abc import Mapping


class Secret:
    """A token, client secret, code, state or verifier that does not leak by accident.

    ``str``, ``repr`` and every format give a mask, so that no log line, exception or traceback
    with local variables shows it. Only :meth:`reveal` and :meth:`peek` return the text itself.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def peek(self) -> str:
        """Return the text without fetching it, to redact it elsewhere; "" if not fetched yet."""
        return self._text

    def fetch(self) -> None:
        """Fetch the text before it is needed, if it is stored elsewhere."""

    def refetch(self) -> bool:
        """Fetch the text anew; return whether it has changed. A plain secret never does."""
        return False

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")


class Token(NamedTuple):
    """An access token, its refresh token and what is known of both. Instants are in UTC.

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
    tracking_id: str = ""
    """Webex's id of the request that granted it; "" for a token read from its file."""

    def left(self, now: datetime) -> timedelta | None:
        """Return the access token's time left: negative after its end, None if unknown."""
        return None if self.expires_at is None else self.expires_at - now

    def refresh_left(self, now: datetime) -> timedelta | None:
        """Return the refresh token's time left: negative after its end, None if unknown."""
        return None if self.refresh_expires_at is None else self.refresh_expires_at - now

    def is_valid(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Return whether more than ``margin`` is left. An unknown end counts as valid."""
        left = self.left(now)
        return left is None or left > margin

    def is_postdated(self, now: datetime) -> bool:
        """Return whether it was obtained in the future: by a wrong clock, so its ends are wrong."""
        return (self.obtained_at - now).total_seconds() > clock.TOLERANCE

    @property
    def organization(self) -> str | None:
        """The organisation's UUID, where the token ends with it: ``…_PF84_<uuid>``."""
        _, mark, end = self.access_token.reveal().rpartition("_PF84_")
        end = end.lower()
        is_uuid = [len(part) for part in end.split("-")] == [8, 4, 4, 4, 12]
        return end if mark and is_uuid and set(end) <= set("0123456789abcdef-") else None

    def same_access(self, other: Token) -> bool:
        """Return whether both have the same access token: Webex often repeats it for a day."""
        return self.access_token == other.access_token


class Account(NamedTuple):
    """The user a token belongs to, in texts safe to display; "" for what Webex did not say.

    ``organization`` is the organisation's UUID where it can be derived, else Webex's own id;
    ``user_id`` is Webex's id of the user.
    """

    display_name: str = ""
    email: str = ""
    organization: str = ""
    user_id: str = ""

    @property
    def is_known(self) -> bool:
        """Whether Webex said anything about the user."""
        return any(self)

    def differs(self, other: Account) -> bool:
        """Return whether these are two accounts. Only what both know is compared."""
        if self.user_id and other.user_id:
            return self.user_id != other.user_id
        pairs = ((self.email, other.email), (self.organization, other.organization))
        return any(a and b and a.lower() != b.lower() for a, b in pairs)

    @property
    def label(self) -> str:
        """``Ann Example (ann@example.com)``."""
        if self.display_name and self.email:
            return f"{self.display_name} ({self.email})"
        return self.display_name or self.email or "somebody whom Webex does not name"

    @property
    def full_label(self) -> str:
        """``Ann Example (ann@example.com), organisation 1eb65fdf…``."""
        organization = f", organisation {self.organization[:8]}…" if self.organization else ""
        return self.label + organization

    def objection(self, before: Account, expected: str) -> str:
        """Return why this account's token needs confirmation before it replaces the stored one.

        It is a sentence, or "" where no confirmation is needed. ``before`` is the stored token's
        owner, ``expected`` the setting ``account``: an e-mail address, or "". An account whose
        e-mail address Webex does not name cannot be verified to be the expected one.
        """
        if expected and self.email.lower() != expected.lower():
            cure = "" if self.email else " (Webex names it with the scope spark:people_read)"
            return (
                f"This sign-in is that of {self.full_label}{cure}; the setting account expects"
                f" {expected}."
            )
        if self.differs(before):
            return (
                f"This sign-in is that of {self.full_label}; the stored token is that of"
                f" {before.full_label}."
            )
        return ""

    def put_aside_reason(self, before: Account, expected: str) -> str:
        """Return a sentence on why this account's token is still put aside, to be decided on."""
        return self.objection(before, expected) or (
            f"This sign-in is that of {self.full_label}, and was not finished."
        )


class StoredToken(NamedTuple):
    """A token with the other content of its file.

    ``base_url`` is where it was granted; "" in a file of version 0.1.0. ``settings`` is the
    fingerprint of the settings it was saved under (:mod:`wtr_tui.storage.token_json`), if any.
    ``notices`` are sentences on what reading the file has repaired.
    """

    app_id: str
    token: Token
    base_url: str = ""
    account: Account = Account()
    settings: Mapping[str, object] | None = None
    notices: tuple[str, ...] = ()
