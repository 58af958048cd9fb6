"""Textual still has the private names that ``wtr_tui.tui.textual_private`` builds on."""

from __future__ import annotations

import inspect

from textual.app import App
from textual.screen import Screen


async def test_an_app_that_runs_has_what_is_used_of_it() -> None:
    app: App[int] = App()
    async with app.run_test(size=(20, 5)):
        assert callable(app._driver.write)  # type: ignore[union-attr]
        assert app._exception is None
        assert isinstance(app._exit_renderables, list)
        assert callable(app._close_messages_no_wait)
        assert callable(app._fatal_error)


def test_a_screen_takes_a_callback_of_whoever_waits_for_it() -> None:
    parameters = list(inspect.signature(Screen._push_result_callback).parameters)
    assert parameters[1:3] == ["requester", "callback"]
