"""The screens where ``$WTR_SOCKET`` is set: the token to look at and to hand on, nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.stage import OVER_SSH, Stage, seen, shows, tells, until
from tests.support.tokens import a_jwt
from tests.support.waiting import PATIENCE
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.session import Session, WatchedSocket

MINUTE = timedelta(minutes=1)


class Server:
    """Gives ``token`` to whoever connects, and counts them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token = "opaque-token-of-the-other-end"
        self.asked = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._give, daemon=True)
        self._thread.start()

    def _give(self) -> None:
        with suppress(OSError):
            while True:
                with self._socket.accept()[0] as connection:
                    self.asked += 1
                    connection.sendall(f"{self.token}\n".encode() if self.token else b"")

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "s")
    yield running
    running.close()


def app(stage: Stage, server: Server) -> WtrApp:
    watched = WatchedSocket(stage.environ, str(server.path))
    found, environ = watched.profile, stage.environ
    return WtrApp(Session(found, environ, OVER_SSH, stage.clock, socket=watched))


async def test_the_token_is_shown_and_handed_on(
    stage: Stage, server: Server, copied: list[str]
) -> None:
    async with app(stage, server).run_test(size=(100, 30)) as pilot:
        await shows(pilot, "From $WTR_SOCKET")
        await shows(pilot, "end unknown")

        async def copies(key: str, text: str) -> None:
            await pilot.press(key)
            await until(pilot, lambda: copied[-1:] == [text], text)

        await copies("c", server.token)
        await copies("C", f"Authorization: Bearer {server.token}")
        await copies("e", f"export WEBEX_ACCESS_TOKEN={server.token}")
        assert server.token not in seen(pilot)
        await pilot.press("v")
        await shows(pilot, server.token)
    assert not list(stage.home.rglob("*.json"))


async def test_nothing_that_needs_files_of_its_own_is_offered(stage: Stage, server: Server) -> None:
    async with app(stage, server).run_test(size=(140, 40)) as pilot:
        await shows(pilot, "end unknown")
        first = pilot.app.screen
        for words in ("Refresh ", "Auto ", "History", "Sign in ", "Settings", "Profiles ", "Check"):
            assert words not in seen(pilot).splitlines()[0] + seen(pilot).splitlines()[-1]
        await pilot.press("f3", "f4", "f5", "f6", "r", "a", "H", "s")
        assert pilot.app.screen is first
        await pilot.press("f1")
        await shows(pilot, "Keys on this screen")
        help_lines = seen(pilot)
        assert "Refresh the token now" not in help_lines
        assert "Switch auto-refresh" not in help_lines
        assert "Sign in, Settings" not in help_lines
        await pilot.press("escape", "ctrl+p")
        await shows(pilot, "Copy the access token")
        assert "Refresh the token now" not in seen(pilot)


async def test_a_jwt_says_itself_until_when_and_whose_it_is(stage: Stage, server: Server) -> None:
    server.token = a_jwt(stage.clock() + timedelta(hours=2))
    async with app(stage, server).run_test(size=(120, 30)) as pilot:
        await shows(pilot, "2:00:00")
        await shows(pilot, "as the token says")
        await shows(pilot, "the token says: organisation 1eb65fdf…, user")
        await shows(pilot, "77aa3d52…, App ID")


async def test_a_jwt_that_is_over_has_expired_and_asks_nobody_to_sign_in(
    stage: Stage, server: Server
) -> None:
    server.token = a_jwt(stage.clock() - timedelta(hours=2))
    async with app(stage, server).run_test(size=(100, 30)) as pilot:
        await shows(pilot, "2 h ago")
        await until(pilot, lambda: "✗ expired" in seen(pilot).splitlines()[0])
        assert "sign-in needed" not in seen(pilot)


async def test_it_is_asked_again_once_a_minute(stage: Stage, server: Server) -> None:
    async with app(stage, server).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "end unknown")
        assert isinstance(pilot.app, WtrApp)
        auto_refresh = pilot.app.session.auto_refresh
        for _ in range(5):
            stage.clock.advance(MINUTE / 6)
            auto_refresh.look(stage.clock())
        assert server.asked == 1
        server.token = a_jwt(stage.clock() + timedelta(hours=3))
        stage.clock.advance(MINUTE / 6)
        await shows(pilot, "as the token says")
        assert server.asked == 2


async def test_a_socket_that_gives_nothing_is_told_and_asked_again(
    stage: Stage, server: Server
) -> None:
    server.token = ""
    async with app(stage, server).run_test(size=(100, 24)) as pilot:
        await shows(pilot, "No token from the socket")
        await tells(pilot, "gives no token")
        server.token = "there-again"
        stage.clock.advance(MINUTE)
        await shows(pilot, "end unknown")
        server.token = ""
        stage.clock.advance(MINUTE)
        await tells(pilot, "gives no token")
        await shows(pilot, "From $WTR_SOCKET")  # what was given stays to be used


async def test_the_settings_of_this_machine_do_not_count(stage: Stage, server: Server) -> None:
    stage.configure(appid="Cother")
    stage.environ["WEBEX_APPID"] = "Canother"
    async with app(stage, server).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "end unknown")
        assert "another" not in seen(pilot)


async def test_a_large_terminal_says_where_the_token_is_from_and_shows_no_empty_lists(
    stage: Stage, server: Server
) -> None:
    async with app(stage, server).run_test(size=(140, 40)) as pilot:
        await shows(pilot, "About this token")
        await shows(pilot, "The access token comes from wtr serve")
        assert not {"Profiles", "Activity", "Scopes"} & set(seen(pilot).split())
