"""An app for one widget, in the program's colours."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.widget import Widget

from wtr_tui.tui import themes


class Stage(App[None]):
    """Shows these widgets."""

    CSS = "Screen { background: $background; color: $foreground; }"

    def __init__(self, *widgets: Widget, theme: str = "wtr-dark") -> None:
        super().__init__()
        self._widgets = widgets
        for each in themes.OWN:
            self.register_theme(each)
        self.theme = theme

    def get_css_variables(self) -> dict[str, str]:
        generated = super().get_css_variables()
        self.theme_variables = {**generated, **themes.variables_for(self.current_theme)}
        return self.theme_variables

    def compose(self) -> ComposeResult:
        yield from self._widgets

    @property
    def rows(self) -> list[str]:
        """What stands on the screen, as the compositor put it together."""
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


def without_blanks(rows: Iterable[str]) -> list[str]:
    return [row.strip() for row in rows if row.strip()]
