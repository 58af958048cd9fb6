"""The token view: whose it is, how long it lives, and the keys to refresh and to copy it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Digits

from wtr_tui import clock
from wtr_tui.model import Secret, Token
from wtr_tui.storage.paths import DEFAULT_PROFILE
from wtr_tui.text import cleaned, shell_export
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.owner import Owner
from wtr_tui.tui.refresh_words import next_refresh
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.token_lines import access_line, exact_lines, refresh_line
from wtr_tui.tui.state import coarse, lifetime
from wtr_tui.tui.token_words import (
    large_left,
    share,
)
from wtr_tui.tui.widgets.bar import Bar
from wtr_tui.tui.widgets.facts import Facts
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet
from wtr_tui.tui.widgets.revealed import Revealed
from wtr_tui.urgency import Urgency, urgency

_SHOW = "press v to show the token"
_FACTS = ("Scopes", "Auto-refresh", "Obtained", "In scripts")


class TokenScreen(WtrScreen):
    """Counts from the stored instants: right also after sleep and changes of the clock."""

    NAME = "token"
    HELP_NAME = "Token"
    HELP_TEXT = (
        "The access token is what scripts and SDKs send to Webex; the refresh token gets the next"
        " one without signing in. The times left are computed from your clock every second.\n\n"
        "r asks Webex for a new access token now. Within a day Webex often returns the same one:"
        " that is no fault. Auto-refresh (a) does it in time by itself while this program is open;"
        " it never opens a browser.\n\n"
        "c copies the token to the clipboard of the terminal you sit at, also over SSH. If nothing"
        " arrives there, v shows it here and V prints it in one piece to be selected.\n\n"
        "For scripts: wtr token prints a valid one, wtr exec -- CMD runs CMD with it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("r", "refresh", "Refresh", "Refresh the token now"),
            Key("s", "save", "Save again", "Try again to save the token"),
            Key("c", "copy", "Copy", "Copy the access token"),
            Key("C", "copy_header", "Header", "Copy as Authorization: Bearer …"),
            Key("e", "copy_export", "Export", "Copy as export WEBEX_ACCESS_TOKEN=…"),
            Key("v", "reveal", "Reveal", "Show or hide the access token"),
            Key("V", "print", "Print", "Show the access token on the bare terminal", show=False),
            Key("a", "auto", "Auto", "Switch auto-refresh on or off"),
            Key("q", "app.quit", "Quit", "Quit"),
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._owner = Owner()

    def content(self) -> Iterable[Widget]:
        with Vertical(id="full"):
            yield Quiet(id="who")
            yield Quiet(id="access", classes="block")
            with Horizontal(id="large-row"):
                yield Digits("", id="large")
                yield Quiet(id="exact")
            yield Bar(id="bar")
            yield Quiet(id="refresh", classes="block")
            yield Bar(id="refresh-bar")
            yield Facts(_FACTS, id="facts", classes="block")
            yield Revealed()
        yield Quiet(id="empty")

    def on_mount(self) -> None:
        self.on_token_changed()

    def on_screen_resume(self) -> None:
        if self.is_built:
            self._show_all()

    def on_screen_suspend(self) -> None:
        # Who leaves the screen does not leave the token on it.
        if self.is_built:
            self.query_one(Revealed).hide()

    @property
    def token(self) -> Token | None:
        stored = self.session.keeper.stored
        return stored.token if stored is not None else None

    def on_token_changed(self) -> None:
        self._show_all()
        token = self.token
        if token is not None and self._owner.is_to_be_asked(token):
            # Loading what asks takes as long as a picture: the picture first.
            self.call_after_refresh(self._ask_whose, token.access_token)

    @work(group="person", exclusive=True)
    async def _ask_whose(self, access_token: Secret) -> None:
        await self._owner.ask(self.session, access_token)
        self._show_who()

    def _show_all(self) -> None:
        if not self.query("#full"):
            return  # the program ends while this screen is being put together
        token = self.token
        self.query_one("#full").display = token is not None
        empty = self.query_one("#empty", Quiet)
        empty.display = token is None
        if token is None:
            empty.reshape(self._empty_words())
        else:
            self._show_who()
            self.query_one(Revealed).hold(token.access_token)
            facts = self.query_one(Facts)
            facts.state("Scopes", " ".join(token.scopes) or "not stated")
            facts.state("Obtained", self._obtained_words(token))
            facts.state("In scripts", self._script_words())
            self.on_second(self.session.now())
        self.refresh_bindings()
        if self.session.keeper.problem is not None:
            self.tell(str(self.session.keeper.problem), Tone.BAD)

    def _empty_words(self) -> str:
        if self.session.keeper.problem is not None:
            return "The token file cannot be used; the line below says why."
        return "No token yet.\n\nF3 signs in to Webex and gets one."

    def _script_words(self) -> str:
        session = self.session
        if session.demo is not None:
            return "wtr token and wtr exec -- CMD, with an integration of your own"
        name = session.profile.name
        which = "" if name == DEFAULT_PROFILE else f" --profile {name}"
        return f"wtr token{which} prints it, wtr exec{which} -- CMD runs CMD with it"

    def _obtained_words(self, token: Token) -> str:
        remark = self.session.used.remark
        told = f" · {remark}" if remark else ""
        return f"{clock.local(token.obtained_at, seconds=True)}{told}"

    def _show_who(self) -> None:
        keeper = self.session.keeper
        token = self.token
        if token is None or keeper.stored is None:
            return
        words = self._owner.words(token)
        if keeper.other_base_url:
            words = (
                f"This token came from {cleaned(keeper.other_base_url, 60)}, not from the base URL"
                " in force: it is shown, and sent nowhere"
            )
        elif keeper.foreign:
            words = (
                f"This token belongs to App ID {keeper.stored.app_id[:12]}…, not to the one in the"
                " settings: it is shown, and left alone"
            )
        self.query_one("#who", Quiet).reshape(words)

    def on_second(self, now: datetime) -> None:
        token = self.token
        if token is None:
            return
        life = lifetime(token.obtained_at, token.expires_at)
        left = token.left(now)
        level = urgency(left, life)
        self.query_one("#access", Quiet).show(
            access_line(level, saved=not self.session.keeper.unsaved)
        )
        large = self.query_one("#large", Digits)
        _colour(large, level)
        large_text = large_left(left)
        if large.value != large_text:
            large.update(large_text)
        self.query_one("#exact", Quiet).show(exact_lines(token, now))
        bar = self.query_one("#bar", Bar)
        _colour(bar, level)
        bar.set_share(share(left, life))
        self._show_refresh_side(token, now)
        self.query_one(Facts).state("Auto-refresh", next_refresh(self.session.keeper, now))

    def _show_refresh_side(self, token: Token, now: datetime) -> None:
        left = token.refresh_left(now)
        life = lifetime(token.obtained_at, token.refresh_expires_at)
        level = urgency(left, life) if token.refresh_token is not None else Urgency.UNKNOWN
        self.query_one("#refresh", Quiet).show(refresh_line(token, level, now))
        bar = self.query_one("#refresh-bar", Bar)
        _colour(bar, level)
        bar.set_share(share(left, life) if token.refresh_token is not None else 0.0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "save":
            return self.session.keeper.unsaved
        if action == "refresh":
            token = self.token
            usable = token is not None and token.refresh_token is not None
            keeper = self.session.keeper
            return True if usable and not keeper.foreign and not keeper.unsaved else None
        if action in {"copy", "copy_header", "copy_export", "reveal", "print", "auto"}:
            return True if self.token is not None else None
        return True

    def action_refresh(self) -> None:
        self.program.refresh_token()

    def action_copy(self) -> None:
        self._copy(str, "the access token")

    def action_copy_header(self) -> None:
        self._copy("Authorization: Bearer {}".format, "an Authorization header")

    def action_copy_export(self) -> None:
        self._copy(lambda token: shell_export("WEBEX_ACCESS_TOKEN", token), "an export line")

    def _copy(self, form: Callable[[str], str], what: str) -> None:
        token = self.token
        if token is not None:
            left = token.left(self.session.now())
            good = f", good for {coarse(left)}" if left is not None and left > timedelta(0) else ""
            self.program.copy(form(token.access_token.reveal()), f"{what}{good}", otherwise=_SHOW)

    def action_reveal(self) -> None:
        self.query_one(Revealed).switch()

    def action_print(self) -> None:
        if self.token is not None:
            self.program.show_bare("Access token", self.token.access_token.reveal())

    def action_auto(self) -> None:
        keeper = self.session.keeper
        keeper.switch_auto()
        self.on_second(self.session.now())
        self.tell(
            "Auto-refresh is on while this program is open."
            if keeper.auto
            else "Auto-refresh is off until you switch it on or start again.",
        )

    def action_save(self) -> None:
        self.program.save_again()


def _colour(widget: Widget, level: Urgency) -> None:
    for other in Urgency:
        widget.set_class(other is level, f"-{other.name.lower()}")
