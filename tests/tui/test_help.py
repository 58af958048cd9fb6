"""How the help is laid out, whatever the width."""

from __future__ import annotations

import pytest

from tests.support.stage import Stage, seen, shows
from tests.support.tokens import a_token
from wtr_tui.tui.screens.columns import hanging
from wtr_tui.tui.screens.help import key_table


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
    assert hanging(line, 14) == laid_out


def test_the_words_of_a_key_wrap_under_the_words() -> None:
    table = key_table([("^s", "Save what was changed"), ("F2 F3 F4", "Token")], 24)
    assert table.plain == "^s        Save what was\n          changed\nF2 F3 F4  Token"


@pytest.mark.parametrize("key", ["f2", "f3", "f4"])
async def test_keys_are_spelled_one_way(stage: Stage, key: str) -> None:
    async with stage.app().run_test(size=(100, 90)) as pilot:
        await pilot.press(key, "f1")
        await shows(pilot, "Keys everywhere")
        assert "ctrl+" not in seen(pilot)


@pytest.fixture
def signed_in(stage: Stage) -> Stage:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    return stage


@pytest.mark.parametrize("opened", [("f1",), ("H",), ("S",)], ids=["help", "history", "scopes"])
@pytest.mark.parametrize(("key", "shown"), [("f6", "Look again"), ("f3", "signs in again")])
async def test_the_keys_that_work_everywhere_work_where_something_is_only_shown(
    signed_in: Stage, opened: tuple[str, ...], key: str, shown: str
) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f2", *opened)
        await shows(pilot, "Esc closes")
        await pilot.press(key)
        await shows(pilot, shown)
        assert "Esc closes" not in seen(pilot)


async def test_a_question_is_answered_before_another_screen_is_shown(signed_in: Stage) -> None:
    async with signed_in.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f4", "end", "x", "ctrl+q")
        await shows(pilot, "Quit and lose it?")
        await pilot.press("f2", "f6", "question_mark", "f1")
        await shows(pilot, "Quit and lose it?")
