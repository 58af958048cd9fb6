"""The integration of the demo. Its credentials are no secret: they open nothing but a sandbox."""

from __future__ import annotations

from wtr_tui.sandbox.integrations import DEFAULT_SCOPES, DEVICE_REDIRECT_URIS, Integration
from wtr_tui.secret import Secret

REDIRECT_PORT = 6855


def demo_integration(redirect_port: int) -> Integration:
    """The demo's integration, registered for ``http://localhost:PORT``."""
    return Integration(
        client_id=f"C{'5a4db0c5' * 8}",
        secret=Secret("5a4db0c5ec7e7000" * 4),
        redirect_uris=(f"http://localhost:{redirect_port}", *DEVICE_REDIRECT_URIS),
        scopes=(*DEFAULT_SCOPES, "spark:people_read"),
        name="WTR² demo",
    )


DEMO = demo_integration(REDIRECT_PORT)
