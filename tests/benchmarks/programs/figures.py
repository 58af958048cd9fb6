"""The countdown in figures, alone on the screen, sent as the program sends it."""

import time
from datetime import timedelta

from textual.app import App, ComposeResult
from textual.driver import Driver

from wtr_tui.clock import countdown
from wtr_tui.tui import themes
from wtr_tui.tui.driver import TerminalDriver
from wtr_tui.tui.widgets.figures import Figures

_LIFE = timedelta(days=14)


class Countdown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.register_theme(themes.DARK)
        self.theme = themes.DARK.name
        self._began = time.monotonic()

    def get_driver_class(self) -> type[Driver]:
        return TerminalDriver

    def compose(self) -> ComposeResult:
        yield Figures(countdown(_LIFE))

    def on_mount(self) -> None:
        self.set_interval(1, self.tick)

    def tick(self) -> None:
        left = _LIFE - timedelta(seconds=time.monotonic() - self._began)
        self.query_one(Figures).show(countdown(left))


if __name__ == "__main__":
    Countdown().run(mouse=False)
