"""How much of the scopes is shown in the room there is."""

from __future__ import annotations

import pytest

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.lists import Facts, ProfileRow, ProfileRows, ScopeList

NAMES = ("spark:kms", "spark:people_read", "spark:rooms_read", "meeting:schedules_read")
MEANINGS = {
    "spark:kms": "Use the key service that decrypts what messages hold",
    "spark:people_read": "Look up people",
}


@pytest.mark.parametrize(
    ("size", "rows"),
    [
        ((100, 9), ["spark:kms               Use the key service that decrypts what messages hold",
                    "", "spark:people_read       Look up people",
                    "", "spark:rooms_read", "", "meeting:schedules_read"]),
        ((60, 6), ["spark:kms               Use the key service that decrypts",
                   "                        what messages hold",
                   "spark:people_read       Look up people",
                   "spark:rooms_read", "meeting:schedules_read"]),
        ((60, 4), ["spark:kms               Use the key service that decrypts…",
                   "spark:people_read       Look up people",
                   "spark:rooms_read", "meeting:schedules_read"]),
        ((60, 2), ["spark:kms               spark:rooms_read",
                   "spark:people_read       meeting:schedules_read"]),
        ((30, 3), ["spark:kms", "spark:people_read", "and 2 more"]),
        ((60, 1), ["spark:kms               and 3 more"]),
    ],
    ids=["spaced", "whole", "one-a-line", "columns", "cut", "one-line"],
)  # fmt: skip
async def test_the_scopes_take_the_room_there_is(size: tuple[int, int], rows: list[str]) -> None:
    scopes = ScopeList()
    scopes.styles.height = "1fr"
    app = Stage(scopes)
    async with app.run_test(size=size) as pilot:
        scopes.show(NAMES)
        scopes.explain(MEANINGS)
        await pilot.pause()
        assert [row.rstrip() for row in app.rows[: len(rows)]] == rows


async def test_a_sentence_on_what_is_missing_keeps_its_place() -> None:
    scopes = ScopeList()
    scopes.styles.height = "1fr"
    app = Stage(scopes)
    async with app.run_test(size=(30, 3)) as pilot:
        scopes.show(NAMES, "without spark:all. Sign in again.")
        await pilot.pause()
        assert [row.rstrip() for row in app.rows] == [
            "and 4 more", "without spark:all. Sign in", "again.",
        ]  # fmt: skip


async def test_of_more_profiles_than_fit_those_that_are_wrong_are_shown() -> None:
    fine = [ProfileRow(f"a{at}", Meaning.CALM, "Ann", "13 d") for at in range(9)]
    wrong = ProfileRow("zz", Meaning.OVER, "sign-in needed", "expired")
    rows = ProfileRows()
    app = Stage(rows)
    async with app.run_test(size=(60, 12)) as pilot:
        rows.show([*fine, wrong], most=4, spaced=False)
        await pilot.pause()
        assert [row.split()[1] for row in app.rows[:4]] == ["a0", "zz", "a1", "7"]


async def test_names_that_begin_alike_can_be_told_apart() -> None:
    rows = ProfileRows()
    app = Stage(rows)
    async with app.run_test(size=(60, 12)) as pilot:
        names = [f"calling-service-of-customer-{at}" for at in (16, 24)]
        rows.show([ProfileRow(each, Meaning.CALM, "", "1 d") for each in names], most=4,
                  spaced=False)  # fmt: skip
        await pilot.pause()
        assert "16" in app.rows[0]
        assert "24" in app.rows[1]


async def test_a_long_path_goes_on_behind_a_slash() -> None:
    facts = Facts(("Settings",), id="facts")
    app = Stage(facts)
    async with app.run_test(size=(40, 6)) as pilot:
        facts.state("Settings", "~/.config/wtr-tui/customer.yaml")
        await pilot.pause()
        assert app.rows[:2] == ["Settings        ~/.config/wtr-tui/", f"{'':16}customer.yaml"]
