"""Other keys for actions: what of the setting is taken, and that the screens follow it."""

from __future__ import annotations

import pytest
from textual.binding import Binding

from tests.support.stage import Stage, shows
from wtr_tui.tui.app import WtrApp
from wtr_tui.tui.keymap import keymap
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
        ({"save": "f5"}, {}, "F5, for save, is that of go-profiles"),
        ({"copy": "f9", "reveal": "f9"}, {"copy": "f9"}, "F9, for reveal, is that of copy"),
    ],
)
def test_an_entry_is_taken_or_told(
    wanted: dict[str, str], taken: dict[str, str], told: str
) -> None:
    found = keymap(wanted, SCREENS)
    assert found.keys == taken
    assert told in " ".join(found.warnings)
    assert bool(found.warnings) == bool(told)


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
