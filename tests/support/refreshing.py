"""A refresh as a value: what it gave, or the error it raised."""

from __future__ import annotations

from typing import Any

from wtr_tui import tokens
from wtr_tui.errors import WtrError
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.tokens import How, Obtained


def refresh(profile: Profile, settings: Settings, **how: Any) -> Obtained | WtrError:
    try:
        return tokens.refresh(profile, settings, **how)
    except WtrError as error:
        return error


def how(outcome: Obtained | WtrError) -> How | None:
    """None for an error."""
    return outcome.how if isinstance(outcome, Obtained) else None


def kind(outcome: Obtained | WtrError) -> str:
    return outcome.how.value if isinstance(outcome, Obtained) else outcome.kind
