"""The profiles screen: the table, switching, creating and removing profiles."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.stage import Stage, seen, shows, tells, until
from tests.support.tokens import APP_ID, a_token
from wtr_tui.model import StoredToken
from wtr_tui.storage import profiles
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.screens import Page
from wtr_tui.tui.screens.profiles import MAX_WIDTHS, ProfileTable, Row, column_widths, table_row
from wtr_tui.tui.themes import Meaning


@pytest.fixture(autouse=True)
def _at_home(stage: Stage) -> None:
    stage.environ["HOME"] = str(stage.home)


def _other(stage: Stage) -> profiles.Profile:
    made = profiles.create("work", stage.environ)
    made.settings_path.write_text("appid: C123\nsecret: other-secret\n")
    made.token_file.save(StoredToken(APP_ID, a_token("WORK", obtained_at=stage.clock())))
    return made


async def test_another_profile_is_switched_to_with_its_settings_and_its_token(
    stage: Stage,
) -> None:
    stage.configure()
    stage.save(a_token("ZDA4", obtained_at=stage.clock()))
    _other(stage)
    app: WtrApp = stage.app()
    async with app.run_test() as pilot:
        await shows(pilot, "ZDA4")
        await pilot.press("f5")
        await shows(pilot, "work")
        await pilot.press("down", "enter")
        await tells(pilot, "This is the profile work.")
        assert app.session.settings.app_id == "C123"
        await shows(pilot, "WORK")
        await pilot.press("f4")
        await shows(pilot, "C123")


async def test_what_is_wrong_with_the_settings_names_their_file_from_the_home_folder(
    stage: Stage,
) -> None:
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Set appid in ~/.config/wtr-tui/default.yaml")


async def test_a_new_profile_begins_empty_in_the_settings(stage: Stage) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    app: WtrApp = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("f5")
        await shows(pilot, "State")
        await pilot.press("n", *"lab", "enter")
        await tells(pilot, "This is the profile lab.")
        assert app.session.profile.name == "lab"
        assert app.session.auto_refresh.stored is None
        assert app.full_screen is app.get_screen("settings")


async def test_a_name_that_is_taken_or_none_is_told(stage: Stage) -> None:
    stage.configure()
    app: WtrApp = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("f5")
        await shows(pilot, "Profile")
        await pilot.press("n", *"default", "enter")
        await shows(pilot, "already")
        assert app.session.profile.name == "default"


async def test_removing_asks_first_and_leaves_the_profile_in_use_alone(stage: Stage) -> None:
    stage.configure()
    other = _other(stage)
    app: WtrApp = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("f5")
        await shows(pilot, "work")
        await pilot.press("d")
        await shows(pilot, "in use")
        await pilot.press("down", "d")
        await shows(pilot, "Remove the profile work?")
        await pilot.press("n")
        assert other.token_path.exists()
        await pilot.press("d")
        await shows(pilot, "Remove the profile work?")
        await pilot.press("y")
        await until(pilot, lambda: not Path(other.token_path).exists())
        await shows(pilot, "work was removed")


async def test_a_click_marks_a_profile_and_one_on_the_marked_profile_switches_to_it(
    stage: Stage,
) -> None:
    stage.configure()
    _other(stage)
    app: WtrApp = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("f5")
        await shows(pilot, "work")
        rows = app.screen.query_one(ProfileTable)
        await pilot.click(rows, offset=(2, 1))
        await until(pilot, lambda: rows.highlighted == 1)
        assert app.session.profile.name == "default"
        await pilot.click(rows, offset=(2, 1))
        await tells(pilot, "This is the profile work.")


async def test_the_most_urgent_profile_comes_first_here_and_beside_the_token(
    stage: Stage,
) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for name, age in (("fine", timedelta(0)), ("spent", timedelta(days=20))):
        made = profiles.create(name, stage.environ)
        made.settings_path.write_text(f"appid: {APP_ID}\nsecret: a-secret\n")
        token = a_token(obtained_at=stage.clock() - age)
        made.token_file.save(StoredToken(APP_ID, token._replace(refresh_token=None)))
    async with stage.app().run_test(size=(160, 45)) as pilot:
        await shows(pilot, "✗ spent")
        for key in ("f2", "f5"):
            await pilot.press(key)
            await until(pilot, lambda: _before(seen(pilot), "default ", "✗ spent", "● fine"))


def _before(text: str, *parts: str) -> bool:
    """Return whether the text holds these, one after the other."""
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def row(*cells: str) -> Row:
    return dict(zip(MAX_WIDTHS, (("●", ""), *((cell, "") for cell in cells)), strict=True))


def test_the_owner_is_given_the_columns_that_nobody_else_wants() -> None:
    owner = "Robin Example (robin@example.com)"
    one = row("default", "valid", owner, "13 d", "89 d", "11:00 refreshed")
    assert column_widths([one], 150)["Owner"] == len(owner)
    assert "Owner" not in column_widths([one], 60)


def test_what_happened_last_is_cut_before_its_owner_goes() -> None:
    one = row("default", "valid", "Robin Example", "13 d", "89 d", "! " + "Webex is down. " * 4)
    shown = column_widths([one], 80)
    assert (shown["Owner"], shown["Last"] >= 18) == (len("Robin Example"), True)
    assert sum(shown.values()) + 2 * len(shown) <= 80


async def test_how_many_profiles_there_are_is_said_where_some_are_out_of_sight(
    stage: Stage,
) -> None:
    stage.configure()
    for number in range(12):
        profiles.create(f"other-{number}", stage.environ)
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "13 in all")
        assert seen(pilot).splitlines()[1] == ""
        await pilot.resize_terminal(160, 45)
        await until(pilot, lambda: "in all" not in seen(pilot))


async def test_a_message_of_three_rows_does_not_scroll_the_page(stage: Stage) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for number in range(12):
        profiles.create(f"other-{number}", stage.environ)
    app: WtrApp = stage.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "13 in all")
        app.show_message("Long. " * 80)
        await shows(pilot, "… ^g")
        assert app.screen.query_one(Page).max_scroll_y == 0


def test_a_column_with_nothing_in_it_makes_room_for_the_names() -> None:
    name, owner = "calling-service-of-customer-16", "Robin Example (robin@example.com)"
    one = row(name, "sign-in needed", owner, "11 d 23 h", "87 d 23 h", "")
    shown = column_widths([one], 90)
    assert "Owner" in shown
    assert "Last" not in shown
    assert column_widths([one], 76)["Profile"] > MAX_WIDTHS["Profile"]


async def test_a_sign_in_that_is_near_counts_however_well_the_token_is(stage: Stage) -> None:
    stage.configure()
    ends = timedelta(days=2)
    stage.save(a_token(obtained_at=stage.clock(), life=timedelta(days=1), refresh_life=ends))
    session = stage.app().session
    session.current.look(stage.clock())
    shown = table_row(session.current, stage.clock(), used=True)
    assert shown[""] == (Meaning.SOON.sign, f"bold {Meaning.SOON.colour}")
    assert shown["State"] == ("valid", Meaning.CALM.colour)


async def test_of_a_profile_without_a_token_nothing_is_said_as_if_it_had_one(stage: Stage) -> None:
    stage.configure()
    app: WtrApp = stage.app()
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "on, once there is a token")
        await shows(pilot, "none yet")
        assert "did not say" not in seen(pilot)


async def test_a_profile_whose_settings_cannot_be_read_names_the_line(stage: Stage) -> None:
    stage.configure()
    stage.save(a_token(obtained_at=stage.clock()))
    for name in ("bare", "work"):
        path = _other(stage).settings_path if name == "work" else stage.profile.settings_path
        path = path.with_name(f"{name}.yaml")
        path.write_text("appid: C123\nscopes: ]\n")
        path.chmod(0o600)
    async with stage.app().run_test(size=(140, 40)) as pilot:
        for name in ("bare", "work"):
            await shows(pilot, f"✗ {name}     settings: line 2")
        await pilot.press("f5")
        await shows(pilot, "✗ bare     settings: line 2")
        await shows(pilot, "✗ work     settings: line 2")
        await shows(pilot, "● default  valid")


async def test_of_a_file_that_cannot_be_read_its_lines_are_not_quoted(stage: Stage) -> None:
    stage.write("nickname: ours\nappid: [C1\n")
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "is never closed.")
        assert "appid: [C1" not in seen(pilot)
        assert "Correct it" not in seen(pilot)
