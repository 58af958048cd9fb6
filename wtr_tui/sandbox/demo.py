"""The demo: a running sandbox, two profiles that are set up for it, and a user who approves."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from wtr_tui.sandbox.integrations import (
    DEFAULT_SCOPES,
    ServiceApp,
    demo_integration,
    demo_service_app,
)
from wtr_tui.sandbox.sandbox import Sandbox

REDIRECT_PORT = 6855

_OWN_VARIABLES = ("WEBEX_", "WTR_")
# The program exchanges the code before it answers its redirect, within 20 seconds.
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Demo:
    """Its files lie where the program looks for its ``default`` profile.

    The profile ``unattended`` beside it is a service app, minted through the first.
    """

    sandbox: Sandbox
    directory: Path

    @property
    def settings_path(self) -> Path:
        return self.directory / "config" / "wtr-tui" / "default.yaml"

    @property
    def token_path(self) -> Path:
        return self.directory / "state" / "wtr-tui" / "default.json"

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment in which the program finds this profile and no other settings."""
        kept = {
            name: value for name, value in environ.items() if not name.startswith(_OWN_VARIABLES)
        }
        homes = {
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "XDG_STATE_HOME": str(self.directory / "state"),
        }
        return {**kept, **homes}

    def approve(self, start_url: str) -> None:
        """Signs in as a user with a browser would; nothing where nobody listens any more."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            redirect = self.approved_address(_location(start_url))
            _location(redirect)

    def approved_address(self, authorize_url: str) -> str:
        """The address with the code, at which the user's browser ends."""
        return self.sandbox.approved_address(authorize_url)


@contextmanager
def demo() -> Iterator[Demo]:
    """A started sandbox with temporary profiles; all are gone afterwards.

    The redirect port is the program's usual one, or a free one where that is taken.
    """
    integration = demo_integration(_free_port(REDIRECT_PORT))
    temporary = tempfile.TemporaryDirectory(prefix="wtr-tui-sandbox-")
    app = demo_service_app()
    with Sandbox([integration, app]) as sandbox, temporary as directory:
        running = Demo(sandbox, Path(directory))
        for folder in (running.settings_path.parent, running.token_path.parent):
            folder.mkdir(parents=True, mode=0o700)
        # By the first of them the token view knows its owner; by the other the app is minted for.
        scopes = (*DEFAULT_SCOPES, "spark:people_read", "spark:applications_token")
        _write(running.settings_path, settings_text(sandbox, scopes))
        _write(running.settings_path.with_name("unattended.yaml"), _service_app_text(sandbox, app))
        yield running


def settings_text(sandbox: Sandbox, scopes: Iterable[str] = DEFAULT_SCOPES) -> str:
    """A settings file for the sandbox's first integration."""
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


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _location(url: str) -> str:
    """Where the page redirects to; empty where it is the last one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", urlunsplit(("", "", parts.path or "/", parts.query, "")))
        response = connection.getresponse()
        response.read()
        return response.getheader("Location", "")


def _free_port(preferred: int) -> int:
    """The preferred port, or any other one that is free on 127.0.0.1 and on ::1."""
    port = preferred
    while not _is_free(port):
        with socket.create_server(("127.0.0.1", 0)) as trial:
            port = trial.getsockname()[1]
    return port


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.bind((address, port))
        except OSError as error:
            # A machine without IPv6 does not stand in the way of the other family.
            if family is socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                continue
            return False
    return True
