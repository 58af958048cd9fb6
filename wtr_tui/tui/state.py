"""What the screens say of a token: its state, the next refresh, its owner, and what happened.

One truth for the header, the token view, the profiles and the sign-in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from wtr_tui import clock, history, token_state
from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.errors import AccessTokenRejected, StorageError, WtrError
from wtr_tui.history import LABELS, Entry, Event
from wtr_tui.in_flight import in_thread
from wtr_tui.storage.paths import DEFAULT_PROFILE
from wtr_tui.token_state import TokenState
from wtr_tui.tui.keys import key
from wtr_tui.tui.session import Session, WatchedProfile
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import truncate_middle
from wtr_tui.tui.widgets.bars import HeaderState
from wtr_tui.tui.widgets.lists import ActivityRow, ProfileRow

if TYPE_CHECKING:
    from wtr_tui.model import Account, Secret, Token
    from wtr_tui.oauth.responses import TokenClaims
    from wtr_tui.storage.profiles import Profile

_BY_SIGN = {each.sign: each for each in (Meaning.NONE, Meaning.CALM, Meaning.SOON, Meaning.OVER)}


class ShownState(NamedTuple):
    """``word`` stands beside the sign of the meaning: ``● valid``, ``✗ expired``."""

    meaning: Meaning
    word: str
    kind: TokenState | None
    """None where the token file cannot be used."""


def state_of(watched: WatchedProfile, now: datetime) -> ShownState:
    """How the token of a profile is, for every screen that says it."""
    auto_refresh = watched.auto_refresh
    if auto_refresh.problem is not None and not auto_refresh.unsaved:
        return ShownState(Meaning.OVER, auto_refresh.problem_word, None)
    kind = token_state.state_of(
        auto_refresh.stored,
        watched.settings,
        auto_refresh.recorded,
        now,
        unsaved=auto_refresh.unsaved,
    )
    if kind is TokenState.SIGN_IN_NEEDED and auto_refresh.is_refreshed_elsewhere:
        kind = TokenState.EXPIRED
    error = watched.settings_error
    if error is not None:
        line = f"settings: line {error.line}" if error.line else TokenState.UNREADABLE.value
        return ShownState(Meaning.OVER, line, kind)
    meaning = Meaning.URGENT if kind is TokenState.UNSAVED else _BY_SIGN[kind.sign]
    token = watched.token
    if kind is TokenState.SOON and token and is_urgent(token.left(now), _lifetime(token)):
        meaning = Meaning.URGENT
    word = "NOT SAVED" if kind is TokenState.UNSAVED else kind.value
    return ShownState(meaning, word, kind)


def profile_state(watched: WatchedProfile, now: datetime) -> ShownState:
    """The same of the profile: a sign-in that is near takes somebody, however well the token is."""
    state, end = state_of(watched, now), sign_in_by(watched, now)
    if end is None or state.meaning is not Meaning.CALM:
        return state
    return ShownState(sign_in_meaning(watched, now), f"sign in by {_day(end, now)}", state.kind)


def unusable_reason(watched: WatchedProfile, token: Token, now: datetime) -> str:
    """Why its access token is of no use as it is, in a sentence; "" where it may be used."""
    if token.expires_at is not None and not token.is_valid(now):
        why = f"It expired {format_date(token.expires_at, now)}"
    elif token_state.since_refused(watched.auto_refresh.recorded, token, now) is not None:
        why = "Webex refuses it"
    else:
        return ""
    is_lost = state_of(watched, now).kind is TokenState.SIGN_IN_NEEDED or not token.refresh_token
    signs_in, refreshes = key("go-sign-in", "f3"), key("refresh", "r")
    then = f"you sign in ({signs_in})" if is_lost else f"it is refreshed ({refreshes})"
    return f"{why}: no use until {then}."


def is_urgent(left: timedelta | None, lifetime: timedelta | None) -> bool:
    """In the last fiftieth of the lifetime; where that is unknown, in the last five minutes."""
    limit = timedelta(minutes=5) if lifetime is None else lifetime / 50
    return left is not None and left <= limit


_COUNTS = {TokenState.VALID, TokenState.SOON}


def header_state(session: Session) -> HeaderState:
    """What the header says: the state, the time left in two units, the profile, the place."""
    now = session.now()
    state = profile_state(session.current, now)
    token = session.current.token
    left = token.left(now) if token is not None else None
    counts = state.kind in _COUNTS
    words = state.word
    if left is not None and left > timedelta(0):
        words = format_time_left(left) if counts else words
        if state.kind is TokenState.SIGN_IN_NEEDED:  # until then it can be used all the same
            words = f"sign in · {' '.join(format_time_left(left).split()[:2])}"
    place = session.surroundings.describe()
    if session.demo is not None:
        place = "not the real Webex"
    elif place.startswith("at "):
        place = ""  # at their own desk
    name = session.profile.name
    name = "sandbox" if session.demo is not None and name == DEFAULT_PROFILE else name
    end = sign_in_by(session.current, now)
    by = f"sign in by {format_date(end, now)}" if end is not None and counts else ""
    return HeaderState(state.meaning, words, name, place, by)


def sign_in_by(watched: WatchedProfile, now: datetime) -> datetime | None:
    """When somebody has to sign in for the profile at the latest; None where that is far away."""
    auto_refresh, token = watched.auto_refresh, watched.token
    if token is None or auto_refresh.is_foreign:
        return None
    return token_state.sign_in_by(auto_refresh.recorded, token, watched.settings, now)


def refused_since(watched: WatchedProfile, now: datetime) -> datetime | None:
    """Since when Webex refuses the access token before its end; None where it does not."""
    token, known = watched.token, watched.auto_refresh.recorded
    return None if token is None else token_state.since_refused(known, token, now)


def sign_in_meaning(watched: WatchedProfile, now: datetime) -> Meaning:
    """How near that is."""
    end = sign_in_by(watched, now)
    if end is None:
        return Meaning.CALM
    return Meaning.URGENT if end - now <= timedelta(days=1) else Meaning.SOON


def format_time_left(left: timedelta) -> str:
    """The time left in two units, minutes being the least: it changes once a minute at most."""
    minute = timedelta(minutes=1)
    return "<1 min" if left < minute else clock.duration(minute * (left // minute))


def format_date(instant: datetime, now: datetime, *, zone: bool = False) -> str:
    """``Tue 8 Dec 11:00``; the year where it is not this one, seconds within the hour."""
    here, today = instant.astimezone(), now.astimezone()
    tail = f" {here.tzname()}" if zone else ""
    seconds = abs(instant - now) < timedelta(hours=1)
    at = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    if seconds and here.date() == today.date():
        return f"{at}{tail}"
    if here.year != today.year and abs(instant - now) > timedelta(days=45):
        at = str(here.year)
    return f"{here:%a} {here.day} {here:%b} {at}{tail}"


def _lifetime(token: Token) -> timedelta | None:
    """The whole life, None where the end is unknown or before the start."""
    end = token.expires_at
    return end - token.obtained_at if end is not None and end > token.obtained_at else None


def next_refresh(auto_refresh: AutoRefresh, now: datetime) -> str:
    """``on, next Sun 6 Dec 21:42``, or why there is no next one."""
    if auto_refresh.is_refreshed_elsewhere:
        return "where wtr serve runs"
    if not auto_refresh.auto:
        return "off"
    if auto_refresh.settings.unread:
        return "on, but the settings cannot be read"
    if auto_refresh.stopped or auto_refresh.is_lost:
        return f"stopped: {_in_short(auto_refresh.stopped or auto_refresh.recorded.message)}"
    if auto_refresh.unsaved:
        return "on, once the token is saved"
    if auto_refresh.other_base_url:
        return "on, but another base URL's token is left alone"
    if auto_refresh.is_foreign:
        return "on, but another App ID's token is left alone"
    stored, at = auto_refresh.stored, auto_refresh.next_at()
    if at is None:
        if stored is None:
            return "on, once there is a token"
        if stored.token.refresh_token is None:
            return "on, but this token cannot be refreshed"
        if auto_refresh.settings.problems:
            return "on, but a setting is missing or wrong"
        if stored.token.expires_at is not None:
            return "on, but the refresh token ends first"
        return f"on, but the token's end is unknown: {key('refresh', 'r')} refreshes it"
    if at <= now:
        return "on, refreshing now"
    return f"on, next {format_date(at, now)}"


def _in_short(message: str) -> str:
    """What happened, without what Webex says of it and the numbers for its support."""
    return re.split(r" \(|: “|\. ", message)[0].rstrip(".")


# The other profiles, and what happened.


def join_names(names: Sequence[str]) -> str:
    """``lab``, ``lab and dead``, ``lab, dead and 7 more``."""
    first, others = list(names[:2]), len(names) - 2
    if others == 1:
        first.append(names[2])
    elif others > 1:
        first.append(f"{others} more")
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1])))


def join_alerts(needs: Mapping[str, str]) -> str:
    """``lab and dead need a sign-in``: what each profile needs, by its name, what is the same once.

    See :meth:`session.WatchedProfile.alert`.
    """
    names: dict[str, list[str]] = {}
    for name, need in needs.items():
        names.setdefault(need, []).append(name)
    said = []
    for need, of in names.items():
        verb, _, rest = need.partition(" ")
        verb = verb if len(of) == 1 else _PLURALS[verb]
        said.append(f"{join_names(of)} {verb} {rest}")
    return ", ".join(said)


_PLURALS = {"needs": "need", "has": "have", "is": "are"}


def profile_rows(session: Session) -> list[ProfileRow]:
    """Return a row for each profile found so far: the one in use, then the most urgent."""
    now = session.now()
    rows = [_row(each, now, current=each is session.current) for each in session.watched]
    return sorted(rows, key=lambda row: (not row.current, row.meaning.urgency))


def summarize_others(rows: Sequence[ProfileRow]) -> Content | str:
    """Sum up the other :func:`profile_rows`: ``2 fine, ▲ calling-b: sign in by 29 Nov (F5)``."""
    if not rows:
        return ""
    fine = [row for row in rows if row.meaning is Meaning.CALM]
    wrong = [row for row in rows if row.meaning is not Meaning.CALM]
    parts = [f"{len(fine)} fine"] if fine else []
    if wrong:
        first = wrong[0]
        name = truncate_middle(first.name, 20)
        parts.append(f"{first.meaning.sign} {name}: {first.about or first.left}")
    if len(wrong) > 1:
        parts.append(f"{len(wrong) - 1} more not fine")
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


def _row(each: WatchedProfile, now: datetime, *, current: bool) -> ProfileRow:
    name = each.profile.name
    state = state_of(each, now)
    token = each.token
    if token is None or state.kind is None:
        return ProfileRow(name, state.meaning, state.word, "-", current=current)
    meaning, about = state.meaning, state.word
    if state.kind in _COUNTS and each.settings_error is None:
        # Auto-refresh sees to the access token; a sign-in takes somebody.
        if each.auto_refresh.next_at() or meaning is Meaning.CALM:
            meaning, about = Meaning.CALM, ""
        if (end := sign_in_by(each, now)) is not None:
            meaning, about = sign_in_meaning(each, now), f"sign in by {_day(end, now)}"
    left, life, share = token.left(now), _lifetime(token), 0.0
    if refused_since(each, now) is not None:
        words = "refused"
    elif left is not None and left > timedelta(0):
        words, share = format_time_left(left), min(left / life, 1.0) if life is not None else 1.0
    else:
        words = "unknown" if left is None else "expired"
    if about in _SAID_BY_LEFT:
        about = ""
    owner = each.account.display_name or each.account.email
    return ProfileRow(name, meaning, about, words, share, current, owner)


_SAID_BY_LEFT = {
    each.value for each in (TokenState.EXPIRED, TokenState.UNKNOWN_END, TokenState.REFUSED)
}


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
        token = session.current.token
        has_expired = token is not None and not token.is_valid(session.now())
        if not session.current.is_configured or session.auto_refresh.is_foreign or has_expired:
            self._asked_for = None  # asked once that has changed
            return

        def account() -> Account | None:
            from wtr_tui import outcomes

            about = token if token is not None and token.access_token == access_token else None
            try:
                with session.client() as client:
                    found = client.account(access_token, scopes=token.scopes if token else ())
            except AccessTokenRejected as error:
                if about is not None:
                    outcomes.record_refusal(session.profile, about, error, session.now())
                raise
            if about is not None:
                outcomes.record_acceptance(session.profile, about)
            return found

        try:
            self._account = await in_thread(account)
        except WtrError as error:
            self._account = None  # the one that is known may be of the token before
            self._why_unknown = f"Owner unknown for now: {error.message}"
        else:
            known = self._account is not None
            self._why_unknown = "" if known else "Owner unknown (needs the scope spark:people_read)"

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
        says: list[str] = []
        if claims is not None:
            of_account = {"user": claims.user_id[:8], "App ID": claims.app_id[:12]}
            of_account = of_account if account is None else {}
            known = {"organisation": "" if organization else claims.organization[:8], **of_account}
            says = [f"{name} {start}…" for name, start in known.items() if start]
        which = f"organisation {organization[:8]}…" if organization else ""
        said = f"the token says: {', '.join(says)}" if says else ""
        return " · ".join(filter(None, (*named, which, said)))


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
    what = LABELS[entry.event]
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
