"""Webex's stand-in as a process of its own, so that its work is not taken for the program's.

Each line it is sent is a JSON list, what to do and with what; each line it gives is the answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

from tests.benchmarks.installed import ROOT
from tests.support.ports import free_port, is_free
from tests.support.webex import Sandbox
from wtr_tui.sandbox.demo import demo_integration, settings_text

DAY = 86_400.0
_FIRST_REDIRECT_PORT = 46_855  # a person's own sign-in keeps the usual one


class StandIn:
    """Runs until it is closed. ``settings`` is a settings file for its integration."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.stand_in"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told = self._heard()
        assert isinstance(told, dict)
        self.base_url: str = told["base_url"]
        self.settings: str = told["settings"]
        self.app_id: str = told["app_id"]
        self.secret: str = told["secret"]

    def issue(self, life: float = 14 * DAY, refresh_life: float = 90 * DAY) -> dict[str, object]:
        """A token answer, the lives in seconds; later ones live as long."""
        answer = self._ask("issue", life, refresh_life)
        assert isinstance(answer, dict)
        return answer

    def token_requests(self) -> int:
        """How many requests for a token there were so far."""
        count = self._ask("token_requests")
        assert isinstance(count, int)
        return count

    def delay(self, seconds: float) -> None:
        """Every answer takes that long from now on."""
        self._ask("delay", seconds)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, *words: str | float) -> object:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> object:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    port = _FIRST_REDIRECT_PORT if is_free(_FIRST_REDIRECT_PORT) else free_port()
    integration = demo_integration(port)
    with Sandbox([integration], person_visible=True) as sandbox:
        first = {
            "base_url": sandbox.base_url,
            "settings": settings_text(sandbox),
            "app_id": integration.client_id,
            "secret": integration.secret.reveal(),
        }
        print(json.dumps(first), flush=True)
        for line in sys.stdin:
            print(json.dumps(_done(sandbox, *json.loads(line))), flush=True)


def _done(sandbox: Sandbox, what: str, *numbers: float) -> object:
    if what == "token_requests":
        return len(sandbox.requests_to("access_token"))
    lives = [timedelta(seconds=number) for number in numbers]
    if what == "delay":
        sandbox.rules = replace(sandbox.rules, delay=lives[0])
        return None
    sandbox.rules = replace(sandbox.rules, access_lifetime=lives[0], refresh_lifetime=lives[1])
    return sandbox.issue()


if __name__ == "__main__":
    _serve()
