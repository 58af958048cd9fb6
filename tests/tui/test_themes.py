"""Themes are readable, no two meanings share a colour; the terminal's background is remembered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.color import Color as TerminalColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

import wtr_tui
import wtr_tui.tui
from tests.support.stage import Stage, seen, shows, tells, until
from wtr_tui.tui import themes
from wtr_tui.tui.themes import Meaning, TerminalBackground, light_by_answer, light_by_variable

IN_COLOUR = [
    theme for theme in (*themes.OWN, *BUILTIN_THEMES.values()) if not theme.ansi
]  # fmt: skip

# The first sixteen colours of terminals, in their order. Whoever changes them, as Solarized does,
# has other contrasts; that of Windows has a magenta of 3.2, but shows the themes in true colour.
PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "Linux console": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "GNOME Terminal": "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc"
    " 5e5c64 f66151 33da7a e9ad0c 2a7bde c061cb 33c7de ffffff",
}
MEANINGS = ("calm", "soon", "urgent", "over", "unknown", "next", "muted")
"""The variables of text colours, all different in every theme."""
BACKGROUNDS = ("background", "surface", "panel", "marked")
"""The variables of background colours."""
_NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]


def by_name(theme: Theme) -> str:
    return theme.name


def all_variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **themes.variables_for(theme)}


@pytest.mark.parametrize("theme", IN_COLOUR, ids=by_name)
def test_a_text_can_be_read_on_every_background(theme: Theme) -> None:
    variables = all_variables(theme)
    backgrounds = [Color.parse(variables[name]) for name in BACKGROUNDS]
    for name in ("foreground", *MEANINGS):
        for background in backgrounds:
            contrast = themes.contrast(Color.parse(variables[name]), background)
            assert contrast >= themes.LEAST_CONTRAST, name


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT], ids=by_name)
def test_a_text_can_be_read_in_256_colours_too(theme: Theme) -> None:
    variables = themes.of_256(theme, all_variables(theme))
    shown = {
        name: Color.from_rich_color(
            TerminalColor.parse(variables[name]).downgrade(ColorSystem.EIGHT_BIT)
        )
        for name in ("foreground", *MEANINGS, *BACKGROUNDS, "on-next")
    }
    for name in ("foreground", *MEANINGS):
        for background in BACKGROUNDS:
            assert themes.contrast(shown[name], shown[background]) >= themes.LEAST_CONTRAST, name
    assert themes.contrast(shown["on-next"], shown["next"]) >= themes.LEAST_CONTRAST
    assert len({shown[name].hex for name in MEANINGS}) == len(MEANINGS)
    for name in ("background", "surface", "panel"):  # nearly grey, so grey
        assert len({*Color.parse(variables[name]).rgb}) == 1, name


@pytest.mark.parametrize("theme", IN_COLOUR, ids=by_name)
def test_in_256_colours_every_theme_is_dark_or_light_as_wtr_has_them(theme: Theme) -> None:
    own = themes.DARK if theme.dark else themes.LIGHT
    ours, theirs = (themes.of_256(each, all_variables(each)) for each in (own, theme))
    for name in ("foreground", *MEANINGS, *BACKGROUNDS, "on-next", "line"):
        assert ours[name] == theirs[name]


def test_no_style_names_a_colour_whose_contrast_nobody_has_made_sure_of() -> None:
    doubtful = re.compile(r"\$(?:success|warning|error|accent|primary|secondary|text)\b|\$\S+ \d+%")
    for file in Path(wtr_tui.tui.__path__[0]).rglob("*.*"):
        if file.suffix in (".py", ".tcss"):
            found = set(doubtful.findall(file.read_text())) - {"$background 60%"}
            assert found == set(), file.name


@pytest.mark.parametrize("theme", IN_COLOUR, ids=by_name)
def test_the_tab_that_is_shown_can_be_read(theme: Theme) -> None:
    variables = all_variables(theme)
    on, background = Color.parse(variables["on-next"]), Color.parse(variables["next"])
    assert themes.contrast(on, background) >= themes.LEAST_CONTRAST


@pytest.mark.parametrize("theme", IN_COLOUR, ids=by_name)
def test_no_two_meanings_have_one_colour(theme: Theme) -> None:
    variables = all_variables(theme)
    assert len({variables[name] for name in MEANINGS}) == len(MEANINGS)


def test_no_two_meanings_have_one_colour_of_sixteen() -> None:
    shown = {themes.ANSI.variables[name] for name in MEANINGS}
    assert len(shown) == len(MEANINGS)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_a_text_can_be_read_in_the_colours_of_a_terminal(palette: str) -> None:
    colours = [Color.parse(f"#{each}") for each in palette.split()]
    background = colours[_number("ansi_black")]
    for name in MEANINGS:
        text = colours[_number(themes.ANSI.variables[name])]
        assert themes.contrast(text, background) >= themes.LEAST_CONTRAST, name


def _number(name: str) -> int:
    bright = name.startswith("ansi_bright_")
    return _NAMES.index(name.removeprefix("ansi_").removeprefix("bright_")) + 8 * bright


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_the_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert themes.contrast(Color.parse(one), Color.parse(other)) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT], ids=by_name)
def test_the_accent_is_that_of_the_mark(theme: Theme) -> None:
    accent = wtr_tui.ACCENT_ON_DARK if theme.dark else wtr_tui.ACCENT_ON_LIGHT
    assert theme.accent == theme.primary == accent


@pytest.mark.parametrize("meaning", Meaning)
def test_a_meaning_has_a_colour_in_every_theme_and_a_sign(meaning: Meaning) -> None:
    name = meaning.colour.removeprefix("$")
    assert name in MEANINGS
    assert all(name in themes.variables_for(theme) for theme in IN_COLOUR)
    assert len(meaning.sign) == 1


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
        ("7;default", None), ("", None), ("15", True), ("0;" + "9" * 5_000, None),
    ],
)  # fmt: skip
def test_the_variable_says_whether_the_ground_is_light(colours: str, light: bool | None) -> None:
    assert light_by_variable(colours) is light


def background(home: Path, address: str = "", **variables: str) -> TerminalBackground:
    return TerminalBackground({"HOME": str(home), "TERM": "xterm-256color", **variables}, address)


def test_an_answer_counts_at_once_and_at_the_next_start_from_there(tmp_path: Path) -> None:
    first = background(tmp_path, "10.0.0.7")
    assert not first.is_light
    first.learn("rgb:ffff/ffff/ffff")
    assert first.is_light
    assert background(tmp_path, "10.0.0.7").is_light
    assert not background(tmp_path, "10.0.0.8").is_light
    background(tmp_path, "10.0.0.7").learn("rgb:0000/0000/0000")
    assert not background(tmp_path, "10.0.0.7").is_light


def test_the_variable_wins_over_what_was_kept_and_the_answer_over_both(tmp_path: Path) -> None:
    background(tmp_path).learn("rgb:ffff/ffff/ffff")
    known = background(tmp_path, COLORFGBG="15;0")
    assert not known.is_light
    known.learn("rgb:ffff/ffff/ffff")
    assert known.is_light


@pytest.mark.parametrize(
    "content", ["", "[]", "[1, 2]", '{"xterm-256color": 3}', "\ufffd", "[" * 100_000]
)
def test_a_file_that_is_none_harms_nothing(tmp_path: Path, content: str) -> None:
    background(tmp_path).learn("rgb:ffff/ffff/ffff")
    (kept,) = (tmp_path / ".local/state/wtr-tui").iterdir()
    kept.write_text(content)
    assert not background(tmp_path).is_light


@pytest.mark.parametrize("term", ["linux", "dumb", "vt100", "vt220", ""])
def test_a_terminal_that_does_not_know_the_query_is_not_asked(tmp_path: Path, term: str) -> None:
    found = background(tmp_path, TERM=term)
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
    app.terminal_background.learn(answer)
    async with app.run_test():
        assert app.theme == theme


async def test_an_answer_after_the_first_picture_is_for_the_next_start(stage: Stage) -> None:
    stage.environ["TERM"] = "xterm-256color"
    stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        app.terminal_background.learn("rgb:ffff/ffff/ffff")
        await pilot.press("f1")
        assert app.theme == "wtr-dark"
    following = stage.app()
    async with following.run_test():
        assert following.theme == "wtr-light"


async def test_a_theme_is_chosen_by_name_shown_and_kept(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+t", *"nord", "enter")
        await tells(pilot, "The theme is nord, saved to ~/.config/wtr-tui/default.yaml.")
        assert app.theme == "nord"
        assert "theme: nord\n" in path.read_text()


async def test_the_marked_theme_is_shown_and_escape_gives_back_the_one_before(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        before, text = app.theme, path.read_text()
        await pilot.press("ctrl+t", *"nord")
        await until(pilot, lambda: app.theme == "nord", "the theme that is marked")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == before, "the theme before")
        assert path.read_text() == text


async def test_each_theme_is_offered_once_and_what_is_no_name_is_explained(stage: Stage) -> None:
    stage.configure()
    async with stage.app().run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t")
        await shows(pilot, "ansi  the terminal's own sixteen colours")
        assert "wtr-dark" not in seen(pilot)


async def test_a_theme_that_cannot_be_kept_is_shown_all_the_same(stage: Stage) -> None:
    path = stage.configure()
    app = stage.app()
    async with app.run_test() as pilot:
        path.write_text("appid: [unfinished\n")
        await pilot.press("ctrl+t", *"nord", "enter")
        await tells(pilot, "The theme is nord until you leave. Not saved: ")
        assert app.theme == "nord"
