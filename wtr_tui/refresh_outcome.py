"""What a refresh can lead to: each outcome is a type, so that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from wtr_tui.model import Token


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

    message: str
    hint: str = ""


@dataclass(frozen=True)
class WrongClient:
    """Webex does not accept the App ID and secret; the token may be as good as ever."""

    message: str
    hint: str = ""


@dataclass(frozen=True)
class Temporary:
    """It may work later; ``retry_after`` is the server's wish, None without one."""

    message: str
    retry_after: timedelta | None = None
    hint: str = ""


@dataclass(frozen=True)
class CannotRefresh:
    """This token cannot be refreshed with these settings, now or later."""

    message: str
    hint: str = ""


@dataclass(frozen=True)
class StoreFailed:
    """The token file or its lock could not be used; Webex was not asked."""

    message: str
    hint: str = ""


@dataclass(frozen=True)
class NotSaved:
    """``token`` was granted but could not be written: it lives only as long as the program."""

    token: Token
    message: str
    hint: str = ""


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
