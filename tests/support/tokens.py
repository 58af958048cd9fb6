"""Tokens as Webex grants them, with everything fixed."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.clock import NOON
from wtr_tui.model import Secret, Token
from wtr_tui.storage.settings_table import DEFAULT_SCOPES

APP_ID = f"C{'4f1d09ab' * 8}"
OTHER_APP_ID = f"C{'b7e2c355' * 8}"
ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
LIFE = timedelta(days=14)
REFRESH_LIFE = timedelta(days=90)


def access_text(beginning: str = "ZDA4") -> str:
    return f"{beginning}{'NmM3YTktMzE' * 8}_PF84_{ORGANIZATION}"


def a_token(
    beginning: str = "ZDA4",
    *,
    obtained_at: datetime = NOON,
    life: timedelta | None = LIFE,
    refresh: str | None = "refresh-token",
    refresh_life: timedelta | None = REFRESH_LIFE,
    scopes: tuple[str, ...] = DEFAULT_SCOPES,
) -> Token:
    """``beginning`` tells two apart; None for a life leaves it unknown."""
    return Token(
        access_token=Secret(access_text(beginning)),
        obtained_at=obtained_at,
        expires_at=None if life is None else obtained_at + life,
        refresh_token=None if refresh is None else Secret(refresh),
        refresh_expires_at=(
            None if refresh is None or refresh_life is None else obtained_at + refresh_life
        ),
        scopes=scopes,
    )
