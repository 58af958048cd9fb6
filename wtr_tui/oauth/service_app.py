"""Service apps: tokens for unattended work, which an administrator authorises once.

Source: developer.webex.com, Service Apps. What comes of it is an ordinary token: it is refreshed
like any other, with the service app's own id and secret, and minted anew when its refresh token
is dead.
"""

from __future__ import annotations

from urllib.parse import quote

from wtr_tui.errors import SettingsError
from wtr_tui.model import Secret, Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.oauth.failures import Purpose
from wtr_tui.oauth.responses import token_from

SCOPE = "spark:applications_token"
"""What the token ``through`` must have to mint for a service app."""


def mint(client: WebexClient, application_id: str, target_org_id: str, through: Secret) -> Token:
    """A token of the service app for one organisation.

    ``client`` has the service app's own client id and secret; ``through`` is the access token of
    an integration with the scope ``spark:applications_token``. Raises AccessTokenRejected where
    ``through`` is not accepted, RequestRefused where it lacks the scope or no administrator of
    the organisation has authorised the service app.
    """
    for value, name in ((application_id, "application id"), (target_org_id, "target org id")):
        if not value.strip():
            raise SettingsError(f"The {name} of the service app is missing.")
    sent_at, members = client.post_json(
        Purpose.MINT,
        f"/applications/{quote(application_id, safe='')}/token",
        {**client.json_credentials(), "targetOrgId": target_org_id},
        through,
    )
    return token_from(members, now=sent_at)
