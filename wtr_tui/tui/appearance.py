"""The theme: which one the settings and the terminal ask for, and choosing another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtr_tui.errors import WtrError
from wtr_tui.storage.settings_table import THEME
from wtr_tui.storage.settings_values import THEMES
from wtr_tui.tui import textual_private, themes
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp
    from wtr_tui.tui.ground import Ground


class Appearance:
    """Sets the theme before the first picture, and whenever another one is wanted."""

    def __init__(self, app: WtrApp, ground: Ground) -> None:
        self._app = app
        self._ground = ground
        self._wanted = app.session.settings[THEME]
        if self._wanted != "auto" or app.no_color:
            ground.query = ""
        for theme in themes.OWN:
            app.register_theme(theme)

    def begin(self) -> None:
        """Before the first picture: what the terminal has answered by now counts."""
        textual_private.start_with_theme(self._app, self._theme())

    def follow_settings(self) -> None:
        """Shows the theme of the settings where that is another one than before."""
        wanted = self._app.session.settings[THEME]
        if wanted != self._wanted:
            self._wanted = wanted
            self._app.theme = self._theme()

    def choose(self) -> None:
        """Lets the user pick a theme; it is shown, and kept in the settings file."""
        app = self._app
        if app.no_color:
            app.tell("$NO_COLOR is set: without it there are themes to choose from.", Tone.WARN)
            return
        from wtr_tui.tui.screens.choice import ChoiceScreen

        def take(name: str | None) -> None:
            if name is not None:
                self._take(name)

        app.push_screen(ChoiceScreen("Theme", THEMES, self._wanted), take)

    def _take(self, name: str) -> None:
        from wtr_tui.storage import settings_edit

        app, session = self._app, self._app.session
        path, error = session.profile.settings_path, session.settings_error
        try:
            if error is not None:
                raise error
            settings_edit.save(path, {THEME.name: name}, expected=session.settings.text)
        except WtrError as refusal:
            self._wanted = name
            app.theme = self._theme()
            app.tell(f"The theme is {name} until you leave. Not saved: {refusal}", Tone.WARN)
            return
        session.load_settings()
        app.settings_changed()
        app.tell(f"The theme is {name}, saved to {session.settings_place}.", Tone.GOOD)

    def _theme(self) -> str:
        app = self._app
        if app.no_color:
            return themes.WITHOUT_COLOUR
        few_colours = not app.is_headless and app.console.color_system == "standard"
        name = themes.named(self._wanted, light=self._ground.is_light, few_colours=few_colours)
        return name if name in app.available_themes else themes.DARK.name
