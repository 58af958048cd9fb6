"""The app: which screen is shown, one tick a second, and the way out."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen

from wtr_tui import crash
from wtr_tui.errors import DONE, INTERRUPTED, WtrError
from wtr_tui.in_flight import in_thread
from wtr_tui.storage.lock import OpenScreen
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.secret_source import SecretCommand, terminal
from wtr_tui.storage.settings_table import KEYS, THEME
from wtr_tui.storage.settings_values import THEMES
from wtr_tui.tui import driver, export, keys, screens, themes
from wtr_tui.tui.refreshing import HookWarnings, Refreshing
from wtr_tui.tui.screens import MessageLine, WtrScreen
from wtr_tui.tui.session import Session, WatchedProfile
from wtr_tui.tui.state import join_alerts
from wtr_tui.tui.themes import Tone

if TYPE_CHECKING:
    from textual.worker import Worker

# For what is in flight when the screens are left: the user may see its end. What takes longer is
# waited for with the terminal given back (see in_flight.finish).
_EXIT_WAIT_SECONDS = 0.2
# Before another profile is gone to.
_SWITCH_WAIT_SECONDS = 5.0
_TICK_SECONDS = 1.0
_POLL_OTHERS_TICKS = 5
"""Ticks."""

_TOUR = (
    ("app.go('sign-in')", "The ways to sign in are all open at once; the first one counts.", 8),
    ("screen.device", "Without any redirect: a device code, typed in on any machine.", 9),
    ("screen.approve", "Approved in the demo's browser. The token is saved.", 3),
    ("app.go('token')", "How long it lives, and its next refresh. {copy:c} copies the token.", 8),
    ("screen.refresh", "Refreshed: by {refresh:r}, or by itself while this is open.", 7),
    ("app.go('settings')", "All settings, each with where its value comes from.", 8),
    ("app.go('profiles')", "A profile is one integration; all of them are kept alive.", 8),
    ("app.go('check')", "What would go wrong here, looked for before it does.", 8),
    ("app.go('token')", "That was all. {go-sign-in:F3} signs in again, {help:?} helps.", 0),
)
"""What is done, what is said of it, and how long it is to be looked at, in seconds."""


class WtrApp(driver.FaultApp):
    """Holds the session and the full screens, which have it as their ``program``."""

    TITLE = "wtr-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual's own
    BINDINGS: ClassVar[list[BindingType]] = [
        # Where a field takes the question mark, the line of keys shows the other one.
        Binding("question_mark", "help", "Help", key_display="?", id="help"),
        Binding("f1", "help", "Help", id="help-while-typing"),
        Binding("f2", "go('token')", "Token", show=False, id="go-token"),
        Binding("f3", "go('sign-in')", "Sign in", show=False, id="go-sign-in"),
        Binding("f4", "go('settings')", "Settings", show=False, id="go-settings"),
        Binding("f5", "go('profiles')", "Profiles", show=False, id="go-profiles",
                tooltip="Profiles: go on with another integration, or add one"),
        Binding("f6", "go('check')", "Check", show=False, tooltip="Check what would go wrong here",
                id="go-check"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="quit"),
        Binding("ctrl+c", "interrupt", "Cancel, quit", show=False, priority=True,
                tooltip="Cancel what is going on, else quit", id="interrupt"),
        Binding("ctrl+p", "palette", "Commands", show=False, tooltip="Find any action by its name",
                priority=True, id="palette"),
        Binding("ctrl+t", "theme", "Theme", show=False, tooltip="Choose another theme", id="theme"),
        Binding("ctrl+g", "whole_message", "Whole message", show=False, id="whole-message",
                tooltip="Read the whole message"),
        Binding("ctrl+l", "repaint", "Repaint", show=False, tooltip="Repaint the screen",
                id="repaint"),
        Binding("ctrl+z", "suspend_process", "To the background", show=False, id="suspend"),
    ]  # fmt: skip
    # For the dialogs; the full screens have their own.
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    # A terminal that gains or loses the focus would otherwise repaint the whole screen.
    app_focus = Reactive(True, repaint=False, compute=False)

    def __init__(self, session: Session, *, tour: bool = False) -> None:
        # None: as the theme says. Without colour nothing may be turned into RGB first, or a
        # monochrome picture would be painted in greys (no-color.org).
        super().__init__(
            driver_class=driver.TerminalDriver,
            ansi_color=True if session.environ.get("NO_COLOR") else None,
        )
        self.session = session
        self.refreshing = Refreshing(self)
        self.full_screens: dict[str, WtrScreen] = {}
        """Those that somebody has gone to; each is the same one every time."""
        self.crash_sentence = ""
        self._plain_page_closed = asyncio.Event()
        self._hook_warnings = HookWarnings()
        self._open_screen = OpenScreen(session.profile.token_path.parent)
        self._ticks = 0
        self._clock_was_back = False
        self._keys_setting: Mapping[str, str] = {}
        self.refused_keys: Sequence[str] = ()
        """A sentence for each entry of the setting ``keys`` that cannot be used."""
        keys.rebind({})
        self._leaving: asyncio.Future[None] | None = None
        ssh = session.surroundings.ssh
        self.ground = themes.Ground(session.environ, ssh.client_address if ssh is not None else "")
        self._theme_setting = session.settings[THEME]
        if self._theme_setting != "auto" or self.no_color:
            self.ground.query = ""
        for theme in themes.OWN:
            self.register_theme(theme)
        self._with_tour = tour
        self._tour: Worker[None] | None = None

    def get_css_variables(self) -> dict[str, str]:
        generated = super().get_css_variables()
        if "session" not in vars(self):  # asked for the theme Textual begins with, never shown
            return generated
        self.theme_variables = {**generated, **themes.variables_for(self.current_theme)}
        has_256_colours = not self.is_headless and self.console.color_system == "256"
        if has_256_colours and not self.current_theme.ansi:
            self.theme_variables = themes.of_256(self.current_theme, self.theme_variables)
        return self.theme_variables

    def get_default_screen(self) -> Screen[None]:
        """The first screen itself. An empty one below it would be laid out and painted, too."""
        self.session.auto_refresh.look(self.session.now())
        first = self._load_screen(self._start_screen())
        # What the terminal has answered by now counts.
        driver.start_with_theme(self, self._theme_name())
        return driver.as_default_screen(self, first)

    def on_load(self) -> None:
        # Before the terminal is taken: from then on a signal has to give it back.
        driver.end_on_signals(self)

    def on_mount(self) -> None:
        # After ``fg`` the terminal is empty, and Textual repaints only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.set_interval(_TICK_SECONDS, self._tick)

    def on_unmount(self) -> None:
        self._open_screen.close()
        self._hook_warnings.detach()

    def on_ready(self) -> None:
        if self.session.demo is not None:
            self.show_message("A sandbox: all is as on the real Webex, which is never asked.")
        self.apply_keys()
        self._show_settings_problem()
        if self._with_tour:
            self._tour = self.run_worker(self._run_tour())
        self._ask_about_put_aside()
        self._hook_warnings.attach()
        self._poll_other_profiles()
        gc.enable()  # off since the start

    def on_resize(self, event: events.Resize) -> None:
        # A terminal that was smaller for a moment has lost what was there; Textual, which finds
        # its picture of the right size, would paint nothing.
        shown = self.full_screen
        if shown is not None and shown.is_built and event.size == self.screen.outer_size:
            self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        tour = self._tour
        if tour is not None and tour.is_running and isinstance(event, events.Key):
            tour.cancel()
            self.show_message("The tour is over: the keys are yours.")
        else:
            await super().on_event(event)

    async def _run_tour(self) -> None:
        """All that the program does, in a minute, without a key. Any key ends it."""
        for number, (action, sentence, seconds) in enumerate(_TOUR, 1):
            await self.run_action(action)
            await asyncio.sleep(0.5)  # what the action itself says comes first
            self.show_message(f"{number}/{len(_TOUR)} {keys.with_keys(sentence)}")
            await asyncio.sleep(seconds)

    def _start_screen(self) -> str:
        auto_refresh = self.session.auto_refresh
        if self.session.socket:
            return "token"
        if auto_refresh.stored is not None or auto_refresh.problem is not None:
            return "token"
        return "sign-in" if self.session.current.is_configured else "settings"

    def apply_keys(self) -> None:
        """Gives the actions the keys of the settings; those that cannot be used are reported."""
        wanted = self.session.settings[KEYS]
        if wanted == self._keys_setting:
            return
        self._keys_setting = wanted
        used, self.refused_keys = keys.keymap(wanted, self.bindings_by_screen())
        keys.rebind(used)
        self.set_keymap(used)
        terminal.hint = f"Press {keys.key('refresh', 'r')}: then the command can ask you here."
        if self.refused_keys:
            self.show_message("\n".join(self.refused_keys), Tone.WARN)

    @classmethod
    def bindings_by_screen(cls) -> dict[str, list[BindingType]]:
        """Return the bindings of each full screen, with those that work everywhere."""
        every = screens.bindings_by_screen()
        return {name: [*own, *cls.BINDINGS] for name, own in every.items()}

    @property
    def full_screen(self) -> WtrScreen | None:
        """The full screen that is shown, also below a dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, WtrScreen):
                return screen
        return None

    # One tick for everything: the file is followed, auto-refresh acts, the screen counts.
    def _tick(self) -> None:
        if not self.is_headless:
            if driver.terminal_is_gone():
                self.leave(129)
                return
            driver.follow_size(self)
        now = self.session.now()
        auto_refresh = self.session.auto_refresh
        kept = any(screen.defers_settings_reload() for screen in self.built_screens())
        if not kept and self.session.current.reread():
            self.settings_changed()
        if auto_refresh.look(now):
            self.token_changed()
        # Whoever looked first: the other profiles are looked at between two ticks.
        was_back, self._clock_was_back = self._clock_was_back, auto_refresh.clock_went_back
        if auto_refresh.clock_went_back and not was_back:
            self.show_message(
                "The clock of this machine was set back: the times left follow it.", Tone.WARN
            )
        warning = auto_refresh.take_notices()
        if not warning and not self.session.current.refreshing:  # its outcome would replace it
            warning = self._hook_warnings.take()
        if warning:
            self.show_message(warning, Tone.WARN)
        for each in self.session.watched:
            if each.auto_refresh.due(now) and not each.refreshing:
                self.refreshing.start([each], asked=False)
            if each.auto_refresh.announcement_due(now):
                self.refreshing.announce_sign_in(each)
        need = self.session.current.new_alert(now)
        if need and self._ticks:  # at the start it is on the screen
            export.notify(self, f"{self.session.profile.name} {need}")
        driver.set_title(self, export.title(self.session))
        self._ticks += 1
        if self._ticks % _POLL_OTHERS_TICKS == 0:
            self._poll_other_profiles()
        # Not below a dialog: each second the whole of it would be sent, tinted.
        if self.full_screen is not None and self.full_screen is self.screen:
            self.full_screen.update_time(now)

    @work(group="others", exclusive=True)
    async def _poll_other_profiles(self) -> None:
        """Looks at the other profiles: for the first time after the first picture."""
        session = self.session
        if session.socket:
            return
        now = session.now()
        kept = [each.profile.name for each in session.watched if each.auto_refresh.next_at()]

        def look() -> list[WatchedProfile]:
            self._open_screen.show(kept)
            return session.scan(now)

        new = await in_thread(look)
        changed = session.add(new)
        needed: dict[str, str] = {}
        for each in session.watched:
            if each is session.current:
                continue
            changed = each.look(now) or changed
            if need := each.new_alert(now):
                needed[each.profile.name] = need
        if changed:
            self.token_changed()
        if needed:
            said = join_alerts(needed)
            if self._ticks > _POLL_OTHERS_TICKS:
                export.notify(self, said)
            there = self.full_screen is not None and self.full_screen.NAME == "profiles"
            hint = "" if there else f" {keys.key('go-profiles', 'f5')} shows the profiles."
            lines = [f"{said}.{hint}"]
            if self._ticks <= _POLL_OTHERS_TICKS:  # what is wrong here has just been said
                lines += [self._settings_problem] if self._settings_problem else self.refused_keys
            self.show_message("\n".join(lines), Tone.WARN)

    # What the screens ask for.

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Says what happened, in the message line of the full screen that is shown."""
        if self.full_screen is None:
            return
        screen, before = self._message_shown or (self.full_screen, sentence)
        if screen is not self.full_screen and screen.is_built:
            screen.withdraw_message(before)  # it would be read there as what came of it
        self._message_shown = self.full_screen, sentence
        self.full_screen.show_message(sentence, tone)

    _message_shown: tuple[WtrScreen, str] | None = None

    def token_changed(self) -> None:
        """Lets the header and every screen that exists take in the token the session has now."""
        for screen in self.built_screens():
            screen.update_header()
            screen.on_token_changed()

    def settings_changed(self) -> None:
        """Takes in keys and theme as the settings of the profile in use have them now."""
        self.apply_keys()
        wanted = self.session.settings[THEME]
        if wanted != self._theme_setting:
            self._apply_theme(wanted)
        driver.set_title(self, export.title(self.session))
        for screen in self.built_screens():
            screen.on_settings_changed()
        self._show_settings_problem()

    def _show_settings_problem(self) -> None:
        """Says once what is wrong with the settings in use, and no longer than it is."""
        session, before = self.session, self._settings_problem
        if session.socket or session.auto_refresh.problem is not None:
            return
        trouble = session.current.settings_problem
        part = " " if trouble.endswith((".", "?")) else " · "  # which no command to copy ends with
        shows = f"{keys.key('go-settings', 'f4')} shows the settings."
        lines = [f"{trouble}{part}{shows}", *self.refused_keys]
        self._settings_problem = "\n".join(lines) if trouble else ""
        if self._settings_problem == before:
            return
        for screen in self.built_screens():
            screen.withdraw_message(before)
        # The form says all that is wrong with them, most of it beside the fields.
        if self._settings_problem and self.full_screen is not self.full_screens.get("settings"):
            tone = Tone.WARN if session.current.is_configured else Tone.BAD
            self.show_message(self._settings_problem, tone)

    _settings_problem = ""

    def go(self, name: str) -> None:
        """Shows the full screen of this name (see :mod:`wtr_tui.tui.screens`)."""
        if self.session.socket and name != "token":
            return
        screen = self._load_screen(name)
        if self.full_screen is screen:
            return

        def leave() -> None:
            self.switch_screen(screen)

        if self.full_screen is not None and self.full_screen.is_built:
            self.full_screen.confirm_leaving(leave)
        else:
            leave()

    def fetch_secret(self) -> bool:
        """Whether the secret is there, got where it is kept; a command has the bare terminal.

        For when the user has pressed a key; why there is none is reported.
        """
        secret = self.session.settings.secret
        if not isinstance(secret, SecretCommand) or secret.peek():
            return True
        try:
            with suppress(SuspendNotSupported), self.suspend():
                terminal.lent = True
                print("wtr-tui: the command of secretCommand runs.", file=sys.__stderr__)
                secret.fetch()
            secret.fetch()
        except WtrError as error:
            self.show_message(str(error), Tone.BAD)
            return False
        finally:
            terminal.lent = False
        return True

    def refresh_profiles(self, every: Sequence[WatchedProfile]) -> None:
        """Refreshes the tokens of these profiles in the background, as the user asked."""
        try:
            if len(every) == 1:
                every[0].require_refreshable()
        except WtrError as error:
            self.show_message(str(error), Tone.WARN)
            return
        if len(every) > 1 or every[0] is not self.session.current or self.fetch_secret():
            self.refreshing.start(every, asked=True)

    def copy(self, text: str, what: str, *, otherwise: str, caveat: str = "") -> None:
        """Copies, and says what (``the access token``) and which way it went.

        ``otherwise`` ends the advice where no way led to a clipboard: ``v shows it``; ``caveat``
        is why the copy is of no use, in a sentence.
        """
        copying = export.copy(self, text, what, otherwise, caveat)
        self.run_worker(copying, group="copy", exclusive=True)

    @work(group="plain page", exclusive=True)
    async def show_plain_page(self, title: str, text: str) -> None:
        """Shows a long text on the bare terminal, in one piece, so that it can be selected."""
        self._plain_page_closed.clear()
        with self.suspend(), self.batch_update():
            await export.plain_page(title, text, self._plain_page_closed)
        self.screen.refresh()

    def close_plain_page(self) -> None:
        """Goes back from there, because something has happened that the screens tell."""
        self._plain_page_closed.set()

    def _ask_about_put_aside(self) -> None:
        """Asks about what an earlier sign-in by another account left undecided."""
        session = self.session
        for path, stored in session.profile.token_file.list_put_aside()[:1]:
            from wtr_tui.tui.screens.dialogs import OtherAccountDialog

            asked = OtherAccountDialog(session, path, stored.account, session.current.account)
            self.push_screen(asked)

    @work(group="profile", exclusive=True)
    async def switch_profile(self, profile: Profile, *, to: str = "") -> None:
        """Ends what is going on for this profile, and goes on with another.

        ``to`` is the screen to show; "" for the one it would open on.
        """
        await self._close_attempts()
        await self.refreshing.wait(_SWITCH_WAIT_SECONDS)
        self.session.use(profile)
        self.settings_changed()
        self.session.auto_refresh.look(self.session.now())
        for screen in self.built_screens():
            screen.update_header()
            screen.on_profile_changed()
        self.go(to or self._start_screen())
        self.show_message(f"This is the profile {profile.name}.", Tone.GOOD)
        self._settings_problem = ""  # what was said of it was said on the screen before
        self._show_settings_problem()
        self._ask_about_put_aside()

    def _load_screen(self, name: str) -> WtrScreen:
        if name not in self.full_screens:
            self.full_screens[name] = screens.load(name)()
            self.install_screen(self.full_screens[name], name)
        return self.full_screens[name]

    def built_screens(self) -> list[WtrScreen]:
        """The full screens that hold their widgets now."""
        return [screen for screen in self.full_screens.values() if screen.is_built]

    # The keys that work everywhere.

    def get_key_display(self, binding: Binding) -> str:
        """``^s``, ``F3``, ``c``: as short as the line of keys needs it."""
        return keys.key(binding.id or "", binding.key_display or binding.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "theme" and self.session.socket:
            return False  # it is kept with a profile
        if action == "go" and self.session.socket:
            return parameters == ("token",)
        return super().check_action(action, parameters)

    def action_for(self, key: str) -> str:
        """What a key does on every screen; "" for a key that differs between them."""
        for each in self.BINDINGS:
            if not isinstance(each, Binding):
                continue
            if key in keys.keys_of(each.id or "", each.key).split(","):
                return each.action
        return ""

    def close_dialog(self) -> bool:
        """Whether no dialog has to be answered first; one that only shows something is closed."""
        if self.full_screen is self.screen:
            return True
        from wtr_tui.tui.screens.dialogs import Dialog

        if isinstance(self.screen, Dialog) and not self.screen.ASKS:
            self.screen.dismiss()
        return self.full_screen is self.screen

    def action_go(self, name: str) -> None:
        if self.close_dialog():
            self.go(name)

    def action_help(self) -> None:
        if self.close_dialog() and isinstance(self.screen, WtrScreen):
            from wtr_tui.tui.screens.dialogs import HelpDialog

            self.push_screen(HelpDialog(self.screen))

    def action_whole_message(self) -> None:
        """Shows what the line for messages had no room for."""
        said = self.screen.query(MessageLine)
        if said and said.first().sentence:
            from wtr_tui.tui.screens.dialogs import ListDialog

            self.push_screen(ListDialog("Message", [said.first().full_text], hang=2))

    def action_palette(self) -> None:
        if not self.close_dialog() or (below := self.full_screen) is None:
            return
        from wtr_tui.tui.screens.dialogs import PaletteDialog

        palette = PaletteDialog(below)

        async def run(chosen: str | None) -> None:
            if chosen is not None:
                found = palette.actions[chosen]
                await self.run_action(found.binding.action, found.node)

        self.push_screen(palette, run)

    def action_theme(self) -> None:
        if self.full_screen is not self.screen:
            return
        if self.no_color:
            self.show_message(
                "$NO_COLOR is set: without it there are themes to choose from.", Tone.WARN
            )
            return
        from wtr_tui.tui.screens.dialogs import ChoiceDialog

        own = {theme.name for theme in themes.OWN}  # under another name, they are the first three
        offered = [name for name in THEMES if name not in own or name == self._theme_setting]
        if not self.is_headless and self.console.color_system in ("standard", "256"):
            offered = [*themes.CHOICES]  # all others would look like one of these
        before = self._theme_setting
        chooser = ChoiceDialog("Theme", offered, before, themes.CHOICES, self._apply_theme)

        def chosen(name: str | None) -> None:
            if name is None:
                self._apply_theme(before)
            else:
                self._save_theme(name)

        self.push_screen(chooser, chosen)

    def action_repaint(self) -> None:
        """Over what another program, such as ssh itself after ~C, has written on the screen."""
        self.screen.refresh()

    def action_suspend_process(self) -> None:
        if driver.can_be_resumed():
            super().action_suspend_process()
        else:
            self.show_message(
                "Not sent to the background: no shell waits here that could bring it back.",
                Tone.WARN,
            )

    def action_interrupt(self) -> None:
        """Ctrl+C ends what is going on, and the program when nothing is."""
        if self.full_screen is None or not self.full_screen.interrupt():
            self.leave(INTERRUPTED)

    async def action_quit(self) -> None:
        lost = [
            f"The token{'' if each is self.session.current else f' of {each.profile.name}'}"
            " could not be saved and is only in this window."
            for each in self.session.watched
            if each.auto_refresh.unsaved
        ]
        lost += [sentence for screen in self.built_screens()
                 if (sentence := screen.unsaved_work())]  # fmt: skip
        if not lost:
            self.leave(DONE)
            return
        from wtr_tui.tui.screens.dialogs import ConfirmDialog

        asked = self._quit_question
        if asked is not None and asked.is_attached:
            return
        self._quit_question = ConfirmDialog(" ".join(lost), "Quit and lose it?")
        self.push_screen(self._quit_question, lambda sure: self.leave(DONE) if sure else None)

    _quit_question: Screen[bool | None] | None = None

    # The theme.

    def _apply_theme(self, wanted: str) -> None:
        self._theme_setting = wanted
        self.theme = self._theme_name()

    def _theme_name(self) -> str:
        if self.no_color:
            return themes.WITHOUT_COLOUR
        few_colours = not self.is_headless and self.console.color_system == "standard"
        light = self.ground.is_light
        name = themes.named(self._theme_setting, light=light, few_colours=few_colours)
        return name if name in self.available_themes else themes.DARK.name

    def _save_theme(self, name: str) -> None:
        """Shows a theme that was chosen, and keeps it in the settings file."""
        from wtr_tui.storage import settings_file

        session = self.session
        try:
            if session.current.settings_error is not None:
                raise session.current.settings_error
            path, expected = session.profile.settings_path, session.settings.text
            settings_file.save(path, {THEME.name: name}, expected=expected)
        except WtrError as refusal:
            self._apply_theme(name)
            self.show_message(
                f"The theme is {name} until you leave. Not saved: {refusal}", Tone.WARN
            )
            return
        session.current.load_settings()
        self.settings_changed()
        self.show_message(
            f"The theme is {name}, saved to {session.current.display_path}.", Tone.GOOD
        )

    # The way out.

    def leave(self, code: int) -> None:
        """Gives the terminal back, and ends the program with this exit code.

        A token request in flight is waited for after that, outside of the screens.
        """
        if not self._leaving:
            self._leaving = asyncio.ensure_future(self._leave(code))

    async def _leave(self, code: int) -> None:
        # A screen taken away while it is being put together would be a fault.
        for _ in range(50):
            if self.full_screen is not None and self.full_screen.is_built:
                break
            await asyncio.sleep(0.02)
        # While the app still runs: what Textual cancels at its end cannot wait for anything.
        try:
            await self._close_attempts()
            await self.refreshing.wait(_EXIT_WAIT_SECONDS)
        finally:
            # Asked for once: whatever fails here, the program ends.
            self.exit(code, return_code=code)

    async def _close_attempts(self) -> None:
        for screen in [*self.full_screens.values()]:  # a sign-in that ends may make another
            await screen.close_attempt()

    def report_fault(self, error: BaseException) -> str:
        folder = Path(self.session.profile.token_path).parent
        self.crash_sentence = crash.write(error, folder, self.session.now())
        return self.crash_sentence
