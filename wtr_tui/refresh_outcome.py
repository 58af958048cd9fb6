"""What a refresh can lead to: each outcome is a type, so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from wtr_tui.oauth.token import Token


@dataclass(frozen=True)
class Refreshed:
    """A new access token, saved."""

    token: Token


@dataclass(frozen=True)
class SameToken:
    """Webex gave the same access token back, as it often does within a day; saved."""

    token: Token


@dataclass(frozen=True)
class AlreadyFresh:
    """Nothing was asked: the token in the file is fresh enough, or newer than the one seen."""

    token: Token


@dataclass(frozen=True)
class SignInNeeded:
    """There is no token, or Webex no longer accepts its refresh token. Nothing was deleted."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class WrongClient:
    """Webex does not accept the App ID and secret; the token may be as good as ever."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class Temporary:
    """It may work later; ``retry_after`` is the server's wish, None without one."""

    sentence: str
    retry_after: timedelta | None = None
    advice: str = ""


@dataclass(frozen=True)
class CannotRefresh:
    """This token cannot be refreshed with these settings, now or later."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class StoreFailed:
    """The token file or its lock could not be used; Webex was not asked."""

    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class NotSaved:
    """``token`` was granted but could not be written: it lives only as long as the program."""

    token: Token
    sentence: str
    advice: str = ""


Outcome: TypeAlias = (
    Refreshed
    | SameToken
    | AlreadyFresh
    | SignInNeeded
    | WrongClient
    | Temporary
    | CannotRefresh
    | StoreFailed
    | NotSaved
)
