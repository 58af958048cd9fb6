"""The app: which screen is shown, one tick a second, and refreshing, whatever is on the screen."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.reactive import Reactive
from textual.screen import Screen

from wtr_tui import crash
from wtr_tui.errors import DONE, INTERRUPTED
from wtr_tui.storage.profile import Profile
from wtr_tui.tui import lifecycle, rescue, themes
from wtr_tui.tui.commands import Actions
from wtr_tui.tui.driver import TerminalDriver
from wtr_tui.tui.full_screens import FullScreens
from wtr_tui.tui.hand_over import HandOver
from wtr_tui.tui.hook_warnings import HookWarnings
from wtr_tui.tui.keys import spelled
from wtr_tui.tui.put_aside import PutAside
from wtr_tui.tui.refreshing import Refreshing
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.session import Session
from wtr_tui.tui.sparing_driver import SparingDriver
from wtr_tui.tui.widgets.message_line import Tone

if TYPE_CHECKING:
    from wtr_tui.tui.screens.retrieval import RetrievalScreen

# For what is in flight when the screens are left: the person may see its end. What takes longer is
# waited for with the terminal given back (see in_flight.finish).
_LAST_REQUEST_SECONDS = 0.2
# Before another profile is gone to.
_REFRESH_SECONDS = 5.0
_TICK_SECONDS = 1.0


class WtrApp(App[int]):
    """Holds the session; screens ask it to refresh, copy and go elsewhere."""

    TITLE = "wtr-tui"
    CSS_PATH: ClassVar = ["app.tcss", "no_color.tcss"]
    COMMANDS: ClassVar = {Actions}
    BINDINGS: ClassVar[list[BindingType]] = [
        # Where a field takes the question mark, the line of keys shows the other one.
        Binding("question_mark", "help", "Help", key_display="?", id="help"),
        Binding("f1", "help", "Help", id="help-while-typing"),
        Binding("f2", "go('token')", "Token", show=False, id="token"),
        Binding("f3", "go('retrieval')", "Sign in", show=False, id="sign-in"),
        Binding("f4", "go('configuration')", "Settings", show=False, id="settings"),
        Binding("f5", "profiles", "Profiles", show=False, tooltip="Switch profiles", id="profiles"),
        Binding("f6", "doctor", "Check", show=False, tooltip="What would go wrong", id="doctor"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True, id="interrupt"),
        Binding("ctrl+l", "repaint", "Repaint the screen", show=False, id="repaint"),
        Binding("ctrl+z", "suspend_process", "To the background", show=False, id="suspend"),
    ]
    # For the dialogs; the full screens have their own.
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    # A terminal that gains or loses the focus would otherwise repaint the whole screen.
    app_focus = Reactive(True, repaint=False, compute=False)

    def __init__(self, session: Session) -> None:
        # None: as the theme says. Without colour nothing may be turned into RGB first, or a
        # monochrome picture would be painted in greys (no-color.org).
        super().__init__(
            driver_class=TerminalDriver,
            ansi_color=True if session.environ.get("NO_COLOR") else None,
        )
        self.session = session
        self.refreshing = Refreshing(self)
        self.full_screens = FullScreens()
        self.hand_over = HandOver(self, self._write_to_terminal)
        self.put_aside = PutAside(self)
        self.crash_sentence = ""
        self._hook_warnings = HookWarnings()
        self._leaving: asyncio.Future[None] | None = None
        for theme in themes.OWN:
            self.register_theme(theme)
        name = themes.NAMES.get(session.settings.theme, session.settings.theme)
        if self.no_color:
            name = themes.WITHOUT_COLOUR
        if name == themes.DARK.name or name not in self.available_themes:
            # The theme that Textual starts with is dark, too, so nothing but the colours is to
            # be exchanged. A theme that is set is applied anew: all CSS would be parsed twice.
            self.set_reactive(App.theme, themes.DARK.name)
            self.stylesheet.set_variables(self.get_css_variables())
        else:
            self.theme = name

    def get_driver_class(self) -> type[Driver]:
        """The terminal's driver, which sends no colour twice."""
        return SparingDriver

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables, and what each colour means in this program."""
        variables = super().get_css_variables()
        self.theme_variables = {**variables, **themes.variables_for(self.current_theme)}
        return self.theme_variables

    def get_default_screen(self) -> Screen[None]:
        """The first screen itself. An empty one below it would be laid out and painted, too."""
        self.session.keeper.look(self.session.now())
        first = self._full_screen(self._first_screen())
        # Textual reads the style sheets of all screens but this one.
        for path in first.css_path:
            self.stylesheet.read(path)
        # switch_screen takes off what Textual puts on every screen but the default one.
        first._push_result_callback(self, None)
        return first

    def on_load(self) -> None:
        # Before the terminal is taken: from then on a signal has to give it back.
        lifecycle.end_on_signals(self)

    def on_mount(self) -> None:
        lifecycle.repaint_after_suspension(self)
        self._hook_warnings.listen()
        self.set_interval(_TICK_SECONDS, self._tick)

    def on_unmount(self) -> None:
        self._hook_warnings.deafen()

    def on_ready(self) -> None:
        self.put_aside.offer()
        gc.enable()  # off since the start

    def _first_screen(self) -> str:
        keeper = self.session.keeper
        if keeper.stored is not None or keeper.problem is not None:
            return "token"
        return "retrieval" if self.session.ready and self.session.demo is None else "configuration"

    @property
    def shown(self) -> WtrScreen | None:
        """The full screen that is shown, also below a dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, WtrScreen):
                return screen
        return None

    @property
    def retrieval(self) -> RetrievalScreen:
        return cast("RetrievalScreen", self.full_screens["retrieval"])

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        if self.shown is not None:
            self.shown.tell(sentence, tone)

    # One tick for everything: the file is followed, auto-refresh acts, the screen counts.
    def _tick(self) -> None:
        if not self.is_headless and lifecycle.terminal_is_gone():
            self.leave(129)
            return
        now = self.session.now()
        keeper = self.session.keeper
        was_back = keeper.clock_went_back
        if keeper.look(now):
            self.token_changed()
        if keeper.clock_went_back and not was_back:
            self.tell(
                "The clock of this machine was set back: the times left follow it.", Tone.WARN
            )
        warning = self._hook_warnings.take()
        if warning:
            self.tell(warning, Tone.WARN)
        if keeper.due(now):
            self.refreshing.start(asked=False)
        if self.shown is not None and self.shown.is_built:
            self.shown.on_second(now)

    def token_changed(self) -> None:
        """Lets every screen that exists take in the token the keeper holds now."""
        for screen in self.full_screens.built():
            screen.on_token_changed()

    def _write_to_terminal(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    def _full_screen(self, name: str) -> WtrScreen:
        screen = self.full_screens[name]
        if not self.is_screen_installed(screen):
            self.install_screen(screen, name)
        return screen

    def go(self, name: str) -> None:
        screen = self._full_screen(name)
        if self.shown is not screen:
            self.switch_screen(screen)

    def action_go(self, name: str) -> None:
        if self.shown is self.screen:  # a dialog answers first
            self.go(name)

    def get_key_display(self, binding: Binding) -> str:
        """``^s``, ``F3``, ``c``: as short as the line of keys needs it."""
        return binding.key_display or spelled(binding.key)

    def action_doctor(self) -> None:
        if self.shown is self.screen:
            from wtr_tui.tui.screens.doctor import DoctorScreen

            self.push_screen(DoctorScreen())

    def action_profiles(self) -> None:
        if self.shown is not self.screen:
            return
        if self.session.demo is not None:
            self.tell("The sandbox has one profile, its own.")
        elif self.session.keeper.unsaved:
            self.tell("First save the token (s, on F2): it is only in this window.", Tone.WARN)
        else:
            from wtr_tui.tui.screens.profiles import ProfilesScreen

            self.push_screen(ProfilesScreen())

    @work(group="profile", exclusive=True)
    async def switch_profile(self, profile: Profile) -> None:
        """Ends what is going on for this profile, and goes on with another."""
        await self._close_attempt()
        await self.refreshing.wait(_REFRESH_SECONDS)
        self.refreshing.remark = ""
        self.session.use(profile)
        self.session.keeper.look(self.session.now())
        for screen in self.full_screens.built():
            screen.on_profile_changed()
        self.go(self._first_screen())
        self.tell(f"This is the profile {profile.name}.", Tone.GOOD)
        self.put_aside.offer()

    def action_help(self) -> None:
        if isinstance(self.screen, WtrScreen):
            from wtr_tui.tui.screens.help import HelpScreen

            self.push_screen(HelpScreen(self.screen))

    def action_repaint(self) -> None:
        """Over what another program, such as ssh itself after ~C, has written on the screen."""
        self.screen.refresh()

    def action_interrupt(self) -> None:
        """Ctrl+C ends what is going on, and the program when nothing is."""
        if self.shown is None or not self.shown.interrupt():
            self.leave(INTERRUPTED)

    async def action_quit(self) -> None:
        if self.session.keeper.unsaved:
            from wtr_tui.tui.screens.confirm import ConfirmScreen

            self.push_screen(
                ConfirmScreen(
                    "The token could not be saved and is only in this window.",
                    "Quit and lose it?",
                ),
                self._quit_if,
            )
        else:
            self.leave(DONE)

    def _quit_if(self, sure: bool | None) -> None:
        if sure:
            self.leave(DONE)

    async def _close_attempt(self) -> None:
        # A list: a sign-in that ends meanwhile makes the screen it leads to.
        for screen in list(self.full_screens.made()):
            await screen.close_attempt()

    def leave(self, code: int) -> None:
        """Gives the terminal back, and ends the program with this exit code.

        A token request in flight is waited for after that, outside of the screens.
        """
        if not self._leaving:
            self._leaving = asyncio.ensure_future(self._leave(code))

    async def _leave(self, code: int) -> None:
        # A screen taken away while it is being put together would be a fault.
        for _ in range(50):
            if self.shown is not None and self.shown.is_built:
                break
            await asyncio.sleep(0.02)
        # While the app still runs: what Textual cancels at its end cannot wait for anything.
        try:
            await self._close_attempt()
            await self.refreshing.wait(_LAST_REQUEST_SECONDS)
        finally:
            # Asked for once: whatever fails here, the program ends.
            self.exit(code, return_code=code)

    def _fatal_error(self) -> None:
        # Textual prints a traceback with all local variables here, secrets among them.
        error = self._exception
        if error is None:
            return
        folder = Path(self.session.profile.token_path).parent
        self.crash_sentence = crash.write(error, folder, self.session.now())
        self._exit_renderables.append(Text(self.crash_sentence))
        self._close_messages_no_wait()


def run(session: Session, give: rescue.Give, *, mouse: bool = False) -> int:
    """Shows the screens until the person leaves; gives the exit code.

    ``give`` prints a token that nothing keeps. Without the mouse (the default) the terminal's own
    selection works as everywhere else.
    """
    app = WtrApp(session)
    app.run(mouse=mouse)
    lifecycle.forget_lost_terminal()
    if app.crash_sentence:
        rescue.offer_unsaved(session, give)
    return app.return_code or DONE
