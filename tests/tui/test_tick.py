"""The clock's tick may fall anywhere, also between showing a screen and having built it."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from tests.support.stage import Stage, shows
from tests.support.tokens import a_token
from wtr_tui.tui.app import WtrApp


async def test_a_tick_while_a_screen_is_being_built_waits_for_the_next(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, WtrApp)
        stage.save(a_token(obtained_at=stage.clock()))
        app.session.auto_refresh.look(stage.clock())
        app.go("token")
        app._tick()
        await shows(pilot, "ZDA4")


async def test_a_tick_while_the_screens_are_taken_away_does_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app()
    ticks = 0
    prune = app._prune

    def taken_away(*nodes: Widget, **options: object) -> object:
        async def and_then_a_tick() -> None:
            nonlocal ticks
            for node in nodes:
                await node.remove_children()
            app._tick()
            ticks += 1
            await prune(*nodes)

        return and_then_a_tick()

    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "ZDA4")
        monkeypatch.setattr(app, "_prune", taken_away)
    assert ticks
    assert app._exception is None
