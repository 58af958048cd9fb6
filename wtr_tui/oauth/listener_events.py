"""What the listener tells while it waits: none of it is the answer, none of it ends the attempt."""

from __future__ import annotations

from dataclasses import dataclass

from wtr_tui.oauth.authorization import Reason


@dataclass(frozen=True)
class BrowserArrived:
    """A browser opened the start address and was sent to Webex."""


@dataclass(frozen=True)
class StrayRequest:
    """Something else was asked for. ``why`` is a sentence; ``count`` the number of them so far."""

    count: int
    why: str


@dataclass(frozen=True)
class WrongState:
    """An answer arrived that is not this attempt's. ``count`` is the number of them so far.

    ``error`` and ``description`` are its own claims, fit to be shown, "" without.
    """

    count: int
    reason: Reason
    error: str = ""
    description: str = ""


@dataclass(frozen=True)
class ServerReportedError:
    """The browser brought an error without a state: perhaps Webex's own, perhaps anybody's.

    Webex was seen to leave the state out, so it is worth showing; it is not worth believing.
    """

    error: str
    description: str = ""

    @property
    def words(self) -> str:
        """``invalid_scope: The requested scope is invalid``."""
        return f"{self.error}: {self.description}" if self.description else self.error


@dataclass(frozen=True)
class HttpsAttempt:
    """A browser spoke TLS to the port: it turned ``http`` into ``https`` by itself."""

    count: int


@dataclass(frozen=True)
class StartAddressClosed:
    """Somebody guessed at the start address: it is closed, to everybody. The redirect is not."""

    guesses: int


@dataclass(frozen=True)
class LaunchAddressReused:
    """The address that a browser was started with was opened once more; ``count`` in all."""

    count: int


ListenerEvent = (
    BrowserArrived
    | StrayRequest
    | WrongState
    | ServerReportedError
    | HttpsAttempt
    | StartAddressClosed
    | LaunchAddressReused
)
