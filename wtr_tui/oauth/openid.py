"""What OpenID Connect adds: the ID token's nonce, and the user's name and e-mail.

The scopes ``openid``, ``email`` and ``profile`` need no registration on the integration, and are
not possible with the device grant.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wtr_tui.errors import UnusableResponse
from wtr_tui.model import Account, Secret
from wtr_tui.oauth.failures import START_AGAIN, Purpose
from wtr_tui.oauth.jwt import claims
from wtr_tui.oauth.responses import shown

if TYPE_CHECKING:
    from wtr_tui.oauth.client import WebexClient

SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})
"""The scopes of OpenID Connect (Core §5.4), which only the browser's sign-in can request."""


def userinfo(client: WebexClient, access_token: Secret, *, seconds: float | None = None) -> Account:
    """Whose token it is, as ``userinfo`` says (OpenID Connect Core §5.3): name and e-mail.

    It needs the scope ``openid``. Raises a WtrError where Webex does not say.
    """
    members = client.get(Purpose.USERINFO, "/userinfo", access_token, seconds=seconds)
    return Account(
        display_name=shown(members.get("name")),
        email=shown(members.get("email")),
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
    # Bytes, because compare_digest raises TypeError on a str that is not ASCII.
    if not secrets.compare_digest(
        given.encode("utf-8", "surrogatepass"), nonce.reveal().encode("ascii")
    ):
        raise UnusableResponse(
            "Webex's response belongs to another sign-in: its ID token has another nonce.",
            START_AGAIN,
        )
