"""What the token view shows beside the token: its owner, the other profiles, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from wtr_tui import clock, history
from wtr_tui.errors import AccessTokenRejected, StorageError, WtrError
from wtr_tui.history import WORDS, Entry, Event
from wtr_tui.in_flight import in_thread
from wtr_tui.token_state import TokenState
from wtr_tui.tui.keys import key
from wtr_tui.tui.session import Followed, Session
from wtr_tui.tui.state import coarse, sign_in_by, sign_in_meaning, state_of
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.lists import ActivityRow, ProfileRow
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.panel import cut_within

if TYPE_CHECKING:
    from wtr_tui.model import Account, Secret, Token
    from wtr_tui.oauth.responses import TokenClaims
    from wtr_tui.storage.profiles import Profile


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
        wrong.sort(key=lambda row: row.meaning.urgency)
        first = wrong[0]
        name = cut_within(first.name, 20)
        parts.append(f"{first.meaning.sign} {name}: {first.about or first.left}")
    if len(wrong) > 1:
        parts.append(f"{len(wrong) - 1} more")
    colour = wrong[0].meaning.colour if wrong else "$foreground"
    return Content.styled(", ".join(parts) + f" ({key('go-profiles', 'f5')})", colour)


def entries(profile: Profile, most: int) -> list[Entry]:
    """What happened to the profile's token, the latest first; nothing where it cannot be read."""
    try:
        return history.read(profile, most)[::-1]
    except StorageError:
        return []


def history_lines(happened: Sequence[Entry], now: datetime) -> tuple[list[Content], int]:
    """The entries in full: when, by whom, what; and the column where the last begins."""
    rows = [activity_row(entry, now) for entry in happened]
    bys = max((len(row.by) for row in rows), default=0)
    whens = [clock.local(entry.at, seconds=True) for entry in happened]
    width = max(map(len, whens), default=0)
    lines = [
        Content.assemble(
            Content.styled(f"{when:>{width}}  {row.by:<{bys}}", "$muted"),
            Content.styled(f"  {row.tone.sign} ", f"bold {row.tone.colour}"),
            Content.styled(row.what, row.tone.colour),
        )
        for when, row in zip(whens, rows, strict=True)
    ]
    return lines, width + bys + 6


def _row(each: Followed, now: datetime, *, current: bool) -> ProfileRow:
    name = each.profile.name
    state = state_of(each, now)
    stored = each.auto_refresh.stored
    if stored is None or state.kind is None:
        return ProfileRow(name, state.meaning, state.word, "-", current=current)
    token = stored.token
    meaning, about = state.meaning, state.word
    if state.kind in {TokenState.VALID, TokenState.SOON}:
        # Auto-refresh sees to the access token; a sign-in takes somebody.
        about = stored.account.display_name or stored.account.email
        meaning = Meaning.CALM if each.auto_refresh.auto else meaning
        about = about if meaning is Meaning.CALM else state.word
        end = sign_in_by(each, now)
        if end is not None:
            meaning, about = sign_in_meaning(end, now), f"sign in by {_day(end, now)}"
    left = token.left(now)
    if left is None:
        return ProfileRow(name, meaning, about, "end unknown", current=current)
    if left <= timedelta(0):
        return ProfileRow(name, meaning, about, "expired", current=current)
    life = (token.expires_at or now) - token.obtained_at
    share = min(left / life, 1.0) if life > timedelta(0) else 1.0
    return ProfileRow(name, meaning, about, coarse(left), share, current)


class Owner:
    """The user that Webex names for the latest token, or why none is known."""

    def __init__(self) -> None:
        self._account: Account | None = None
        self._why_unknown = ""
        self._asked_for: Secret | None = None

    def is_to_be_asked(self, token: Token) -> bool:
        """Whether this token is another one than the last; the next call says no."""
        is_new = token.access_token != self._asked_for
        self._asked_for = token.access_token
        return is_new

    async def ask(self, session: Session, access_token: Secret) -> None:
        """people/me. Never raises a WtrError: what went wrong is in :meth:`words`."""
        if not session.used.ready or session.auto_refresh.foreign:
            self._asked_for = None  # asked once that has changed
            return

        stored = session.auto_refresh.stored
        scopes = stored.token.scopes if stored is not None else ()

        def account() -> Account | None:
            try:
                with session.client() as client:
                    return client.account(access_token, scopes=scopes)
            except AccessTokenRejected as error:
                from wtr_tui import known

                if stored is not None and stored.token.access_token == access_token:
                    known.note_refused(session.profile, stored.token, error, session.now())
                raise

        try:
            self._account = await in_thread(account)
        except WtrError as error:
            self._account = None  # the one that is known may be of the token before
            missing = getattr(error, "status", None) == 404
            self._why_unknown = (
                "Owner unknown (this server does not tell)"
                if missing
                else f"Owner unknown for now: {error.message}"
            )
        else:
            known = self._account is not None
            self._why_unknown = "" if known else "Owner unknown (takes the scope spark:people_read)"

    def words(self, token: Token, stored: Account, claims: TokenClaims | None = None) -> str:
        """``Ann Example · ann@example.com · organisation 1eb65fdf…``.

        ``stored`` is whose it is as the token file says, until Webex has been asked; ``claims``
        are the token's own, for what neither of them says.
        """
        account = self._account
        if account is None and (stored.display_name or stored.email):
            account = stored
        named = (account.display_name, account.email) if account else (self._why_unknown,)
        organization = token.organization or (account.organization if account else "")
        which = f"organisation {organization[:8]}…" if organization else ""
        said = []
        if claims is not None and claims.organization and not organization:
            said.append(f"organisation {claims.organization[:8]}…")
        if claims is not None and claims.user_id and account is None:
            said.append(f"user {claims.user_id[:8]}…")
        if claims is not None and claims.app_id and account is None:
            said.append(f"App ID {claims.app_id[:12]}…")
        says = f"the token says: {', '.join(said)}" if said else ""
        return " · ".join(filter(None, (*named, which, says)))


def claims_of(token: Token) -> TokenClaims | None:
    """What the token says of itself; None where it is no JWT."""
    if token.access_token.reveal().count(".") != 2:
        return None
    from wtr_tui.oauth import responses  # the first picture of any other token needs none of it

    return responses.claims_of(token.access_token)


_TONES = {
    Event.RETRIEVED: Tone.GOOD,
    Event.REFRESHED: Tone.GOOD,
    Event.SAME_TOKEN: Tone.GOOD,
    Event.FAILED: Tone.WARN,
    Event.REFUSED: Tone.BAD,
    Event.NEEDS_SIGN_IN: Tone.BAD,
    Event.SIGN_IN_SOON: Tone.WARN,
    Event.SIGNED_OUT: Tone.PLAIN,
}


def activity_row(entry: Entry, now: datetime, *, life: bool = True) -> ActivityRow:
    """``11:00 ✓ refreshed, 14 d  wtr refresh``; ``life`` is how long the new token lives."""
    what = WORDS[entry.event]
    if entry.message:
        what = f"{what}: {entry.message}"
    elif life and entry.event is Event.REFRESHED and entry.expires_at is not None:
        what = f"{what}, {clock.duration(max(entry.expires_at - entry.at, timedelta(0)))}"
    by = entry.by if entry.place in {"", "terminal"} else entry.place
    return ActivityRow(when(entry.at, now), _TONES[entry.event], what, by)


def _day(instant: datetime, now: datetime) -> str:
    """``29 Nov``, ``11:00`` today."""
    here = instant.astimezone()
    today = here.date() == now.astimezone().date()
    return f"{here:%H:%M}" if today else f"{here.day} {here:%b}"


def when(instant: datetime, now: datetime) -> str:
    """``11:00`` today, ``Mon`` within a week, ``3 Nov``, ``Nov 2025``."""
    here, today = instant.astimezone(), now.astimezone()
    if here.date() == today.date():
        return f"{here:%H:%M}"
    if abs(today - here) < timedelta(days=7):
        return f"{here:%a}"
    return f"{here.day} {here:%b}" if here.year == today.year else f"{here:%b %Y}"
