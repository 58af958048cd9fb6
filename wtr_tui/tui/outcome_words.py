"""What a refresh led to, in the words of the token view."""

from __future__ import annotations

from datetime import datetime

from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.errors import NotSaved, SignInNeeded, StorageError, TemporaryError, WtrError
from wtr_tui.tokens import How, Obtained
from wtr_tui.tui.keys import key
from wtr_tui.tui.widgets.message_line import Tone


def told(
    outcome: Obtained | WtrError, keeper: AutoRefresh, now: datetime, *, asked: bool
) -> tuple[str, Tone]:
    """The sentence and how it is meant; ``asked`` by the person, or by the clock."""
    clock = f"{now.astimezone():%H:%M}"
    if isinstance(outcome, NotSaved):
        return _not_saved(outcome), Tone.BAD
    if isinstance(outcome, (TemporaryError, StorageError)):
        at = keeper.next_at()
        again = (
            f" Next try at {at.astimezone():%H:%M:%S}."
            if at is not None
            else f" {key('refresh', 'r')} tries again."
        )
        tone = Tone.WARN if isinstance(outcome, TemporaryError) else Tone.BAD
        return f"Not refreshed: {outcome.message}{again}", tone
    if isinstance(outcome, WtrError):
        sentence = f"{outcome.message} {outcome.hint}".rstrip()
        if isinstance(outcome, SignInNeeded):
            return f"{sentence} {key('go-sign-in', 'f3')} signs in; nothing was deleted.", Tone.BAD
        return sentence if asked else f"{sentence} Auto-refresh has stopped.", Tone.BAD
    if outcome.how is How.REFRESHED:
        return f"Refreshed at {clock}: a new access token.", Tone.GOOD
    if outcome.how is How.SAME:
        return (
            f"Webex returned the same token at {clock}, as it often does within a day."
            " It stays valid until the time shown.",
            Tone.GOOD,
        )
    return "Another program had refreshed it already: this is its token.", Tone.GOOD


def _not_saved(outcome: NotSaved) -> str:
    again, copies = key("save", "s"), key("copy", "c")
    return f"NOT SAVED: {outcome.message} {again} tries again; {copies} copies it meanwhile."
