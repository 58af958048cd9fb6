"""What a refresh led to, in the words of the token view."""

from __future__ import annotations

from datetime import datetime

from wtr_tui import refresh_outcome as outcomes
from wtr_tui.keeper import Keeper
from wtr_tui.refresh_outcome import Outcome
from wtr_tui.tui.widgets.message_line import Tone


def told(outcome: Outcome, keeper: Keeper, now: datetime, *, asked: bool) -> tuple[str, Tone]:
    """The sentence and how it is meant; ``asked`` by the person, or by the clock."""
    clock = f"{now.astimezone():%H:%M}"
    if isinstance(outcome, outcomes.Refreshed):
        return f"Refreshed at {clock}: a new access token.", Tone.GOOD
    if isinstance(outcome, outcomes.SameToken):
        return (
            f"Webex returned the same token at {clock}, as it often does within a day."
            " It stays valid until the time shown.",
            Tone.GOOD,
        )
    if isinstance(outcome, outcomes.AlreadyFresh):
        return "Another program had refreshed it already: this is its token.", Tone.GOOD
    if isinstance(outcome, outcomes.NotSaved):
        return f"NOT SAVED: {outcome.message} s tries again; c copies it meanwhile.", Tone.BAD
    if isinstance(outcome, (outcomes.Temporary, outcomes.StoreFailed)):
        at = keeper.next_at()
        again = f" Next try at {at.astimezone():%H:%M:%S}." if at is not None else " r tries again."
        tone = Tone.WARN if isinstance(outcome, outcomes.Temporary) else Tone.BAD
        return f"Not refreshed: {outcome.message}{again}", tone
    sentence = f"{outcome.message} {outcome.hint}".rstrip()
    if isinstance(outcome, outcomes.SignInNeeded):
        return f"{sentence} F3 signs in; nothing was deleted.", Tone.BAD
    if not asked:
        sentence += " Auto-refresh has stopped."
    return sentence, Tone.BAD
