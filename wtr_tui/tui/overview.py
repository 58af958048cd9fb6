"""All profiles and the history, as the token view shows them at its right.

Loaded after the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.content import Content

from wtr_tui import clock, history
from wtr_tui.errors import StorageError
from wtr_tui.history import Entry
from wtr_tui.tokens import TokenState
from wtr_tui.tui import activity
from wtr_tui.tui.keys import key
from wtr_tui.tui.meaning import Meaning
from wtr_tui.tui.roster import Followed
from wtr_tui.tui.session import Session
from wtr_tui.tui.state import coarse, sign_in_by, state_of_profile
from wtr_tui.tui.widgets.profiles_panel import ProfileRow


def profile_rows(session: Session) -> list[ProfileRow]:
    """A row for each profile that is known by now, the one in use first."""
    now = session.now()
    rows = [_row(each, now, current=each is session.used) for each in session.roster]
    return sorted(rows, key=lambda row: not row.current)


def others_line(rows: Sequence[ProfileRow]) -> Content | str:
    """``2 fine, ▲ calling-b: sign in by 29 Nov (F5)``; "" where there is no other profile."""
    if not rows:
        return ""
    fine = [row for row in rows if row.meaning is Meaning.CALM]
    wrong = [row for row in rows if row.meaning is not Meaning.CALM]
    parts = [f"{len(fine)} fine"] if fine else []
    if wrong:
        first = wrong[0]
        parts.append(f"{first.meaning.sign} {first.name}: {first.about or first.left}")
    if len(wrong) > 1:
        parts.append(f"{len(wrong) - 1} more")
    colour = wrong[0].meaning.colour if wrong else "$foreground"
    return Content.styled(", ".join(parts) + f" ({key('go-profiles', 'f5')})", colour)


def entries(session: Session, most: int) -> list[Entry]:
    """What happened to the profile's token, the latest first; nothing where it cannot be read."""
    try:
        return history.read(session.profile, most)[::-1]
    except StorageError:
        return []


def history_lines(happened: Sequence[Entry], now: datetime) -> tuple[list[Content], int]:
    """The entries in full: when, by whom, what; and the column where the last begins."""
    rows = [activity.row(entry, now) for entry in happened]
    bys = max((len(row.by) for row in rows), default=0)
    whens = [clock.local(entry.at, seconds=True) for entry in happened]
    width = max(map(len, whens), default=0)
    lines = [
        Content.assemble(
            Content.styled(f"{when:>{width}}  {row.by:<{bys}}", "$muted"),
            Content.styled(f"  {row.tone.value[0]} ", f"bold {row.tone.value[1]}"),
            Content.styled(row.what, row.tone.value[1]),
        )
        for when, row in zip(whens, rows, strict=True)
    ]
    return lines, width + bys + 6


def _row(each: Followed, now: datetime, *, current: bool) -> ProfileRow:
    name = each.profile.name
    state = state_of_profile(each, now)
    stored = each.keeper.stored
    if stored is None or state.kind is None:
        return ProfileRow(name, state.meaning, state.word, "-", current=current)
    token = stored.token
    meaning, about = state.meaning, state.word
    if state.kind in {TokenState.VALID, TokenState.SOON}:
        # Auto-refresh sees to the access token; a sign-in takes somebody.
        about = stored.account.display_name or stored.account.email
        meaning = Meaning.CALM if each.keeper.auto else meaning
        end = sign_in_by(each, now)
        if end is not None:
            here = end.astimezone()
            meaning, about = Meaning.SOON, f"sign in by {here.day} {here:%b}"
    left = token.left(now)
    if left is None:
        return ProfileRow(name, meaning, about, "end unknown", current=current)
    if left <= timedelta(0):
        return ProfileRow(name, meaning, about, "expired", current=current)
    life = (token.expires_at or now) - token.obtained_at
    share = min(left / life, 1.0) if life > timedelta(0) else 1.0
    return ProfileRow(name, meaning, about, coarse(left), share, current)
