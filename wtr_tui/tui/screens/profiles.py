"""The profiles: one integration each. Switch to another, make a new one, remove one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wtr_tui import clock
from wtr_tui.errors import WtrError
from wtr_tui.storage import profiles
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.confirm import ConfirmScreen
from wtr_tui.tui.widgets.inputs import QuietInput
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet


class ProfilesScreen(WtrScreen):
    """Enter switches to the marked profile, or makes the one whose name was typed."""

    CSS_PATH = "dialogs.tcss"
    NAME = "profiles"
    HELP_NAME = "Profiles"
    HELP_TEXT = (
        "A profile is one integration with its own settings and token. Enter goes on with the one"
        " that is marked; a name typed below makes a new one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("delete,ctrl+d", "remove", "Remove", "Remove the marked profile"),
        )
    ]

    def __init__(self) -> None:
        super().__init__()
        self._profiles: list[Profile] = []

    def content(self) -> Iterable[Widget]:
        yield Quiet("Profiles · one integration each", classes="heading")
        yield OptionList(compact=True)
        yield QuietInput(placeholder="name of a new profile")

    def on_screen_resume(self) -> None:
        if self.is_built:
            at = self.query_one(OptionList).highlighted
            self._list(marked=self._profiles[at].name if at is not None else "")
            self.query_one(OptionList).focus()

    def on_profile_changed(self) -> None:
        super().on_profile_changed()
        self._list()

    def _list(self, *, marked: str = "") -> None:
        session = self.session
        self._profiles = profiles.every(session.environ)
        # Neither the one in use nor the usual one need have a file yet.
        for always in (session.profile, profiles.find("default", None, session.environ)):
            if all(each.name != always.name for each in self._profiles):
                self._profiles.insert(0, always)
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(self._line(each), id=each.name) for each in self._profiles])
        names = [each.name for each in self._profiles]
        listed.highlighted = names.index(marked if marked in names else session.profile.name)

    def _line(self, each: Profile) -> str:
        mark = "●" if each.name == self.session.profile.name else " "
        return f"{mark} {each.name:<20} {self._state(each)}"

    def _state(self, each: Profile) -> str:
        try:
            stored = each.token_file.read()
        except WtrError:
            return "its token file cannot be used"
        if stored is None:
            return "no token"
        left = stored.token.left(self.session.now())
        if left is None:
            return "token without a known end"
        if left.total_seconds() <= 0:
            return "token expired"
        return f"token for {clock.duration(left)}"

    @on(OptionList.OptionSelected)
    def _switch(self, event: OptionList.OptionSelected) -> None:
        chosen = next(each for each in self._profiles if each.name == event.option.id)
        self._go(chosen)

    @on(Input.Submitted)
    def _make(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        try:
            made = profiles.create(name, self.session.environ)
        except WtrError as error:
            self.tell(str(error))
        else:
            self._go(made)

    def _go(self, chosen: Profile) -> None:
        if self.session.demo is not None:
            self.tell("The sandbox has one profile, its own.")
        elif self.session.keeper.unsaved:
            self.tell("First save the token (s, on F2): it is only in this window.", Tone.WARN)
        elif chosen.name == self.session.profile.name:
            self.program.go("token")
        else:
            self.program.switch_profile(chosen)

    def action_remove(self) -> None:
        marked = self.query_one(OptionList).highlighted
        if marked is None:
            return
        chosen = self._profiles[marked]
        if chosen.name == self.session.profile.name:
            self.tell("This profile is in use: switch to another one first.")
            return
        self.app.push_screen(
            ConfirmScreen(
                "Its settings and its token are deleted. The token itself stays valid at Webex"
                " until it ends.",
                f"Remove the profile {chosen.name}?",
            ),
            lambda sure: self._remove(chosen) if sure else None,
        )

    def _remove(self, chosen: Profile) -> None:
        try:
            profiles.remove(chosen)
        except WtrError as error:
            self.tell(str(error))
        else:
            self._list()
            self.tell(f"{chosen.name} was removed.")
