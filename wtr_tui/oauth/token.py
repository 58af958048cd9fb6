"""The token in a successful response of the token endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.model import Token as Token
from wtr_tui.oauth.fields import LONGEST_CREDENTIAL, credential, is_visible_ascii, lifetime


def granted(answer: Mapping[str, object], *, now: datetime, previous: Token | None = None) -> Token:
    """Judges a successful answer of the token endpoint (RFC 6749 §5.1) and gives its token.

    ``now`` is when the request was sent: lifetimes count from there, so that a slow answer
    never makes a token look longer-lived than it is. ``previous`` is the token that was
    refreshed: what the answer does not state is kept from it (RFC 6749 §6). Raises
    UnusableResponse where the answer holds no usable token; unknown members are ignored. The old
    refresh token may be void by now (RFC 9700 §4.14.2), so nothing that is odd beside a good
    access token makes the answer a bad one: an end, or a scope, that cannot be read is unknown.
    """
    access_token = credential(answer, "access_token")
    if access_token is None:
        raise UnusableResponse("Webex's answer says success but holds no access token.", _TRY_AGAIN)
    if previous is None:
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
    if isinstance(stated, str) and stated.strip().lower() not in ("", "bearer"):
        raise UnusableResponse(
            "Webex's answer holds a token of another type than Bearer.",
            "This program cannot use it; check the base URL.",
        )


def _refresh_side(
    answer: Mapping[str, object], now: datetime, previous: Token | None
) -> tuple[Secret | None, datetime | None]:
    kept = previous.refresh_token if previous else None
    try:
        stated = credential(answer, "refresh_token")
    except UnusableResponse:
        stated = None  # the access token beside it is good all the same
    life = lifetime(answer, "refresh_token_expires_in")
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
    """The scopes as RFC 6749 §3.3 writes them, or as a list; () where they cannot be read."""
    stated = answer.get("scope")
    if isinstance(stated, list) and all(isinstance(scope, str) for scope in stated):
        stated = " ".join(stated)
    if not isinstance(stated, str) or len(stated) > LONGEST_CREDENTIAL:
        return ()
    scopes = tuple(filter(None, stated.split(" ")))
    # They are shown as they are: nothing in them may be an order to the terminal.
    return scopes if all(map(is_visible_ascii, scopes)) else ()


_TRY_AGAIN = "Try again; if it stays so, tell Webex support."
