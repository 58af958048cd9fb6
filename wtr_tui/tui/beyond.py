"""What the terminal gets beside the picture: its title, and a notification when somebody is needed.

Nothing secret is in either: a title is shown by window managers, and kept in their logs.
"""

from __future__ import annotations

from textual.app import App

from wtr_tui.brand import MARK
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.storage.settings_table import NOTIFY, TITLE
from wtr_tui.text import printable
from wtr_tui.tui import textual_private
from wtr_tui.tui.ground import knows_osc
from wtr_tui.tui.session import Session
from wtr_tui.tui.state import standing

_BELL = "\a"
_NOTIFICATIONS = {
    "osc9": "\x1b]9;{}\a",  # iTerm2, Windows Terminal, WezTerm, Ghostty
    "osc777": f"\x1b]777;notify;{MARK};{{}}\a",  # urxvt, foot, VTE
    "osc99": "\x1b]99;;{}\x1b\\",  # kitty, foot
}


class Beyond:
    """Costs nothing while nothing changes."""

    def __init__(self, app: App[int], session: Session) -> None:
        self._app = app
        self._session = session

    def show_title(self) -> None:
        """``WTR² 13 d default``: the largest unit of the time left, or the state."""
        session = self._session
        now = standing(session)
        wanted = session.settings[TITLE] and knows_osc(session.environ)
        text = f"{MARK} {now.short_left or now.left} {now.profile}" if wanted else ""
        textual_private.set_title(self._app, printable(text))

    def notify(self, sentence: str) -> None:
        """Tells somebody who looks at another window, as the setting ``notify`` says."""
        session = self._session
        how = session.settings[NOTIFY]
        if how != "off":
            sequence = notification(how, sentence, session.surroundings)
            textual_private.write_to_terminal(self._app, sequence)


def notification(how: str, sentence: str, surroundings: Surroundings) -> str:
    """What is sent for ``bell``, ``osc9``, ``osc777`` or ``osc99``.

    tmux passes a sequence on only where ``allow-passthrough`` is on, the bell always.
    """
    from wtr_tui.environment.clipboard import through_screen, through_tmux

    if how == "bell":
        return _BELL
    sequence = _NOTIFICATIONS[how].format(printable(sentence).replace(";", ","))
    if surroundings.tmux:
        return f"{through_tmux(sequence)}{_BELL}"
    return through_screen(sequence) if surroundings.screen else sequence
