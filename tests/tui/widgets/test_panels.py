"""Frames with two titles, cards with their own keys, rows of profiles and of what happened."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from tests.support.stage import until
from tests.tui.widgets.stage import Stage
from wtr_tui.tui.screens.sign_in_cards import Card
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import Panel, clickable_key
from wtr_tui.tui.widgets.bars import CardKeys
from wtr_tui.tui.widgets.lists import ActivityRow, ActivityRows, ProfileRow, ProfileRows


class Keys(Screen[None]):
    """``actions`` are those that were asked for."""

    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("f", "note('line')", "copy the line"),
        Binding("c", "note('address')", "copy the address"),
        Binding("Q", "note('qr')", "QR code"),
        Binding("D", "note('device')", "none yet"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return {"qr": None, "device": False}.get(str(*parameters), True)

    def action_note(self, what: str) -> None:
        self.actions.append(what)

    def action_use(self, profile: str) -> None:
        self.actions.append(profile)


class PanelStage(Stage):
    def get_default_screen(self) -> Screen[None]:
        return Keys()

    @property
    def actions(self) -> list[str]:
        assert isinstance(self.screen, Keys)
        return self.screen.actions


async def test_a_panel_has_a_title_at_either_end() -> None:
    app = PanelStage(Panel("Access token", Static("inside"), right="● valid"))
    async with app.run_test(size=(40, 6)) as pilot:
        assert app.rows[:3] == [
            "╭─ Access token ───────────── ● valid ─╮",
            "│  inside                              │",
            "╰──────────────────────────────────────╯",
        ]
        await pilot.resize_terminal(24, 6)
        await until(pilot, lambda: app.rows[0] == "╭─ Access token ───────╮")
        await pilot.resize_terminal(15, 6)
        await until(pilot, lambda: app.rows[0] == "╭─ Access t… ─╮")


async def test_the_titles_follow() -> None:
    panel = Panel("Scopes", right="6 of 7")
    app = PanelStage(panel)
    async with app.run_test(size=(40, 6)) as pilot:
        panel.add_class("-accent")
        panel.show_title("All scopes")
        panel.show_right("7 of 7")
        await pilot.pause()
        assert app.rows[0] == "╭─ All scopes ──────────────── 7 of 7 ─╮"
        assert panel.styles.border.top[1].hex.lower() == app.theme_variables["next"]


async def test_a_click_on_the_right_title_does_what_its_key_does() -> None:
    right = clickable_key("F5", "all", "screen.note('all')")
    app = PanelStage(Panel("Profiles", Static("inside"), right=right))
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.click(offset=(5, 0))
        await pilot.click(offset=(20, 1))
        assert app.actions == []
        await pilot.click(offset=(app.rows[0].index("F5"), 0))
        assert app.actions == ["all"]


KEYS = ("note('line')", "note('address')", "note('qr')", "note('device')")


class CardStage(PanelStage):
    def __init__(self, inside: Widget) -> None:
        super().__init__()
        self._inside = inside

    def compose(self) -> ComposeResult:
        with Card(1, "Forward the port", *KEYS, id="card"):
            yield self._inside


async def test_the_likeliest_card_says_so_and_holds_its_keys() -> None:
    app = CardStage(Static("ssh -N"))
    async with app.run_test(size=(60, 14)) as pilot:
        card = app.query_one(Card)
        card.mark_likeliest(True)
        await pilot.pause()
        assert app.rows[0] == "╭─ 1  Forward the port ─────────────────── likeliest here ─╮"
        assert any("f copy the line   c copy the address   Q QR code" in row for row in app.rows)
        card.mark_likeliest(False)
        await pilot.pause()
        assert app.rows[0] == "╭─ 1  Forward the port ────────────────────────────────────╮"


async def test_in_a_narrow_card_the_keys_stand_in_lines_and_none_is_cut() -> None:
    app = CardStage(Static("824 078"))
    async with app.run_test(size=(28, 16)) as pilot:
        rows = [row.strip("│ ") for row in app.rows]
        at = rows.index("f copy the line")
        assert rows[at : at + 3] == ["f copy the line", "c copy the address", "Q QR code"]
        for line in range(3):
            await pilot.click(CardKeys, offset=(3, line))
        assert app.actions == ["line", "address"]


async def test_the_keys_of_a_card_can_have_other_words_and_are_letters_in_a_field() -> None:
    app = CardStage(Input())
    async with app.run_test(size=(60, 14)) as pilot:
        keys = app.query_one(CardKeys)
        assert not any(key.enabled for key in keys.current_keys())
        keys.words = {KEYS[0]: "copy it"}
        app.screen.set_focus(None)
        await pilot.pause()
        assert "f copy it   c copy the address   Q QR code" in app.text
        assert [key.enabled for key in keys.current_keys()] == [True, True, False]


PROFILES = [
    ProfileRow("default", Meaning.CALM, "Ann Example", "13 d 23 h", 0.98, current=True),
    ProfileRow("lab", Meaning.OVER, "needs a sign-in", "expired", 0.0),
    ProfileRow("calling-b", Meaning.SOON, "sign in by 29 Nov", "2 d 4 h", 0.15),
]


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (60, ["╭─ Profiles ────────────────────────────────────── F5 all ─╮",
              "│  ● default    Ann Example        13 d 23 h  ━━━━━━━━━━━  │",
              "│  ✗ lab        needs a sign-in      expired  ───────────  │",
              "│  ▲ calling-b  sign in by 29 Nov    2 d 4 h  ━━─────────  │",
              "╰──────────────────────────────────────────────────────────╯"]),
        (46, ["╭─ Profiles ──────────────────────── F5 all ─╮",
              "│  ● default    Ann Example       13 d 23 h  │",
              "│  ✗ lab        needs a sign-in     expired  │",
              "│  ▲ calling-b  sign in by 29 N…    2 d 4 h  │",
              "╰────────────────────────────────────────────╯"]),
        (30, ["╭─ Profiles ──────── F5 all ─╮",
              "│  ● default    13 d 23 h    │",
              "│  ✗ lab          expired    │",
              "│  ▲ calling-b    2 d 4 h    │",
              "╰────────────────────────────╯"]),
    ],
)  # fmt: skip
async def test_profiles_give_up_the_bar_and_then_the_owner(width: int, rows: list[str]) -> None:
    profiles = ProfileRows()
    app = PanelStage(Panel("Profiles", profiles, right="F5 all"))
    async with app.run_test(size=(width, 10)) as pilot:
        profiles.show(PROFILES, most=6, spaced=False)
        await pilot.pause()
        assert app.rows[:5] == rows


async def test_profiles_there_is_no_room_for_are_counted() -> None:
    profiles = ProfileRows()
    app = PanelStage(Panel("Profiles", profiles))
    async with app.run_test(size=(60, 12)) as pilot:
        profiles.show(PROFILES, most=2, spaced=True)
        await pilot.pause()
        assert [row.strip("│ ") for row in app.rows[2:4]] == ["", "and 2 more"]
        profiles.show(PROFILES, most=3, spaced=False)
        await pilot.pause()
        assert "lab" in app.text


@pytest.mark.parametrize("spaced", [False, True])
async def test_a_click_on_a_profile_names_it(spaced: bool) -> None:
    profiles = ProfileRows()
    app = PanelStage(Panel("Profiles", profiles))
    async with app.run_test(size=(60, 12)) as pilot:
        profiles.show(PROFILES, most=6, spaced=spaced)
        await pilot.pause()
        await pilot.click(offset=(8, next(y for y, row in enumerate(app.rows) if "lab" in row)))
        assert app.actions == ["lab"]


async def test_a_name_with_an_escape_in_it_moves_nothing() -> None:
    profiles, activity = ProfileRows(), ActivityRows()
    app = PanelStage(Panel("Profiles", profiles), Panel("Activity", activity))
    async with app.run_test(size=(60, 12)) as pilot:
        profiles.show(
            [ProfileRow("a\x1b[2Jb", Meaning.CALM, "c\x07d", "1 d")], most=6, spaced=False
        )
        activity.show([ActivityRow("Mon", Tone.BAD, "e\x1b]0;f", "g\x1b[H")])
        await pilot.pause()
        assert "\x1b" not in app.text
        assert "\x07" not in app.text
        assert len({len(row) for row in app.rows if row}) == 1


ACTIVITY = [
    ActivityRow("11:00", Tone.GOOD, "refreshed, 14 d", "this screen"),
    ActivityRow("07:17", Tone.WARN, "network unreachable, retrying", "timer"),
    ActivityRow("Mon", Tone.BAD, "refused: invalid_grant", "wtr refresh"),
]


@pytest.mark.parametrize(
    ("width", "rows"),
    [
        (60, ["╭─ Activity ────────────────────────────────────── H more ─╮",
              "│  11:00 ✓ refreshed, 14 d                    this screen  │",
              "│  07:17 ! network unreachable, retrying      timer        │",
              "│  Mon   ✗ refused: invalid_grant             wtr refresh  │",
              "╰──────────────────────────────────────────────────────────╯"]),
        (30, ["╭─ Activity ──────── H more ─╮",
              "│  11:00 ✓ refreshed, 14 d   │",
              "│  07:17 ! network unreach…  │",
              "│  Mon   ✗ refused: invali…  │",
              "╰────────────────────────────╯"]),
    ],
)  # fmt: skip
async def test_what_happened_gives_up_by_whom(width: int, rows: list[str]) -> None:
    activity = ActivityRows()
    app = PanelStage(Panel("Activity", activity, right="H more"))
    async with app.run_test(size=(width, 10)) as pilot:
        activity.show(ACTIVITY)
        await pilot.pause()
        assert app.rows[:5] == rows
        activity.styles.height = 1
        await pilot.pause()
        assert "07:17" not in app.text


async def test_of_more_than_fits_the_latest_failure_is_shown_whole() -> None:
    activity = ActivityRows()
    app = PanelStage(Panel("Activity", activity))
    failed = ActivityRow("Mon", Tone.BAD, "refused: Webex no longer accepts it")
    async with app.run_test(size=(30, 12)) as pilot:
        activity.show([ACTIVITY[0], failed, failed, *ACTIVITY * 3])
        activity.styles.height = 4
        await pilot.pause()
        assert [row.strip("│ ") for row in app.rows[1:5]] == [
            "11:00 ✓ refreshed, 14 d",
            "Mon   ✗ refused: Webex",
            "no longer",
            "accepts it",
        ]


async def test_where_there_is_nothing_that_is_said() -> None:
    app = PanelStage(Panel("Profiles", ProfileRows()), Panel("Activity", ActivityRows()))
    async with app.run_test(size=(40, 10)):
        assert "none" in app.rows[1]
        assert "nothing yet" in app.rows[4]
