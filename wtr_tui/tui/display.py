"""What the screens show about a token: state, time left, next refresh, owner and history.

All screens take it from here, so that no two of them disagree.
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
from wtr_tui.shutdown import in_thread
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
_USABLE = {TokenState.VALID, TokenState.SOON}


class ShownState(NamedTuple):
    """A state as shown: ``● valid``, ``✗ expired``."""

    meaning: Meaning
    """Its sign and its colour."""
    word: str
    kind: TokenState | None
    """None where the token file cannot be used."""

    @property
    def label(self) -> Content:
        """Sign and word, in the colour of the meaning."""
        return Content.styled(f"{self.meaning.sign} {self.word}", f"bold {self.meaning.colour}")


def shown_state(watched: WatchedProfile, now: datetime) -> ShownState:
    """Return the state of a profile's token."""
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


def is_urgent(left: timedelta | None, lifetime: timedelta | None) -> bool:
    """Return whether it is the last fiftieth of the lifetime; of an unknown one, 5 minutes."""
    limit = timedelta(minutes=5) if lifetime is None else lifetime / 50
    return left is not None and left <= limit


def profile_state(watched: WatchedProfile, now: datetime) -> ShownState:
    """Return the state of the profile: that of its token, or a sign-in that is due soon."""
    state, end = shown_state(watched, now), sign_in_by(watched, now)
    if end is None or state.meaning is not Meaning.CALM:
        return state
    return ShownState(sign_in_meaning(watched, now), f"sign in by {_day(end, now)}", state.kind)


def sign_in_by(watched: WatchedProfile, now: datetime) -> datetime | None:
    """Return when the user has to sign in at the latest; None if that is not due soon."""
    auto_refresh, token = watched.auto_refresh, watched.token
    if token is None or auto_refresh.is_foreign:
        return None
    return token_state.sign_in_by(auto_refresh.recorded, token, watched.settings, now)


def sign_in_meaning(watched: WatchedProfile, now: datetime) -> Meaning:
    """Return how urgent the next sign-in is."""
    end = sign_in_by(watched, now)
    if end is None:
        return Meaning.CALM
    return Meaning.URGENT if end - now <= timedelta(days=1) else Meaning.SOON


def refused_since(watched: WatchedProfile, now: datetime) -> datetime | None:
    """Return since when Webex refuses the unexpired access token; None if it does not."""
    token, recorded = watched.token, watched.auto_refresh.recorded
    return None if token is None else token_state.since_refused(recorded, token, now)


def unusable_reason(watched: WatchedProfile, token: Token, now: datetime) -> str:
    """Return why its access token is rejected at present, as a sentence; "" if it is not."""
    if token.expires_at is not None and not token.is_valid(now):
        why = f"It expired {format_date(token.expires_at, now)}"
    elif token_state.since_refused(watched.auto_refresh.recorded, token, now) is not None:
        why = "Webex refuses it"
    else:
        return ""
    is_lost = shown_state(watched, now).kind is TokenState.SIGN_IN_NEEDED or not token.refresh_token
    signs_in, refreshes = key("go-sign-in", "f3"), key("refresh", "r")
    then = f"you sign in ({signs_in})" if is_lost else f"it is refreshed ({refreshes})"
    return f"{why}: no use until {then}."


def header_state(session: Session) -> HeaderState:
    """Return what the header shows."""
    now = session.now()
    state = profile_state(session.current, now)
    token = session.current.token
    left = token.left(now) if token is not None else None
    is_usable = state.kind in _USABLE
    words = state.word
    if left is not None and left > timedelta(0):
        words = format_time_left(left) if is_usable else words
        if state.kind is TokenState.SIGN_IN_NEEDED:  # the access token can still be used
            words = f"sign in · {' '.join(format_time_left(left).split()[:2])}"
    place = session.surroundings.describe()
    if session.demo is not None:
        place = "not the real Webex"
    elif place.startswith("at "):
        place = ""  # a local user knows where the program runs
    name = session.profile.name
    name = "sandbox" if session.demo is not None and name == DEFAULT_PROFILE else name
    end = sign_in_by(session.current, now)
    by = f"sign in by {format_date(end, now)}" if end is not None and is_usable else ""
    return HeaderState(state.meaning, words, name, place, by)


def next_refresh(auto_refresh: AutoRefresh, now: datetime) -> str:
    """Return ``on, next Sun 6 Dec 21:42``, or why there is no next refresh."""
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
    """Return a message without what Webex said and the tracking ID."""
    return re.split(r" \(|: “|\. ", message)[0].rstrip(".")


def join_alerts(alerts: Mapping[str, str]) -> str:
    """Return ``lab and dead need a sign-in``: equal :meth:`WatchedProfile.alert` texts once."""
    names_by_alert: dict[str, list[str]] = {}
    for name, alert in alerts.items():
        names_by_alert.setdefault(alert, []).append(name)
    parts = []
    for alert, names in names_by_alert.items():
        verb, _, rest = alert.partition(" ")
        verb = verb if len(names) == 1 else _PLURALS[verb]
        parts.append(f"{join_names(names)} {verb} {rest}")
    return ", ".join(parts)


_PLURALS = {"needs": "need", "has": "have", "is": "are"}


def join_names(names: Sequence[str]) -> str:
    """Return ``lab``, ``lab and dead``, or ``lab, dead and 7 more``."""
    shown = [*names] if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def profile_rows(session: Session) -> list[ProfileRow]:
    """Return a row for each known profile: the current one, then the most urgent first."""
    now = session.now()
    rows = [_profile_row(each, now, current=each is session.current) for each in session.watched]
    return sorted(rows, key=lambda row: (not row.current, row.meaning.urgency))


def _profile_row(each: WatchedProfile, now: datetime, *, current: bool) -> ProfileRow:
    name = each.profile.name
    state = shown_state(each, now)
    token = each.token
    if token is None or state.kind is None:
        return ProfileRow(name, state.meaning, state.word, "-", current=current)
    meaning, about = state.meaning, state.word
    if state.kind in _USABLE and each.settings_error is None:
        # Auto-refresh renews the access token, but only the user can sign in.
        if each.auto_refresh.next_at() or meaning is Meaning.CALM:
            meaning, about = Meaning.CALM, ""
        if (end := sign_in_by(each, now)) is not None:
            meaning, about = sign_in_meaning(each, now), f"sign in by {_day(end, now)}"
    time_left, lifetime, share = token.left(now), _lifetime(token), 0.0
    if refused_since(each, now) is not None:
        left = "refused"
    elif time_left is None:
        left = "unknown"
    elif time_left <= timedelta(0):
        left = "expired"
    else:
        left = format_time_left(time_left)
        share = 1.0 if lifetime is None else min(time_left / lifetime, 1.0)
    if about in _IMPLIED_BY_LEFT:
        about = ""
    owner = each.account.display_name or each.account.email
    return ProfileRow(name, meaning, about, left, share, current, owner)


_IMPLIED_BY_LEFT = {
    each.value for each in (TokenState.EXPIRED, TokenState.UNKNOWN_END, TokenState.REFUSED)
}


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


def history_entries(profile: Profile, most: int) -> list[Entry]:
    """Return the profile's history, latest first; nothing if it cannot be read."""
    try:
        return history.read(profile, most)[::-1]
    except StorageError:
        return []


def activity_row(entry: Entry, now: datetime, *, life: bool = True) -> ActivityRow:
    """Return ``11:00 ✓ refreshed, 14 d  wtr refresh``; ``life`` includes the new lifetime."""
    what = LABELS[entry.event]
    if entry.message:
        what = f"{what}: {entry.message}"
    elif life and entry.event is Event.REFRESHED and entry.expires_at is not None:
        what = f"{what}, {clock.duration(max(entry.expires_at - entry.at, timedelta(0)))}"
    by = entry.by if entry.place in {"", "terminal"} else entry.place
    return ActivityRow(short_date(entry.at, now), _TONES[entry.event], what, by)


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


def history_lines(happened: Sequence[Entry], now: datetime) -> tuple[list[Content], int]:
    """Return the complete entries (when, by whom, what), and the column at which "what" begins."""
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


class Owner:
    """The owner of the latest token according to Webex, or why it is unknown."""

    def __init__(self) -> None:
        self._account: Account | None = None
        self._why_unknown = ""
        self._requested_for: Secret | None = None

    def is_new(self, token: Token) -> bool:
        """Return whether the owner of this token has not been requested yet; only once True."""
        is_new = token.access_token != self._requested_for
        self._requested_for = token.access_token
        return is_new

    async def request(self, session: Session, access_token: Secret) -> None:
        """Request ``people/me``. A WtrError is not raised: :meth:`describe` tells it."""
        token = session.current.token
        has_expired = token is not None and not token.is_valid(session.now())
        if not session.current.is_configured or session.auto_refresh.is_foreign or has_expired:
            self._requested_for = None  # request it once that has changed
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
            self._account = None  # it may be the previous token's
            self._why_unknown = f"Owner unknown for now: {error.message}"
        else:
            known = self._account is not None
            self._why_unknown = "" if known else "Owner unknown (needs the scope spark:people_read)"

    def describe(self, token: Token, stored: Account, claims: TokenClaims | None = None) -> str:
        """Return ``Ann Example · ann@example.com · organisation 1eb65fdf…``.

        ``stored`` is the owner in the token file, for before Webex has answered; ``claims`` of the
        token itself fill in what neither of them says.
        """
        account = self._account
        if account is None and (stored.display_name or stored.email):
            account = stored
        owner = (account.display_name, account.email) if account else (self._why_unknown,)
        organization = token.organization or (account.organization if account else "")
        claimed: dict[str, str] = {}
        if claims is not None and not organization:
            claimed["organisation"] = claims.organization[:8]
        if claims is not None and account is None:
            claimed |= {"user": claims.user_id[:8], "App ID": claims.app_id[:12]}
        says = ", ".join(f"{name} {start}…" for name, start in claimed.items() if start)
        which = f"organisation {organization[:8]}…" if organization else ""
        said = f"the token says: {says}" if says else ""
        return " · ".join(filter(None, (*owner, which, said)))


def claims_of(token: Token) -> TokenClaims | None:
    """Return the claims in the access token; None if it is no JWT."""
    if token.access_token.reveal().count(".") != 2:
        return None
    from wtr_tui.oauth import responses  # not needed for the first picture of other tokens

    return responses.claims_of(token.access_token)


def format_time_left(left: timedelta) -> str:
    """Return the time left in two units down to minutes, which change once a minute at most."""
    minute = timedelta(minutes=1)
    return "<1 min" if left < minute else clock.duration(minute * (left // minute))


def _lifetime(token: Token) -> timedelta | None:
    """Return the time from issue to expiry; None if the expiry is unknown or before the issue."""
    end = token.expires_at
    return end - token.obtained_at if end is not None and end > token.obtained_at else None


def format_date(instant: datetime, now: datetime, *, zone: bool = False) -> str:
    """Return ``Tue 8 Dec 11:00``; for another year its number, within an hour with seconds."""
    here, today = instant.astimezone(), now.astimezone()
    tail = f" {here.tzname()}" if zone else ""
    seconds = abs(instant - now) < timedelta(hours=1)
    at = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    if seconds and here.date() == today.date():
        return f"{at}{tail}"
    if here.year != today.year and abs(instant - now) > timedelta(days=45):
        at = str(here.year)
    return f"{here:%a} {here.day} {here:%b} {at}{tail}"


def short_date(instant: datetime, now: datetime) -> str:
    """Return ``11:00`` for today, ``Mon`` within a week, else ``3 Nov`` or ``Nov 2025``."""
    here, today = instant.astimezone(), now.astimezone()
    if here.date() == today.date():
        return f"{here:%H:%M}"
    if abs(today - here) < timedelta(days=7):
        return f"{here:%a}"
    return f"{here.day} {here:%b}" if here.year == today.year else f"{here:%b %Y}"


def _day(instant: datetime, now: datetime) -> str:
    """Return ``29 Nov``, or ``11:00`` for today."""
    here = instant.astimezone()
    today = here.date() == now.astimezone().date()
    return f"{here:%H:%M}" if today else f"{here.day} {here:%b}"
