"""The screen that says what would go wrong."""

from tests.tui.stage import Stage, shows
from wtr_tui.sandbox import Sandbox
from wtr_tui.tui.app import WtrApp


async def test_every_finding_is_shown_and_looked_at_again_on_a_key(
    stage: Stage, sandbox: Sandbox
) -> None:
    stage.environ["HOME"] = str(stage.home)
    stage.configure_for(sandbox)
    app: WtrApp = stage.app()
    async with app.run_test(size=(100, 50)) as pilot:
        await shows(pilot, "Listening on port")
        await pilot.press("x", "f6")
        await shows(pilot, "webex: it answers.")
        await shows(pilot, "clock:")
        assert len(sandbox.requests) > 0
        stage.write("appid: [\n")
        await pilot.press("r")
        await shows(pilot, "✗ settings")
        await pilot.press("escape")
        assert app.shown is app.screen
