"""The full screens by name, one file each. Each is imported and made when it is first gone to.

To add a screen:

1. Write ``screens/NAME.py`` with a class that inherits from :class:`base.WtrScreen` (a full
   screen), or a :class:`dialogs.Dialog` (a framed box above one). Its words, its keys and its style
   sheet (``DEFAULT_CSS``) stand in that file.
2. A full screen gets an entry in :data:`_FULL_SCREENS`; then ``program.go("NAME")`` shows it.
3. Where it is a tab, it also gets an entry in :data:`wtr_tui.tui.widgets.header.TABS` and a key
   in ``WtrApp.BINDINGS``. A dialog is shown with ``self.app.push_screen(…)``.

A screen asks for what it needs of ``self.session`` (profile, settings, token) and
``self.program`` (see :class:`wtr_tui.tui.session.Program`): it never imports the app.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import cast

from textual.binding import BindingType

from wtr_tui.tui.screens.base import WtrScreen

_FULL_SCREENS = {
    "token": ("token", "TokenScreen"),
    "sign-in": ("sign_in", "SignInScreen"),
    "settings": ("settings", "SettingsScreen"),
    "profiles": ("profiles", "ProfilesScreen"),
    "check": ("check", "CheckScreen"),
}
"""Name: the module in this package and the class. The name is that of the tab in the header."""


def bindings_by_screen() -> dict[str, list[BindingType]]:
    """What each of them declares, with what all have in common."""
    return {
        name: [each for kind in (_class(name), WtrScreen) for each in kind.BINDINGS]
        for name in _FULL_SCREENS
    }


def _class(name: str) -> type[WtrScreen]:
    module, class_name = _FULL_SCREENS[name]
    return cast(
        type[WtrScreen], getattr(importlib.import_module(f"{__name__}.{module}"), class_name)
    )


class FullScreens:
    """The full screens that somebody has gone to; each is the same one every time."""

    def __init__(self) -> None:
        self._made: dict[str, WtrScreen] = {}

    def __getitem__(self, name: str) -> WtrScreen:
        if name not in self._made:
            self._made[name] = _class(name)()
        return self._made[name]

    def __iter__(self) -> Iterator[WtrScreen]:
        # A list: a sign-in that ends meanwhile makes the screen it leads to.
        return iter(list(self._made.values()))

    def built(self) -> Iterator[WtrScreen]:
        """Those that hold their widgets now."""
        return (screen for screen in self if screen.is_built)
