"""What stands where chance, the machine and Webex would change a picture."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

from tests.support.clock import Clock
from tests.support.stage import ANN, NoWebex
from tests.support.tokens import a_token
from wtr_tui import retrieval
from wtr_tui.addresses import RedirectUri
from wtr_tui.environment import browser
from wtr_tui.model import Secret, Token
from wtr_tui.oauth.authorization import AuthorizationRequest
from wtr_tui.oauth.listener import OnAnswer, OnStep
from wtr_tui.oauth.responses import DeviceAuthorization

_OF_THE_PERSON = ("WEBEX_", "WTR_", "SSH_", "XDG_", "TEXTUAL_", "NO_COLOR", "COLORTERM", "BROWSER")

START_PATH = "/s/k7q2mx9d"
USER_CODE = "729703"
OPENED = "Asked firefox to open the page."
REFRESHED = "NGU1"
"""How a refreshed token begins."""


class PicturedListener:
    """Takes no port, so that one that is taken here, or a machine without IPv6, changes nothing."""

    started: list[PicturedListener] = []  # noqa: RUF012 - the last one is the picture's

    def __init__(
        self,
        request: AuthorizationRequest,
        redirect_uri: RedirectUri,
        *,
        on_answer: OnAnswer,
        on_step: OnStep,
    ) -> None:
        self.on_answer = on_answer
        self.on_step = on_step
        self.families = ("127.0.0.1", "::1")
        self.start_url = f"{redirect_uri.origin}{START_PATH}"

    async def start(self) -> None:
        self.started.append(self)

    def launch_url(self) -> str:
        return self.start_url

    async def stop(self) -> None:
        """Nothing was opened."""


class PicturedWebex(NoWebex):
    """Gives one device code and tokens of the clock's instant, always the same.

    An exchange is answered as soon as ``answering`` is set.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(ANN)
        self._clock = clock
        self.answering = threading.Event()

    def exchange(self, code: Secret, request: AuthorizationRequest) -> Token:
        self.answering.wait()
        return a_token(obtained_at=self._clock(), scopes=())

    def refresh(self, token: Token) -> Token:
        return a_token(REFRESHED, obtained_at=self._clock(), scopes=token.scopes)

    def device_authorize(self, scopes: object) -> DeviceAuthorization:
        page = "https://oauth-helper-r.wbx2.com/verify"
        return DeviceAuthorization(
            device_code=Secret("none"),
            user_code=USER_CODE,
            verification_uri=page,
            verification_uri_complete=f"{page}?userCode=5c5eb1e0",
            expires_at=self._clock() + timedelta(minutes=5),
            interval=timedelta(minutes=1),
        )


def _open_nothing(*_: object, **__: object) -> str:
    return OPENED


@contextmanager
def the_same_everywhere() -> Iterator[None]:
    """A fixed time zone, start address and browser, and nothing of the person's environment."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_PERSON)
    }
    fixed = {"TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    with (
        mock.patch.dict(os.environ, {**kept, **fixed}, clear=True),
        mock.patch.object(retrieval, "Listener", PicturedListener),
        mock.patch.object(browser, "open_browser", _open_nothing),
    ):
        time.tzset()
        yield
    time.tzset()
