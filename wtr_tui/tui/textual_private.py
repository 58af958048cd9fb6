"""What the screens use of Textual beyond its public names: here, and for the terminal's input in
:mod:`wtr_tui.tui.driver`, and nowhere else.

Each function says what it is for and what would be lost without it.
``tests/tui/test_textual_private.py`` fails where a release of Textual changes one of them.
"""

from __future__ import annotations

from rich.text import Text
from textual.app import App
from textual.screen import Screen

from wtr_tui.tui.driver import TerminalDriver


def write_to_terminal(app: App[int], sequence: str) -> None:
    """Sends an escape sequence (OSC 52, a title) in order with what is drawn.

    Textual has no public way; written past its driver, it would land in the middle of a frame.
    """
    driver = app._driver
    if driver is not None:
        driver.write(sequence)


def set_title(app: App[int], text: str) -> None:
    """Sets the terminal's title until the program ends; empty: gives its own one back."""
    if isinstance(app._driver, TerminalDriver):
        app._driver.set_title(text)


def first_screen(app: App[int], screen: Screen[None]) -> Screen[None]:
    """Makes a screen fit to be the default one, at the bottom of the stack.

    Otherwise an empty screen below it is laid out and painted first: 11 ms of the first picture.
    """
    for path in screen.css_path:  # Textual reads the style sheets of all screens but this one
        app.stylesheet.read(path)
    # switch_screen takes off what Textual puts on every screen but the default one.
    screen._push_result_callback(app, None)
    return screen


def start_with_theme(app: App[int], name: str) -> None:
    """Sets the theme before anything is drawn.

    A theme that is set as usual is applied anew after the start: all CSS would be parsed twice,
    which takes 9 ms.
    """
    app.set_reactive(App.theme, name)
    app._watch_ansi_color(app.ansi_color)  # or a theme of the terminal's colours is sent as RGB
    app.stylesheet.set_variables(app.get_css_variables())


class FaultApp(App[int]):
    """An app that ends after a fault of its own with a sentence.

    Textual's own way prints a traceback with all local variables, secrets among them.
    """

    def report_fault(self, error: BaseException) -> str:
        """Keeps what is to be known of the fault, and gives the sentence to be printed."""
        raise NotImplementedError

    def _fatal_error(self) -> None:
        if self._exception is not None:
            sentence = self.report_fault(self._exception)
            self._exit_renderables.append(Text(sentence))
            self._close_messages_no_wait()
