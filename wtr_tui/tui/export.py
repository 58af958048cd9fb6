"""How a text gets to the user: into the clipboard, or onto the bare terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtr_tui.background import in_thread
from wtr_tui.storage.settings_table import CLIPBOARD
from wtr_tui.tui import textual_private
from wtr_tui.tui.plain_page import PlainPage
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.tui.app import WtrApp


class HandOver:
    """Works in the background and says what it did."""

    def __init__(self, app: WtrApp) -> None:
        self._app = app
        self._page = PlainPage()

    def copy(self, text: str, what: str, otherwise: str) -> None:
        """Copies, and says what and which way; ``otherwise`` ends the advice where none led."""
        self._app.run_worker(self._copy(text, what, otherwise), group="copy", exclusive=True)

    async def _copy(self, text: str, what: str, otherwise: str) -> None:
        from wtr_tui.environment import clipboard

        app = self._app
        session = app.session
        copied = await in_thread(
            lambda: clipboard.copy(
                text,
                session.surroundings,
                lambda sequence: app.call_from_thread(
                    textual_private.write_to_terminal, app, sequence
                ),
                session.settings[CLIPBOARD],
                otherwise=otherwise,
                environ=session.environ,
            )
        )
        if copied.route is None:
            app.tell(" ".join(filter(None, (copied.message, copied.warning))), Tone.WARN)
            return
        said = f"{what[:1].upper()}{what[1:]}: {copied.message[:1].lower()}{copied.message[1:]}"
        words = " ".join(filter(None, (said, copied.warning)))
        app.tell(words, Tone.WARN if copied.warning else Tone.GOOD)

    def print_plainly(self, title: str, text: str) -> None:
        """Shows a long text on the bare terminal, in one piece, so that it can be selected."""
        self._app.run_worker(self._print(title, text), group="plain page", exclusive=True)

    async def _print(self, title: str, text: str) -> None:
        app = self._app
        with app.suspend(), app.batch_update():
            await self._page.show(title, text)
        app.screen.refresh()

    def close_page(self) -> None:
        """Goes back to the screens, because something has happened that they tell."""
        self._page.close()
