"""The token in a successful response of the token endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.model import Token as Token
from wtr_tui.oauth.fields import credential, is_visible_ascii, lifetime


def granted(answer: Mapping[str, object], *, now: datetime, previous: Token | None = None) -> Token:
    """Judges a successful answer of the token endpoint (RFC 6749 §5.1) and gives its token.

    ``now`` is when the request was sent: lifetimes count from there, so that a slow answer
    never makes a token look longer-lived than it is. ``previous`` is the token that was
    refreshed: what the answer does not state is kept from it (RFC 6749 §6). Raises
    UnusableResponse where the answer holds no usable token; unknown members are ignored.
    """
    access_token = credential(answer, "access_token")
    if access_token is None:
        raise UnusableResponse("Webex's answer says success but holds no access token.", _TRY_AGAIN)
    _require_bearer(answer)
    life = lifetime(answer, "expires_in")
    refresh_token, refresh_expires_at = _refresh_side(answer, now, previous)
    return Token(
        access_token=access_token,
        obtained_at=now,
        expires_at=None if life is None else now + life,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_expires_at,
        scopes=_scopes(answer) or (previous.scopes if previous else ()),
    )


def _require_bearer(answer: Mapping[str, object]) -> None:
    # The example answer on Webex's integrations page states no token_type at all.
    stated = answer.get("token_type")
    if stated is None or stated == "":
        return
    if not isinstance(stated, str) or stated.lower() != "bearer":
        raise UnusableResponse(
            "Webex's answer holds a token of another type than Bearer.",
            "This program cannot use it; check the base URL.",
        )


def _refresh_side(
    answer: Mapping[str, object], now: datetime, previous: Token | None
) -> tuple[Secret | None, datetime | None]:
    stated = credential(answer, "refresh_token")
    life = lifetime(answer, "refresh_token_expires_in")
    kept = previous.refresh_token if previous else None
    refresh_token = stated or kept
    if refresh_token is None:
        return None, None
    if life is not None:
        return refresh_token, now + life
    # The end that was known belongs to the old refresh token, not to a new one.
    if previous is not None and refresh_token == kept:
        return refresh_token, previous.refresh_expires_at
    return refresh_token, None


def _scopes(answer: Mapping[str, object]) -> tuple[str, ...]:
    stated = answer.get("scope")
    if stated is None:
        return ()
    scopes = tuple(filter(None, stated.split(" "))) if isinstance(stated, str) else None
    if scopes is None or not all(map(is_visible_ascii, scopes)):
        raise UnusableResponse("Webex's answer has a scope list that cannot be one.", _TRY_AGAIN)
    return scopes


_TRY_AGAIN = "Try again; if it stays so, tell Webex support."
