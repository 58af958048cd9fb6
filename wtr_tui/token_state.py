"""The state of a token as shown to users, and the checks before it is used. No I/O.

``recorded`` is the state kept beside the token (:mod:`wtr_tui.outcomes`): whether Webex refuses
the access token or the refresh token, and whether refreshing extends the latter.
"""

from __future__ import annotations

from enum import Enum

from wtr_tui import clock, errors
from wtr_tui.storage import token_json
from wtr_tui.text import cleaned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from wtr_tui.model import StoredToken, Token
    from wtr_tui.storage.settings import Settings
    from wtr_tui.storage.state import State

SIGN_IN = "Sign in with wtr retrieve, or in wtr-tui."

REVOKED_HERE = "It was revoked with wtr sign-out."

REFRESH = "wtr refresh gets another one."

LIKELY_CAUSES = (
    "The user's password may have changed, the user may have been deactivated or have lost an"
    " administrator's role, the integration may have been removed or have a new secret, or an"
    " administrator may have forbidden it."
)
"""The known reasons for which Webex stops accepting a refresh token."""

LOST_GRANT = f"{LIKELY_CAUSES} {SIGN_IN}"

GRANT_MORE = (
    "Tick what is missing on the integration (developer.webex.com/my-apps), then sign in again."
)


class TokenState(Enum):
    """The state of a profile's token. The value is the word shown beside its sign."""

    NONE = "no token"
    UNREADABLE = "settings unreadable"
    VALID = "valid"
    SOON = "expires soon"
    EXPIRED = "expired"
    REFUSED = "refused by Webex"
    SIGN_IN_NEEDED = "sign-in needed"
    FOREIGN = "another integration's"
    UNSAVED = "not saved"
    UNKNOWN_END = "end unknown"

    @property
    def sign(self) -> str:
        """``●`` for a usable token, ``▲`` for one soon unusable, ``✗`` for an unusable one."""
        signs = {"NONE": "○", "VALID": "●", "UNKNOWN_END": "●", "SOON": "▲", "UNSAVED": "▲"}
        return signs.get(self.name, "✗")


def state_of(
    stored: StoredToken | None,
    settings: Settings,
    recorded: State,
    now: datetime,
    *,
    unsaved: bool = False,
) -> TokenState:
    """Return the state of a profile's token.

    ``unsaved`` says that it exists in this process only. It expires soon in the last tenth of its
    lifetime, or, if that is unknown, in the last hour.
    """
    if stored is None:
        return TokenState.UNREADABLE if settings.unread else TokenState.NONE
    if unsaved:
        return TokenState.UNSAVED
    if is_foreign(stored, settings):
        return TokenState.FOREIGN
    token = stored.token
    if since_sign_in_needed(recorded, token) and not settings.can_mint:
        return TokenState.SIGN_IN_NEEDED
    if since_refused(recorded, token, now):
        return TokenState.REFUSED
    left = token.left(now)
    if left is None:
        return TokenState.UNKNOWN_END
    none_left = clock.seconds(0)
    if left <= none_left:
        refresh_left = token.refresh_left(now)
        over = token.refresh_token is None or (
            refresh_left is not None and refresh_left <= none_left
        )
        needed = over and not settings.can_mint
        return TokenState.SIGN_IN_NEEDED if needed else TokenState.EXPIRED
    life = token.expires_at - token.obtained_at if token.expires_at else none_left
    soon = life / 10 if life > none_left else clock.seconds(3_600)
    return TokenState.SOON if left <= soon else TokenState.VALID


# The recorded state.


def since_refused(recorded: State, token: Token, now: datetime) -> datetime | None:
    """Return since when Webex refuses this access token; None if it is not known to.

    Return None also for an expired token, whose refusal has no other reason.
    """
    return recorded.refused(token.access_token.reveal()) if token.is_valid(now) else None


def refusal(recorded: State, token: Token, now: datetime) -> str:
    """Return the sentence that Webex refuses this access token; "" if it is not known to."""
    since = since_refused(recorded, token, now)
    if since is None:
        return ""
    return f"Webex has refused the access token since {clock.local(since)}."


def likely_causes(recorded: State) -> str:
    """Return why Webex may refuse the refresh token; "" where it was revoked from here."""
    return "" if recorded.message == REVOKED_HERE else LIKELY_CAUSES


def lost_grant(recorded: State) -> errors.SignInNeeded:
    """Return the error for a refresh token that Webex no longer accepts."""
    return errors.SignInNeeded(recorded.message, f"{likely_causes(recorded)} {SIGN_IN}".lstrip())


def token_problems(token: Token, recorded: State, now: datetime) -> list[errors.WtrError]:
    """Return why the token can no longer be used, and why it can no longer be refreshed."""
    found: list[errors.WtrError] = []
    refused, left = refusal(recorded, token, now), token.refresh_left(now)
    try:
        require_refresh_token(token)
    except errors.NoRefreshToken as error:
        found.append(error)
    else:
        if since_sign_in_needed(recorded, token) is not None:
            lost = lost_grant(recorded)
            if token.expires_at is not None and token.is_valid(now) and not refused:
                lost.hint += f" The access token lasts {clock.until_phrase(token.expires_at)}."
            found.append(lost)
        elif left is not None and left <= clock.seconds(0):
            found.append(errors.SignInNeeded("The refresh token has expired.", SIGN_IN))
    if refused and (found or recorded.refused_again):
        found.insert(0, errors.AccessTokenRejected(refused, SIGN_IN))
    elif refused:
        found.insert(0, errors.WtrError(refused, REFRESH))
    return found


def since_sign_in_needed(recorded: State, token: Token) -> datetime | None:
    """Return since when Webex refuses this refresh token; None if it is not known to."""
    return recorded.sign_in_needed(token.refresh_token.reveal() if token.refresh_token else None)


def refresh_before_end(recorded: State, token: Token, within: timedelta) -> datetime | None:
    """Return ``within`` before the refresh token's end: the time for one more refresh.

    That may extend the refresh token, or else yields its last access token. Return None where this
    has been done, or the end is unknown.
    """
    end = token.refresh_expires_at
    if end is None or token.refresh_token is None:
        return None
    tried = (
        recorded.is_end_fixed(end) and (recorded.refreshed_at or token.obtained_at) >= end - within
    )
    return None if tried else end - within


def sign_in_by(
    recorded: State,
    token: Token,
    settings: Settings,
    now: datetime,
    *,
    within: timedelta | None = None,
) -> datetime | None:
    """Return by when a user has to sign in, if that is soon; else None.

    This is the refresh token's end; soon is the longest time of ``warnBefore``, or ``within`` if
    that is longer. For a refresh token that Webex refuses, it is the access token's end, unless
    that is refused, too.
    """
    if settings.can_mint or token.refresh_token is None:
        return None
    if since_sign_in_needed(recorded, token) is not None:
        is_usable = token.is_valid(now) and since_refused(recorded, token, now) is None
        return token.expires_at if is_usable else None
    end = token.refresh_expires_at
    if end is None or end <= now or recorded.is_end_extended(end):
        return None
    from wtr_tui.storage.settings_table import WARN_BEFORE

    limits = settings[WARN_BEFORE]
    soon = clock.seconds(max(limits, default=0))
    return end if end - now <= max(soon, within or soon) else None


def sign_in_soon(
    recorded: State,
    token: Token,
    settings: Settings,
    now: datetime,
    *,
    within: timedelta | None = None,
) -> str:
    """Return the sentence that a user has to sign in soon; "" where :func:`sign_in_by` is None.

    Return "" also where Webex refuses the refresh token, which :func:`token_problems` reports.
    """
    end = sign_in_by(recorded, token, settings, now, within=within)
    if end is None or since_sign_in_needed(recorded, token) is not None:
        return ""
    stays = "refreshing does not extend it: " if recorded.is_end_fixed(end) else ""
    return (
        f"The refresh token ends in {clock.duration(end - now)}; {stays}somebody has to sign in by"
        f" {clock.local(end)}."
    )


# Checks.


def scopes_asked(token: Token, settings: Settings) -> tuple[str, ...]:
    """Return the scopes that the token's sign-in requested, by the settings.

    There are none without a sign-in (a token without refresh token, or a service app's), and where
    the settings are unreadable.
    """
    from wtr_tui.storage.settings_table import KIND, SERVICE_APP

    if token.refresh_token is None or settings.unread or settings[KIND] == SERVICE_APP:
        return ()
    return settings.scopes


def scopes_not_granted(token: Token, settings: Settings) -> tuple[str, ...]:
    """Return the requested scopes that the token lacks, in their order.

    There are none where the token's scopes are unknown, as of an imported access token.
    """
    if not token.scopes:
        return ()
    return tuple(scope for scope in scopes_asked(token, settings) if scope not in token.scopes)


def require_refresh_token(token: Token) -> None:
    """Raise NoRefreshToken where the token has none."""
    if token.refresh_token is None:
        raise errors.NoRefreshToken(
            "This token cannot be refreshed: it has no refresh token, as a personal access token"
            " or a bot's has none.",
            "Import a new one, or sign in with an integration.",
        )


def is_foreign(stored: StoredToken, settings: Settings) -> bool:
    """Return whether the settings name another App ID or base URL than the token's."""
    return settings.app_id not in ("", stored.app_id) or other_base_url(stored, settings) != ""


def require_own(stored: StoredToken, settings: Settings, *, strict: bool = False) -> None:
    """Raise ForeignToken where the settings name another App ID or base URL than the token's.

    Settings without App ID are rejected only if ``strict``: handing out a token needs none.
    """
    if stored.app_id != settings.app_id and (settings.app_id or strict):
        raise errors.ForeignToken(
            f"The token belongs to the App ID {_shortened(stored.app_id)}, the settings name"
            f" {_shortened(settings.app_id) or 'none'}.",
            f"Use another profile for another integration. {SIGN_IN}",
        )
    require_base_url(stored, settings)


def require_base_url(stored: StoredToken, settings: Settings) -> None:
    """Raise ForeignToken where the settings name another base URL than the token's.

    Raise SettingsError where the settings' base URL is unreadable.
    """
    if not settings.is_base_url_known:
        settings.require()
        raise errors.SettingsError("The settings cannot be read, so nothing of the token is sent.")
    other = other_base_url(stored, settings)
    if not other:
        return
    came_from, named = cleaned(other, 100), cleaned(settings.base_url, 100)
    if stored.base_url:
        raise errors.ForeignToken(
            f"The token came from {came_from}, and {settings.base_url_place} {named}: nothing of"
            " it is sent there.",
            "Use another profile for another base URL.",
        )
    raise errors.ForeignToken(
        "The token file does not say which base URL its token came from: version 0.1.0 wrote none."
        f" The settings file makes it {came_from}, and {settings.base_url_place} {named}: nothing"
        " of it is sent there.",
        f"If it did come from there, write baseUrl: {named} into the settings file; else use"
        " another profile.",
    )


def base_url_of(stored: StoredToken, settings: Settings) -> str:
    """Return the base URL the token came from.

    Files of version 0.1.0 do not hold it: there it is the settings file's, or the default. The
    environment may only choose among Webex's own: otherwise a variable could have the refresh
    token sent to any server.
    """
    if stored.base_url:
        return stored.base_url
    own = settings.file_base_url or settings.base_url
    from wtr_tui.storage.settings_table import WEBEX_BASE_URLS

    return settings.base_url if {own, settings.base_url} <= set(WEBEX_BASE_URLS) else own


def other_base_url(stored: StoredToken, settings: Settings) -> str:
    """Return the base URL the token came from, if the settings name another one; else "".

    Return "" also for unreadable settings, which :func:`require_base_url` reports.
    """
    own = base_url_of(stored, settings)
    same = token_json.is_same_base_url(own, settings.base_url)
    return "" if same or not settings.is_base_url_known else own


def _shortened(app_id: str) -> str:
    return app_id if len(app_id) <= 12 else f"{app_id[:10]}…"
