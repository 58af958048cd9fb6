"""The fields: quiet, whole, and careful with what they hold."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult

from wtr_tui.tui.widgets.inputs import AddressInput, CompactInput, SecretInput, join_lines

HIDDEN = "hidden-5ec7e7"


class Fields(App[None]):
    def compose(self) -> ComposeResult:
        yield CompactInput(id="quiet")
        yield SecretInput(HIDDEN, id="secret")
        yield AddressInput("http://localhost:6855/?code=wrong", id="address")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("one line", "one line"),
        ("first\nsecond", "first second"),
        ("first  \r\n   second\n\n", "first second"),
        ("\n", ""),
    ],
)
def test_lines_are_joined(text: str, whole: str) -> None:
    assert join_lines(text) == whole


@pytest.mark.parametrize("key", ["ctrl+c", "super+c", "ctrl+x"])
async def test_a_masked_secret_is_neither_copied_nor_cut(key: str) -> None:
    app = Fields()
    async with app.run_test() as pilot:
        secret = app.query_one("#secret", SecretInput)
        secret.focus()
        secret.action_select_all()
        await pilot.press(key)
        secret.action_copy()
        secret.action_cut()
        assert app.clipboard == ""
        assert secret.value == HIDDEN


async def test_a_revealed_secret_is_copied() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        secret = app.query_one("#secret", SecretInput)
        secret.password = False
        secret.focus()
        secret.action_select_all()
        secret.action_copy()
        await pilot.pause()
        assert app.clipboard == HIDDEN


async def test_all_lines_of_a_paste_are_taken() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        quiet = app.query_one("#quiet", CompactInput)
        quiet.focus()
        await pilot.pause()
        app.post_message(events.Paste("spark:kms\n  spark:people_read\n"))
        await pilot.pause()
        assert quiet.value == "spark:kms spark:people_read"


async def test_a_pasted_address_stands_in_for_the_one_before() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        address = app.query_one("#address", AddressInput)
        address.focus()
        await pilot.pause()
        app.post_message(events.Paste("http://localhost:6855/?code=right"))
        await pilot.pause()
        assert address.value == "http://localhost:6855/?code=right"


async def test_no_cursor_blinks() -> None:
    app = Fields()
    async with app.run_test():
        assert not any(field.cursor_blink for field in app.query(CompactInput))


async def test_the_cursor_of_a_long_value_is_in_sight_while_it_has_the_focus() -> None:
    app = Fields()
    async with app.run_test(size=(20, 5)) as pilot:
        field = app.query_one("#address", AddressInput)
        field.focus()
        await pilot.pause()
        first, width = field.scroll_offset.x, field.scrollable_content_region.width
        assert first <= field.cursor_position < first + width
        app.query_one("#quiet").focus()
        await pilot.pause()
        assert field.scroll_offset.x == 0


async def test_a_long_value_that_is_filled_in_shows_its_beginning() -> None:
    app = Fields()
    async with app.run_test(size=(20, 5)) as pilot:
        app.query_one("#quiet").focus()
        field = app.query_one("#address", AddressInput)
        field.value = "spark:kms spark:people_read meeting:recordings_read"
        await pilot.pause()
        assert field.scroll_offset.x == 0


async def test_keys_that_arrive_at_once_are_taken_in_their_order() -> None:
    app = Fields()
    async with app.run_test() as pilot:
        entry = app.query_one("#address", AddressInput)
        entry.focus()
        await pilot.pause()
        for key in ("ctrl+u", "n", "o", "t", "home", "x"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert entry.value == "xnot"
