"""The claims of a token that is a JWT: what it says of itself, and an ID token's nonce.

No signature is checked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Secret
from wtr_tui.oauth.failures import START_AGAIN
from wtr_tui.oauth.responses import instant, shown


def claims(token: str) -> Mapping[str, object] | None:
    """The payload of a JWT (RFC 7519 §3), None where it is none. No signature is checked.

    So this is what the token says, not what is so: never above Webex's own response.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class TokenClaims:
    """What an access token says about itself; "" and None for what it does not.

    ``organization`` and ``user_id`` are UUIDs. To be shown as the token's word, and only where
    Webex did not say.
    """

    expires_at: datetime | None = None
    organization: str = ""
    app_id: str = ""
    user_id: str = ""


def claims_of(access_token: Secret) -> TokenClaims:
    """The claims of an access token that is a JWT; none of one that is not.

    Webex's end is in milliseconds; RFC 7519 §4.1.4 has it in seconds.
    """
    found = claims(access_token.reveal())
    if found is None:
        return TokenClaims()
    end = instant(found, "expiry_time")
    seconds = found.get("exp")
    if end is None and isinstance(seconds, int | float) and not isinstance(seconds, bool):
        end = instant({"exp": seconds * 1000}, "exp")
    return TokenClaims(
        expires_at=end,
        organization=shown(found.get("realm")),
        app_id=shown(found.get("client_id")),
        user_id=shown(found.get("cis_uuid")),
    )


def check_nonce(members: Mapping[str, object], nonce: Secret) -> None:
    """Raises UnusableResponse where an ID token in the response answers another sign-in.

    It comes from the token endpoint over TLS, so its signature need not be looked at (OpenID
    Connect Core §3.1.3.7, 6); a response without one has nothing to be compared.
    """
    id_token = members.get("id_token")
    if id_token is None:
        return
    found = (claims(id_token) or {}).get("nonce") if isinstance(id_token, str) else None
    given = found if isinstance(found, str) else ""
    from secrets import compare_digest  # with all of hashlib, which only a sign-in needs

    # Bytes, because compare_digest raises TypeError on a str that is not ASCII.
    if not compare_digest(given.encode("utf-8", "surrogatepass"), nonce.reveal().encode("ascii")):
        raise UnusableResponse(
            "Webex's response belongs to another sign-in: its ID token has another nonce.",
            START_AGAIN,
        )
