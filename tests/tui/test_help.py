"""How the help is laid out, whatever the width."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.support.stage import ANN, NoWebex, Stage, seen, shows, until
from tests.support.tokens import APP_ID, a_token
from wtr_tui.model import StoredToken
from wtr_tui.tui.screens import hanging_indent
from wtr_tui.tui.screens.dialogs import key_table


@pytest.fixture
def signed_in(stage: Stage) -> Stage:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    return stage


@pytest.mark.parametrize(
    ("line", "laid_out"),
    [
        ("short", "short"),
        ("", ""),
        ("one two three four", "one two three\nfour"),
        ("1. one two three four", "1. one two\n   three four"),
        ("name  one two three", "name  one two\n      three"),
    ],
    ids=["short", "empty", "plain", "numbered", "named"],
)
def test_a_line_wraps_under_its_own_words(line: str, laid_out: str) -> None:
    assert hanging_indent(line, 14) == laid_out


def test_the_words_of_a_key_wrap_under_the_words() -> None:
    rows = [("^s", "Save what was changed"), ("Enter", "Token")]
    assert key_table(rows, 22).plain == "^s     Save what was\n       changed\nEnter  Token"
    assert key_table(rows, 73).plain == f"{'^s     Save what was changed':37}Enter  Token"


@pytest.mark.parametrize("key", ["f2", "f3", "f4", "f5", "f6"])
async def test_the_help_of_each_screen_is_whole_in_24_lines(signed_in: Stage, key: str) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(key, "f1")
        await shows(pilot, "Keys everywhere")
        await until(pilot, lambda: "Esc closes" in seen(pilot))
        assert "scroll" not in seen(pilot)


async def test_a_key_that_this_screen_uses_otherwise_is_not_said_to_work_everywhere(
    signed_in: Stage,
) -> None:
    async with signed_in.app().run_test(size=(100, 60)) as pilot:
        await pilot.press("f2", "f1")
        await shows(pilot, "^l Repaint")
        await pilot.press("escape", "f4", "f1")
        await shows(pilot, "Help · Settings")
        here, _, everywhere = seen(pilot).partition("Keys everywhere")
        assert "^l" in here
        assert "Repaint" not in everywhere
        assert "F3 Sign in" in everywhere


async def test_keys_are_spelled_one_way(stage: Stage) -> None:
    async with stage.app().run_test(size=(100, 90)) as pilot:
        for key in ("f2", "f3", "f4"):
            await pilot.press(key, "f1")
            await shows(pilot, "Keys everywhere")
            assert "ctrl+" not in seen(pilot), key
            await pilot.press("escape")


async def test_a_key_that_is_for_an_accident_is_in_the_help_after_one(stage: Stage) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock())
    stage.save(token)
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=(100, 40)) as pilot:
        await shows(pilot, ANN.display_name)
        await pilot.press("f1")
        await shows(pilot, "Help · Token")
        assert "Try again to save" not in seen(pilot)
        await pilot.press("escape")
        app.session.auto_refresh.keep_unsaved(StoredToken(APP_ID, token))
        await pilot.press("f1")
        await shows(pilot, "Try again to save")


@pytest.mark.parametrize(("key", "shown"), [("f6", "Look again"), ("f3", "signs in again")])
async def test_the_keys_that_work_everywhere_work_where_something_is_only_shown(
    signed_in: Stage, key: str, shown: str
) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        for opened in ("f1", "H", "S"):  # the help, the history, the scopes
            await pilot.press("f2", opened)
            await shows(pilot, "Esc closes")
            await pilot.press(key)
            await shows(pilot, shown)
            assert "Esc closes" not in seen(pilot), opened


async def test_a_question_is_answered_before_another_screen_is_shown(signed_in: Stage) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "end", "x", "ctrl+q")
        await shows(pilot, "Quit and lose it?")
        await pilot.press("f2", "f6", "question_mark", "f1")
        await shows(pilot, "Quit and lose it?")


async def test_the_question_before_quitting_is_asked_once(signed_in: Stage) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "end", "x", "ctrl+q")
        await shows(pilot, "Quit and lose it?")
        await pilot.press("ctrl+q", "ctrl+q", "n")
        await until(pilot, lambda: "Quit and lose it?" not in seen(pilot))
        await pilot.press("ctrl+q")
        await shows(pilot, "Quit and lose it?")


@pytest.mark.parametrize("size", [(80, 24), (30, 8)], ids=str)
async def test_a_tab_that_is_clicked_does_not_lose_what_was_typed(
    signed_in: Stage, size: tuple[int, int]
) -> None:
    async with signed_in.app().run_test(size=size) as pilot:
        await pilot.press("f4")
        await shows(pilot, "Client ID (App ID)")
        await click_on(pilot, "Client ID (App ID)", beyond=22)
        await pilot.press("x", "f2")
        await shows(pilot, "Save it?")
        await click_on(pilot, "n no")
        await shows(pilot, "Auto-refresh")


@pytest.mark.parametrize(
    ("opened", "clicked"),
    [
        (("f2", "f1"), "Esc closes"),
        (("f4", "end", "x", "ctrl+q"), "n no"),
        (("f4", "ctrl+o"), "^s done"),
        (("f2", "ctrl+t"), "Enter"),
    ],
    ids=["help", "question", "scopes", "themes"],
)
async def test_a_key_in_the_frame_of_a_dialog_can_be_clicked(
    signed_in: Stage, opened: tuple[str, ...], clicked: str
) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press(*opened)
        await shows(pilot, clicked)
        await click_on(pilot, clicked)
        await until(pilot, lambda: clicked not in seen(pilot))


@pytest.mark.parametrize(("height", "scrolls"), [(18, True), (60, False)])
async def test_the_keys_that_scroll_are_named_where_there_is_something_to_scroll(
    signed_in: Stage, height: int, scrolls: bool
) -> None:
    async with signed_in.app().run_test(size=(80, height)) as pilot:
        await pilot.press("f2", "f1")
        await shows(pilot, "Esc closes")
        await until(pilot, lambda: ("↑ ↓ scroll" in seen(pilot)) is scrolls, "the keys")


async def click_on(pilot: Pilot[int], text: str, *, beyond: int = 0) -> None:
    """Click on a text once it no longer moves."""
    before = None
    while (at := _place_of(pilot, text)) is None or at != before:
        before = at
        await pilot.pause(0.2)
    await pilot.click(offset=(at[0] + beyond, at[1]))


def _place_of(pilot: Pilot[int], text: str) -> tuple[int, int] | None:
    rows = enumerate(seen(pilot).splitlines())
    return next(((line.index(text), row) for row, line in rows if text in line), None)


async def test_what_a_message_has_no_room_for_is_read_from_the_palette_too(
    signed_in: Stage,
) -> None:
    app = signed_in.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Auto-refresh")
        app.show_message(f"{'It was long. ' * 60}The end.")
        await shows(pilot, "^g")
        await pilot.press("ctrl+p", *"whole message", "enter")
        await shows(pilot, "The end.")
