"""A key that changes a text, and keys that change the screen."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static


class First(Screen[None]):
    BINDINGS: ClassVar = [("v", "reveal", "Reveal")]
    shown = False

    def compose(self) -> ComposeResult:
        yield Static("The first screen")
        yield Static("hidden", id="text")

    def action_reveal(self) -> None:
        self.shown = not self.shown
        self.query_one("#text", Static).update("revealed" if self.shown else "hidden")


class Second(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static("The second screen")


class TwoScreens(App[None]):
    BINDINGS: ClassVar = [
        ("f2", "switch_screen('first')", "First"),
        ("f4", "switch_screen('second')", "Second"),
    ]

    def on_mount(self) -> None:
        self.install_screen(First(), "first")
        self.install_screen(Second(), "second")
        self.push_screen("first")


if __name__ == "__main__":
    TwoScreens().run()
