"""How much of the scopes is shown in the room there is."""

from __future__ import annotations

import pytest
from textual.content import Content

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets.lists import (
    ActivityRow,
    ActivityRows,
    Facts,
    ProfileRow,
    ProfileRows,
    ScopeList,
)

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
        scopes.set_meanings(MEANINGS)
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


async def test_of_more_profiles_than_fit_the_first_are_shown() -> None:
    fine = [ProfileRow(f"a{at}", Meaning.CALM, "Ann", "13 d") for at in range(10)]
    rows = ProfileRows()
    app = Stage(rows)
    async with app.run_test(size=(60, 12)) as pilot:
        rows.show(fine, most=4, spaced=False)
        await pilot.pause()
        assert [row.split()[1] for row in app.rows[:4]] == ["a0", "a1", "a2", "7"]


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


async def test_what_is_wrong_stands_in_a_row_that_has_no_room_for_an_owner() -> None:
    rows = ProfileRows()
    app = Stage(rows)
    async with app.run_test(size=(36, 6)) as pilot:
        rows.show([
            ProfileRow("default", Meaning.CALM, "", "13 d 23 h", 1.0, True, "Ann Example"),
            ProfileRow("lab", Meaning.OVER, "", "expired", owner="Cleo"),
            ProfileRow("calling-service-16", Meaning.SOON, "sign in by 29 Nov", "2 d", 0.2),
            ProfileRow("a", Meaning.CALM, "", "9 d", 0.6, owner="Bob"),
        ], most=6, spaced=False)  # fmt: skip
        await pilot.pause()
        assert app.rows[:4] == [
            "● default         13 d 23 h  ━━━━━━━",
            "✗ lab                        expired",
            "▲ calling-s…e-16   sign in by 29 Nov",
            "● a                     9 d  ━━━━───",
        ]
        pressed = [app.screen.get_style_at(30, y).meta["@click"] for y in range(4)]
        assert pressed == [
            f"screen.use('{name}')" for name in ("default", "lab", "calling-service-16", "a")
        ]


async def test_who_did_it_stands_where_its_line_leaves_room() -> None:
    rows = ActivityRows()
    app = Stage(rows)
    async with app.run_test(size=(36, 2)) as pilot:
        rows.show([
            ActivityRow("11:00", Tone.GOOD, "refreshed", "this screen"),
            ActivityRow("Mon", Tone.BAD, "refused by Webex: it was revoked", "systemd"),
        ])  # fmt: skip
        await pilot.pause()
        assert app.rows == [
            "11:00 ✓ refreshed        this screen",
            "Mon   ✗ refused by Webex: it was re…",
        ]


@pytest.mark.parametrize(
    ("fact", "lines"),
    [
        ("~/.config/wtr-tui/customer.yaml", ["~/.config/wtr-tui/", "customer.yaml"]),
        ("/a/wtr-tui/config/wtr-tui/u.yaml", ["/a/wtr-tui/config/", "wtr-tui/u.yaml"]),
        ("1eb65fdf-9643-417f-9974-ad72cae0e10f", ["1eb65fdf-9643-417f-9974-", "ad72cae0e10f"]),
        ("id ROUTER_CD1A0AB7-8EE41B02", ["id", "ROUTER_CD1A0AB7-8EE41B02"]),
        ("wtr token · wtr exec -- CMD · wtr help", ["wtr token", "wtr exec -- CMD", "wtr help"]),
        (Content("3 of 3  kms  a:b_read  c:d"), ["3 of 3  kms  and 2 more"]),
        (Content("1 of 1  meeting:schedules_read"), ["1 of 1  meeting:schedul…"]),
        (Content("2 fine, dead: sign-in needed"), ["2 fine, dead: sign-in n…"]),
    ],
)
async def test_a_fact_goes_on_where_it_can_be_parted(fact: str | Content, lines: list[str]) -> None:
    facts = Facts(("Settings",), id="facts")
    app = Stage(facts)
    async with app.run_test(size=(40, 6)) as pilot:
        facts.set_fact("Settings", fact)
        await pilot.pause()
        assert [row[16:] for row in app.rows[: len(lines)]] == lines
