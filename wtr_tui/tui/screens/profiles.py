"""The profiles: a table of all, the marked one in detail, and the actions on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wtr_tui import clock, history
from wtr_tui.errors import WtrError
from wtr_tui.shutdown import in_thread
from wtr_tui.storage import profiles
from wtr_tui.storage.settings_values import known_scopes
from wtr_tui.token_state import TokenState, likely_causes
from wtr_tui.tui.display import (
    activity_row,
    format_date,
    format_time_left,
    history_entries,
    next_refresh,
    profile_rows,
    profile_state,
    refused_since,
    shown_state,
    sign_in_by,
    sign_in_meaning,
)
from wtr_tui.tui.keys import Key, bindings, key, with_keys
from wtr_tui.tui.screens import WtrScreen
from wtr_tui.tui.screens.dialogs import ConfirmDialog, Dialog, Frame
from wtr_tui.tui.screens.token import PANELS_MIN_WIDTH, granted_scopes, lifetimes_of
from wtr_tui.tui.session import SAVE_FIRST, WatchedProfile, with_tilde
from wtr_tui.tui.themes import Meaning, Tone
from wtr_tui.tui.widgets import Panel, StaticText, truncate, truncate_middle
from wtr_tui.tui.widgets.inputs import CompactInput
from wtr_tui.tui.widgets.lists import ActivityRows, Facts, LifetimeBars, ScopeList

_FACTS = (
    "Owner", "Organisation", "Access token", "Sign in again", "Auto-refresh", "Last", "Settings",
)  # fmt: skip
_OTHER_ROWS = 8
"""Rows of the screen beside the table and the panel below it, with a message of three rows."""


class ProfileTable(OptionList, can_focus=False):
    """A row for each profile. Its keys are the screen's, for the key bar; a click marks a row."""

    def on_click(self, event: Click) -> None:
        at = event.style.meta.get("option")
        if at is not None and at != self.highlighted:
            event.prevent_default()
            self.highlighted = at


class ProfilesScreen(WtrScreen):
    """The table of profiles. Every action but New and All is on the marked one."""

    DEFAULT_CSS = """
    ProfilesScreen #columns { height: auto; layout: vertical; }
    ProfilesScreen #all, ProfilesScreen #detail { height: auto; }
    ProfilesScreen ProfileTable {
        height: auto; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; scrollbar-background: $background;
    }
    ProfilesScreen #titles { text-wrap: nowrap; height: 1; }
    ProfilesScreen #list { border: none; padding: 0; }
    ProfilesScreen #marked { margin: 1 0 0 0; }
    ProfilesScreen.-short #marked, ProfilesScreen #scopes-panel, ProfilesScreen #activity,
    ProfilesScreen LifetimeBars { display: none; }
    ProfilesScreen.-panels #columns { layout: horizontal; height: 1fr; }
    ProfilesScreen.-panels #all, ProfilesScreen.-panels #detail { height: 1fr; }
    ProfilesScreen.-panels #detail { width: 42%; margin: 0 0 0 2; }
    ProfilesScreen.-panels #list { border: round $line; padding: 0 1 0 2; }
    ProfilesScreen.-panels #marked { display: block; margin: 0; }
    ProfilesScreen.-panels LifetimeBars { display: block; margin: 0 0 1 0; }
    ProfilesScreen.-panels #scopes-panel, ProfilesScreen.-panels #activity {
        display: block; margin: 1 0 0 0; height: 1fr;
    }
    ProfilesScreen #activity ActivityRows, ProfilesScreen #scopes { height: 1fr; }
    ProfilesScreen.-panels.-airy Panel, ProfilesScreen.-panels.-airy #list { padding: 1 2; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (PANELS_MIN_WIDTH, "-panels")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-airy")]
    NAME = "profiles"
    HELP_NAME = "Profiles"
    FULL_WIDTH = True
    HELP_TEXT = (
        "A profile is one integration with its own settings and token. While the program is open,"
        " it keeps the tokens of all profiles alive whose settings have autoRefresh on. Variables"
        " such as WEBEX_APPID count only for the profile the program was started with."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            Key("enter", "use", "Use it", "Go on with the marked profile"),
            Key("r", "refresh", "Refresh", "Refresh the token of the marked profile"),
            Key("R", "refresh_all", "All", "Refresh the tokens of all profiles"),
            Key("s", "sign_in", "Sign in", "Sign in for the marked profile"),
            Key("o", "sign_out", "Sign out", "Revoke the token if possible, delete it", show=False),
            Key("n", "make", "New", "Make a new profile"),
            Key("d,delete", "remove", "Remove", "Remove the marked profile"),
            Key("q", "app.quit", "Quit", "Quit"),
        ),
        Binding("down,j", "mark('cursor_down')", show=False, id="scroll-down"),
        Binding("up,k", "mark('cursor_up')", show=False, id="scroll-up"),
        Binding("pagedown", "mark('page_down')", show=False),
        Binding("pageup", "mark('page_up')", show=False),
        Binding("home", "mark('first')", show=False),
        Binding("end", "mark('last')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Row] = {}
        self._columns: dict[str, int] = {}
        self._activity_of: object = None

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="columns"):
            with Vertical(id="all"):
                yield Panel(
                    "Profiles", StaticText("", id="titles"), ProfileTable(compact=True), id="list"
                )
                yield Panel("Activity", ActivityRows(), id="activity")
            with Vertical(id="detail"):
                yield Panel("", LifetimeBars(), Facts(_FACTS, id="about"), id="marked")
                yield Panel("Scopes", ScopeList(id="scopes"), id="scopes-panel")

    def on_resize(self) -> None:
        if self.is_built:
            self._rows = {}  # rebuild: the columns are different ones
            self._show()

    def on_second(self, now: datetime) -> None:
        self._show()

    def on_token_changed(self) -> None:
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer ``refresh_all`` only where there is more than one profile."""
        return action != "refresh_all" or len(self.session.watched) > 1

    # The table.

    def _show(self) -> None:
        session = self.session
        now = session.now()
        named = {each.profile.name: each for each in session.watched}
        rows = {
            ordered.name: table_row(named[ordered.name], now, used=ordered.current)
            for ordered in profile_rows(session)
        }
        room = self.size.width - 5
        if self._has_panels:  # as the style sheet divides the width
            room = self.size.width - 4 - (self.size.width - 4) * 42 // 100 - 2 - 6
        columns = column_widths(tuple(rows.values()), room)
        if list(rows) != list(self._rows) or columns != self._columns:
            self._rebuild_table(rows, columns)
        else:
            listed = self.query_one(ProfileTable)
            for name, row in rows.items():
                if row != self._rows[name]:
                    listed.replace_option_prompt(name, row_line(row, columns))
        self._rows, self._columns = rows, columns
        self._show_marked(now)

    def _rebuild_table(self, rows: dict[str, Row], columns: dict[str, int]) -> None:
        listed = self.query_one(ProfileTable)
        marked = self._marked.profile.name
        listed.clear_options()
        listed.add_options([Option(row_line(row, columns), id=name) for name, row in rows.items()])
        names = list(rows)
        listed.highlighted = names.index(marked) if marked in rows else 0
        # Without panels the marked profile is below the table, if there is room.
        below = 0 if self.has_class("-short") else len(_FACTS) + 2
        most = max(self.size.height - _OTHER_ROWS - below, 3)
        listed.styles.max_height = most
        every = f"   {len(rows)} in all" if len(rows) > most else ""
        self.query_one("#titles", StaticText).show(
            heading_line(columns) + Content.styled(every, "$muted")
        )
        self.refresh_bindings()

    @property
    def _marked(self) -> WatchedProfile:
        listed = self.query_one(ProfileTable)
        marked = listed.highlighted_option.id if listed.highlighted_option is not None else ""
        every = {each.profile.name: each for each in self.session.watched}
        return every.get(marked or "", self.session.current)

    @on(OptionList.OptionHighlighted)
    def _other_marked(self) -> None:
        self._show_marked(self.session.now())

    def _show_marked(self, now: datetime) -> None:
        each = self._marked
        panel = self.query_one("#marked", Panel)
        panel.show_title(each.profile.name)
        panel.show_right(profile_state(each, now).label)
        about = self.query_one("#about", Facts)
        for name, fact in _facts(each, now, panels=self._has_panels).items():
            about.set_fact(name, fact)
        if self._has_panels:
            self._show_detail(each, now)

    @property
    def _has_panels(self) -> bool:
        return self.size.width >= PANELS_MIN_WIDTH

    def _show_detail(self, each: WatchedProfile, now: datetime) -> None:
        """Show the panels, for which only a wide terminal has room."""
        token = each.token
        lives = lifetimes_of(each, token, now) if token is not None else ()
        bars = self.query_one(LifetimeBars)
        bars.styles.display = None if lives else "none"
        bars.show(lives, now)
        scopes = self.query_one("#scopes", ScopeList)
        scopes.set_meanings(known_scopes())
        granted, lacking = granted_scopes(each)
        scopes.show(None if token is None else token.scopes, lacking)
        self.query_one("#scopes-panel", Panel).show_right(granted)
        mark = (each.profile.name, history.fingerprint(each.profile))
        if mark != self._activity_of:
            self._activity_of = mark
            found = history_entries(each.profile, most=self.size.height)
            rows = [activity_row(entry, now) for entry in found]
            self.query_one(ActivityRows).show(rows)

    # The actions.

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_use()

    def action_mark(self, where: str) -> None:
        listed = self.query_one(ProfileTable)
        getattr(listed, f"action_{where}")()

    def action_use(self) -> None:
        self._switch_to(self._marked.profile)

    def action_sign_in(self) -> None:
        self._switch_to(self._marked.profile, to="sign-in")

    def action_refresh(self) -> None:
        self.program.refresh_profiles([self._marked])

    def action_refresh_all(self) -> None:
        able = [each for each in self.session.watched if each.is_configured and each.can_refresh]
        if able:
            self.program.refresh_profiles(able)
        else:
            self.show_message("No profile has a token that can be refreshed.")

    def action_make(self) -> None:
        if self.session.demo is not None:
            self.show_message(_NOT_IN_SANDBOX)
            return

        def take(made: profiles.Profile | None) -> None:
            if made is not None:
                self._switch_to(made)

        self.app.push_screen(NewProfileDialog(), take)

    def _switch_to(self, chosen: profiles.Profile, *, to: str = "") -> None:
        session = self.session
        if chosen.name == session.profile.name:
            self.program.go(to or "token")
        elif session.auto_refresh.unsaved:
            self.show_message(with_keys(SAVE_FIRST), Tone.WARN)
        else:
            self.program.switch_profile(chosen, to=to)

    def action_sign_out(self) -> None:
        each = self._marked
        if each.token is None and each.auto_refresh.problem is None:
            self.show_message(f"{each.profile.name} has no token.")
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._sign_out(each)

        self.app.push_screen(
            ConfirmDialog(
                "Webex is asked to revoke the token, which most users may not; it is deleted here"
                " with all its copies. The settings stay.",
                f"Sign out of {each.profile.name}?",
            ),
            answered,
        )

    @work(group="sign-out")
    async def _sign_out(self, each: WatchedProfile) -> None:
        from wtr_tui.sign_out import Revoked, sign_out

        self.show_message("Signing out …")
        now = self.session.now
        try:
            done = await in_thread(lambda: sign_out(each.profile, each.settings, now=now))
        except WtrError as error:
            self.show_message(f"Not signed out: {error}", Tone.BAD)
            return
        each.auto_refresh.unsaved = False
        each.auto_refresh.stored = None
        each.auto_refresh.look(now())
        self.program.token_changed()
        tone = Tone.GOOD if done.revoked in {Revoked.YES, Revoked.EXPIRED} else Tone.WARN
        self.show_message(" ".join(done.sentences), tone)

    def action_remove(self) -> None:
        chosen = self._marked.profile
        if chosen.name == self.session.profile.name:
            self.show_message("This profile is in use: go on with another one first.")
            return
        what = "Its settings are deleted."
        if self._marked.token is not None:
            what = (
                "Its settings and its token are deleted. The token itself stays valid at Webex"
                " until it expires."
            )
        self.app.push_screen(
            ConfirmDialog(what, f"Remove the profile {chosen.name}?"),
            lambda sure: self._remove(chosen) if sure else None,
        )

    def _remove(self, chosen: profiles.Profile) -> None:
        try:
            profiles.remove(chosen)
        except WtrError as error:
            self.show_message(str(error), Tone.BAD)
        else:
            self.session.forget(chosen)
            self.program.token_changed()
            self.show_message(f"{chosen.name} was removed.", Tone.GOOD)


_NOT_IN_SANDBOX = "The sandbox has its own profiles: a new one would be for the real Webex."


class NewProfileDialog(Dialog["profiles.Profile | None"]):
    """Asks for the name of a new profile; its result is the profile, already created."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def compose(self) -> ComposeResult:
        with Frame("A new profile", ("Enter", "makes it"), ("Esc", "cancels")):
            yield StaticText("One integration with settings and a token of its own. Its name:")
            yield CompactInput(placeholder="work")
            yield StaticText("", id="problem")

    def on_mount(self) -> None:
        self.query_one(CompactInput).focus()

    @on(CompactInput.Submitted)
    def _make(self, event: CompactInput.Submitted) -> None:
        try:
            made = profiles.create(event.value.strip(), self.session.environ)
        except WtrError as error:
            self.query_one("#problem", StaticText).reshape(str(error))
        else:
            self.dismiss(made)


def _facts(each: WatchedProfile, now: datetime, *, panels: bool) -> dict[str, str]:
    """Return the facts about a profile; with ``panels`` without those shown there."""
    account, token = each.account, each.token
    latest, last = each.latest(), "" if panels else "nothing yet"
    if latest is not None and not panels:
        row = activity_row(latest, now)
        last = f"{row.when} {row.what}" + (f", by {row.by}" if row.by else "")
    settings = str(next(iter(each.settings.problems), each.profile.settings_path))
    if each.settings_error is not None:
        settings = each.settings_error.message.partition("\n")[0]  # without the file's lines
    settings = with_tilde(settings, each.environ)
    is_lost = each.auto_refresh.is_lost
    return {
        "Owner": account.label if account.is_known else "not known",
        "Organisation": account.organization or (token.organization if token else "") or "",
        "Access token": "" if panels and token else _access_token(each, now),
        "Sign in again": _sign_in_again(each, now, panels=panels),
        "Auto-refresh": "stopped" if is_lost else next_refresh(each.auto_refresh, now),
        "Last": each.refresh_error or last,
        "Settings": settings,
    }


def _access_token(each: WatchedProfile, now: datetime) -> str:
    if each.token is None:
        return "none yet"
    if refused_since(each, now) is not None:
        return TokenState.REFUSED.value
    return _remaining(each.token.expires_at, now)


def _sign_in_again(each: WatchedProfile, now: datetime, *, panels: bool) -> str:
    token, signs_in = each.token, f"{key('sign-in', 's')} signs in"
    if each.auto_refresh.is_lost:
        by = sign_in_by(each, now)
        when = f"by {format_date(by, now)}" if by else "now"
        return f"{when}, {signs_in}. {likely_causes(each.auto_refresh.recorded)}".rstrip()
    if token is None:
        return signs_in
    if token.refresh_token is None:
        return "once it expires: it cannot be refreshed"
    return "" if panels else _remaining(token.refresh_expires_at, now)


def _remaining(end: datetime | None, now: datetime) -> str:
    """Return the time left and the end, without seconds: each would repaint all the facts."""
    if end is None or end <= now:
        return clock.describe_end(end, now)
    return f"{format_time_left(end - now)} left, {clock.until_phrase(end)}"


# The lines of the table.

_GAP = 2
MAX_WIDTHS = {
    "": 1, "Profile": 24, "State": 22, "Owner": 28, "Access": 12, "Sign-in": 12, "Last": 60,
}  # fmt: skip
"""The columns in their order, and the most characters of each."""
_MIN_WIDTHS = {"Last": 18, "Owner": 11}
"""The columns that are narrowed first where there is no room for all, and down to what."""
_DROP_ORDER = ("Owner", "Last", "Sign-in", "Access", "State")
"""The columns that are left out after that, the first of them first."""

Row = dict[str, tuple[str, str]]
"""Text and style of a profile's cells, by column."""


def table_row(each: WatchedProfile, now: datetime, *, used: bool) -> Row:
    """Return the cells of a profile."""
    state, meaning = shown_state(each, now), profile_state(each, now).meaning
    token, account = each.token, each.account
    sign_in = sign_in_meaning(each, now)
    last, tone = _last(each, now)
    access = left = "-"
    if token is not None:
        access = "refused" if refused_since(each, now) else _remaining_short(token.left(now))
    if token is not None and token.refresh_token is not None:
        left = "refused" if each.auto_refresh.is_lost else _remaining_short(token.refresh_left(now))
    plain = "$foreground"
    return {
        "": (meaning.sign, f"bold {meaning.colour}"),
        "Profile": (each.profile.name, f"bold {plain}" if used else plain),
        "State": (state.word, state.meaning.colour),
        "Owner": (account.display_name or account.email or "-", plain),
        "Access": (access, plain),
        "Sign-in": (left, plain if sign_in is Meaning.CALM else sign_in.colour),
        "Last": (f"{tone.sign} {last}" if last else "", tone.colour),
    }


def column_widths(rows: Sequence[Row], room: int) -> dict[str, int]:
    """Return the width of each column that fits into ``room`` characters."""
    longest = {title: max(len(row[title][0]) for row in rows) for title in MAX_WIDTHS}
    shown = {
        title: min(max(longest[title], len(title)), most)
        for title, most in MAX_WIDTHS.items()
        if longest[title]
    }

    def free() -> int:
        return room - sum(shown.values()) - _GAP * len(shown)

    for title, least in _MIN_WIDTHS.items():
        if free() < 0 and title in shown:
            shown[title] = max(shown[title] + free(), min(least, shown[title]))
    for title in _DROP_ORDER:
        if free() < 0:
            shown.pop(title, None)
    for title in ("Profile", *_MIN_WIDTHS):  # these take what is left over
        if title in shown:
            shown[title] += max(min(free(), longest[title] - shown[title]), 0)
    return {title: shown[title] for title in MAX_WIDTHS if title in shown}


def heading_line(columns: Mapping[str, int]) -> Content:
    """Return the line of column titles."""
    titles = (" " * _GAP).join(title.ljust(width) for title, width in columns.items())
    return Content.styled(titles[1:].rstrip(), "$muted")


def row_line(row: Row, columns: Mapping[str, int]) -> Content:
    """Return ``● default  valid  Ann Example  13 d 23 h  89 d 4 h  ✓ 11:00 refreshed``."""
    parts = []
    for title, width in columns.items():
        text, style = row[title]
        cell = (truncate_middle if title == "Profile" else truncate)(text, width)
        parts.append(Content.styled(cell.ljust(width + (_GAP if title else 1)), style))
    return Content.assemble(*parts)


def _last(each: WatchedProfile, now: datetime) -> tuple[str, Tone]:
    if each.refreshing:
        return "refreshing …", Tone.PLAIN
    if each.refresh_error:
        return each.refresh_error, Tone.WARN if each.auto_refresh.next_at() else Tone.BAD
    latest = each.latest()
    if latest is None:
        return "", Tone.PLAIN
    row = activity_row(latest, now, life=False)
    return f"{row.when} {row.what}", row.tone


def _remaining_short(left: timedelta | None) -> str:
    if left is None:
        return "unknown"
    return format_time_left(left) if left > timedelta(0) else "expired"
