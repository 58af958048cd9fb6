"""The demo: a running sandbox, and a profile of its own that is set up for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wtr_tui.sandbox.demo_integration import REDIRECT_PORT, demo_integration
from wtr_tui.sandbox.integrations import DEFAULT_SCOPES
from wtr_tui.sandbox.ports import free_port
from wtr_tui.sandbox.sandbox import Sandbox

_OWN_VARIABLES = ("WEBEX_", "WTR_")


@dataclass(frozen=True)
class DemoProfile:
    """A settings file for the sandbox, and the place where the token is to be kept.

    Both lie where the program looks for its ``default`` profile below :attr:`config_home` and
    :attr:`state_home`.
    """

    directory: Path

    @property
    def config_home(self) -> Path:
        return self.directory / "config"

    @property
    def state_home(self) -> Path:
        return self.directory / "state"

    @property
    def settings_path(self) -> Path:
        return self.config_home / "wtr-tui" / "default.yaml"

    @property
    def token_path(self) -> Path:
        return self.state_home / "wtr-tui" / "default.json"

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment in which the program finds this profile and no other settings."""
        kept = {
            name: value for name, value in environ.items() if not name.startswith(_OWN_VARIABLES)
        }
        return {
            **kept,
            "XDG_CONFIG_HOME": str(self.config_home),
            "XDG_STATE_HOME": str(self.state_home),
        }


@dataclass(frozen=True)
class Demo:
    sandbox: Sandbox
    profile: DemoProfile


@contextmanager
def demo(sandbox: Sandbox | None = None, *, port: int = 0) -> Iterator[Demo]:
    """A started sandbox with a temporary profile; both are gone afterwards.

    The redirect port is the program's usual one, or a free one where that is taken.
    """
    running = sandbox or Sandbox()
    running.register(demo_integration(free_port(REDIRECT_PORT)))
    running.start(port)
    try:
        with tempfile.TemporaryDirectory(prefix="wtr-tui-sandbox-") as directory:
            yield Demo(running, demo_profile(running, Path(directory)))
    finally:
        running.stop()


def demo_profile(sandbox: Sandbox, directory: Path) -> DemoProfile:
    """Writes the settings for the sandbox's first integration below ``directory``."""
    profile = DemoProfile(directory)
    for folder in (profile.settings_path.parent, profile.token_path.parent):
        folder.mkdir(parents=True, mode=0o700)
    descriptor = os.open(profile.settings_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(settings_text(sandbox))
    return profile


def settings_text(sandbox: Sandbox) -> str:
    """A settings file for the sandbox's first integration, which asks for the default scopes."""
    integration = sandbox.integration
    port = integration.redirect_uri.rpartition(":")[2].partition("/")[0]
    return (
        "# Settings for the sandbox: a stand-in on this machine, not the real Webex.\n"
        f"appid: {integration.client_id}\n"
        f"secret: {integration.secret.reveal()}\n"
        f"scopes: {' '.join(DEFAULT_SCOPES)}\n"
        f"redirectPort: {port}\n"
        f"baseUrl: {sandbox.base_url}\n"
    )
