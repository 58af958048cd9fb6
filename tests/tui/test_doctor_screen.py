"""The screen that says what would go wrong."""

from tests.support.stage import Stage, shows, until
from tests.support.webex import Sandbox
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.widgets.quiet import Quiet


async def test_every_finding_is_shown_and_looked_at_again_on_a_key(
    stage: Stage, sandbox: Sandbox
) -> None:
    stage.environ["HOME"] = str(stage.home)
    stage.configure_for(sandbox)
    app: WtrApp = stage.app()
    async with app.run_test(size=(100, 50)) as pilot:
        await shows(pilot, "Listening on port")
        await pilot.press("x")
        await shows(pilot, "The sign-in was cancelled")
        await pilot.press("f6")
        words = app.screen.query_one("#findings", Quiet)
        await until(pilot, lambda: "clock " in words.shown and "Looking" not in words.shown)
        assert "webex        it answers." in words.shown
        assert sandbox.requests
        stage.write("appid: [\n")
        await pilot.press("r")
        await shows(pilot, "✗ settings")
        await pilot.press("escape")
        assert app.shown is app.screen
