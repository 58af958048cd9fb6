"""The Textual app: navigation between the screens, the tick each second, theme and exit."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen

from wtr_tui import crash
from wtr_tui.errors import DONE, INTERRUPTED, WtrError
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.lock import OpenScreen
from wtr_tui.storage.profiles import Profile
from wtr_tui.storage.secret_source import SecretCommand, terminal
from wtr_tui.storage.settings_table import KEYS, THEME
from wtr_tui.storage.settings_values import THEMES
from wtr_tui.tui import driver, keys, screens, terminal_output, themes
from wtr_tui.tui.display import join_alerts
from wtr_tui.tui.refreshing import DeliveryWarnings, Refreshing
from wtr_tui.tui.screens import MessageLine, WtrScreen
from wtr_tui.tui.session import Session, WatchedProfile
from wtr_tui.tui.themes import Tone

if TYPE_CHECKING:
    from textual.worker import Worker

_EXIT_WAIT_SECONDS = 0.2
"""For requests in flight, while the screens are shown; the rest of the wait comes after them, with
the terminal restored (see :func:`shutdown.finish`)."""
_SWITCH_WAIT_SECONDS = 5.0
"""For requests in flight before a switch to another profile."""
_TICK_SECONDS = 1.0
_POLL_OTHERS_TICKS = 5
"""The other profiles are read every so many ticks."""

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
"""An action, a sentence about it, and the seconds to look at its outcome."""


class WtrApp(driver.FaultApp):
    """The app: owns the session and the full screens, which call it their ``program``."""

    TITLE = "wtr-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual's own
    BINDINGS: ClassVar[list[BindingType]] = [
        # In a text field "?" is a letter, and the key bar shows F1.
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
    # Textual repaints the whole screen when the terminal gains or loses the focus.
    app_focus = Reactive(True, repaint=False, compute=False)

    def __init__(self, session: Session, *, tour: bool = False) -> None:
        # None: as the theme says. With NO_COLOR no colour may become RGB, which Textual would
        # then turn into greys (no-color.org).
        super().__init__(
            driver_class=driver.TerminalDriver,
            ansi_color=True if session.environ.get("NO_COLOR") else None,
        )
        self.session = session
        self.refreshing = Refreshing(self)
        self.full_screens: dict[str, WtrScreen] = {}
        """Those shown so far, by name."""
        self.crash_sentence = ""
        self._plain_page_closed = asyncio.Event()
        self._delivery_warnings = DeliveryWarnings()
        self._open_screen = OpenScreen(session.profile.token_path.parent)
        self._ticks = 0
        self._clock_was_back = False
        self._keys_setting: Mapping[str, str] = {}
        self.refused_keys: Sequence[str] = ()
        """A sentence for each invalid entry of the setting ``keys``."""
        keys.rebind({})
        self._message_shown: tuple[WtrScreen, str] | None = None
        self._settings_problem = ""
        self._quit_question: Screen[bool | None] | None = None
        self._leaving: asyncio.Future[None] | None = None
        ssh = session.surroundings.ssh
        self.terminal_background = themes.TerminalBackground(
            session.environ, ssh.client_address if ssh is not None else ""
        )
        self._theme_setting = session.settings[THEME]
        if self._theme_setting != "auto" or self.no_color:
            self.terminal_background.query = ""
        for theme in themes.OWN:
            self.register_theme(theme)
        self._with_tour = tour
        self._tour: Worker[None] | None = None

    def get_css_variables(self) -> dict[str, str]:
        generated = super().get_css_variables()
        if "session" not in vars(self):  # for Textual's first theme, which is never shown
            return generated
        self.theme_variables = {**generated, **themes.variables_for(self.current_theme)}
        has_256_colours = not self.is_headless and self.console.color_system == "256"
        if has_256_colours and not self.current_theme.ansi:
            self.theme_variables = themes.of_256(self.current_theme, self.theme_variables)
        return self.theme_variables

    def get_default_screen(self) -> Screen[None]:
        """Return our first screen, as an empty one below it would be painted, too."""
        self.session.auto_refresh.look(self.session.now())
        first = self._load_screen(self._start_screen())
        # As late as possible: the terminal may have answered what its background is.
        driver.start_with_theme(self, self._theme_name())
        return driver.as_default_screen(self, first)

    def on_load(self) -> None:
        # Before full-screen mode, so that a signal always restores the terminal.
        driver.end_on_signals(self)

    def on_mount(self) -> None:
        # After ``fg`` the terminal is empty, and Textual repaints only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.set_interval(_TICK_SECONDS, self._tick)

    def on_unmount(self) -> None:
        self._open_screen.close()
        self._delivery_warnings.detach()

    def on_ready(self) -> None:
        if self.session.demo is not None:
            self.show_message("A sandbox: all is as on the real Webex, which is never asked.")
        self.apply_keys()
        self._show_settings_problem()
        if self._with_tour:
            self._tour = self.run_worker(self._run_tour())
        self._ask_about_put_aside()
        self._delivery_warnings.attach()
        self._poll_other_profiles()
        gc.enable()  # off since the start

    def on_resize(self, event: events.Resize) -> None:
        for screen in self.built_screens():  # also below a dialog, where Textual does not
            screen.set_breakpoint_classes(event.size)
        # A terminal that was smaller for a moment has lost a part of the picture, but for Textual
        # nothing has changed.
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
        """Show what the program does, in a minute. Any key ends it."""
        for number, (action, sentence, seconds) in enumerate(_TOUR, 1):
            await self.run_action(action)
            await asyncio.sleep(0.5)  # the action's own message comes first
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
        """Bind the keys of the settings to their actions, and report the invalid ones."""
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
        """The full screen that is shown, perhaps below a dialog."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, WtrScreen):
                return screen
        return None

    def _tick(self) -> None:
        """Do all that time brings: read changed files, refresh, notify, update the screen."""
        if not self.is_headless:
            if driver.terminal_is_gone():
                self.leave(128 + signal.SIGHUP)
                return
            driver.follow_size(self)
        now = self.session.now()
        self._read_changes(now)
        self._show_warnings()
        for each in self.session.watched:
            if each.auto_refresh.due(now) and not each.refreshing:
                self.refreshing.start([each], by_user=False)
            if each.auto_refresh.announcement_due(now):
                self.refreshing.announce_sign_in(each)
        alert = self.session.current.new_alert(now)
        if alert and self._ticks:  # at the start the user looks at the screen
            terminal_output.notify(self, f"{self.session.profile.name} {alert}")
        terminal_output.update_title(self)
        self._ticks += 1
        if self._ticks % _POLL_OTHERS_TICKS == 0:
            self._poll_other_profiles()
        # Not below a dialog: that sends the whole dimmed screen each second.
        if self.full_screen is not None and self.full_screen is self.screen:
            self.full_screen.update_time(now)

    def _read_changes(self, now: datetime) -> None:
        """Read settings and token of the current profile if their files have changed."""
        is_deferred = any(screen.defers_settings_reload() for screen in self.built_screens())
        if not is_deferred and self.session.current.reload_changed_settings():
            self.settings_changed()
        had_token = self.session.current.token is not None
        if self.session.auto_refresh.look(now):
            self.token_changed()
            is_deleted = self.session.current.token is None and not self.session.socket
            if had_token and is_deleted and self.session.auto_refresh.problem is None:
                # In place of a message that speaks of it, such as “c copies it”.
                self.show_message("The token was deleted.", Tone.WARN)

    def _show_warnings(self) -> None:
        """Show what no key press has caused: a clock set back, a notice, a failed delivery."""
        auto_refresh = self.session.auto_refresh
        # Compared here, as a poll between two ticks may be the first to see it.
        was_back, self._clock_was_back = self._clock_was_back, auto_refresh.clock_went_back
        if auto_refresh.clock_went_back and not was_back:
            self.show_message(
                "The clock of this machine was set back: the times left follow it.", Tone.WARN
            )
        warning = auto_refresh.take_notices()
        if not warning and not self.session.current.refreshing:  # its outcome would replace it
            warning = self._delivery_warnings.take()
        if warning:
            self.show_message(warning, Tone.WARN)

    @work(group="others", exclusive=True)
    async def _poll_other_profiles(self) -> None:
        """Read the files of the other profiles, and find new ones."""
        session = self.session
        if session.socket:
            return
        now = session.now()
        refreshed = [each.profile.name for each in session.watched if each.auto_refresh.next_at()]

        def scan() -> list[WatchedProfile]:
            self._open_screen.show(refreshed)
            return session.scan(now)

        changed = session.add(await in_thread(scan))
        alerts: dict[str, str] = {}
        for each in session.watched:
            if each is session.current:
                continue
            changed = each.look(now) or changed
            if alert := each.new_alert(now):
                alerts[each.profile.name] = alert
        if changed:
            self.token_changed()
        if alerts:
            self._show_alerts(join_alerts(alerts))

    def _show_alerts(self, sentence: str) -> None:
        """Show what other profiles need; notify, too, unless the program has just started."""
        is_start = self._ticks <= _POLL_OTHERS_TICKS
        if not is_start:
            terminal_output.notify(self, sentence)
        is_visible = self.full_screen is not None and self.full_screen.NAME == "profiles"
        hint = "" if is_visible else f" {keys.key('go-profiles', 'f5')} shows the profiles."
        lines = [f"{sentence}.{hint}"]
        if is_start:  # keep the message that this one replaces
            lines += [self._settings_problem] if self._settings_problem else self.refused_keys
        self.show_message("\n".join(lines), Tone.WARN)

    # For the screens.

    def show_message(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        """Show a message on the current full screen."""
        if self.full_screen is None:
            return
        screen, before = self._message_shown or (self.full_screen, sentence)
        if screen is not self.full_screen and screen.is_built:
            screen.withdraw_message(before)  # it would look like the outcome there
        self._message_shown = self.full_screen, sentence
        self.full_screen.show_message(sentence, tone)

    def token_changed(self) -> None:
        """Update all screens for the session's present token."""
        for screen in self.built_screens():
            screen.update_header()
            screen.on_token_changed()

    def settings_changed(self) -> None:
        """Apply keys and theme of the present settings, and update all screens."""
        self.apply_keys()
        wanted = self.session.settings[THEME]
        if wanted != self._theme_setting:
            self._apply_theme(wanted)
        terminal_output.update_title(self)
        for screen in self.built_screens():
            screen.on_settings_changed()
        self._show_settings_problem()

    def _show_settings_problem(self) -> None:
        """Show what is wrong with the settings once, and withdraw it when it no longer is."""
        session, before = self.session, self._settings_problem
        if session.socket or session.auto_refresh.problem is not None:
            return
        problem = session.current.settings_problem
        gap = " " if problem.endswith((".", "?")) else " · "  # it may end with a command to copy
        shows = f"{keys.key('go-settings', 'f4')} shows the settings."
        lines = [f"{problem}{gap}{shows}", *self.refused_keys]
        self._settings_problem = "\n".join(lines) if problem else ""
        if self._settings_problem == before:
            return
        for screen in self.built_screens():
            screen.withdraw_message(before)
        # The settings screen shows it itself, beside the fields.
        if self._settings_problem and self.full_screen is not self.full_screens.get("settings"):
            tone = Tone.WARN if session.current.is_configured else Tone.BAD
            self.show_message(self._settings_problem, tone)

    def go(self, name: str) -> None:
        """Show the full screen of this name (see :mod:`wtr_tui.tui.screens`)."""
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
        """Run the ``secretCommand``, if there is one, and return whether there is a secret.

        The command gets the bare terminal, so call this only after a key press. An error is shown.
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
        """Refresh the tokens of these profiles in the background, as the user asked."""
        try:
            if len(every) == 1:
                every[0].require_refreshable()
        except WtrError as error:
            self.show_message(str(error), Tone.WARN)
            return
        if len(every) > 1 or every[0] is not self.session.current or self.fetch_secret():
            self.refreshing.start(every, by_user=True)

    def copy(self, text: str, what: str, *, otherwise: str, caveat: str = "") -> None:
        """Copy ``text`` and report it; ``what`` names it: ``the access token``.

        ``otherwise`` is the advice if no clipboard can be reached: ``v shows it``. ``caveat`` is a
        sentence on why the copy is of no use at present.
        """
        copying = terminal_output.copy(self, text, what, otherwise, caveat)
        self.run_worker(copying, group="copy", exclusive=True)

    @work(group="plain page", exclusive=True)
    async def show_plain_page(self, title: str, text: str) -> None:
        """Show a long text on the bare terminal, unbroken, so that it can be selected."""
        self._plain_page_closed.clear()
        with self.suspend(), self.batch_update():
            await terminal_output.plain_page(title, text, self._plain_page_closed)
        self.screen.refresh()

    def close_plain_page(self) -> None:
        """Return from the plain page, for an event that the screens show."""
        self._plain_page_closed.set()

    def _ask_about_put_aside(self) -> None:
        """Ask what becomes of a token that another account has signed in for before."""
        session = self.session
        for path, stored in session.profile.token_file.list_put_aside()[:1]:
            from wtr_tui.tui.screens.dialogs import OtherAccountDialog

            asked = OtherAccountDialog(session, path, stored.account, session.current.account)
            self.push_screen(asked)

    @work(group="profile", exclusive=True)
    async def switch_profile(self, profile: Profile, *, to: str = "") -> None:
        """Make another profile the current one; ``to`` is the screen to show, "" for its first.

        Sign-ins are cancelled, and refreshes in flight waited for.
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
        self._settings_problem = ""  # it has not been shown on this screen
        self._show_settings_problem()
        self._ask_about_put_aside()

    def _load_screen(self, name: str) -> WtrScreen:
        if name not in self.full_screens:
            self.full_screens[name] = screens.load(name)()
            self.install_screen(self.full_screens[name], name)
        return self.full_screens[name]

    def built_screens(self) -> list[WtrScreen]:
        """Return the full screens that have their widgets."""
        return [screen for screen in self.full_screens.values() if screen.is_built]

    # The keys of all screens.

    def get_key_display(self, binding: Binding) -> str:
        """Return ``^s``, ``F3``, ``c``: short, for the key bar."""
        return keys.key(binding.id or "", binding.key_display or binding.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "theme" and self.session.socket:
            return False  # it is a setting of a profile
        if action == "go" and self.session.socket:
            return parameters == ("token",)
        return super().check_action(action, parameters)

    def action_for(self, key: str) -> str:
        """Return what a key does on every screen; "" for none or if it differs between them."""
        for each in self.BINDINGS:
            if not isinstance(each, Binding):
                continue
            if key in keys.keys_of(each.id or "", each.key).split(","):
                return each.action
        return ""

    def close_dialog(self) -> bool:
        """Close a dialog that asks nothing; return whether no dialog is open then."""
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
        """Show all of a message that is too long for its line."""
        lines = self.screen.query(MessageLine)
        if lines and lines.first().sentence:
            from wtr_tui.tui.screens.dialogs import ListDialog

            self.push_screen(ListDialog("Message", [lines.first().full_text], hang=2))

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

        own = {theme.name for theme in themes.OWN}  # offered under their short names
        offered = [name for name in THEMES if name not in own or name == self._theme_setting]
        if not self.is_headless and self.console.color_system in ("standard", "256"):
            offered = [*themes.CHOICES]  # the others look like one of these there
        before = self._theme_setting
        chooser = ChoiceDialog("Theme", offered, before, themes.CHOICES, self._apply_theme)

        def chosen(name: str | None) -> None:
            if name is None:
                self._apply_theme(before)
            else:
                self._save_theme(name)

        self.push_screen(chooser, chosen)

    def action_repaint(self) -> None:
        """Repaint over what another program, such as ssh after ~C, has written on the screen."""
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
        """Cancel what is in progress; quit if nothing is."""
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

    # The theme.

    def _apply_theme(self, wanted: str) -> None:
        self._theme_setting = wanted
        self.theme = self._theme_name()

    def _theme_name(self) -> str:
        if self.no_color:
            return themes.WITHOUT_COLOUR
        few_colours = not self.is_headless and self.console.color_system == "standard"
        light = self.terminal_background.is_light
        name = themes.theme_name(self._theme_setting, light=light, few_colours=few_colours)
        return name if name in self.available_themes else themes.DARK.name

    def _save_theme(self, name: str) -> None:
        """Apply the chosen theme, and save it in the settings file."""
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

    # The exit.

    def leave(self, code: int) -> None:
        """End the screens and restore the terminal; the program exits with this code.

        :func:`shutdown.finish` then waits for a token request in flight.
        """
        if not self._leaving:
            self._leaving = asyncio.ensure_future(self._leave(code))

    async def _leave(self, code: int) -> None:
        # Textual raises an error if a screen is removed while it is composed.
        for _ in range(50):
            if self.full_screen is not None and self.full_screen.is_built:
                break
            await asyncio.sleep(0.02)
        # Before the exit, at which Textual cancels all workers.
        try:
            await self._close_attempts()
            await self.refreshing.wait(_EXIT_WAIT_SECONDS)
        finally:
            # Whatever fails above: leave() can be called only once.
            self.exit(code, return_code=code)

    async def _close_attempts(self) -> None:
        for screen in [*self.full_screens.values()]:  # the end of a sign-in may load another
            await screen.close_attempt()

    def report_fault(self, error: BaseException) -> str:
        folder = Path(self.session.profile.token_path).parent
        self.crash_sentence = crash.write(error, folder, self.session.now())
        return self.crash_sentence
