"""The demo: a running sandbox, two profiles set up for it, and a simulated user who approves."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from wtr_tui.model import Secret
from wtr_tui.oauth.listener import CannotListen, listening_sockets
from wtr_tui.oauth.responses import HELPER_REDIRECT_URIS
from wtr_tui.sandbox.sandbox import ORGANIZATION, Integration, Sandbox, ServiceApp
from wtr_tui.storage.private_file import make_private_folder, write_private
from wtr_tui.storage.settings_table import DEFAULT_SCOPES

REDIRECT_PORT = 6855

_OWN_VARIABLES = ("WEBEX_", "WTR_")
# The listener answers the redirect after exchanging the code, within 20 seconds.
_TIMEOUT_SECONDS = 30.0

# people_read for the owner in the token view, applications_token to mint for the service app.
_SCOPES = (*DEFAULT_SCOPES, "spark:people_read", "spark:applications_token")


def demo_integration(redirect_port: int) -> Integration:
    """Return the demo's integration. Its credentials are valid in a sandbox only."""
    return Integration(
        client_id=f"C{'5a4db0c5' * 8}",
        secret=Secret("5a4db0c5ec7e7000" * 4),
        redirect_uris=(f"http://localhost:{redirect_port}", *HELPER_REDIRECT_URIS),
        scopes=_SCOPES,
        name="WTR² demo",
    )


_SERVICE_APP = ServiceApp(
    client_id=f"C{'5e4b1ce0' * 8}",
    secret=Secret("5e4b1ce05ec7e700" * 4),
    redirect_uris=(),
    scopes=("spark:kms", "spark:rooms_read"),
    name="WTR² demo, unattended",
    application_id="Y2lzY29zcGFyazovL3VzL0FQUExJQ0FUSU9OL3dyLXR1aQ",
    authorized_by=(ORGANIZATION,),
)


@dataclass(frozen=True)
class Demo:
    """A running demo with the profile ``default``, and the service app ``unattended``."""

    sandbox: Sandbox
    directory: Path

    @property
    def settings_path(self) -> Path:
        return self.directory / "config" / "wtr-tui" / "default.yaml"

    @property
    def token_path(self) -> Path:
        return self.directory / "state" / "wtr-tui" / "default.json"

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment in which the program finds the demo's profiles only."""
        kept = {name: text for name, text in environ.items() if not name.startswith(_OWN_VARIABLES)}
        for home in ("config", "state"):
            kept[f"XDG_{home.upper()}_HOME"] = str(self.directory / home)
        return kept

    def approve(self, start_url: str) -> None:
        """Sign in as a user with a browser would; does nothing once the listener has stopped."""
        # Without a proxy: all is on this machine.
        browser = build_opener(ProxyHandler({}))
        with contextlib.suppress(OSError, HTTPException, ValueError):
            with browser.open(start_url, timeout=_TIMEOUT_SECONDS) as page:
                redirect = self.approved_address(page.url)
            browser.open(redirect, timeout=_TIMEOUT_SECONDS).close()

    def approved_address(self, authorize_url: str) -> str:
        """Return the redirect URL with the code, which the user's browser would end at."""
        return self.sandbox.approved_address(authorize_url)


@contextmanager
def demo() -> Iterator[Demo]:
    """Run a sandbox with temporary profiles, which are deleted afterwards.

    The redirect port is the default one, or a free one where that is taken.
    """
    integration = demo_integration(_free_port(REDIRECT_PORT))
    temporary = tempfile.TemporaryDirectory(prefix="wtr-tui-sandbox-")
    with Sandbox([integration, _SERVICE_APP]) as sandbox, temporary as directory:
        running = Demo(sandbox, Path(directory))
        make_private_folder(str(running.token_path.parent))
        # The refresh token lives for 15 minutes, shorter than the default warnings.
        settings = settings_text(sandbox, _SCOPES) + "warnBefore: 5m\n"
        write_private(str(running.settings_path), settings.encode())
        unattended = running.settings_path.with_name("unattended.yaml")
        write_private(str(unattended), _service_app_text(sandbox, _SERVICE_APP).encode())
        yield running


def settings_text(sandbox: Sandbox, scopes: Iterable[str] = DEFAULT_SCOPES) -> str:
    """Return a settings file for the sandbox's first integration."""
    integration = sandbox.integration
    return (
        "# Settings for the sandbox: a stand-in on this machine, not the real Webex.\n"
        f"appid: {integration.client_id}\n"
        f"secret: {integration.secret.reveal()}\n"
        f"scopes: {' '.join(scopes)}\n"
        f"redirectPort: {urlsplit(integration.redirect_uri).port}\n"
        f"baseUrl: {sandbox.base_url}\n"
    )


def _service_app_text(sandbox: Sandbox, app: ServiceApp) -> str:
    return (
        "# A service app: its token is minted through the profile default, without a sign-in.\n"
        "kind: serviceApp\n"
        f"appid: {app.client_id}\n"
        f"secret: {app.secret.reveal()}\n"
        f"applicationId: {app.application_id}\n"
        f"targetOrgId: {app.authorized_by[0]}\n"
        "through: default\n"
        f"baseUrl: {sandbox.base_url}\n"
    )


def _free_port(preferred: int) -> int:
    """Return the preferred port, or another one, that is free on 127.0.0.1 and ::1."""
    port = preferred
    while True:
        try:
            for opened in listening_sockets(port):
                opened.close()
        except CannotListen:
            with socket.create_server(("127.0.0.1", 0)) as trial:
                port = trial.getsockname()[1]
        else:
            return port
