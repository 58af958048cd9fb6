"""How much of the scopes is shown in the room there is."""

from __future__ import annotations

import pytest

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.widgets.lists import ScopeList

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
        ((60, 8), ["spark:kms               Use the key service that decrypts…",
                   "spark:people_read       Look up people",
                   "spark:rooms_read", "meeting:schedules_read"]),
        ((60, 2), ["spark:kms               spark:rooms_read",
                   "spark:people_read       meeting:schedules_read"]),
        ((30, 3), ["spark:kms", "spark:people_read", "and 2 more"]),
        ((60, 1), ["spark:kms               and 3 more"]),
    ],
    ids=["spaced", "one-a-line", "columns", "cut", "one-line"],
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
