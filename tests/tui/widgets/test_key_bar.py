"""The keys at the bottom: what there is room for, and a click that does what the key does."""

from __future__ import annotations

from textual.binding import Binding
from textual.screen import Screen

from tests.tui.widgets.stage import Stage
from wtr_tui.tui.widgets.bars import KeyBar


class Keys(Stage):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("r", "note('refresh')", "Refresh"),
        Binding("c", "note('copy')", "Copy"),
        Binding("x", "note('cancel')", "Cancel"),
        Binding("h", "note('hidden')", "Hidden", show=False),
        Binding("q", "note('quit')", "Quit"),
        Binding("question_mark", "note('help')", "Help", key_display="?"),
    ]

    def __init__(self, bar: KeyBar) -> None:
        super().__init__(bar)
        self.noted: list[str] = []

    def action_note(self, word: str) -> None:
        self.noted.append(word)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if parameters == ("cancel",) else True


async def test_a_click_does_what_the_key_does() -> None:
    app = Keys(KeyBar())
    async with app.run_test(size=(80, 5)) as pilot:
        assert app.rows[0] == "r Refresh  c Copy  x Cancel  q Quit  ? Help"
        for word in ("Copy", "? Help", "Cancel"):  # the last one is not to be had now
            await pilot.click(KeyBar, offset=(app.rows[0].index(word), 0))
        await pilot.click(KeyBar, offset=(70, 0))
        assert app.noted == ["copy", "help"]


async def test_where_lines_are_few_the_last_two_keys_stay() -> None:
    app = Keys(KeyBar(most_lines=1))
    async with app.run_test(size=(32, 5)) as pilot:
        assert app.rows[:2] == ["r Refresh  q Quit  ? Help", ""]
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert app.rows[:2] == ["q Quit  ? Help", ""]


class Rebound(Stage):
    ENABLE_COMMAND_PALETTE = False

    class Own(Screen[None]):
        BINDINGS = [  # noqa: RUF012 - as Textual declares it
            Binding("r", "note('refresh')", "Refresh", id="refresh"),
            Binding("c", "note('copy')", "Copy", id="copy"),
            Binding("q", "note('quit')", "Quit", id="quit"),
        ]

        def action_note(self, word: str) -> None:
            """Nothing is to happen."""

    def get_default_screen(self) -> Screen[None]:
        return self.Own()


async def test_a_key_that_was_rebound_keeps_its_place() -> None:
    app = Rebound(KeyBar())
    async with app.run_test(size=(80, 5)) as pilot:
        app.set_keymap({"copy": "y"})
        app.screen.refresh_bindings()
        await pilot.pause()
        assert app.rows[0] == "r Refresh  y Copy  q Quit"
