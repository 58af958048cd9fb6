"""Figures of blocks: what they look like, what of them is painted again, and what is too wide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.containers import Horizontal
from textual.geometry import Region
from textual.widget import Widget

from tests.tui.widgets.stage import Stage, without_blanks
from wtr_tui.clock import countdown
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.figures import Figures, width_of

NINE = "13d 22:59:41"


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[Region | None]:
    """The regions that widgets ask to be painted again; None for all of a widget."""
    regions: list[Region | None] = []
    refresh = Widget.refresh

    def note(widget: Widget, *asked: Region, **options: bool) -> Widget:
        regions.extend(asked or [None])
        return refresh(widget, *asked, **options)

    monkeypatch.setattr(Widget, "refresh", note)
    return regions


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (NINE, ["▀█  ▀▀█   █   ▀▀█ ▀▀█ ▄ █▀▀ █▀█ ▄ █ █ ▀█",
                "█  ▀▀█ █▀█   █▀▀ █▀▀ ▄ ▀▀█ ▀▀█ ▄ ▀▀█  █",
                "▀▀▀ ▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀     ▀ ▀▀▀"]),
        ("824 078", ["█▀█ ▀▀█ █ █   █▀█ ▀▀█ █▀█",
                     "█▀█ █▀▀ ▀▀█   █ █   █ █▀█",
                     "▀▀▀ ▀▀▀   ▀   ▀▀▀   ▀ ▀▀▀"]),
        ("expired", ["█▀▀ █ █ █▀█ █ █▀█ █▀▀ █▀▄",
                     "█▀  ▄▀▄ █▀▀ █ █▀▄ █▀  █ █",
                     "▀▀▀ ▀ ▀ ▀   ▀ ▀ ▀ ▀▀▀ ▀▀"]),
        ("2h 5m", ["▀▀█ █     █▀▀",
                   "█▀▀ █▀█   ▀▀█ █▀█▀█",
                   "▀▀▀ ▀ ▀   ▀▀▀ ▀ ▀ ▀"]),
    ],
)  # fmt: skip
async def test_a_text_in_figures(text: str, rows: list[str]) -> None:
    app = Stage(Figures(text))
    async with app.run_test(size=(80, 24)):
        assert without_blanks(app.rows) == rows


async def test_twice_as_large() -> None:
    app = Stage(Figures("1:4", double=True))
    async with app.run_test(size=(80, 24)):
        assert without_blanks(app.rows) == [
            "████        ██  ██",
            "██    ██  ██  ██",
            "██        ██████",
            "██    ██      ██",
            "██████          ██",
        ]


@pytest.mark.parametrize("double", [False, True])
async def test_what_stands_there_is_what_was_shown_last(double: bool) -> None:
    figures = Figures(NINE, double=double)
    app = Stage(figures)
    async with app.run_test(size=(120, 24)) as pilot:
        for text in ("13d 22:59:40", "9:59:59", "refused", "", "00:00", NINE, "no end known"):
            figures.show(text)
            await pilot.pause()
            fresh = Stage(Figures(text, double=double))
            async with fresh.run_test(size=(120, 24)):
                assert app.rows == fresh.rows


async def test_of_a_second_only_the_rows_that_differ_are_painted(
    painted: list[Region | None],
) -> None:
    figures = Figures("13d 22:59:43")
    app = Stage(figures)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        painted.clear()
        figures.show("13d 22:59:42")  # 3 and 2 differ in their middle row
        assert painted == [Region(0, 1, 3, 1)]
        painted.clear()
        figures.show("13d 22:59:42")
        assert painted == []


async def test_hours_of_counting_lay_nothing_out_anew(painted: list[Region | None]) -> None:
    figures = Figures("13d 22:59:59")
    app = Stage(figures)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        painted.clear()
        for left in range(2 * 3600, 0, -7):
            figures.show(countdown(timedelta(days=13, seconds=left)))
        assert None not in painted


async def test_the_colour_is_that_of_the_meaning() -> None:
    figures = Figures("04:00", Meaning.SOON)
    app = Stage(figures)
    async with app.run_test(size=(80, 24)) as pilot:
        assert figures.styles.color.hex.lower() == app.theme_variables["soon"]
        figures.show("expired", Meaning.OVER)
        await pilot.pause()
        assert figures.styles.color.hex.lower() == app.theme_variables["over"]
        assert (figures.text, figures.meaning) == ("expired", Meaning.OVER)


async def test_letters_where_figures_are_too_wide_and_figures_again() -> None:
    app = Stage(Horizontal(Figures(NINE)))
    async with app.run_test(size=(40, 10)) as pilot:
        assert without_blanks(app.rows) == [NINE]
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert len(without_blanks(app.rows)) == 3
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert without_blanks(app.rows) == [NINE]


async def test_room_that_others_need_is_left() -> None:
    figures = Figures(NINE, room=30)
    app = Stage(figures)
    async with app.run_test(size=(80, 10)) as pilot:
        assert without_blanks(app.rows) == [NINE]
        figures.show(NINE, room=50)
        await pilot.pause()
        assert len(without_blanks(app.rows)) == 3


@pytest.mark.parametrize(("text", "width"), [("", 0), ("1", 3), ("1:1", 9), (NINE, 41)])
def test_the_width_is_known_beforehand(text: str, width: int) -> None:
    assert width_of(text) == width
    assert width_of(text, double=True) == 2 * width
