"""Textual still has the private names that ``wtr_tui.tui.textual_private`` builds on."""

from __future__ import annotations

import inspect

import pytest
from textual.app import App
from textual.filter import ANSIToTruecolor
from textual.screen import Screen

from wtr_tui.tui import textual_private


async def test_an_app_that_runs_has_what_is_used_of_it() -> None:
    app: App[int] = App()
    async with app.run_test(size=(20, 5)):
        assert callable(app._driver.write)  # type: ignore[union-attr]
        assert app._exception is None
        assert isinstance(app._exit_renderables, list)
        assert callable(app._close_messages_no_wait)
        assert callable(app._fatal_error)


@pytest.mark.parametrize("name", ["ansi-dark", "textual-dark"])
def test_an_app_may_begin_with_a_theme_of_the_terminals_own_colours(name: str) -> None:
    app: App[int] = App()
    textual_private.start_with_theme(app, name)
    (converts,) = [each for each in app._filters if isinstance(each, ANSIToTruecolor)]
    assert converts.enabled is (name == "textual-dark")


def test_a_screen_takes_a_callback_of_whoever_waits_for_it() -> None:
    parameters = list(inspect.signature(Screen._push_result_callback).parameters)
    assert parameters[1:3] == ["requester", "callback"]
