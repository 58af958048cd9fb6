"""Revoking what was granted to an integration, as far as Webex documents it.

Source: developer.webex.com, Authorizations. Only administrators with the scope
``identity:tokens_write`` may; every user may at ``OWN_PAGE``.
"""

from __future__ import annotations

from urllib.parse import urlencode

from wtr_tui.model import Secret, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.failures import Purpose

OWN_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"
"""Where a user revokes what integrations were granted."""

SCOPE = "identity:tokens_write"


def revoke(client: WebexClient, access_token: Secret, organization: str) -> None:
    """Revokes the authorization of the client's App ID in one organisation.

    ``organization`` is its id, "" where it is not known. An administrator who revokes the own
    token must do so with it. Raises RequestRefused where Webex does not let this user,
    AccessTokenRejected where the token is not accepted (any more), TemporaryError where it may
    work later: the token lives on then.
    """
    of = {"orgId": organization} if organization else {}
    query = urlencode({"clientId": client.app_id, **of})
    client.delete(Purpose.REVOKE, f"/authorizations?{query}", access_token)


def revoke_token(client: WebexClient, token: Token) -> None:
    """Asks for a revocation as RFC 7009 has it; ``client``'s base URL is the whole address.

    Webex's JavaScript SDK does that for access tokens; for other clients, and for refresh tokens,
    it is not documented. So success means that the request was accepted, and no more. Raises
    WrongClient, RequestRefused or TemporaryError.
    """
    if token.refresh_token is not None:
        _revoke_token(client, token.refresh_token, "refresh_token")
    _revoke_token(client, token.access_token, "access_token")


def _revoke_token(client: WebexClient, token: Secret, hint: str) -> None:
    fields = {"token": token.reveal(), "token_type_hint": hint}
    client.post_as_client(Purpose.REVOKE_TOKEN, "", fields, (token,))
