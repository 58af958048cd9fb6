"""The token that ``$WTR_SOCKET`` gives, to look at and to hand on: nothing of it is kept here.

It is refreshed where ``wtr serve`` runs. Here it is asked for once a minute at most.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.environment import token_socket
from wtr_tui.errors import WtrError
from wtr_tui.model import Secret, StoredToken, Token
from wtr_tui.storage import paths, profiles, settings
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.session import Followed

_ASK_AGAIN = timedelta(minutes=1)

HELP_TEXT = (
    "The access token comes from wtr serve at the other end of the socket that $WTR_SOCKET names,"
    " which refreshes it in time; it is asked for again every minute. Nothing is kept here: there"
    " is nothing to refresh, to sign in to or to set.\n\n"
    "How long it lives is not said by the socket. A token that is a JWT says it itself.\n\n"
    "{copy:c} copies the token to the clipboard of the terminal you sit at, also over SSH. If"
    " nothing"
    " arrives there, {reveal:v} shows it here and {print:V} prints it in one piece to be selected."
)


def profile(environ: Mapping[str, str]) -> Profile:
    """Stands for the socket. Its files do not exist: no profile can have its name."""
    name = f"${token_socket.VARIABLE}"
    return Profile(
        name,
        Path(paths.config_dir(environ)) / f"{name}.yaml",
        Path(paths.state_dir(environ)) / f"{name}.json",
    )


class SocketToken(AutoRefresh):
    """Asks the socket on a thread, and takes in what it gave with the next look."""

    problem_word = "no token given"
    is_refreshed_elsewhere = True

    def __init__(self, profile: Profile, path: str) -> None:
        super().__init__(profile, settings.Settings(), auto=False)
        self._path = path
        self._asked_at: datetime | None = None
        self._is_asking = False
        self._answers: queue.SimpleQueue[Secret | WtrError] = queue.SimpleQueue()

    def look(self, now: datetime) -> bool:
        changed = False
        while not self._answers.empty():
            self._is_asking = False
            changed = self._take(self._answers.get(), now) or changed
        asked = self._asked_at
        recent = asked is not None and timedelta(0) <= now - asked < _ASK_AGAIN
        if not self._is_asking and not recent:
            self._asked_at, self._is_asking = now, True
            # A daemon: a server that never answers does not keep the program from ending.
            threading.Thread(target=self._ask, daemon=True).start()
        return changed

    def _ask(self) -> None:
        try:
            self._answers.put(Secret(token_socket.receive(self._path)))
        except WtrError as error:
            self._answers.put(error)

    def _take(self, answer: Secret | WtrError, now: datetime) -> bool:
        before, failed_before = self.stored, self.problem
        if isinstance(answer, WtrError):
            self.problem = answer
            if before is not None and not before.token.is_valid(now):
                self.stored = None
            return failed_before is None or str(failed_before) != str(answer)
        self.problem = None
        if before is None or before.token.access_token != answer:
            from wtr_tui.oauth.responses import claims_of

            end = claims_of(answer).expires_at
            token = Token(access_token=answer, obtained_at=now, expires_at=end)
            self.stored = StoredToken("", token)
        return self.stored is not before or failed_before is not None


class FollowedSocket(Followed):
    """Takes a profile's place. The defaults count: any settings here are another token's."""

    def __init__(self, environ: Mapping[str, str], path: str) -> None:
        found = profile(environ)
        self._path = path
        # Without the variables that stand for settings of a profile.
        super().__init__(found, profiles.environment_of(found, environ, chosen=""))
        self.auto_refresh.auto = False

    def new_auto_refresh(self) -> AutoRefresh:
        return SocketToken(self.profile, os.path.abspath(self._path))  # noqa: PTH100

    def load_settings(self) -> None:
        self.settings = settings.without_file(self.environ)
        self.auto_refresh.follow(self.settings)

    def look(self, now: datetime) -> bool:
        return self.auto_refresh.look(now)
