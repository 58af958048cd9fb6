"""The full screens by name, one file each: imported and made when they are first gone to.

To add a screen:

1. Write ``screens/NAME.py`` with a class that inherits from :class:`base.WtrScreen` (a full
   screen), or a :class:`dialogs.Dialog` (a framed box above one). Its words, its keys and its style
   sheet (``DEFAULT_CSS``) stand in that file.
2. A full screen gets an entry in :data:`FULL_SCREENS`; then ``program.go("NAME")`` shows it.
3. Where it is a tab, it also gets an entry in :data:`wtr_tui.tui.widgets.bars.TABS` and a key
   in ``WtrApp.BINDINGS``. A dialog is shown with ``self.app.push_screen(…)``.

A screen asks for what it needs of ``self.session`` (profile, settings, token) and
``self.program``, the app, which it imports for the type checker alone.
"""

from __future__ import annotations

import importlib
from typing import cast

from textual.binding import BindingType

from wtr_tui.tui.screens.base import WtrScreen

FULL_SCREENS = {
    "token": ("token", "TokenScreen"),
    "sign-in": ("sign_in", "SignInScreen"),
    "settings": ("settings", "SettingsScreen"),
    "profiles": ("profiles", "ProfilesScreen"),
    "check": ("check", "CheckScreen"),
}
"""Name: the module in this package and the class. The name is that of the tab in the header."""


def load(name: str) -> type[WtrScreen]:
    """The class of a full screen."""
    module, class_name = FULL_SCREENS[name]
    found = getattr(importlib.import_module(f"{__name__}.{module}"), class_name)
    return cast(type[WtrScreen], found)


def bindings_by_screen() -> dict[str, list[BindingType]]:
    """What each of them declares, with what all have in common."""
    return {
        name: [each for kind in (load(name), WtrScreen) for each in kind.BINDINGS]
        for name in FULL_SCREENS
    }
