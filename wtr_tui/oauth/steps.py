"""What happens during a sign-in, one frozen class a step, in the order a user sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from wtr_tui.errors import NotSaved
from wtr_tui.model import Account, Token
from wtr_tui.oauth.responses import DeviceAuthorization


class Method(Enum):
    """How the answer of the sign-in arrived, as a phrase that follows "signed in"."""

    REDIRECT = "through the browser's redirect"
    PASTE = "with the pasted address"
    DEVICE = "with the device code"
    MINTED = "as a service app"
    """No user did: another profile's token minted it."""


@dataclass(frozen=True)
class Listening:
    """The redirect URI is being listened on; ``start_url`` leads a browser to Webex."""

    start_url: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class NotListening:
    """The redirect cannot be received here. Pasting and the device code go on working.

    ``is_elsewhere``: that is no fault, for the redirect URI is not on this machine.
    """

    message: str
    hint: str
    is_elsewhere: bool = False


@dataclass(frozen=True)
class BrowserArrived:
    """A browser opened the start address and was sent to Webex."""


@dataclass(frozen=True)
class Noticed:
    """Something arrived that is not the answer, in a sentence. Nothing was exchanged for it."""

    message: str


@dataclass(frozen=True)
class DeviceCodeReady:
    """A short code to enter on any other machine."""

    authorization: DeviceAuthorization


@dataclass(frozen=True)
class DeviceCodeOver:
    """The device code has expired; another can be requested."""

    message: str


@dataclass(frozen=True)
class DeviceCodeRefused:
    """No device code: why, and the redirect URIs that are missing, if that is the reason."""

    message: str
    hint: str
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exchanging:
    """The answer arrived; it is being exchanged for a token, which works once."""

    method: Method


@dataclass(frozen=True)
class SignedIn:
    """The token is saved. ``kept_aside`` names the file of another App ID's token, if any.

    ``account`` is who was signed in, as far as Webex says.
    """

    token: Token
    method: Method
    kept_aside: str = ""
    account: Account = field(default_factory=Account)


@dataclass(frozen=True)
class OtherAccount:
    """Somebody else was signed in than the stored token belongs to. Nothing is replaced yet:
    the new token waits in ``put_aside``."""

    token: Token
    method: Method
    account: Account
    before: Account
    put_aside: Path


@dataclass(frozen=True)
class SignedInUnsaved:
    """The token was granted, but could not be written: it lives in this process only.

    ``error`` holds it, and says why.
    """

    error: NotSaved
    method: Method

    @property
    def token(self) -> Token:
        return self.error.token


class End(Enum):
    """Why an attempt ended without a token."""

    DECLINED = "declined"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Ended:
    """The attempt is over without a token; another one can begin."""

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
"""After one of these the attempt is over."""
