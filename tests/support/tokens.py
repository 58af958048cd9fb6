"""Tokens as Webex grants them, with everything fixed."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

from tests.support.clock import NOON
from wtr_tui.model import Secret, Token
from wtr_tui.storage.settings_table import DEFAULT_SCOPES

APP_ID = f"C{'4f1d09ab' * 8}"
OTHER_APP_ID = f"C{'b7e2c355' * 8}"
ORGANIZATION = "1eb65fdf-9643-417f-9974-ad72cae0e10f"
USER_ID = "77aa3d52-0b1c-4f0e-8f3a-5a9d6c0e2b11"
LIFE = timedelta(days=14)
REFRESH_LIFE = timedelta(days=90)


def access_text(beginning: str = "ZDA4") -> str:
    return f"{beginning}{'NmM3YTktMzE' * 8}_PF84_{ORGANIZATION}"


def jwt(payload: object) -> str:
    """A token with this payload, in the form of a JWT; nobody signed it."""
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"{header}.{body}.c2lnbmF0dXJl"


def a_jwt(expires_at: datetime) -> str:
    """One as Webex makes it: of Ann's user id, in the usual organisation."""
    return jwt(
        {
            "expiry_time": int(expires_at.timestamp() * 1000),
            "realm": ORGANIZATION,
            "cis_uuid": USER_ID,
            "client_id": APP_ID,
        }
    )


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
