"""Two lives on one grid."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.lists import Lifetime, LifetimeBars

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
NEXT = NOW + 12 * DAY
ACCESS = Lifetime("Access", NOW - DAY, NOW + 13 * DAY, "Tue  8 Dec 11:00", next_refresh=NEXT)
SIGN_IN = Lifetime("Sign-in", NOW - DAY, NOW + 89 * DAY, "Mon 22 Feb 2027")


async def shown(*lives: Lifetime, width: int = 80, now: datetime = NOW) -> list[str]:
    widget = LifetimeBars()
    app = Stage(widget)
    async with app.run_test(size=(width, 8)) as pilot:
        widget.show(lives, now)
        await pilot.pause()
        return [row for row in app.rows if row]


async def test_both_lines_stand_on_one_grid() -> None:
    assert await shown(ACCESS, SIGN_IN) == [
        "Access   ────●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━◆━━━━  Tue  8 Dec 11:00",
        "Sign-in  ─●━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━   Mon 22 Feb 2027",
    ]


async def test_on_a_wide_terminal_the_lines_are_longer() -> None:
    access, sign_in = await shown(ACCESS, SIGN_IN, width=140)
    assert len(access) == len(sign_in) == 140
    assert access.count("━") > 100


async def test_on_a_narrow_one_there_is_no_line() -> None:
    assert await shown(ACCESS, SIGN_IN, width=30) == [
        "Access   Tue  8 Dec 11:00",
        "Sign-in  Mon 22 Feb 2027",
    ]


async def test_of_a_life_that_is_over_nothing_is_left() -> None:
    over = ACCESS._replace(meaning=Meaning.OVER)
    access, sign_in = await shown(over, SIGN_IN, now=NOW + 14 * DAY)
    assert "━" not in access
    assert "─●  Tue" in access
    assert "━" in sign_in
    assert "◆" not in access


async def test_an_end_that_is_not_known_is_dotted() -> None:
    unknown = Lifetime("Access", NOW, None, "end unknown", Meaning.UNKNOWN)
    (line,) = await shown(unknown)
    assert line.startswith("Access  ┄┄┄")
    assert line.endswith("┄  end unknown")


async def test_a_begin_that_is_not_known_is_now() -> None:
    (line,) = await shown(ACCESS._replace(began=None))
    assert "─" not in line
    assert "●━" in line


@pytest.mark.parametrize(("seconds", "painted"), [(1, 0), (30, 1)])
async def test_it_is_painted_again_when_a_line_has_moved_by_a_cell(
    seconds: int, painted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Lifetime("Access", NOW, NOW + timedelta(minutes=5), "12:05")
    widget = LifetimeBars()
    app = Stage(widget)
    async with app.run_test(size=(80, 8)) as pilot:
        widget.show([short, SIGN_IN], NOW)
        await pilot.pause()
        calls: list[object] = []
        monkeypatch.setattr(widget, "refresh", lambda **options: calls.append(options))
        widget.show([short, SIGN_IN], NOW + timedelta(seconds=seconds))
        assert len(calls) == painted


async def test_the_end_does_not_wait() -> None:
    short = Lifetime("Access", NOW, NOW + timedelta(minutes=5), "12:05")
    widget = LifetimeBars()
    app = Stage(widget)
    async with app.run_test(size=(80, 8)) as pilot:
        for left in (10, 1, 0):
            widget.show([short], NOW + timedelta(minutes=5, seconds=-left))
            await pilot.pause()
        assert "━" not in app.rows[0]
