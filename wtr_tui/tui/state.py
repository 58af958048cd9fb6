"""The state of the session's token: one truth for the header, the token view and the sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from wtr_tui import clock, token_state
from wtr_tui.auto_refresh import AutoRefresh
from wtr_tui.storage.paths import DEFAULT_PROFILE
from wtr_tui.storage.settings_table import WARN_BEFORE
from wtr_tui.token_state import TokenState
from wtr_tui.tui.keys import key
from wtr_tui.tui.session import Followed, Session
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.header import Standing

MEANINGS = {
    TokenState.NONE: Meaning.NONE,
    TokenState.VALID: Meaning.CALM,
    TokenState.SOON: Meaning.SOON,
    TokenState.EXPIRED: Meaning.OVER,
    TokenState.REFUSED: Meaning.OVER,
    TokenState.SIGN_IN_NEEDED: Meaning.OVER,
    TokenState.FOREIGN: Meaning.OVER,
    TokenState.UNSAVED: Meaning.URGENT,
    TokenState.UNKNOWN_END: Meaning.CALM,
}


@dataclass(frozen=True)
class ShownState:
    """``word`` stands beside the sign of the meaning: ``● valid``, ``✗ expired``."""

    meaning: Meaning
    word: str
    kind: TokenState | None
    """None where the token file cannot be used."""


def state_of(followed: Followed, now: datetime) -> ShownState:
    """How the token of a profile is, for every screen that says it."""
    auto_refresh = followed.auto_refresh
    if auto_refresh.problem is not None and not auto_refresh.unsaved:
        return ShownState(Meaning.OVER, auto_refresh.problem_word, None)
    kind = token_state.state_of(
        auto_refresh.stored,
        followed.settings,
        auto_refresh.known,
        now,
        unsaved=auto_refresh.unsaved,
    )
    if kind is TokenState.SIGN_IN_NEEDED and auto_refresh.is_refreshed_elsewhere:
        kind = TokenState.EXPIRED
    meaning = MEANINGS[kind]
    if kind is TokenState.SOON and auto_refresh.stored is not None:
        token = auto_refresh.stored.token
        life = lifetime(token.obtained_at, token.expires_at)
        if is_urgent(token.left(now), life):
            meaning = Meaning.URGENT
    word = "NOT SAVED" if kind is TokenState.UNSAVED else kind.value
    return ShownState(meaning, word, kind)


def is_urgent(left: timedelta | None, lifetime: timedelta | None) -> bool:
    """In the last fiftieth of the lifetime; where that is unknown, in the last five minutes."""
    limit = timedelta(minutes=5) if lifetime is None else lifetime / 50
    return left is not None and left <= limit


_COUNTS = {TokenState.VALID, TokenState.SOON}


def standing(session: Session) -> Standing:
    """What the header says: the state, the time left in two units, the profile, the place."""
    now = session.now()
    state = state_of(session.used, now)
    stored = session.auto_refresh.stored
    left = stored.token.left(now) if stored is not None else None
    words = short = state.word
    if left is not None and left > timedelta(0) and state.kind in _COUNTS:
        words = coarse(left)
        short = " ".join(words.split()[:2])
    place = session.surroundings.words()
    if session.demo is not None:
        place = "not the real Webex"
    elif place.startswith("at "):
        place = ""  # at their own desk
    name = session.profile.name
    name = "sandbox" if session.demo is not None and name == DEFAULT_PROFILE else name
    end = sign_in_by(session.used, now)
    by = f"sign in by {date(end, now)}" if end is not None and state.kind in _COUNTS else ""
    return Standing(state.meaning, words, name, place, short, by)


def sign_in_by(followed: Followed, now: datetime) -> datetime | None:
    """When somebody has to sign in for the profile at the latest; None where that is far away."""
    auto_refresh = followed.auto_refresh
    if auto_refresh.stored is None or auto_refresh.foreign:
        return None
    # Looked at every second: what decides it is loaded where there is an end that may be near.
    token = auto_refresh.stored.token
    left = token.refresh_left(now)
    limits = followed.settings[WARN_BEFORE]
    soon = timedelta(seconds=max(limits, default=0))
    if auto_refresh.known.sign_in_needed_since is None and (left is None or left > soon):
        return None
    from wtr_tui import token_state

    return token_state.sign_in_by(auto_refresh.known, token, followed.settings, now)


def sign_in_meaning(end: datetime | None, now: datetime) -> Meaning:
    """Of a sign-in that :func:`sign_in_by` gives the end of."""
    if end is None:
        return Meaning.CALM
    return Meaning.URGENT if end - now <= timedelta(days=1) else Meaning.SOON


def coarse(left: timedelta) -> str:
    """The time left in two units, minutes being the least: it changes once a minute at most."""
    minute = timedelta(minutes=1)
    return "<1 min" if left < minute else clock.duration(minute * (left // minute))


def date(instant: datetime, now: datetime, *, zone: bool = False) -> str:
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


def lifetime(start: datetime, end: datetime | None) -> timedelta | None:
    """The whole life, None where the end is unknown or before the start."""
    return end - start if end is not None and end > start else None


def next_refresh(auto_refresh: AutoRefresh, now: datetime) -> str:
    """``on, next Sun 6 Dec 21:42``, or why there is no next one."""
    if auto_refresh.is_refreshed_elsewhere:
        return "where wtr serve runs"
    if not auto_refresh.auto:
        return "off"
    if auto_refresh.settings.unread:
        return "on, but the settings cannot be read"
    if auto_refresh.stopped:
        return "stopped: " + auto_refresh.stopped
    if auto_refresh.is_lost:
        return "stopped: " + auto_refresh.known.message
    if auto_refresh.unsaved:
        return "on, once the token is saved"
    if auto_refresh.other_base_url:
        return "on, but another base URL's token is left alone"
    if auto_refresh.foreign:
        return "on, but another App ID's token is left alone"
    stored, at = auto_refresh.stored, auto_refresh.next_at()
    if at is None:
        if stored is None:
            return "on, once there is a token"
        if stored.token.refresh_token is None:
            return "on, but this token cannot be refreshed"
        return f"on, but the token's end is unknown: {key('refresh', 'r')} refreshes it"
    if at <= now:
        return "on, refreshing now"
    return f"on, next {date(at, now)}"
