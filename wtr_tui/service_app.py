"""Service apps: whose token mints, and minting with it in place of a user's sign-in.

Source: developer.webex.com, Service Apps. The one that asks for the minting token first, and for
the service app's lock afterwards, is :func:`wtr_tui.tokens.mint`.
"""

from __future__ import annotations

import os
from pathlib import Path

from wtr_tui import errors
from wtr_tui.model import Token
from wtr_tui.oauth.client import WebexClient
from wtr_tui.storage import paths, profiles
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import APPLICATION_ID, TARGET_ORG_ID, THROUGH
from wtr_tui.storage.token_json import is_same_base_url

SCOPE = "spark:applications_token"
"""What the token of the profile ``through`` needs, to mint for a service app."""


def minting_profile(profile: Profile, known: Settings) -> tuple[Profile, Settings]:
    """The profile whose token mints for this one, with its settings.

    The variables of this shell are not among these: they are meant for the chosen profile alone.
    Raises SettingsError where there is none, or where profiles would mint through each other.
    """
    names, current, first = [profile.name], known, None
    while current.can_mint:
        name = current[THROUGH]
        if name in names:
            raise errors.SettingsError(
                f"The profiles {' → '.join([*names, name])} would mint through each other.",
                "through has to lead to a profile that a user signs in to.",
            )
        through = _beside(profile, name)
        environ = profiles.environment_of(through, os.environ, chosen="")
        current = through.load_settings(environ).require()
        first = first or (through, current)
        names.append(name)
    if first is None:
        raise errors.SettingsError(
            f"The service app {profile.name} has no setting through: the profile whose token may"
            " mint for it.",
            "Set it; or import a refresh token, which is refreshed as any other.",
        )
    if not is_same_base_url(first[1].base_url, known.base_url):
        raise errors.SettingsError(
            f"The profile {first[0].name} has another base URL than {profile.name}: its token is"
            " not sent there.",
            "Set baseUrl alike in both.",
        )
    return first


def explained(error: errors.WtrError, profile: Profile, through: Profile) -> errors.WtrError:
    """Why the profile ``through`` has no token to mint with, as a failure of ``profile``."""
    message = f"The profile {through.name}, which mints for {profile.name}: {error.message}"
    if isinstance(error, (errors.SignInNeeded, errors.NoRefreshToken)):
        hint = f"Sign in to it: wtr retrieve --profile {through.name}"
        return errors.SignInNeeded(message, hint, details=error.details)
    if isinstance(error, errors.TemporaryError):
        return errors.TemporaryError(
            message, error.hint, retry_after=error.retry_after, details=error.details
        )
    if isinstance(error, errors.SettingsError):
        return errors.SettingsError(message, error.hint, details=error.details)
    return errors.RequestRefused(message, error.hint, details=error.details)


def minted(known: Settings, through: Profile, held: Token, client: WebexClient) -> Token:
    """A new token of the service app, by the access token ``held`` of the profile ``through``.

    Raises SettingsError where a setting is missing, and otherwise an error with the cure for what
    Webex answered; TemporaryError where it may work later.
    """
    for setting in (APPLICATION_ID, TARGET_ORG_ID):
        if not known[setting]:
            raise errors.SettingsError(
                f"The setting {setting.name} of the service app is missing: {setting.help}."
            )
    try:
        return client.mint(known[APPLICATION_ID], known[TARGET_ORG_ID], held.access_token)
    except (errors.UntrustedServer, errors.UnusableResponse) as error:
        raise errors.TemporaryError(error.message, error.hint, details=error.details) from error
    except (errors.AccessTokenRejected, errors.RequestRefused) as error:
        cure = _cure(error, through, held)
        raise errors.RequestRefused(error.message, cure, details=error.details) from error


def _cure(error: errors.WtrError, through: Profile, held: Token) -> str:
    """What to do about a refusal, as far as the answer tells them apart."""
    scope = (
        f"The token of the profile {through.name} lacks the scope {SCOPE}: tick it on"
        f" its integration, add it to the scopes, and wtr retrieve --profile {through.name}"
    )
    control_hub = (
        "A full administrator of the target organisation has to authorise the service app in"
        " Control Hub > Apps > Service Apps."
    )
    said = error.details.server_text.lower() if error.details else ""
    if error.status == 400:
        return (
            "Check applicationId and targetOrgId, and that appid and secret are the service app's"
            " own."
        )
    if error.status == 401:
        return (
            f"It does not accept the token of the profile {through.name}: wtr refresh --profile"
            f" {through.name}, and if that is refused, wtr retrieve --profile {through.name}"
        )
    if error.status == 404:
        return "No service app has this applicationId: it is not the Client ID. Check baseUrl too."
    if error.status != 403:
        return error.hint
    if SCOPE in held.scopes:
        return control_hub
    if held.scopes or ("scope" in said and "role" not in said):
        return scope
    return f"{control_hub} Or: {scope}"


def _beside(profile: Profile, name: str) -> Profile:
    """Another profile of the same user, also where the settings of this one are elsewhere."""
    settings_path = profile.settings_path.with_name(f"{name}.yaml")
    if profile.settings_path.name != f"{profile.name}.yaml":
        settings_path = Path(paths.settings_path(name, os.environ))
    return Profile(name, settings_path, profile.token_path.with_name(f"{name}.json"))
