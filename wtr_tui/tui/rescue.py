"""After a fault: a token that could not be saved is offered before the program ends."""

from __future__ import annotations

import sys
from collections.abc import Callable

from wtr_tui.errors import WtrError
from wtr_tui.model import Token
from wtr_tui.tui.session import Session

Give = Callable[[Token, str], None]
"""Prints the token of the profile on the terminal."""


def offer_unsaved(session: Session, give: Give) -> None:
    """Tries once more to save what is unsaved, else asks on the bare terminal whether to print it.

    To be called when the terminal is as it was before. Nobody may be there to answer.
    """
    for each in session.roster:
        stored = each.keeper.stored
        if stored is None or not each.keeper.unsaved:
            continue
        try:
            each.save()
        except WtrError as error:
            _tell(f"\nThe token is NOT SAVED: {error}\nEnter prints it here, Ctrl+C drops it. ")
            if _is_wanted():
                give(stored.token, each.profile.name)
        else:
            _tell("The token that could not be saved before is saved now.\n")


def _is_wanted() -> bool:
    try:
        return bool(sys.stdin.readline())
    except (KeyboardInterrupt, OSError):
        return False


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
