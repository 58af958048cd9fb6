"""What every screen shares: the profile, its settings, its token, and what a screen may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wtr_tui import clock
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.storage.profiles import Profile
from wtr_tui.tui.roster import Followed, Roster

if TYPE_CHECKING:
    from wtr_tui.auto_refresh import AutoRefresh
    from wtr_tui.errors import SettingsError
    from wtr_tui.model import Account
    from wtr_tui.oauth.client import WebexClient
    from wtr_tui.storage.settings import Settings
    from wtr_tui.tui.widgets.message_line import Tone


class RunningSandbox(Protocol):
    """A stand-in for Webex and for the user's browser, handed in by whoever starts the screens."""

    def approve(self, start_url: str) -> None:
        """Opens the start address, approves, and lets the browser go back to the program."""

    def approved_address(self, authorize_url: str) -> str:
        """Approves; the address where the browser would end, with the code."""


class Program(Protocol):
    """What a screen may ask of the program around it. No screen knows more of the app than this.

    A screen has it as ``self.program``, and the :class:`Session` as ``self.session``.
    """

    session: Session

    def tell(self, sentence: str, tone: Tone = ...) -> None:
        """Says what happened, in the message line of the full screen that is shown."""

    def go(self, name: str) -> None:
        """Shows the full screen of this name (see :mod:`wtr_tui.tui.screens`)."""

    def action_of(self, key: str) -> str:
        """What a key does on every screen; "" for a key that differs between them."""

    def token_changed(self) -> None:
        """Lets the header and every screen that exists take in the token the session has now."""

    def settings_changed(self) -> None:
        """Takes in keys and theme as the settings of the profile in use have them now."""

    def fetch_secret(self) -> bool:
        """Whether the secret is there, got where it is kept; a command has the bare terminal.

        For when the user has pressed a key; why there is none is reported.
        """

    def refresh_token(self) -> None:
        """Refreshes the token in the background, because the user asked for it."""

    def refresh_profiles(self, every: Sequence[Followed]) -> None:
        """Refreshes the tokens of these profiles in the background, as the user asked."""

    def save_again(self) -> None:
        """Tries once more to write the tokens that could not be saved."""

    def copy(self, text: str, what: str, *, otherwise: str) -> None:
        """Copies, and says what (``the access token``) and which way it went.

        ``otherwise`` ends the advice where no way led to a clipboard: ``v shows it``.
        """

    def show_bare(self, title: str, text: str) -> None:
        """Shows a long text on the bare terminal, in one piece, so that it can be selected."""

    def close_bare(self) -> None:
        """Goes back from there, because something has happened that the screens tell."""

    def switch_profile(self, profile: Profile, *, to: str = "") -> object:
        """Ends what is going on for this profile, and goes on with another.

        ``to`` is the screen to show; "" for the one it would open on.
        """

    def ask_other_account(self, path: Path, account: Account, before: Account) -> None:
        """Asks whether the token put aside at ``path``, of another account, replaces the one."""

    def quit(self) -> None:
        """Ends the program; asks first where something would be lost."""


@dataclass
class Session:
    """One run of the program on one profile."""

    profile: Profile
    environ: Mapping[str, str]
    surroundings: Surroundings
    now: Callable[[], datetime] = clock.now
    demo: RunningSandbox | None = None
    """None where the real Webex is meant."""
    socket: str = ""
    """The path that ``$WTR_SOCKET`` names: the token is looked at and handed on, nothing else."""
    roster: Roster = field(init=False)
    """All profiles that are known by now, the one in use among them."""
    used: Followed = field(init=False)

    def __post_init__(self) -> None:
        self.roster = Roster(self.profile, self.environ)
        if self.socket:
            from wtr_tui.tui.from_socket import FollowedSocket

            self.roster.hold(FollowedSocket(self.environ, self.socket))
        self.used = self.roster.of(self.profile)

    def use(self, profile: Profile) -> None:
        """Goes on with another profile; what was learnt of its token meanwhile stays."""
        self.used = self.roster.of(profile)
        self.used.load_settings()
        self.profile = self.used.profile

    @property
    def settings(self) -> Settings:
        """Of the profile in use."""
        return self.used.settings

    @property
    def settings_error(self) -> SettingsError | None:
        """Why the settings file cannot be read; ``settings`` then holds the defaults."""
        return self.used.settings_error

    @property
    def keeper(self) -> AutoRefresh:
        """The token of the profile, followed in its file, and when to refresh it."""
        return self.used.keeper

    def load_settings(self) -> None:
        """Reads file and environment again. A file that cannot be read leaves the environment."""
        self.used.load_settings()

    @property
    def settings_place(self) -> str:
        """The settings file as a user would write it."""
        return self.used.settings_place

    @property
    def ready(self) -> bool:
        """Whether the settings are enough to talk to Webex."""
        return self.used.ready

    def client(self) -> WebexClient:
        """A client for the profile's token endpoint, to be closed after use."""
        from wtr_tui.oauth.client import WebexClient

        settings = self.settings
        return WebexClient(
            settings.base_url,
            settings.app_id,
            settings.secret,
            ca_file=settings.ca_file,
            now=self.now,
        )
