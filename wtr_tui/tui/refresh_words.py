"""What a refresh led to, in the words of the token view."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtr_tui import instants, refresh
from wtr_tui.keeper import Keeper
from wtr_tui.refresh import Outcome
from wtr_tui.tui.widgets.message_line import Tone


def told(outcome: Outcome, keeper: Keeper, now: datetime, *, asked: bool) -> tuple[str, Tone]:
    """The sentence and how it is meant; ``asked`` by the person, or by the clock."""
    clock = f"{now.astimezone():%H:%M}"
    if isinstance(outcome, refresh.Refreshed):
        return f"Refreshed at {clock}: a new access token.", Tone.GOOD
    if isinstance(outcome, refresh.SameToken):
        return (
            f"Webex returned the same token at {clock}, as it often does within a day."
            " It stays valid until the time shown.",
            Tone.GOOD,
        )
    if isinstance(outcome, refresh.AlreadyFresh):
        return "Another program had refreshed it already: this is its token.", Tone.GOOD
    if isinstance(outcome, refresh.NotSaved):
        return f"NOT SAVED: {outcome.sentence} s tries again; c copies it meanwhile.", Tone.BAD
    if isinstance(outcome, (refresh.Temporary, refresh.StoreFailed)):
        at = keeper.next_at()
        again = f" Next try at {at.astimezone():%H:%M:%S}." if at is not None else " r tries again."
        tone = Tone.WARN if isinstance(outcome, refresh.Temporary) else Tone.BAD
        return f"Not refreshed: {outcome.sentence}{again}", tone
    sentence = f"{outcome.sentence} {outcome.advice}".rstrip()
    if isinstance(outcome, refresh.SignInNeeded):
        return f"{sentence} F3 signs in; nothing was deleted.", Tone.BAD
    if not asked:
        sentence += " Auto-refresh rests."
    return sentence, Tone.BAD


def next_refresh(keeper: Keeper, now: datetime) -> str:
    """``on, next Sun 6 Dec 2026 21:42 CET``, or why there is no next one."""
    if not keeper.auto:
        return "off"
    if keeper.stopped:
        return "resting: " + keeper.stopped
    if keeper.unsaved:
        return "on, once the token is saved"
    if keeper.foreign:
        return "on, but another App ID's token is left alone"
    at = keeper.next_at()
    if at is None and keeper.stored is not None and keeper.stored.token.refresh_token is not None:
        return "on, but the token's end is unknown: r refreshes it"
    if at is None:
        return "on, but this token cannot be refreshed"
    if at <= now:
        return "on, refreshing now"
    if at - now < _SAME_DAY:
        return f"on, next at {at.astimezone():%H:%M:%S}"
    return f"on, next {instants.local(at)}"


_SAME_DAY = timedelta(hours=12)
