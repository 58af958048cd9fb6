"""What a refresh led to, as a sentence or as the error that ends a command."""

from __future__ import annotations

from wtr_tui import clock
from wtr_tui.errors import SettingsError, SignInNeeded, StorageError, TemporaryError, WtrError
from wtr_tui.model import Token
from wtr_tui.refresh_outcome import (
    AlreadyFresh,
    CannotRefresh,
    NotSaved,
    Outcome,
    Refreshed,
    SameToken,
    StoreFailed,
    Temporary,
    WrongClient,
)
from wtr_tui.refresh_outcome import SignInNeeded as SignInIsNeeded


def error_of(outcome: Outcome) -> WtrError | None:
    """The failure with its exit code; None where there is a token that is saved."""
    if isinstance(outcome, (Refreshed, SameToken, AlreadyFresh)):
        return None
    if isinstance(outcome, SignInIsNeeded):
        return SignInNeeded(outcome.message, outcome.hint)
    if isinstance(outcome, WrongClient):
        return SettingsError(outcome.message, outcome.hint)
    if isinstance(outcome, Temporary):
        return TemporaryError(outcome.message, outcome.hint + _wish(outcome))
    if isinstance(outcome, (NotSaved, StoreFailed)):
        return StorageError(outcome.message, outcome.hint)
    assert isinstance(outcome, CannotRefresh)
    return WtrError(outcome.message, outcome.hint)


def token_of(outcome: Outcome) -> Token | None:
    """The token there is now, saved or not; None where the refresh gave none."""
    if isinstance(outcome, (Refreshed, SameToken, AlreadyFresh, NotSaved)):
        return outcome.token
    return None


def words(outcome: Outcome) -> str:
    """A sentence on what happened, for a success too."""
    failure = error_of(outcome)
    if isinstance(outcome, NotSaved):
        return f"Refreshed, but NOT SAVED. {failure}"
    if failure is not None:
        return f"Not refreshed. {failure}"
    token = token_of(outcome)
    assert token is not None
    until = "for an unknown time"
    if token.expires_at is not None:
        until = f"until {clock.local(token.expires_at)}"
    if isinstance(outcome, Refreshed):
        return f"Refreshed: valid {until}."
    if isinstance(outcome, SameToken):
        return f"Webex returned the same token, as it often does within a day: valid {until}."
    return f"Nothing to do: valid {until}."


def _wish(outcome: Temporary) -> str:
    if outcome.retry_after is None:
        return ""
    return f" Webex asks to wait {clock.duration(outcome.retry_after)}."
