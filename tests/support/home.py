"""A user's home on a server, and the real program run in it as a process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from tests.support import warm
from tests.support.environment import program_environ
from tests.support.waiting import PATIENCE
from tests.support.webex import Integration, Sandbox
from wtr_tui import clock
from wtr_tui.clock import iso
from wtr_tui.model import StoredToken
from wtr_tui.storage.token_file import TokenFile

PROGRAM = (sys.executable, "-m", "wtr_tui")

Started: TypeAlias = subprocess.Popen[str] | warm.Process

START_URL = re.compile(r"http://localhost:\d+/s/\S+")


@dataclass(frozen=True)
class Ran:
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        members = json.loads(self.out)
        assert isinstance(members, dict)
        return members

    @property
    def rows(self) -> list[dict[str, object]]:
        rows = json.loads(self.out)
        assert isinstance(rows, list)
        return rows


@dataclass(frozen=True)
class Home:
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    """What else is in the environment."""

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment: see :func:`program_environ`."""
        return program_environ(**{"HOME": str(self.folder), "TZ": "UTC", **self.extra})

    def settings_path(self, profile: str = "default") -> Path:
        return self.folder / ".config" / "wtr-tui" / f"{profile}.yaml"

    def token_path(self, profile: str = "default") -> Path:
        return self.folder / ".local" / "state" / "wtr-tui" / f"{profile}.json"

    def token_file(self, profile: str = "default") -> TokenFile:
        return TokenFile(self.token_path(profile))

    def stored(self, profile: str = "default") -> StoredToken:
        stored = self.token_file(profile).read()
        assert stored is not None
        return stored

    def configure(
        self, sandbox: Sandbox, profile: str = "default", *more: str, of: Integration | None = None
    ) -> None:
        """Writes settings for the sandbox, with further lines of YAML."""
        integration = of or sandbox.integration
        path = self.settings_path(profile)
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        lines = [
            f"appid: {integration.client_id}",
            f"secret: {integration.secret.reveal()}",
            f"redirectPort: {integration.redirect_uri.rpartition(':')[2]}",
            f"baseUrl: {sandbox.base_url}",
            *more,
        ]
        path.write_text("\n".join(lines) + "\n")

    def sign_in(
        self,
        sandbox: Sandbox,
        profile: str = "default",
        *,
        left: timedelta = timedelta(hours=1),
        refresh_left: timedelta = timedelta(days=90),
    ) -> str:
        """Puts a token of the sandbox there, with so much left; gives its text."""
        answer = sandbox.issue()
        now = clock.now()
        access_token = str(answer["access_token"])
        fields = {
            "version": 1,
            "appid": sandbox.integration.client_id,
            "access_token": access_token,
            "expires_at": iso(now + left),
            "refresh_token": answer["refresh_token"],
            "refresh_expires_at": iso(now + refresh_left),
            "token_type": "Bearer",
            "scope": answer.get("scope", ""),
            "obtained_at": iso(now - timedelta(days=1)),
        }
        self.write_token(fields, profile)
        return access_token

    def stored_fields(self, profile: str = "default") -> dict[str, object]:
        """The members of the token file, as they lie there."""
        fields = json.loads(self.token_path(profile).read_text())
        assert isinstance(fields, dict)
        return fields

    def stored_text(self, member: str, profile: str = "default") -> str:
        """A member of the token file that is a text: ``access_token`` …"""
        text = self.stored_fields(profile)[member]
        assert isinstance(text, str)
        return text

    def write_token(self, fields: object, profile: str = "default") -> None:
        path = self.token_path(profile)
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(fields))

    def start(self, *words: str, cold: bool = False, **variables: str) -> Started:
        """The program, begun and not waited for; ``cold`` in a Python of its own."""
        environ = {**self.environ, **variables}
        if not cold and warm.fits(environ, ""):
            return warm.Process(words, environ=environ, cwd=self.folder)
        return subprocess.Popen(
            [*PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
            cwd=self.folder,
        )

    def run(
        self,
        *words: str,
        stdin: str | None = None,
        under: Sequence[str] = (),
        **variables: str,
    ) -> Ran:
        """The program, waited for; ``under`` is a command that runs it."""
        environ = {**self.environ, **variables}
        if not under and warm.fits(environ, stdin or ""):
            return Ran(
                *warm.run(
                    words, environ=environ, cwd=self.folder, stdin=stdin or "", timeout=PATIENCE
                )
            )
        done = subprocess.run(
            [*under, *PROGRAM, *words],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=environ,
            cwd=self.folder,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def ended(process: Started) -> Ran:
    """Waits for a program that was started."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.wait(PATIENCE), out, err)


def start_url(process: Started) -> str:
    """Waits until ``wtr retrieve`` has printed its start address."""
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if found := START_URL.search(line):
            return found[0]
    raise AssertionError(seen)
