"""The profiles: one integration each. Their tokens at a glance, and what can be done with each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from wtr_tui.in_flight import in_thread
from wtr_tui.model import Account, Token
from wtr_tui.storage import profiles
from wtr_tui.storage.settings_values import known_scopes
from wtr_tui.token_state import LIKELY_CAUSES
from wtr_tui.tui import overview
from wtr_tui.tui.keys import Key, key, keys, with_keys
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.dialogs import Box, ConfirmScreen, Dialog
from wtr_tui.tui.screens.token import PANELS_FROM, granted_of, lives_of, missing_words
from wtr_tui.tui.session import Followed
from wtr_tui.tui.state import (
    coarse,
    date,
    next_refresh,
    next_refresh_in_short,
    sign_in_by,
    sign_in_meaning,
    state_of_profile,
)
from wtr_tui.tui.themes import Meaning
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.lists import ActivityRows, Facts, ScopeList
from wtr_tui.tui.widgets.lives import Lives
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.panel import Panel, cut, cut_within
from wtr_tui.tui.widgets.quiet import Quiet

_ABOUT = (
    "Owner",
    "Organisation",
    "Access token",
    "Sign in again",
    "Auto-refresh",
    "Last",
    "Settings",
)
_AROUND = 4
"""Rows of the page that are neither the list nor the panel about the marked profile."""


class Rows(OptionList, can_focus=False):
    """The keys are the screen's, so that the line of keys can show them. A click marks a row."""

    def on_click(self, event: Click) -> None:
        at = event.style.meta.get("option")
        if at is not None and at != self.highlighted:
            event.prevent_default()
            self.highlighted = at


class ProfilesScreen(WtrScreen):
    """A table; what can be done is done with the marked profile."""

    DEFAULT_CSS = """
    ProfilesScreen #columns, ProfilesScreen #detail { height: auto; }
    ProfilesScreen #columns { layout: vertical; }
    ProfilesScreen Rows {
        height: auto; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1; scrollbar-background: $background;
    }
    ProfilesScreen #titles { text-wrap: nowrap; height: 1; }
    ProfilesScreen #list { border: none; padding: 0; }
    ProfilesScreen #marked { margin: 1 0 0 0; }
    ProfilesScreen.-short #marked, ProfilesScreen #scopes-panel, ProfilesScreen #activity,
    ProfilesScreen Lives { display: none; }
    ProfilesScreen.-panels #columns { layout: horizontal; height: 1fr; }
    ProfilesScreen.-panels #list { height: 1fr; border: round $line; padding: 1 1 1 2; }
    ProfilesScreen.-panels #detail { width: 42%; height: 1fr; margin: 0 0 0 2; }
    ProfilesScreen.-panels #marked { display: block; margin: 0; }
    ProfilesScreen.-panels #activity { display: block; margin: 1 0 0 0; height: 1fr; }
    ProfilesScreen.-panels Lives { display: block; margin: 0 0 1 0; }
    ProfilesScreen.-panels.-airy #detail Panel { padding: 1 2; }
    ProfilesScreen.-panels.-grand #detail Panel { padding: 1 2; }
    ProfilesScreen.-panels.-grand #scopes-panel { display: block; margin: 1 0 0 0; height: 1fr; }
    ProfilesScreen.-panels #activity ActivityRows, ProfilesScreen #scopes { height: 1fr; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (PANELS_FROM, "-panels")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (30, "-airy"), (40, "-grand")]  # noqa: RUF012
    NAME = "profiles"
    HELP_NAME = "Profiles"
    WHOLE_WIDTH = True
    HELP_TEXT = (
        "A profile is one integration with its own settings and token. While the program is open,"
        " it keeps the tokens of all profiles alive whose settings have autoRefresh on. Variables"
        " such as WEBEX_APPID count only for the profile the program was started with."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("enter", "use", "Use it", "Go on with the marked profile"),
            Key("r", "refresh", "Refresh", "Refresh the token of the marked profile"),
            Key("R", "refresh_all", "All", "Refresh the tokens of all profiles"),
            Key("s", "sign_in", "Sign in", "Sign in for the marked profile"),
            Key(
                "o",
                "sign_out",
                "Sign out",
                "Sign out: revoke the token if possible, delete it",
                show=False,
            ),
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
        self._columns: dict[Column, int] = {}
        self._activity_of: object = None

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="columns"):
            yield Panel("Profiles", Quiet("", id="titles"), Rows(compact=True), id="list")
            with Vertical(id="detail"):
                yield Panel("", Lives(), Facts(_ABOUT, id="about"), id="marked")
                yield Panel("Scopes", ScopeList(id="scopes"), id="scopes-panel")
                yield Panel("Activity", ActivityRows(), id="activity")

    def on_screen_resume(self) -> None:
        if self.is_built:
            self._show()

    def on_resize(self) -> None:
        if self.is_built:
            self._rows = {}  # other columns: every row is another
            self._show()

    def on_second(self, now: datetime) -> None:
        self._show()

    def on_token_changed(self) -> None:
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """``refresh_all`` is of use with more than one profile only."""
        return action != "refresh_all" or len(self.session.roster) > 1

    # The table.

    def _show(self) -> None:
        session = self.session
        now = session.now()
        rows = {
            each.profile.name: row_of(each, now, used=each is session.used)
            for each in session.roster
        }
        room = self.size.width - 5
        if self._has_panels:  # as the style sheet divides it
            room = self.size.width - 4 - (self.size.width - 4) * 42 // 100 - 2 - 6
        columns = widths(tuple(rows.values()), room)
        if list(rows) != list(self._rows) or columns != self._columns:
            self._list(rows, columns)
        else:
            listed = self.query_one(Rows)
            for name, row in rows.items():
                if row != self._rows[name]:
                    listed.replace_option_prompt(name, line(row, columns))
        self._rows, self._columns = rows, columns
        self._show_marked(now)

    def _list(self, rows: dict[str, Row], columns: dict[Column, int]) -> None:
        listed = self.query_one(Rows)
        marked = self._marked_name() or self.session.profile.name
        self.query_one("#titles", Quiet).show(heading(columns))
        listed.clear_options()
        listed.add_options([Option(line(row, columns), id=name) for name, row in rows.items()])
        names = list(rows)
        listed.highlighted = names.index(marked) if marked in rows else 0
        below = 0 if self.has_class("-short") else len(_ABOUT) + 3
        around = 3 if self._has_panels else below
        listed.styles.max_height = max(self.size.height - _AROUND - 2 - around, 3)
        self.refresh_bindings()

    def _marked_name(self) -> str:
        listed = self.query_one(Rows)
        if listed.highlighted is None or not listed.option_count:
            return ""
        return listed.get_option_at_index(listed.highlighted).id or ""

    @property
    def _marked(self) -> Followed:
        name = self._marked_name()
        every = {each.profile.name: each for each in self.session.roster}
        return every.get(name, self.session.used)

    @on(OptionList.OptionHighlighted)
    def _other_marked(self) -> None:
        self._show_marked(self.session.now())

    def _show_marked(self, now: datetime) -> None:
        each = self._marked
        state = state_of_profile(each, now)
        panel = self.query_one("#marked", Panel)
        panel.show_title(each.profile.name)
        style = f"bold {state.meaning.colour}"
        panel.show_right(Content.styled(f"{state.meaning.sign} {state.word}", style))
        about = self.query_one("#about", Facts)
        for name, fact in zip(_ABOUT, _facts(each, now, panels=self._has_panels), strict=True):
            about.state(name, fact)
        if self._has_panels:
            self._show_detail(each, now)

    @property
    def _has_panels(self) -> bool:
        return self.size.width >= PANELS_FROM

    def _show_detail(self, each: Followed, now: datetime) -> None:
        """What there is room for in a large terminal alone."""
        token = _token(each)
        lives = lives_of(each, token, now) if token is not None else ()
        self.query_one(Lives).show(lives, now)
        scopes = self.query_one("#scopes", ScopeList)
        scopes.explain(known_scopes())
        scopes.show(None if token is None else token.scopes, missing_words(each))
        self.query_one("#scopes-panel", Panel).show_right(granted_of(each))
        mark = (each.profile.name, history.mark(each.profile))
        if mark != self._activity_of:
            self._activity_of = mark
            found = overview.entries(each.profile, most=self.size.height)
            rows = [overview.activity_row(entry, now) for entry in found]
            self.query_one(ActivityRows).show(rows)

    # What is done with a profile.

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_use()

    def action_mark(self, where: str) -> None:
        listed = self.query_one(Rows)
        getattr(listed, f"action_{where}")()

    def action_use(self) -> None:
        self._go(self._marked.profile)

    def action_sign_in(self) -> None:
        self._go(self._marked.profile, to="sign-in")

    def action_refresh(self) -> None:
        each = self._marked
        if each.auto_refresh.unsaved:
            self.tell(with_keys(_SAVE_FIRST), Tone.WARN)
        else:
            self.program.refresh_profiles([each])

    def action_refresh_all(self) -> None:
        able = [each for each in self.session.roster if _can_refresh(each)]
        if able:
            self.program.refresh_profiles(able)
        else:
            self.tell("No profile has a token that can be refreshed.")

    def action_make(self) -> None:
        if self.session.demo is not None:
            self.tell(_NO_MORE)
            return

        def take(made: profiles.Profile | None) -> None:
            if made is not None:
                self._go(made)

        self.app.push_screen(NameDialog(), take)

    def _go(self, chosen: profiles.Profile, *, to: str = "") -> None:
        session = self.session
        if chosen.name == session.profile.name:
            self.program.go(to or "token")
        elif session.auto_refresh.unsaved:
            self.tell(with_keys(_SAVE_FIRST), Tone.WARN)
        else:
            self.program.switch_profile(chosen, to=to)

    def action_sign_out(self) -> None:
        each = self._marked
        if each.auto_refresh.stored is None and each.auto_refresh.problem is None:
            self.tell(f"{each.profile.name} has no token.")
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._sign_out(each)

        self.app.push_screen(
            ConfirmScreen(
                "Webex is asked to revoke the token, which most users may not; it is deleted here"
                " with all its copies. The settings stay.",
                f"Sign out of {each.profile.name}?",
            ),
            answered,
        )

    @work(group="sign-out")
    async def _sign_out(self, each: Followed) -> None:
        from wtr_tui.sign_out import Revoked, sign_out

        self.tell("Signing out …")
        now = self.session.now
        try:
            done = await in_thread(lambda: sign_out(each.profile, each.settings, now=now))
        except WtrError as error:
            self.tell(f"Not signed out: {error}", Tone.BAD)
            return
        each.auto_refresh.unsaved = False
        each.auto_refresh.stored = None
        each.auto_refresh.look(now())
        self.program.token_changed()
        tone = Tone.GOOD if done.revoked in {Revoked.YES, Revoked.EXPIRED} else Tone.WARN
        self.tell(" ".join(done.sentences), tone)

    def action_remove(self) -> None:
        chosen = self._marked.profile
        if chosen.name == self.session.profile.name:
            self.tell("This profile is in use: go on with another one first.")
            return
        self.app.push_screen(
            ConfirmScreen(
                "Its settings and its token are deleted. The token itself stays valid at Webex"
                " until it expires.",
                f"Remove the profile {chosen.name}?",
            ),
            lambda sure: self._remove(chosen) if sure else None,
        )

    def _remove(self, chosen: profiles.Profile) -> None:
        try:
            profiles.remove(chosen)
        except WtrError as error:
            self.tell(str(error), Tone.BAD)
        else:
            self.session.roster.forget(chosen)
            self.program.token_changed()
            self.tell(f"{chosen.name} was removed.", Tone.GOOD)


_SAVE_FIRST = "First save the token ({save:s}, on {go-token:F2}): it is only in this window."
_NO_MORE = "The sandbox has its own profiles: a new one would be for the real Webex."


class NameDialog(Dialog["profiles.Profile | None"]):
    """Asks for the name of a new profile, and gives the profile once it is made."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def compose(self) -> ComposeResult:
        with Box("A new profile", ("Enter", "makes it"), ("Esc", "cancels")):
            yield Quiet("One integration with settings and a token of its own. Its name:")
            yield QuietInput(placeholder="work")
            yield Quiet("", id="problem")

    def on_mount(self) -> None:
        self.query_one(QuietInput).focus()

    @on(QuietInput.Submitted)
    def _make(self, event: QuietInput.Submitted) -> None:
        try:
            made = profiles.create(event.value.strip(), self.session.environ)
        except WtrError as error:
            self.query_one("#problem", Quiet).reshape(str(error))
        else:
            self.dismiss(made)


def _token(each: Followed) -> Token | None:
    stored = each.auto_refresh.stored
    return stored.token if stored is not None else None


def _can_refresh(each: Followed) -> bool:
    token = _token(each)
    refreshable = token is not None and token.refresh_token is not None
    return (
        refreshable
        and each.ready
        and not each.auto_refresh.unsaved
        and not each.auto_refresh.foreign
    )


# The panel about the marked profile.


def _facts(each: Followed, now: datetime, *, panels: bool) -> Iterable[str]:
    """What there is to say of it, in the order of :data:`_ABOUT`; what the ``panels`` show as
    lines and rows is not said once more."""
    auto_refresh, token = each.auto_refresh, _token(each)
    account = auto_refresh.stored.account if auto_refresh.stored is not None else Account()
    yield _owner(account) if account.known else "not known"
    yield account.organization or (token and token.organization) or ""
    if token is None:
        yield "none yet"
    else:
        yield "" if panels else _end(token.expires_at, now)
    signs_in = f"{key('sign-in', 's')} signs in"
    if auto_refresh.is_lost:
        by = sign_in_by(each, now)
        when = f"by {date(by, now)}" if by is not None else "now"
        yield f"{when}, {signs_in}. {LIKELY_CAUSES}"
    elif token is None or token.refresh_token is None:
        yield signs_in if token is None else "once it expires: it cannot be refreshed"
    else:
        yield "" if panels else _end(token.refresh_expires_at, now)
    yield "stopped" if auto_refresh.is_lost else next_refresh(auto_refresh, now)
    latest = each.latest()
    if each.failure:
        yield each.failure
    elif panels:
        yield ""
    elif latest is not None:
        row = overview.activity_row(latest, now)
        yield f"{row.when} {row.what}, by {row.by}" if row.by else f"{row.when} {row.what}"
    else:
        yield "nothing yet"
    wrong = each.settings_error or next(iter(each.settings.problems), None)
    yield str(wrong) if wrong is not None else each.settings_place


def _owner(account: Account) -> str:
    """``Ann Example (ann@example.com)``."""
    return account.who


def _end(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "its end is not known"
    if end <= now:
        return f"expired {clock.local(end)}"
    return f"{clock.local(end)}, in {clock.duration(end - now)}"


# The table (pure).

_GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column: its title, and the least and the most characters it is given."""

    title: str
    least: int
    most: int
    rank: int
    """Where there is no room for all, those with the highest go first."""


NAME, STATE, OWNER, ACCESS, SIGN_IN, NEXT, LAST = COLUMNS = (
    Column("Profile", 7, 24, 0),
    Column("State", 8, 22, 1),
    Column("Owner", 11, 28, 5),
    Column("Access", 7, 12, 2),
    Column("Sign-in", 7, 12, 3),
    Column("Next refresh", 12, 18, 6),
    Column("Last", 18, 60, 4),
)


@dataclass(frozen=True)
class Row:
    """The cells of one profile, in the order of :data:`COLUMNS`; painted anew where it differs."""

    state: Meaning
    """Of the access token."""
    sign_in: Meaning
    cells: tuple[str, ...]
    tone: Tone
    """Of what happened last."""
    used: bool

    @property
    def meaning(self) -> Meaning:
        """Of the profile: a sign-in that is near takes somebody, however well the token is."""
        return self.sign_in if self.state is Meaning.CALM else self.state


def row_of(each: Followed, now: datetime, *, used: bool) -> Row:
    """What there is to say of a profile now."""
    state = state_of_profile(each, now)
    stored, token = each.auto_refresh.stored, _token(each)
    account = stored.account if stored is not None else Account()
    owner = account.display_name or account.email or "-"
    last, tone = _last(each, now)
    sign_in = sign_in_meaning(sign_in_by(each, now), now)
    cells = (
        each.profile.name,
        state.word,
        owner,
        _left(token.left(now)) if token else "-",
        _sign_in(each, now),
        next_refresh_in_short(each.auto_refresh, now),
        last,
    )
    return Row(state.meaning, sign_in, cells, tone, used)


def widths(rows: Sequence[Row], room: int) -> dict[Column, int]:
    """How wide each column that fits is; those that do not fit are not in it."""
    wanted = {
        column: min(
            max(
                len(column.title),
                column.least,
                # What happened last has a sign before it.
                *(len(row.cells[at]) + 2 * (column is LAST) for row in rows),
            ),
            column.most,
        )
        for at, column in enumerate(COLUMNS)
    }
    shown: dict[Column, int] = {}
    left = room - 2  # the sign
    for column in sorted(COLUMNS, key=lambda each: each.rank):
        width = wanted[column]
        if not any(row.cells[COLUMNS.index(column)] for row in rows):
            continue
        if left < width + len(_GAP) and column in {LAST, OWNER}:
            width = left - len(_GAP)
        if width < column.least or left < width + len(_GAP):
            break
        shown[column] = width
        left -= width + len(_GAP)
    for column in filter(shown.__contains__, (NAME, OWNER)):  # what nobody else wants
        longest = max(len(row.cells[COLUMNS.index(column)]) for row in rows)
        more = max(min(left, longest - shown[column]), 0)
        shown[column] += more
        left -= more
    return {column: shown[column] for column in COLUMNS if column in shown}


def heading(columns: dict[Column, int]) -> Content:
    """The titles above the columns."""
    titles = _GAP.join(column.title.ljust(width) for column, width in columns.items())
    return Content.styled(f"  {titles}".rstrip(), "$muted")


def line(row: Row, columns: dict[Column, int]) -> Content:
    """``● default  valid  Ann Example  13 d 23 h  89 d 4 h  Mon 7 Dec 11:00  11:00 refreshed``."""
    tone_sign, tone = row.tone.value
    parts = [Content.styled(f"{row.meaning.sign} ", f"bold {row.meaning.colour}")]
    for column, width in columns.items():
        text = row.cells[COLUMNS.index(column)]
        text = f"{tone_sign} {text}" if column is LAST and text else text
        cell = (cut_within if column is NAME else cut)(text, width).ljust(width)
        style = {
            NAME: "bold $foreground" if row.used else "$foreground",
            STATE: row.state.colour,
            SIGN_IN: "$foreground" if row.sign_in is Meaning.CALM else row.sign_in.colour,
            LAST: tone,
        }.get(column, "$foreground")
        parts.append(Content.styled(f"{cell}{_GAP}", style))
    return Content.assemble(*parts)


def _last(each: Followed, now: datetime) -> tuple[str, Tone]:
    if each.refreshing:
        return "refreshing …", Tone.PLAIN
    if each.failure:
        return each.failure, Tone.WARN if each.auto_refresh.next_at() else Tone.BAD
    latest = each.latest()
    if latest is None:
        return "", Tone.PLAIN
    row = overview.activity_row(latest, now, life=False)
    return f"{row.when} {row.what}", row.tone


def _sign_in(each: Followed, now: datetime) -> str:
    token = _token(each)
    if token is None or token.refresh_token is None:
        return "-"
    return "refused" if each.auto_refresh.is_lost else _left(token.refresh_left(now))


def _left(left: timedelta | None) -> str:
    if left is None:
        return "unknown"
    return coarse(left) if left > timedelta(0) else "expired"
