"""Revoking what was granted to an integration, as far as Webex documents it.

Source: developer.webex.com, Authorizations. Only administrators with the scope
``identity:tokens_write`` may; every user may at ``OWN_PAGE``.
"""

from __future__ import annotations

from urllib.parse import urlencode

from wtr_tui.model import Secret
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.failures import Purpose

OWN_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"
"""Where a user revokes what integrations were granted."""

SCOPE = "identity:tokens_write"


def revoke(client: WebexClient, access_token: Secret, organization: str) -> None:
    """Revokes the authorization of the client's App ID in one organisation.

    ``organization`` is its id. An administrator who revokes the own token must do so with it.
    Raises RequestRefused where Webex does not let this user, AccessTokenRejected where the token
    is not accepted (any more), TemporaryError where it may work later: the token lives on then.
    """
    query = urlencode({"clientId": client.app_id, "orgId": organization})
    client.delete(Purpose.REVOKE, f"/authorizations?{query}", access_token)
