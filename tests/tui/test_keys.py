"""Other keys for actions: what of the setting is taken, and that the screens follow it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding

import wtr_tui.tui
from tests.support.stage import ANN, NoWebex, Stage, seen, shows, tells, until
from tests.support.tokens import a_token
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.keys import display_key, keymap
from wtr_tui.tui.screens import bindings_by_screen

SCREENS = {name: [*own, *WtrApp.BINDINGS] for name, own in bindings_by_screen().items()}


@pytest.mark.parametrize(
    ("wanted", "taken", "told"),
    [
        ({"save": "f9"}, {"save": "f9"}, ""),
        ({"save": "^e"}, {"save": "ctrl+e"}, ""),
        ({"copy-header": "h,F8"}, {"copy-header": "h,f8"}, ""),
        ({"copy": "e", "copy-export": "c"}, {"copy": "e", "copy-export": "c"}, ""),
        ({"sav": "f9"}, {}, "there is no action sav. Did you mean save"),
        ({"save": "f99x"}, {}, "f99x, for save, is no key"),
        ({"nonsense": "f9"}, {}, "there is no action nonsense. F6 lists them."),
        ({"save": "f5"}, {}, "F5, for save, is that of go-profiles"),
        ({"copy": "f9", "reveal": "f9"}, {"copy": "f9"}, "F9, for reveal, is that of copy"),
    ],
)
def test_an_entry_is_taken_or_told(
    wanted: dict[str, str], taken: dict[str, str], told: str
) -> None:
    used, warnings = keymap(wanted, SCREENS)
    assert used == taken
    assert told in " ".join(warnings)
    assert bool(warnings) == bool(told)


def test_keys_that_clash_are_named_first() -> None:
    _, warnings = keymap({"sav": "f9", "refresh": "c"}, SCREENS)
    assert [each.partition(",")[0] for each in warnings] == [
        "keys: c",
        "keys: there is no action sav. Did you mean save?",
    ]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_name_stands_for_one_action_on_a_screen(screen: str) -> None:
    actions: dict[str, set[str]] = {}
    for each in SCREENS[screen]:
        if isinstance(each, Binding) and each.id and not each.id.startswith("scroll"):
            actions.setdefault(each.id, set()).add(each.action.removeprefix("app."))
    assert {name: found for name, found in actions.items() if len(found) > 1} == {}


async def test_line_of_keys_and_help_follow_other_keys_and_what_is_refused_is_told(
    stage: Stage,
) -> None:
    stage.configure(keys="{reload: f9, sav: f8}")
    async with stage.app().run_test(size=(100, 50)) as pilot:
        await shows(pilot, "there is no action sav")
        await pilot.press("f4")
        await shows(pilot, "F9 Reload")
        await pilot.press("f1")
        await shows(pilot, "F9        Read file and environment again")


def _named_in_sentences() -> Iterator[tuple[str, str]]:
    """Action and usual key, wherever a sentence of the screens names one."""
    call, mark = (
        r"\bkey\(['\"]([a-z-]+)['\"], ['\"](\S+?)['\"]\)",
        r"\{([a-z]+(?:-[a-z]+)*):([^}=% ]+)\}",
    )
    for file in Path(wtr_tui.tui.__path__[0]).rglob("*.py"):
        yield from re.findall(f"{call}", file.read_text())
        yield from (
            found
            for found in re.findall(mark, file.read_text())
            if not found[1].startswith((">", "<"))
        )


def test_a_sentence_names_the_key_that_the_action_has() -> None:
    declared = {
        (each.id, each.key_display or display_key(each.key))
        for screen in SCREENS.values()
        for each in screen
        if isinstance(each, Binding)
    }
    named = {(action, display_key(usual)) for action, usual in _named_in_sentences()}
    assert len(named) > 20
    assert named - declared == set()


async def test_sentences_follow_other_keys(stage: Stage) -> None:
    stage.configure(keys="{go-sign-in: f9, go-profiles: f7}")
    async with stage.app().run_test(size=(100, 30)) as pilot:
        await pilot.press("f2")
        await shows(pilot, "F9 signs in to Webex and gets one.")
        await shows(pilot, "F7 Profiles")


@pytest.mark.parametrize("noticed", [False, True])
async def test_other_keys_apply_as_soon_as_the_settings_are_read_again(
    stage: Stage, noticed: bool
) -> None:
    path = stage.configure()
    if noticed:  # the change, before the key is pressed; while a sign-in waits it is not
        stage.save(a_token(obtained_at=stage.clock()))
    async with stage.app(webex=NoWebex(ANN)).run_test(size=(100, 30)) as pilot:
        await pilot.press("f4")
        with path.open("a") as file:
            file.write("keys:\n  save: f9\n  go-token: f10\n  nonsense: f8\n")
        if noticed:
            await tells(pilot, "there is no action nonsense")
        await pilot.press("ctrl+l")
        await tells(pilot, "there is no action nonsense")
        await shows(pilot, "F9 Save")
        await shows(pilot, "F10 Token")
        await pilot.press("f10")
        await until(pilot, lambda: "F9 Save" not in seen(pilot))


async def test_the_settings_say_which_keys_cannot_be_used(stage: Stage) -> None:
    path = stage.configure()
    with path.open("a") as file:
        file.write("keys:\n  nonsense: f8\n")
    async with stage.app().run_test(size=(100, 30)) as pilot:
        await pilot.press("f4")
        await shows(pilot, "Client Secret")
        await tells(pilot, "there is no action nonsense")
        await pilot.press("f6")
        await shows(pilot, "! keys         there is no action nonsense")
        await shows(pilot, "the actions are approve, auto,")
