"""The integrations that the sandbox knows, as developer.webex.com keeps them."""

from __future__ import annotations

from dataclasses import dataclass

from wtr_tui.model import Secret
from wtr_tui.sandbox.grants import ORGANIZATION

# Written down here again, not imported from the client that is tested against them:
# a sandbox that agrees with the client's mistakes would be of no use.
DEVICE_REDIRECT_URIS = tuple(
    f"https://oauth-helper-{cluster}.wbx2.com/helperservice/v1/actions/device/callback"
    for cluster in "arkd"
)
DEFAULT_SCOPES = (
    "meeting:recordings_read",
    "spark:kms",
    "meeting:schedules_read",
    "meeting:preferences_write",
    "meeting:recordings_write",
    "meeting:preferences_read",
    "meeting:schedules_write",
)


@dataclass(frozen=True)
class Integration:
    """One integration: its credentials, and the redirect URIs and scopes ticked in the portal."""

    client_id: str
    secret: Secret
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    name: str = "WTR² sandbox integration"

    @property
    def redirect_uri(self) -> str:
        """The first of the redirect URIs: the one a sign-in comes back to."""
        return self.redirect_uris[0]

    @property
    def device_uris_missing(self) -> tuple[str, ...]:
        """The redirect URIs without which Webex refuses the device grant to the integration."""
        return tuple(uri for uri in DEVICE_REDIRECT_URIS if uri not in self.redirect_uris)


@dataclass(frozen=True)
class ServiceApp(Integration):
    """A service app: no user signs in to it, an administrator authorises it in Control Hub."""

    application_id: str = ""
    authorized_by: tuple[str, ...] = ()
    """The organisations whose administrator has."""


def demo_integration(redirect_port: int) -> Integration:
    """The demo's integration. Its credentials are no secret: they open nothing but a sandbox."""
    return Integration(
        client_id=f"C{'5a4db0c5' * 8}",
        secret=Secret("5a4db0c5ec7e7000" * 4),
        redirect_uris=(f"http://localhost:{redirect_port}", *DEVICE_REDIRECT_URIS),
        scopes=(*DEFAULT_SCOPES, "spark:people_read", "spark:applications_token"),
        name="WTR² demo",
    )


def demo_service_app() -> ServiceApp:
    """The demo's service app, which the only organisation there is has authorised."""
    return ServiceApp(
        client_id=f"C{'5e4b1ce0' * 8}",
        secret=Secret("5e4b1ce05ec7e700" * 4),
        redirect_uris=(),
        scopes=("spark:kms", "spark:rooms_read"),
        name="WTR² demo, unattended",
        application_id="Y2lzY29zcGFyazovL3VzL0FQUExJQ0FUSU9OL3dyLXR1aQ",
        authorized_by=(ORGANIZATION,),
    )
