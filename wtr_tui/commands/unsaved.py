"""A token that could not be saved, and that nobody has asked to be printed."""

from __future__ import annotations

import sys

from wtr_tui import clock
from wtr_tui.commands import formats
from wtr_tui.commands.output import give, tell
from wtr_tui.model import Token


def give_on_terminal(token: Token, profile: str) -> None:
    """Prints the only copy there is where a person can take it up.

    Anywhere else it would end in a log or a mail, where a token must never be.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        tell("Nothing keeps it now; with -j it would have been printed, for a program to keep.")
        return
    give(formats.as_text(formats.original_json(token, clock.now())))
    tell(
        f"This is the only copy. Once that is mended: wtr import --replace --profile {profile} -"
        " takes it, pasted as it stands here."
    )
