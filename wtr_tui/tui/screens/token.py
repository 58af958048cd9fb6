"""The token view: the countdown, what comes next, and the keys that copy the token."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wtr_tui import clock
from wtr_tui.model import Secret, Token
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.paths import DEFAULT_PROFILE
from wtr_tui.text import cleaned, printable, shell_export
from wtr_tui.token_state import (
    GRANT_MORE,
    TokenState,
    likely_causes,
    scopes_asked,
    scopes_not_granted,
)
from wtr_tui.tui.display import (
    Owner,
    ShownState,
    activity_row,
    claims_of,
    format_date,
    format_time_left,
    history_entries,
    history_lines,
    next_refresh,
    profile_rows,
    profile_state,
    refused_since,
    shown_state,
    sign_in_by,
    sign_in_meaning,
    summarize_others,
    unusable_reason,
)
from wtr_tui.tui.keys import Key, bindings, key, with_keys
from wtr_tui.tui.screens import WtrScreen
from wtr_tui.tui.session import Session, WatchedProfile
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import Panel, RevealableSecret, StaticText, clickable_key
from wtr_tui.tui.widgets.figures import Figures, width_of
from wtr_tui.tui.widgets.lists import (
    ActivityRows,
    Facts,
    Lifetime,
    LifetimeBars,
    ProfileRows,
    ScopeList,
)

PANELS_MIN_WIDTH = 110
"""Columns for frames, with the profiles and the activity at the right."""
_DOUBLE_FIGURES_FROM = (170, 40)
_SPACED_FROM = 44
_FACTS = (
    "Owner", "Auto-refresh", "Sign in again", "Likely causes", "Scopes", "Obtained", "In scripts",
    "Other profiles",
)  # fmt: skip
_OVERVIEW_INTERVAL = timedelta(seconds=30)
"""How often the other profiles are looked at."""

_SOCKET_HELP = (
    "The access token comes from wtr serve at the other end of the socket that $WTR_SOCKET names,"
    " which refreshes it in time; it is asked for again every minute. Nothing is kept here: there"
    " is nothing to refresh, to sign in to or to set.\n\n"
    "How long it lives is not said by the socket. A token that is a JWT says it itself.\n\n"
    "{copy:c} copies the token to the clipboard of the terminal you sit at, also over SSH. If"
    " nothing arrives there, {reveal:v} shows it here and {print:V} prints it in one piece to be"
    " selected."
)


class TokenScreen(WtrScreen):
    """Counts down from the stored instants: right also after sleep and changes of the clock."""

    NAME = "token"
    HELP_NAME = "Token"
    HELP_TEXT = (
        "The access token is what scripts and SDKs send to Webex; the refresh token gets the next"
        " one without signing in. {refresh:r} asks for it now: within a day Webex often returns the"
        " same one, which is no fault. Auto-refresh ({auto:a}) does it in time by itself while this"
        " program is open; it never opens a browser. {copy:c} copies to the clipboard of the"
        " terminal you sit at, also over SSH; if nothing arrives there, {reveal:v} shows the token"
        " and {print:V} prints it in one piece to be selected. For scripts: wtr token prints a"
        " valid one, wtr exec -- CMD runs CMD with it."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (PANELS_MIN_WIDTH, "-panels")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (14, "-short"), (22, "-tall"), (28, "-airy")]
    KEY_LINES = 1
    # Where the key bar is too short for all, those declared last are in the help alone.
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            Key("r", "refresh", "Refresh", "Refresh the token now"),
            Key("s", "save", "Save again", "Try again to save the token"),
            Key("c", "copy", "Copy", "Copy the access token"),
            Key("e", "copy_export", "Export", "Copy as export for a shell"),
            Key("v", "reveal", "Reveal", "Show or hide the access token"),
            Key("a", "auto", "Auto", "Switch auto-refresh on or off"),
            Key("C", "copy_header", "Header", "Copy as Authorization: Bearer …"),
            Key("u", "copy_curl", "curl", "Copy as curl, asking who you are"),
            Key("H", "history", "History", "Show what happened to the token"),
            Key("S", "scopes", "Scopes", "Show all scopes of the token", show=False),
            Key("V", "print", "Print", "Print the whole access token", show=False),
            Key("q", "app.quit", "Quit", "Quit"),
        ),
    ]
    DEFAULT_CSS = """
    TokenScreen #columns, TokenScreen #main, TokenScreen #aside { height: auto; }
    TokenScreen #main { width: 1fr; }
    TokenScreen #aside { display: none; }
    TokenScreen Panel { border: none; padding: 0; }
    TokenScreen #owner-row { height: 1; margin: 0 0 1 0; }
    TokenScreen #owner { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TokenScreen #state { width: auto; height: 1; margin: 0 0 0 2; }
    TokenScreen #figures-row { height: auto; min-height: 3; }
    TokenScreen #left { margin: 0 2 0 0; }
    TokenScreen #beside { width: 1fr; height: 3; text-wrap: nowrap; text-overflow: ellipsis; }
    TokenScreen.-stacked #figures-row { layout: vertical; }
    TokenScreen.-stacked #beside { width: 100%; height: 1; margin: 1 0 0 0; }
    TokenScreen LifetimeBars { margin: 1 0; }
    TokenScreen #scopes-panel { display: none; }
    TokenScreen #empty { margin: 1 0 0 0; }
    TokenScreen.-airy LifetimeBars { margin: 2 0; }
    TokenScreen.-short #owner-row, TokenScreen.-short LifetimeBars { margin: 0; }
    TokenScreen.-tiny Facts { margin: 0; }
    TokenScreen.-tiny #owner-row, TokenScreen.-tiny LifetimeBars { display: none; }
    TokenScreen.-panels Panel { border: round $line; padding: 1 2 0 2; margin: 0 0 1 0; }
    TokenScreen.-panels #owner-row { display: none; }
    TokenScreen.-panels LifetimeBars { margin: 1 0; }
    TokenScreen.-panels #scopes-panel { display: block; padding: 0 2; }
    TokenScreen.-panels #main { width: 3fr; }
    TokenScreen.-panels #aside { display: block; width: 2fr; margin: 0 0 0 2; }
    TokenScreen.-panels.-airy #columns, TokenScreen.-panels.-airy #main,
    TokenScreen.-panels.-airy #aside { height: 1fr; }
    TokenScreen.-panels.-airy #scopes-panel, TokenScreen.-panels.-airy #activity {
        height: 1fr; min-height: 5;
    }
    TokenScreen.-panels.-airy #scopes, TokenScreen.-panels.-airy ActivityRows { height: 1fr; }
    TokenScreen.-panels.-spaced #scopes-panel, TokenScreen.-panels.-airy #profiles { padding: 1 2; }
    TokenScreen.-panels.-airy.-empty #access-panel { height: 1fr; }
    TokenScreen.-panels.-spaced #access-panel { padding: 2 2 1 2; }
    TokenScreen.-panels.-spaced LifetimeBars { margin: 2 0; }
    TokenScreen #about { height: 1fr; }
    TokenScreen #about StaticText { width: 100%; }
    TokenScreen.-panels.-short Panel, TokenScreen.-panels.-tiny Panel { padding: 0 2; margin: 0; }
    TokenScreen.-tiny #figures-row { min-height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._owner = Owner()
        self._history_mark: object = None
        self._overview_at: datetime | None = None
        self._laid_out_for: Size | None = None

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="columns"):
            with Vertical(id="main"):
                with Panel("Access token", id="access-panel"):
                    with Horizontal(id="owner-row"):
                        yield StaticText(id="owner")
                        yield StaticText(id="state")
                    with Horizontal(id="figures-row"):
                        yield Figures(id="left")
                        yield StaticText(id="beside")
                    yield StaticText(id="empty")
                    yield LifetimeBars()
                    yield Facts(_FACTS, id="facts")
                with Panel("Scopes", id="scopes-panel"):
                    yield ScopeList(id="scopes")
                yield RevealableSecret()
            # Its width is reserved in the first picture; what it holds is read after that.
            yield Vertical(id="aside")

    @property
    def help_text(self) -> str:
        return _SOCKET_HELP if self.session.socket else self.HELP_TEXT

    @property
    def token(self) -> Token | None:
        return self.session.current.token

    @property
    def _has_panels(self) -> bool:
        return self.app.size.width >= PANELS_MIN_WIDTH

    def on_mount(self) -> None:
        self.on_token_changed()

    def on_screen_resume(self) -> None:
        if self.is_built:
            # Every other change has reached this screen through its on_… methods.
            if self.app.size != self._laid_out_for:
                self._show_all()
            self._show_problem()
            # The picture first: reading the other profiles takes as long as painting it.
            self.call_after_refresh(self._update_overview)

    @property
    def _is_composed(self) -> bool:
        """Whether all its widgets exist; Textual mounts and removes them one by one."""
        main = self.query_one_optional("#main")
        return main is not None and main.display and self.query_one_optional("#owner") is not None

    def on_screen_suspend(self) -> None:
        if self.is_built:  # a user who leaves the screen does not leave the token on it
            self.query_one(RevealableSecret).hide()

    def on_resize(self) -> None:
        # Textual sends several for one size before the first picture.
        if self.app.size != self._laid_out_for and self.is_built and self._is_composed:
            self._show_all()
            self.call_after_refresh(self._update_overview)

    def on_token_changed(self) -> None:
        self._show_all()
        token = self.token
        if self._overview_at is not None:
            self._overview_at = None
            self.call_after_refresh(self._update_overview)
        if token is not None and self._owner.is_new(token):
            # The picture first: importing the HTTP client takes as long as painting it.
            self.call_after_refresh(self._fetch_owner, token.access_token)

    @work(group="owner", exclusive=True)
    async def _fetch_owner(self, access_token: Secret) -> None:
        await self._owner.request(self.session, access_token)
        self._show_owner()

    # Showing.

    def _show_all(self) -> None:
        if not self._is_composed:
            return  # the program ends while this screen is being composed
        self._laid_out_for = self.app.size
        token, now = self.token, self.session.now()
        for name in ("LifetimeBars", "#facts", "#scopes-panel", "RevealableSecret"):
            self.query_one(name).styles.display = None if token is not None else "none"
        empty = self.query_one("#empty", StaticText)
        empty.display = token is None
        self.set_class(token is None or self.session.socket is not None, "-empty")
        if token is None:
            self.query_one("#owner", StaticText).show("")
            state = shown_state(self.session.current, now)
            empty.reshape(_no_token_text(self.session))
            self._show_state(state)
            self._show_figures(_WORDS_IN_FIGURES[None], state.meaning)
            self.call_after_refresh(self._update_overview)
        else:
            self.query_one(RevealableSecret).set_secret(token.access_token)
            facts = self.query_one(Facts)
            facts.set_fact("In scripts", _script_commands(self.session))
            self._show_scopes(token)
            spaced = self.app.size.height >= _SPACED_FROM and self._has_panels
            self.set_class(spaced, "-spaced")
            facts.set_spaced(spaced)
            self.on_second(now)
        self.refresh_bindings()
        self._show_problem()

    def _show_problem(self) -> None:
        if self.session.auto_refresh.problem is not None:
            self.show_message(str(self.session.auto_refresh.problem), Tone.BAD)

    def _show_scopes(self, token: Token) -> None:
        if self.session.socket is not None:  # it names no scopes
            self.query_one("#scopes-panel").display = False
            return
        granted, lacking = granted_scopes(self.session.current)
        every = clickable_key(key("scopes", "S"), "all", "screen.scopes")
        self.query_one("#scopes-panel", Panel).show_right(
            Content.assemble(granted, Content.styled(" · ", "not bold $line"), every)
        )
        names = "  ".join(token.scopes) or "Webex did not say which"
        if lacking:
            names = f"{lacking}: {key('scopes', 'S')} tells more"
        self.query_one(ScopeList).show(token.scopes, f"{lacking}. {GRANT_MORE}" if lacking else "")
        first = Content.assemble(granted, " (", every, ")  ", Content.styled(names, "$foreground"))
        self.query_one(Facts).set_fact("Scopes", "" if self._has_panels else first)

    def _show_owner(self) -> None:
        token = self.token
        auto_refresh = self.session.auto_refresh
        if token is None or auto_refresh.stored is None or not self._is_composed:
            return
        words = self._owner.describe(token, self.session.current.account, claims_of(token))
        if auto_refresh.other_base_url:
            words = f"From {cleaned(auto_refresh.other_base_url, 60)}, not the base URL in force"
        elif auto_refresh.is_foreign:
            words = f"Of App ID {auto_refresh.stored.app_id[:12]}…, not the one in the settings"
        if self.session.socket:
            words = f"From $WTR_SOCKET · {words or 'it does not say whose it is'}"
        self.query_one("#owner", StaticText).show(words)
        fact = words.removeprefix("Owner ") if self._has_panels else ""
        self.query_one(Facts).set_fact("Owner", fact)

    def on_second(self, now: datetime) -> None:
        token = self.token
        if token is None or not self._is_composed:
            return
        state = shown_state(self.session.current, now)
        if state.kind is TokenState.EXPIRED:  # the figures say "expired"
            word = f"{clock.duration(now - (token.expires_at or now))} ago"
            self._show_state(state._replace(word=word))
        else:
            self._show_state(profile_state(self.session.current, now))
        self._show_figures(figures_text(self.session.current, token, now), state.meaning)
        self._show_owner()
        self._show_beside(token, now)
        self.query_one(LifetimeBars).show(lifetimes_of(self.session.current, token, now), now)
        self._show_facts(token, now)
        if self._history_mark is not None:
            self._update_overview()

    def _show_state(self, state: ShownState) -> None:
        self.query_one("#access-panel", Panel).show_right(state.label)
        self.query_one("#state", StaticText).fit(state.label)

    def _show_figures(self, text: str, meaning: Meaning) -> None:
        figures = self.query_one("#left", Figures)
        size = self.app.size
        double = size.width >= _DOUBLE_FIGURES_FROM[0] and size.height >= _DOUBLE_FIGURES_FROM[1]
        room = (size.width - 6) * 3 // 5 - 6 if self._has_panels else size.width - 4
        figures.show(text, meaning, room=room, double=double)
        fits = width_of(text, double=double) + _MIN_BESIDE <= room
        self.set_class(not fits, "-stacked")
        has_place = fits or self._has_panels
        self.query_one("#beside").display = has_place and self.token is not None

    def _show_beside(self, token: Token, now: datetime) -> None:
        """Show beside the figures until when, which token, and the next refresh."""
        # The socket does not give the end; a JWT holds its own.
        end = None if self.session.socket else token.expires_at
        claims = claims_of(token) if end is None else None
        claimed = claims.expires_at if claims else None
        if self.session.socket and token.expires_at is None:
            until = "it does not say until when"
        elif (since := refused_since(self.session.current, now)) is not None:
            until = f"refused since {format_date(since, now)}"
        else:
            until = expiry_text(end or claimed, now)
        shown = masked(token.access_token.reveal())
        lines = [Content(until), Content.styled(printable(shown), "$muted")]
        if claimed is not None:  # on a line of its own: beside panels there is no room for both
            lines.append(Content("as the token says"))
        at = self.session.auto_refresh.next_at()
        if at is not None:
            words = f"◆ refresh {format_date(at, now)}" if at > now else "◆ refreshing now"
            lines.append(Content.styled(words, "$next"))
        if self.has_class("-stacked"):  # one line; the fact below it names the next refresh
            lines = [Content(" · ").join(lines[:2])]
        self.query_one("#beside", StaticText).show(Content("\n").join(lines))

    def _show_facts(self, token: Token, now: datetime) -> None:
        facts = self.query_one(Facts)
        auto_refresh = self.session.auto_refresh
        facts.set_fact("Auto-refresh", next_refresh(auto_refresh, now))
        note = self.session.current.refresh_note
        words = filter(None, (format_date(token.obtained_at, now), note))
        facts.set_fact("Obtained", "" if self._has_panels else " · ".join(words))
        causes = likely_causes(auto_refresh.recorded) if auto_refresh.is_lost else ""
        facts.set_fact("Likely causes", causes)
        facts.set_fact(
            "Sign in again", sign_in_again_text(self.session, token, now, in_full=self._has_panels)
        )

    # The other profiles and the activity.

    def _update_overview(self) -> None:
        """Read history and profiles again where they may have changed."""
        from wtr_tui import history

        if not self.is_built:
            return
        now = self.session.now()
        # With the size: panels on a wide screen, a line on a narrow one.
        mark = (self.session.profile, history.fingerprint(self.session.profile), self.app.size)
        aged = self._overview_at is None or not (
            timedelta(0) <= now - self._overview_at < _OVERVIEW_INTERVAL
        )
        if aged or mark != self._history_mark:
            self._history_mark, self._overview_at = mark, now
            self._build_overview()

    @work(group="overview", exclusive=True)
    async def _build_overview(self) -> None:
        from wtr_tui.storage.settings_values import known_scopes

        session = self.session
        self.query_one(ScopeList).set_meanings(known_scopes())
        rows = profile_rows(session)
        others = [row for row in rows if not row.current]
        line = summarize_others(others) if not self._has_panels else ""
        self.query_one(Facts).set_fact("Other profiles", line)
        if not self._has_panels:
            return
        aside = self.query_one("#aside")
        if not aside.children:
            await aside.mount(*self._side_panels())
        if session.socket is not None:
            return
        height = self.app.size.height
        happened = await in_thread(lambda: history_entries(session.profile, most=height))
        if not self.is_built:
            return
        most, airy = max(height * 2 // 5, 4), 2 * len(rows) < height // 3
        self.query_one(ProfileRows).show(rows, most=most, spaced=airy)
        shown = [activity_row(entry, session.now()) for entry in happened]
        self.query_one(ActivityRows).show(shown)

    def _side_panels(self) -> Iterable[Widget]:
        if self.session.socket is not None:  # without profiles and history
            yield Panel("About this token", StaticText(with_keys(_SOCKET_HELP)), id="about")
            return
        to_all = clickable_key(key("go-profiles", "f5"), "all", "app.go('profiles')")
        to_more = clickable_key(key("history", "H"), "more", "screen.history")
        yield Panel("Profiles", ProfileRows(), right=to_all, id="profiles")
        yield Panel("Activity", ActivityRows(), right=to_more, id="activity")

    def action_use(self, name: str) -> None:
        for each in self.session.watched:
            if each.profile.name == name and each is not self.session.current:
                self.program.switch_profile(each.profile)

    # The keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        auto_refresh = self.session.auto_refresh
        if self.session.socket and action in {"refresh", "save", "auto", "history"}:
            return False
        if action == "save":
            return auto_refresh.unsaved
        if action in {"refresh", "scopes", "auto", "reveal", "print"} or action.startswith("copy"):
            return True if self.token is not None else None
        return True

    def action_refresh(self) -> None:
        self.program.refresh_profiles([self.session.current])

    def action_copy(self) -> None:
        self._copy(str, "the access token")

    def action_copy_header(self) -> None:
        self._copy("Authorization: Bearer {}".format, "an Authorization header")

    def action_copy_export(self) -> None:
        self._copy(lambda token: shell_export("WEBEX_ACCESS_TOKEN", token), "an export line")

    def action_copy_curl(self) -> None:
        base_url = self.session.settings.base_url
        self._copy(lambda token: curl_line(token, base_url), "a curl line")

    def _copy(self, form: Callable[[str], str], what: str) -> None:
        token, now = self.token, self.session.now()
        if token is not None:
            left, caveat = token.left(now), unusable_reason(self.session.current, token, now)
            if left is None:
                what += ", its end unknown"
            elif not caveat:
                what += f", good for {format_time_left(left)}"
            show = f"press {key('reveal', 'v')} to show the token"
            text = form(token.access_token.reveal())
            self.program.copy(text, what, otherwise=show, caveat=caveat)

    def action_reveal(self) -> None:
        self.show_message("")  # it may stand where the token is to be
        self.query_one(RevealableSecret).toggle()

    def action_print(self) -> None:
        if self.token is not None:
            self.program.show_plain_page("Access token", self.token.access_token.reveal())

    def action_auto(self) -> None:
        auto_refresh = self.session.auto_refresh
        auto_refresh.toggle_auto()
        self.on_second(self.session.now())
        self.show_message(
            "Auto-refresh is on while this program is open."
            if auto_refresh.auto
            else "Auto-refresh is off until you switch it on or start again.",
        )

    def action_save(self) -> None:
        self.program.refreshing.save_again()

    def action_scopes(self) -> None:
        from wtr_tui.tui.screens.dialogs import ListDialog

        if self.token is not None:
            asked = scopes_asked(self.token, self.session.settings)
            lines, hang = scope_lines(self.token.scopes, asked)
            self.app.push_screen(ListDialog(f"Scopes · {len(self.token.scopes)}", lines, hang=hang))

    @work(group="history", exclusive=True)
    async def action_history(self) -> None:
        from wtr_tui.tui.screens.dialogs import ListDialog

        session = self.session
        happened = await in_thread(lambda: history_entries(session.profile, most=1_000))
        lines, hang = history_lines(happened, session.now())
        self.app.push_screen(ListDialog(f"History · {len(lines)}", lines, hang=hang))


_MIN_BESIDE = 28
_WORDS_IN_FIGURES = {
    None: "no token",
    TokenState.EXPIRED: "expired",
    TokenState.REFUSED: "refused",
    TokenState.SIGN_IN_NEEDED: "sign in",
    TokenState.UNKNOWN_END: "unknown",
}


def figures_text(watched: WatchedProfile, token: Token, now: datetime) -> str:
    """Return the text of the large figures: the countdown, or a word where none is possible."""
    left, kind = token.left(now), shown_state(watched, now).kind
    word = _WORDS_IN_FIGURES.get(kind, "")
    # A token that needs a sign-in can be used until its end, unless Webex refuses it.
    needs_sign_in = kind is TokenState.SIGN_IN_NEEDED
    counts = not word or (needs_sign_in and not refused_since(watched, now))
    if counts and left is not None and left > timedelta(0):
        return clock.countdown(left)
    return word or ("unknown" if left is None else "expired")


def masked(text: str) -> str:
    """Return enough to recognise a token, never enough to use it: ``ZDA4••••••••_PF84_1eb6…``."""
    start = text[:4] if len(text) >= 40 else ""
    head, mark, end = text.rpartition("_PF84_")
    tail = f"{mark}{end[:4]}…" if mark and len(head) >= 40 else ""
    return f"{start}{'•' * 8}{tail}"


def expiry_text(end: datetime | None, now: datetime) -> str:
    """Return ``until Tue 8 Dec 11:00 UTC``, or ``expired …``."""
    if end is None:
        return "Webex did not say until when"
    return f"{'until' if end > now else 'expired'} {format_date(end, now, zone=True)}"


def lifetimes_of(watched: WatchedProfile, token: Token, now: datetime) -> tuple[Lifetime, Lifetime]:
    """Return the two lines of the grid: the access token, and the sign-in up to its hard end."""
    ends, refused = token.expires_at, refused_since(watched, now)
    access = Lifetime(
        "Access",
        token.obtained_at,
        ends,
        "end unknown" if ends is None else format_date(ends, now),
        shown_state(watched, now).meaning,
        watched.auto_refresh.next_at(),
    )
    if refused is not None:
        word = TokenState.REFUSED.value
        access = Lifetime("Access", token.obtained_at, refused, word, Meaning.OVER)
    return access, _sign_in_life(watched, token, now)


def _sign_in_life(watched: WatchedProfile, token: Token, now: datetime) -> Lifetime:
    label, began, ends = "Sign-in", token.obtained_at, token.refresh_expires_at
    if watched.auto_refresh.is_lost:
        return Lifetime(label, began, now, "refused by Webex", Meaning.OVER)
    if watched.auto_refresh.is_refreshed_elsewhere:
        return Lifetime(label, began, None, "where wtr serve runs", Meaning.UNKNOWN)
    if token.refresh_token is None:
        return Lifetime(label, began, None, "no refresh token", Meaning.UNKNOWN)
    if ends is None:
        return Lifetime(label, began, None, "end unknown", Meaning.UNKNOWN)
    meaning = sign_in_meaning(watched, now) if ends > now else Meaning.OVER
    return Lifetime(label, began, ends, format_date(ends, now), meaning)


def sign_in_again_text(
    session: Session, token: Token, now: datetime, *, in_full: bool
) -> str | Content:
    """Return until when the user has to sign in again; "" if not ``in_full`` and far away."""
    if session.socket:
        return ""
    life, end = _sign_in_life(session.current, token, now), sign_in_by(session.current, now)
    recorded, signs_in = session.auto_refresh.recorded, f": {key('go-sign-in', 'f3')} signs in"
    if end is not None:
        why = ": refreshing does not extend that" if recorded.is_end_fixed(end) else ""
        why = signs_in if session.auto_refresh.is_lost else why
        colour = life.meaning.colour if life.meaning is not Meaning.CALM else "$soon"
        return Content.styled(f"by {format_date(end, now)}{why}", colour)
    if life.meaning is Meaning.OVER:
        return Content.styled(f"now{signs_in}", "bold $over")
    if token.refresh_token is None:
        end = token.expires_at
        return f"by {format_date(end, now)}: it cannot be refreshed" if end else ""
    if not in_full or not life.ends or session.settings.can_mint:
        return ""
    return "" if recorded.is_end_extended(life.ends) else f"by {life.end_text}"


def granted_scopes(watched: WatchedProfile) -> tuple[Content, str]:
    """Return how many requested scopes the token has, and which it lacks: ``6 of 7 ▲``,
    ``without spark:kms``.

    Both are empty without a token, the second also where it lacks none.
    """
    token, settings = watched.token, watched.settings
    if token is None:
        return Content(), ""
    missing = scopes_not_granted(token, settings)
    count = granted_count(token.scopes, scopes_asked(token, settings))
    return count, f"without {'  '.join(missing)}" if missing else ""


def granted_count(granted: tuple[str, ...], asked: tuple[str, ...]) -> Content:
    """Return how many of the requested scopes were granted: ``7 of 7 ✓``."""
    if not granted:
        return Content.styled("not stated", "$muted")
    if not asked:
        return Content.styled(f"{len(granted)} granted", "$calm")
    missing = set(asked) - set(granted)
    sign, colour = ("▲", "$soon") if missing else ("✓", "$calm")
    return Content.styled(f"{len(asked) - len(missing)} of {len(asked)} {sign}", colour)


def scope_lines(granted: tuple[str, ...], asked: tuple[str, ...]) -> tuple[list[Content], int]:
    """Return a line for each scope, granted or missing, with its description, and the column
    where the descriptions begin.
    """
    from wtr_tui.storage.settings_values import known_scopes

    width = max(map(len, granted), default=0)
    rows = [("✓", "$calm", scope, known_scopes().get(scope, "")) for scope in granted]
    missing = [scope for scope in asked if granted and scope not in granted]
    rows += [("▲", "$soon", scope, "asked for, not granted") for scope in missing]
    lines = [
        Content.assemble(
            Content.styled(f"{sign} ", colour),
            f"{scope:<{width}}  ",
            Content.styled(words, "$muted" if sign == "✓" else "$foreground"),
        )
        for sign, colour, scope, words in rows
    ]
    return [*lines, *([Content(""), Content(GRANT_MORE)] if missing else [])], width + 4


def curl_line(token: str, base_url: str) -> str:
    """Return a shell command that asks Webex whose token it is."""
    header = shlex.quote(f"Authorization: Bearer {token}")
    return f"curl -sS -H {header} {shlex.quote(f'{base_url}/people/me')}"


def _no_token_text(session: Session) -> str:
    if session.socket:
        failed = session.auto_refresh.problem is not None
        reason = "The line below says why; it is asked again every minute."
        return f"No token from the socket. {reason}" if failed else "Asking the socket …"
    if session.auto_refresh.problem is not None:
        return "The token file cannot be used; the line below says why."
    return f"{key('go-sign-in', 'f3')} signs in to Webex and gets one."


def _script_commands(session: Session) -> str:
    if session.demo is not None:
        return "wtr token · wtr exec -- CMD, with your own integration"
    name = DEFAULT_PROFILE if session.socket else session.profile.name
    which = "" if name == DEFAULT_PROFILE else f" --profile {name}"
    return f"wtr token{which} · wtr exec{which} -- CMD · wtr help scripts"
