"""The line at the top, on terminals of every width, and under the mouse."""

from __future__ import annotations

import pytest

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.bars import TABS, Header, HeaderState, Tab

CALM = HeaderState(Meaning.CALM, "13 d 23 h", "default", "over SSH from 10.0.0.7")


class HeaderStage(Stage):
    def __init__(self, header: Header) -> None:
        super().__init__(header)
        self.pressed: list[str] = []

    def action_go(self, name: str) -> None:
        self.pressed.append(name)


FULL = " WTR²   F2 Token   F3 Sign in   F4 Settings   F5 Profiles   F6 Check "
WHOLE = " WTR²  F2 Token  F3 Sign in  F4 Settings  F5 Profiles  F6 Check "


@pytest.mark.parametrize(
    ("width", "left", "right"),
    [
        (140, FULL, " ● 13 d 23 h  default  over SSH from 10.0.0.7"),
        (105, FULL, " ● 13 d 23 h  default  SSH"),
        (96, FULL, " ● 13 d 23 h  default"),
        (80, WHOLE, " ● 13 d default"),
        (70, "  F2 Token  F3 Sign in  F4 Settings  F5 Profiles  F6 ", " ● 13 d default"),
        (50, " WTR²  F2 Token  F3  F4  F5  F6 ", " ● 13 d default"),
        (40, " WTR²  F2 Token  F3  F4  F5  F6 ", " ● 13 d"),
        (24, " WTR²  F2 Token ", " ● 13 d"),
    ],
)
async def test_what_there_is_room_for(width: int, left: str, right: str) -> None:
    app = HeaderStage(Header("token", CALM))
    async with app.run_test(size=(width, 5)):
        line = app.rows[0]
        assert len(line) == width - 1
        assert line == left + " " * (width - 1 - len(left + right)) + right


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
async def test_the_tab_shown_and_the_state_are_always_there(tab: Tab) -> None:
    expired = HeaderState(
        Meaning.OVER, "expired", "a-profile-of-a-long-name", "over SSH from 10.0.0.7"
    )
    app = HeaderStage(Header(tab.name, expired))
    async with app.run_test(size=(160, 5)) as pilot:
        for width in (*range(30, 70, 3), 80, 100, 120):
            await pilot.resize_terminal(width, 5)
            await pilot.pause()
            assert f" {tab.title} " in app.rows[0]
            assert "✗ expired" in app.rows[0]
            assert not app.rows[1]


@pytest.mark.parametrize("width", [140, 80, 40])
@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
async def test_a_click_on_a_tab_names_it(width: int, tab: Tab) -> None:
    app = HeaderStage(Header("token", CALM))
    async with app.run_test(size=(width, 5)) as pilot:
        at = app.rows[0].index(f" {tab.key} ") + 2
        await pilot.click(Header, offset=(at, 0))
        assert app.pressed == [tab.name]


async def test_a_click_beside_the_tabs_does_nothing() -> None:
    app = HeaderStage(Header("token", CALM))
    async with app.run_test(size=(140, 5)) as pilot:
        await pilot.click(Header, offset=(2, 0))
        await pilot.click(Header, offset=(130, 0))
        assert app.pressed == []


async def test_the_state_follows() -> None:
    header = Header("token", CALM)
    app = HeaderStage(header)
    async with app.run_test(size=(80, 5)) as pilot:
        header.show_state(HeaderState(Meaning.URGENT, "2 min", "calling-b"))
        await pilot.pause()
        assert app.rows[0].endswith("▲ 2 min calling-b")
