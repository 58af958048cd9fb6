"""Texts that paint no more than what changed, and leave nothing stale on the screen."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from wtr_tui.model import Secret
from wtr_tui.tui.widgets import RevealableSecret, StaticText
from wtr_tui.tui.widgets.lists import Facts


class Small(App[None]):
    CSS = "StaticText { width: 12; height: 4; }"

    def compose(self) -> ComposeResult:
        yield StaticText("", id="text")
        yield Facts(("Name", "Long"), id="facts")
        yield RevealableSecret()


def rows(app: App[None]) -> list[str]:
    """What stands on the screen, as the compositor put it together."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize(
    "texts",
    [
        ("13:59:58", "13:59:57", "9:59", "", "13:00:00"),
        ("one\ntwo", "one\nthree", "one", "one\ntwo\nthree", "a\n\nb"),
        ("words that wrap here", "words that wrap too", "short", "words that wrap here"),
        ("漢字x", "漢字y", "漢x字", "xyz"),
    ],
)
async def test_nothing_of_an_earlier_text_stays(texts: tuple[str, ...]) -> None:
    app = Small()
    async with app.run_test(size=(30, 12)) as pilot:
        text = app.query_one("#text", StaticText)
        for shown in texts:
            text.show(shown)
            await pilot.pause()
            seen = rows(app)[:4]
            text.refresh()
            await pilot.pause()
            assert seen == rows(app)[:4]
            assert seen[0].startswith(shown.splitlines()[0][:9] if shown else "")


async def test_facts_go_on_below_their_column() -> None:
    app = Small()
    async with app.run_test(size=(30, 12)) as pilot:
        facts = app.query_one(Facts)
        facts.set_fact("Name", "one")
        facts.set_fact("Long", "many words\x1b that do not fit")
        await pilot.pause()
        assert rows(app)[4:8] == [
            "Name            one",
            "Long            many words",
            "                that do not",
            "                fit",
        ]


async def test_a_secret_is_shown_and_hidden_and_nothing_moves() -> None:
    app = Small()
    async with app.run_test(size=(30, 12)) as pilot:
        app.query_one(Facts).set_fact("Name", "one")
        app.query_one(Facts).set_fact("Long", "two")
        revealed = app.query_one(RevealableSecret)
        revealed.set_secret(Secret("s" * 40))
        await pilot.pause()
        hidden = rows(app)
        assert hidden[5].endswith("two")
        assert not any("sss" in row for row in hidden)
        revealed.toggle()
        await pilot.pause()
        assert rows(app)[:7] == hidden[:7]
        assert rows(app)[7:9] == ["s" * 30, "s" * 10]
        revealed.hide()
        await pilot.pause()
        assert rows(app) == hidden
        assert "sss" not in repr(vars(revealed))
