"""The steps of a sign-in, one frozen class each, in the order a user sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from wtr_tui.errors import NotSaved
from wtr_tui.model import Account, Token
from wtr_tui.oauth.responses import DeviceAuthorization


class Method(Enum):
    """How the answer arrived, as a phrase to follow "signed in"."""

    REDIRECT = "through the browser's redirect"
    PASTE = "with the pasted address"
    DEVICE = "with the device code"
    MINTED = "as a service app"
    """Without a user: minted with another profile's token."""


@dataclass(frozen=True)
class Listening:
    """The listener waits for the redirect; ``start_url`` leads a browser to Webex."""

    start_url: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class NotListening:
    """The redirect cannot be received here. Pasting and the device code still work.

    ``is_elsewhere`` says that this is no error: the redirect URI is not on this machine.
    """

    message: str
    hint: str
    is_elsewhere: bool = False


@dataclass(frozen=True)
class BrowserArrived:
    """A browser opened the start address and was sent to Webex."""


@dataclass(frozen=True)
class Noticed:
    """The listener ignored a request that is not the answer; ``message`` is a sentence."""

    message: str


@dataclass(frozen=True)
class DeviceCodeReady:
    """A device code was granted, to be entered on any other machine."""

    authorization: DeviceAuthorization


@dataclass(frozen=True)
class DeviceCodeOver:
    """The device code has expired; another can be requested."""

    message: str


@dataclass(frozen=True)
class DeviceCodeRefused:
    """No device code was granted; ``redirect_uris`` are to be registered, if that is why."""

    message: str
    hint: str
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exchanging:
    """The answer arrived, and is being exchanged for a token."""

    method: Method


@dataclass(frozen=True)
class SignedIn:
    """The token is saved. ``kept_aside`` is the file another App ID's token was moved to, if any.

    ``account`` is the user, as far as Webex says.
    """

    token: Token
    method: Method
    kept_aside: str = ""
    account: Account = field(default_factory=Account)


@dataclass(frozen=True)
class OtherAccount:
    """Another account signed in than ``before``, the stored token's.

    Nothing is replaced yet: the new token is kept in the file ``put_aside``.
    """

    token: Token
    method: Method
    account: Account
    before: Account
    put_aside: Path


@dataclass(frozen=True)
class SignedInUnsaved:
    """The token was granted but could not be saved: it exists in this process only.

    ``error`` holds the token and the reason.
    """

    error: NotSaved
    method: Method

    @property
    def token(self) -> Token:
        return self.error.token


class End(Enum):
    """How an attempt ended without a token."""

    DECLINED = "declined"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Ended:
    """The attempt ended without a token; another one can begin."""

    end: End
    message: str
    hint: str
    exit_code: int


Step = (
    Listening
    | NotListening
    | BrowserArrived
    | Noticed
    | DeviceCodeReady
    | DeviceCodeOver
    | DeviceCodeRefused
    | Exchanging
    | SignedIn
    | OtherAccount
    | SignedInUnsaved
    | Ended
)

LAST_STEPS = (SignedIn, OtherAccount, SignedInUnsaved, Ended)
"""The steps that end an attempt."""
