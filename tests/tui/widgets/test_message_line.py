"""The message: it hides nothing that was asked for, and goes by itself."""

from __future__ import annotations

import pytest

from tests.support.stage import ANN, NoWebex, Stage, seen, shows, told, until
from tests.support.tokens import a_token
from wtr_tui.tui import screens
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens import seconds_shown
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets.figures import Figures

_LONG = "Sent to your terminal's clipboard. If paste gives nothing, it is not allowed there. " * 3


@pytest.mark.parametrize("size", [(40, 12), (30, 8), (80, 16), (80, 24)], ids=str)
async def test_a_message_hides_neither_the_countdown_nor_the_revealed_token(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.configure()
    token = a_token(obtained_at=stage.clock())
    stage.save(token)
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Figures)), "the token view")
        await pilot.pause()
        app.show_message(_LONG, Tone.GOOD)
        await shows(pilot, "✓ Sent to")
        figures = app.screen.query_one(Figures)
        assert app.screen.region.contains_region(figures.region)
        page = app.screen.query_one("#page")
        assert page.region.contains_region(figures.region)

        app.show_message("")
        await pilot.press("v")
        secret = token.access_token.reveal()
        await until(pilot, lambda: _joined(seen(pilot)).count(secret) == 1, "the token")
        app.show_message(_LONG, Tone.GOOD)
        await shows(pilot, "✓ Sent to")
        assert _joined(seen(pilot)).count(secret) == 1


@pytest.mark.parametrize("size", [(30, 8), (40, 12), (80, 24)], ids=str)
async def test_what_a_message_has_no_room_for_is_read_with_a_key(
    stage: Stage, size: tuple[int, int]
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Figures)), "the token view")
        app.show_message(f"{_LONG * 4}The end.", Tone.WARN)
        await shows(pilot, "… ^g")
        assert "The end." not in seen(pilot)
        await pilot.press("ctrl+g")
        await shows(pilot, "Esc closes")
        await pilot.press(*["pagedown"] * 12)
        await shows(pilot, "The end.")
        await pilot.press("escape")
        await shows(pilot, "… ^g")
        app.show_message("Done.", Tone.GOOD)
        await until(pilot, lambda: "^g" not in seen(pilot), "the short message")


def _joined(screen: str) -> str:
    return "".join(line.strip(" ▁▂▃▄▅▆▇█") for line in screen.splitlines())  # the scrollbar


async def test_the_keys_are_back_when_the_message_has_gone_by_itself(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "seconds_shown", lambda *_: 0.05)
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app = stage.app(webex=NoWebex(ANN))
    async with app.run_test(size=(30, 8)) as pilot:
        await shows(pilot, "? Help")
        app.show_message("Done.", Tone.GOOD)
        await until(pilot, lambda: not told(pilot), "the message gone")
        await shows(pilot, "? Help")


async def test_what_is_under_way_stays_until_its_end_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "seconds_shown", lambda *_: 0.05)
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app: WtrApp = stage.app(webex=NoWebex(ANN))
    async with app.run_test() as pilot:
        await shows(pilot, "? Help")
        app.show_message("Refreshing …")
        await pilot.pause(0.3)
        assert told(pilot) == "· Refreshing …"


def test_a_failure_stays_longer_and_a_long_sentence_too() -> None:
    short, long = "Done.", "Done. " * 30
    assert seconds_shown(short, Tone.GOOD) < seconds_shown(long, Tone.GOOD)
    assert seconds_shown(short, Tone.GOOD) < seconds_shown(short, Tone.WARN)
    assert seconds_shown(short, Tone.WARN) < seconds_shown(short, Tone.BAD)
