"""What the program deals in: a token, whose it is, and texts that must not be seen by accident."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from wtr_tui import clock
from wtr_tui.text import MASK as MASK

if TYPE_CHECKING:
    from collections.abc import Mapping


class Secret:
    """Wraps a token, a client secret, a code, a state or a verifier.

    ``str``, ``repr`` and every format give a mask, so that a log line, an exception or a
    traceback with local variables cannot show it. :meth:`reveal` gives the text itself:
    each call of it is a place worth looking at.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def peek(self) -> str:
        """The text without any effort, to hide it: "" where it is still to be fetched."""
        return self._text

    def fetch(self) -> None:
        """Gets the text where it is kept elsewhere, before it is needed; else does nothing."""

    def refetch(self) -> bool:
        """Whether a new look at where it is kept gave another text; never for a plain one."""
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
    tracking_id: str = ""
    """Webex's name for the request that gave it; "" for a token that was read from its file."""

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

    def is_postdated(self, now: datetime) -> bool:
        """Whether it was obtained later than now: the clock was wrong, and so are its ends."""
        return (self.obtained_at - now).total_seconds() > clock.TOLERANCE

    @property
    def organization(self) -> str | None:
        """The organisation's UUID, where the token spells it: ``…_PF84_<uuid>``."""
        _, mark, end = self.access_token.reveal().rpartition("_PF84_")
        end = end.lower()
        is_uuid = [len(part) for part in end.split("-")] == [8, 4, 4, 4, 12]
        return end if mark and is_uuid and set(end) <= set("0123456789abcdef-") else None

    def same_access(self, other: Token) -> bool:
        """Whether both give the same access token: Webex often repeats one within a day."""
        return self.access_token == other.access_token


class Account(NamedTuple):
    """The user a token belongs to, in texts fit to be shown; "" for what Webex did not say.

    ``organization`` is the organisation's UUID where it can be derived, else Webex's own id;
    ``user_id`` is Webex's id of the user.
    """

    display_name: str = ""
    email: str = ""
    organization: str = ""
    user_id: str = ""

    @property
    def is_known(self) -> bool:
        return any(self)

    def differs(self, other: Account) -> bool:
        """Whether both cannot be the same account. What only one of them knows says nothing."""
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
        """Why a sign-in by this account has to be asked about before it replaces a stored token.

        A sentence, "" where it need not be. ``before`` is the stored token's owner, ``expected``
        the setting ``account``: an e-mail address, or "". Where Webex does not name the e-mail
        address, a sign-in cannot be shown to be the expected one, and is asked about.
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
        """Why a token of this account lies put aside, in a sentence: nobody has decided yet."""
        return self.objection(before, expected) or (
            f"This sign-in is that of {self.full_label}, and was not finished."
        )


class StoredToken(NamedTuple):
    """A token with what its file says about it.

    ``base_url`` is where it was granted; "" where the file does not say, as 0.1.0 did not.
    ``settings`` is the record of the settings it was saved under, which
    :mod:`wtr_tui.storage.token_json` describes; None where there is none to go by.
    ``notices`` are what reading the file repaired, as sentences.
    """

    app_id: str
    token: Token
    base_url: str = ""
    account: Account = Account()
    settings: Mapping[str, object] | None = None
    notices: tuple[str, ...] = ()
