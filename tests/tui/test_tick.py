"""The clock's tick may fall anywhere, also between showing a screen and having built it."""

from __future__ import annotations

from tests.tokens import a_token
from tests.tui.stage import Stage, shows
from wtr_tui.tui.app import WtrApp


async def test_a_tick_while_a_screen_is_being_built_waits_for_the_next(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, WtrApp)
        stage.save(a_token())
        app.session.keeper.look(stage.clock())
        app.go("token")
        app._tick()
        await shows(pilot, "Access token")
