"""The clock's tick may fall anywhere, also between showing a screen and having built it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.screen import Screen
from textual.widget import Widget

from tests.support.stage import ANN, NoWebex, Stage, settled, shows
from tests.support.tokens import a_token
from tests.support.webex import Sandbox
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


_MOST_BYTES = 100


@pytest.fixture
def _unpainted() -> None:
    """Here every change is painted, as for a terminal."""


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["narrow", "wide"])
@pytest.mark.parametrize(
    ("keys", "most"),
    [
        ("f2", _MOST_BYTES),
        ("f3 enter", _MOST_BYTES),
        *((screen, 0) for screen in ("f3", "f4", "f5", "f6")),
        *((f"f2 {dialog}", 0) for dialog in ("question_mark", "ctrl+p", "ctrl+t", "H", "S")),
        *((f"f3 enter {dialog}", 0) for dialog in ("question_mark", "ctrl+p")),
        *((f"f5 {dialog}", 0) for dialog in ("n", "o")),
    ],
)
@pytest.mark.usefixtures("_unpainted")
async def test_a_second_sends_what_it_changes_and_nothing_below_a_dialog(
    stage: Stage,
    sandbox: Sandbox,
    keys: str,
    most: int,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wtr_tui.tui.app._TICK_SECONDS", 3_600)
    stage.configure_for(sandbox)
    token = a_token(obtained_at=stage.clock(), life=timedelta(minutes=59, seconds=30))
    stage.save(token, sandbox.integration.client_id)
    app, sent = stage.app(webex=NoWebex(ANN)), 0

    def display(_: Screen[object], update: ChopsUpdate | LayoutUpdate | None) -> None:
        nonlocal sent
        sent += len(update.render_segments(app.console)) if update is not None else 0

    async with app.run_test(size=size) as pilot:
        await shows(pilot, ANN.display_name)
        for key in keys.split():
            await pilot.press(key)
            if key == "enter":
                await shows(pilot, "left")
            else:
                await settled(pilot)
        monkeypatch.setattr(app, "_display", display)
        for second in range(5):
            sent = 0
            stage.clock.advance(timedelta(seconds=1))
            app._tick()
            await pilot.pause()
            # The first one changes the days that are left of the sign-in.
            assert sent <= most or not second
