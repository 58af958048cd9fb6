"""The integrations that the stand-in knows, as developer.webex.com keeps them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from wtr_tui.secret import Secret

# Written down here again, not imported from the client that is tested against them:
# a stand-in that agrees with the client's mistakes would be of no use.
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


def new_integration(
    redirect_uri: str,
    *,
    scopes: Iterable[str] = (*DEFAULT_SCOPES, "spark:people_read"),
    device: bool = True,
) -> Integration:
    """An integration with credentials of its own, shaped like Webex's."""
    return Integration(
        client_id=f"C{secrets.token_hex(32)}",
        secret=Secret(secrets.token_hex(32)),
        redirect_uris=(redirect_uri, *(DEVICE_REDIRECT_URIS if device else ())),
        scopes=tuple(scopes),
    )


class Registry:
    """The integrations by client id. Registering one again replaces it."""

    def __init__(self, integrations: Iterable[Integration] = ()) -> None:
        self._lock = threading.Lock()
        self._known = {integration.client_id: integration for integration in integrations}

    def register(self, integration: Integration) -> Integration:
        with self._lock:
            self._known[integration.client_id] = integration
        return integration

    def find(self, client_id: str) -> Integration | None:
        with self._lock:
            return self._known.get(client_id)

    def all(self) -> tuple[Integration, ...]:
        """All of them, in the order they were registered."""
        with self._lock:
            return tuple(self._known.values())
