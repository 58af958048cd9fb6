"""A token of which only the text is known: an access token, or a refresh token?"""

from __future__ import annotations

from wtr_tui.commands.foreign import Foreign
from wtr_tui.errors import AccessTokenRejected, SettingsError
from wtr_tui.model import Secret
from wtr_tui.oauth.client import WebexClient
from wtr_tui.storage.settings import Settings


def recognised(
    token: Secret, client: WebexClient, known: Settings, *, refresh: bool, access: bool
) -> Foreign:
    """What it is: as the person says, else as Webex says.

    Both kinds look the same. Asked whose access token it is, Webex refuses a refresh token.
    Raises SettingsError where it can only be a refresh token and the settings that would be
    needed for it are missing; a WtrError where Webex cannot be asked.
    """
    if refresh:
        return Foreign(refresh_token=token)
    if access:
        return Foreign(access_token=token)
    try:
        client.person(token)
    except AccessTokenRejected:
        if known.problems:
            raise SettingsError(
                "Webex does not accept this as an access token. As a refresh token it needs the"
                f" App ID and the secret it belongs to. {known.problems[0]}",
                "Complete the settings in wtr-tui, or set $WEBEX_APPID and $WEBEX_SECRET.",
            ) from None
        return Foreign(refresh_token=token)
    return Foreign(access_token=token)
