"""What a refresh led to and when the next one is, as the screens say it."""

from __future__ import annotations

from datetime import datetime, timedelta

from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.errors import NotSaved, SignInNeeded, StorageError, TemporaryError, WtrError
from wtr_tui.tokens import How, Obtained
from wtr_tui.tui.keys import key
from wtr_tui.tui.state import date
from wtr_tui.tui.widgets.message_line import Tone


def next_refresh(keeper: AutoRefresh, now: datetime) -> str:
    """``on, next Sun 6 Dec 21:42``, or why there is no next one."""
    if keeper.is_refreshed_elsewhere:
        return "where wtr serve runs"
    if not keeper.auto:
        return "off"
    if keeper.settings is not None and keeper.settings.unread:
        return "on, but the settings cannot be read"
    if keeper.stopped:
        return "stopped: " + keeper.stopped
    if keeper.is_lost:
        return "stopped: " + keeper.known.message
    if keeper.unsaved:
        return "on, once the token is saved"
    if keeper.other_base_url:
        return "on, but another base URL's token is left alone"
    if keeper.foreign:
        return "on, but another App ID's token is left alone"
    at = keeper.next_at()
    if at is None and keeper.stored is not None and keeper.stored.token.refresh_token is not None:
        return f"on, but the token's end is unknown: {key('refresh', 'r')} refreshes it"
    if at is None:
        return "on, but this token cannot be refreshed"
    if at <= now:
        return "on, refreshing now"
    return f"on, next {date(at, now)}"


def next_refresh_in_short(keeper: AutoRefresh, now: datetime) -> str:
    """``Sun 6 Dec 21:42``, ``21:42:07`` within the day, ``off``, ``stopped``, ``-`` for none."""
    if not keeper.auto:
        return "off"
    if keeper.stopped or keeper.is_lost:
        return "stopped"
    at = keeper.next_at()
    if at is None:
        return "-"
    if at <= now:
        return "now"
    here = at.astimezone()
    return f"{here:%H:%M:%S}" if at - now < _SAME_DAY else f"{here:%a} {here.day} {here:%b %H:%M}"


_SAME_DAY = timedelta(hours=12)


def outcome(
    obtained: Obtained | WtrError, keeper: AutoRefresh, now: datetime, *, asked: bool
) -> tuple[str, Tone]:
    """The sentence and how it is meant; ``asked`` by the user, or by the clock."""
    clock = f"{now.astimezone():%H:%M}"
    if isinstance(obtained, NotSaved):
        return _not_saved(obtained), Tone.BAD
    if isinstance(obtained, (TemporaryError, StorageError)):
        at = keeper.next_at()
        again = (
            f" Next try at {at.astimezone():%H:%M:%S}."
            if at is not None
            else f" {key('refresh', 'r')} tries again."
        )
        tone = Tone.WARN if isinstance(obtained, TemporaryError) else Tone.BAD
        return f"Not refreshed: {obtained.message}{again}", tone
    if isinstance(obtained, WtrError):
        sentence = f"{obtained.message} {obtained.hint}".rstrip()
        if isinstance(obtained, SignInNeeded):
            return f"{sentence} {key('go-sign-in', 'f3')} signs in; nothing was deleted.", Tone.BAD
        return sentence if asked else f"{sentence} Auto-refresh has stopped.", Tone.BAD
    if obtained.how is How.REFRESHED:
        return f"Refreshed at {clock}: a new access token.", Tone.GOOD
    if obtained.how is How.SAME:
        return (
            f"Webex returned the same token at {clock}, as it often does within a day."
            " It stays valid until the time shown.",
            Tone.GOOD,
        )
    return "Another program had refreshed it already: this is its token.", Tone.GOOD


def _not_saved(obtained: NotSaved) -> str:
    again, copies = key("save", "s"), key("copy", "c")
    return f"NOT SAVED: {obtained.message} {again} tries again; {copies} copies it meanwhile."
