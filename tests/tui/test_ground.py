"""The ground of the terminal: what its answers and $COLORFGBG say, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stage import Stage, tells
from wtr_tui.tui.ground import Ground, light_by_answer, light_by_variable


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("rgb:ffff/ffff/ffff", True),
        ("rgb:FDFD/F6F6/E3E3", True),
        ("rgb:f/f/f", True),
        ("rgba:ff/ff/ff/80", True),
        ("rgb:0000/2b2b/3636", False),
        ("rgb:000/000/7ff", False),
        ("rgb:cccc/vvvv/VVVV", None),
        ("rgb:ffff/ffff", None),
        ("#ffffff", None),
        ("?", None),
        ("", None),
    ],
)
def test_an_answer_says_whether_the_ground_is_light(answer: str, light: bool | None) -> None:
    assert light_by_answer(answer) is light


@pytest.mark.parametrize(
    ("colours", "light"),
    [
        ("0;15", True), ("0;default;15", True), ("0;7", True), ("15;0", False), ("15;8", False),
        ("7;default", None), ("", None), ("15", True),
    ],
)  # fmt: skip
def test_the_variable_says_whether_the_ground_is_light(colours: str, light: bool | None) -> None:
    assert light_by_variable(colours) is light


def ground(home: Path, address: str = "", **variables: str) -> Ground:
    return Ground({"HOME": str(home), "TERM": "xterm-256color", **variables}, address)


def test_an_answer_counts_at_once_and_at_the_next_start_from_there(tmp_path: Path) -> None:
    first = ground(tmp_path, "10.0.0.7")
    assert not first.is_light
    first.learn("rgb:ffff/ffff/ffff")
    assert first.is_light
    assert ground(tmp_path, "10.0.0.7").is_light
    assert not ground(tmp_path, "10.0.0.8").is_light
    ground(tmp_path, "10.0.0.7").learn("rgb:0000/0000/0000")
    assert not ground(tmp_path, "10.0.0.7").is_light


def test_the_variable_wins_over_what_was_kept_and_the_answer_over_both(tmp_path: Path) -> None:
    ground(tmp_path).learn("rgb:ffff/ffff/ffff")
    known = ground(tmp_path, COLORFGBG="15;0")
    assert not known.is_light
    known.learn("rgb:ffff/ffff/ffff")
    assert known.is_light


@pytest.mark.parametrize("content", ["", "[]", "[1, 2]", '{"xterm-256color": 3}', "\ufffd"])
def test_a_file_that_is_none_harms_nothing(tmp_path: Path, content: str) -> None:
    ground(tmp_path).learn("rgb:ffff/ffff/ffff")
    (kept,) = (tmp_path / ".local/state/wtr-tui").iterdir()
    kept.write_text(content)
    assert not ground(tmp_path).is_light


@pytest.mark.parametrize("term", ["linux", "dumb", "vt100", "vt220", ""])
def test_a_terminal_that_does_not_know_the_query_is_not_asked(tmp_path: Path, term: str) -> None:
    found = ground(tmp_path, TERM=term)
    assert found.query == ""
    found.learn("rgb:ffff/ffff/ffff")
    assert not found.is_light


@pytest.mark.parametrize(
    ("answer", "setting", "theme"),
    [
        ("rgb:ffff/ffff/ffff", "auto", "wtr-light"),
        ("rgb:0000/0000/0000", "auto", "wtr-dark"),
        ("rgb:ffff/ffff/ffff", "dark", "wtr-dark"),
    ],
)
async def test_an_answer_before_the_first_picture_gives_its_colours(
    stage: Stage, answer: str, setting: str, theme: str
) -> None:
    stage.environ["TERM"] = "xterm-256color"
    stage.configure(theme=setting)
    app = stage.app()
    app.ground.learn(answer)
    async with app.run_test():
        assert app.theme == theme


async def test_an_answer_after_the_first_picture_is_for_the_next_start(stage: Stage) -> None:
    stage.environ["TERM"] = "xterm-256color"
    stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        app.ground.learn("rgb:ffff/ffff/ffff")
        await pilot.press("f4")
        assert app.theme == "wtr-dark"
    following = stage.app()
    async with following.run_test():
        assert following.theme == "wtr-light"


async def test_a_theme_is_chosen_by_name_shown_and_kept(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("f4", "ctrl+t", *"nord", "enter")
        await tells(pilot, "The theme is nord, saved to ~/.config/wtr-tui/default.yaml.")
        assert app.theme == "nord"
        assert "theme: nord\n" in path.read_text()


async def test_a_theme_that_cannot_be_kept_is_shown_all_the_same(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        path.write_text("appid: [unfinished\n")
        await pilot.press("ctrl+t", *"nord", "enter")
        await tells(pilot, "The theme is nord until you leave. Not saved: ")
        assert app.theme == "nord"
