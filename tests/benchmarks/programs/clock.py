"""One text that changes every second."""

import time

from textual.app import App, ComposeResult
from textual.widgets import Static


class Clock(App[None]):
    CSS = "Static { width: auto; }"

    def compose(self) -> ComposeResult:
        yield Static("Clock")

    def on_mount(self) -> None:
        self.set_interval(1, self.tick)

    def tick(self) -> None:
        self.query_one(Static).update(f"Clock {time.strftime('%H:%M:%S')}", layout=False)


if __name__ == "__main__":
    Clock().run()
