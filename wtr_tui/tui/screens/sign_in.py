"""The sign-in: one attempt, its keys, and where it leads when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.widget import Widget

from wtr_tui import clock, in_flight, tokens
from wtr_tui.background import in_thread
from wtr_tui.environment import browser
from wtr_tui.errors import NotSaved, WtrError
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import Step
from wtr_tui.storage.settings_table import BROWSER, KIND, SERVICE_APP
from wtr_tui.storage.token_file import StoredToken
from wtr_tui.tui.keys import keys
from wtr_tui.tui.screens import sign_in_keys
from wtr_tui.tui.screens import sign_in_words as words
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.confirm import ConfirmScreen
from wtr_tui.tui.screens.device import DEVICE_STEPS, DeviceScreen
from wtr_tui.tui.screens.sign_in_ways import PastedAddress, Ways
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.auto_refresh import AutoRefresh
    from wtr_tui.retrieval import Retrieval

_HINT_AFTER_SECONDS = 20


class SignInScreen(WtrScreen):
    """Consumes the stream of a Retrieval and shows it; the deciding is all done there."""

    CSS_PATH = "forms.tcss"
    NAME = "sign-in"
    HELP_NAME = "Sign in"
    HELP_TEXT = words.HELP
    BINDINGS: ClassVar[list[BindingType]] = [*keys(*sign_in_keys.KEYS)]

    def __init__(self) -> None:
        super().__init__()
        self._attempt: Retrieval | None = None
        self._keeper: AutoRefresh | None = None
        self._listening: steps.Listening | None = None
        self._device_screen: DeviceScreen | None = None
        self._began: datetime | None = None
        self._arrived = False
        self._hinted = False
        self._minting = False
        self._port_free = asyncio.Event()
        self._port_free.set()

    @property
    def running(self) -> bool:
        return self._attempt is not None

    def content(self) -> Iterable[Widget]:
        yield Quiet("", id="idle")
        yield Ways(self.session.surroundings)

    @property
    def _ways(self) -> Ways:
        return self.query_one(Ways)

    def on_mount(self) -> None:
        self._show_idle()

    def on_screen_resume(self) -> None:
        if not self.running and self.session.ready and self.session.keeper.stored is None:
            self.action_begin()
        elif not self.running:
            self._show_idle()

    def _show_idle(self) -> None:
        session = self.session
        idle = self.query_one("#idle", Quiet)
        idle.display = not self.running
        self._ways.display = self.running
        idle.reshape(words.idle(ready=session.ready, has_token=session.keeper.stored is not None))
        self.refresh_bindings()

    def on_token_changed(self) -> None:
        if not self.running:
            self._show_idle()

    def action_begin(self) -> None:
        if self.running or self._minting:
            return
        # Somebody may have mended the file in an editor since it was read.
        self.session.load_settings()
        if not self.session.ready:
            self._show_idle()
            return
        keeper = self.session.keeper
        from_environment = self.session.settings.base_url_place.startswith("$")
        if keeper.other_base_url and from_environment:
            self._begin()  # is refused, and says why
        elif keeper.foreign and keeper.stored is not None:
            question = "Sign in with the App ID of the settings?"
            other = words.another_app_id(keeper.stored.app_id)
            if keeper.other_base_url:
                question = "Sign in at the base URL of the settings?"
                other = words.another_base_url(keeper.other_base_url)
            self.app.push_screen(
                ConfirmScreen(other, question),
                lambda sure: self._begin() if sure else None,
            )
        else:
            self._begin()

    def _begin(self) -> None:
        from wtr_tui.oauth import proxies
        from wtr_tui.retrieval import Retrieval

        session = self.session
        if not self.program.fetch_secret():
            return
        if session.settings[KIND] == SERVICE_APP:
            self._keeper = session.keeper
            self._mint()
            return
        try:
            self._attempt = Retrieval(
                session.profile, session.settings, session.client(), now=session.now
            )
        except WtrError as error:
            self.tell(str(error), Tone.BAD)
            return
        self._keeper = session.keeper
        self._began = session.now()
        self._listening = None
        self._arrived = self._hinted = False
        self._port_free.clear()
        self.tell(proxies.warning(session.environ), Tone.WARN)
        self._ways.begin(self._attempt)
        self._show_idle()
        self.set_focus(None)
        self.on_second(session.now())
        self._consume(self._attempt)

    @work(group="retrieval", exclusive=True)
    async def _consume(self, attempt: Retrieval) -> None:
        stream = attempt.run()
        try:
            async for step in stream:
                self._take(step)
        finally:
            self._attempt = None
            await stream.aclose()
            self._port_free.set()
            if self.is_attached:
                self._show_idle()

    @work(group="retrieval", exclusive=True)
    async def _mint(self) -> None:
        """A service app's token, which no user has to sign in for."""
        session = self.session
        profile, settings = session.profile, session.settings
        self._minting = True
        self.tell(words.minting(settings))
        try:
            with session.client() as client:
                obtained = await in_thread(
                    lambda: tokens.mint(profile, settings, client=client, now=session.now)
                )
        except NotSaved as error:
            self._take(steps.SignedInUnsaved(error, steps.Method.MINTED))
        except WtrError as error:
            if session.keeper is self._keeper:
                self.tell(f"{error} Enter tries again.", Tone.BAD)
        else:
            self._take(steps.SignedIn(obtained.token, steps.Method.MINTED))
        finally:
            self._minting = False

    async def close_attempt(self) -> None:
        """Ends a running attempt and waits until its port is free."""
        if self._attempt is not None:
            self._attempt.cancel()
            try:
                # An exchange in flight is not waited for here: it ends on its own thread.
                seconds = 0.2 if in_flight.pending() else 1.0
                await asyncio.wait_for(self._port_free.wait(), seconds)
            except asyncio.TimeoutError:
                return

    def _take(self, step: Step) -> None:
        if isinstance(step, steps.LAST_STEPS):
            self._close_dialogs()
            self.program.close_bare()
        self._ways.take(step, self.session.settings.redirect_port)
        said = words.message(step)
        if isinstance(step, (steps.SignedIn, steps.SignedInUnsaved)):
            self._take_token(step)
        elif isinstance(step, steps.OtherAccount):
            if self.session.keeper is self._keeper:  # else that profile's next start asks
                self.program.ask_other_account(step.put_aside, step.account, step.before)
        elif said is not None:
            self.tell(*said)
        if isinstance(step, steps.Listening):
            self._begin_listening(step)
        elif isinstance(step, steps.BrowserArrived):
            self._arrived = True
        elif isinstance(step, DEVICE_STEPS) and self._device_screen is not None:
            self._device_screen.take(step)
        self.refresh_bindings()

    def _close_dialogs(self) -> None:
        if self._device_screen is not None and self._device_screen.is_current:
            self.app.pop_screen()
        self._device_screen = None

    def _begin_listening(self, step: steps.Listening) -> None:
        self._listening = step
        session = self.session
        if session.surroundings.should_open_browser(session.settings[BROWSER]) and not session.demo:
            self._launch_browser()

    def _take_token(self, step: steps.SignedIn | steps.SignedInUnsaved) -> None:
        session = self.session
        if session.keeper is not self._keeper:
            return  # the person has gone on with another profile; what was saved is that one's
        if isinstance(step, steps.SignedIn):
            session.keeper.stopped = ""
            session.keeper.look(session.now())
        else:
            session.keeper.hold(
                StoredToken(session.settings.app_id, step.token, session.settings.base_url)
            )
        self.program.token_changed()
        self.program.go("token")
        said = words.message(step)
        if said is not None:
            self.call_after_refresh(self.program.tell, *said)

    def on_second(self, now: datetime) -> None:
        attempt = self._attempt
        if attempt is None or self._began is None:
            return
        self._ways.tell_time_left(clock.countdown(attempt.deadline - now))
        waited = (now - self._began).total_seconds()
        if waited > _HINT_AFTER_SECONDS and self._arrived and not self._hinted:
            self._hinted = True
            self.tell(words.no_answer_yet(attempt.redirect_uri.text), Tone.WARN)

    def _launch_browser(self) -> None:
        if self._attempt is not None:
            # Not the address that is shown: command lines can be read by everybody here.
            self._open(self._attempt.launch_url())

    @work(group="browser", exclusive=True)
    async def _open(self, url: str) -> None:
        session = self.session
        launch = await in_thread(
            lambda: browser.open_browser(url, session.environ, session.surroundings)
        )
        if not self._arrived and self.running:
            self._ways.tell_launch(launch.message)

    def on_paste(self, event: events.Paste) -> None:
        """A paste anywhere on this screen is meant for the one field there is."""
        if self.running and self.focused is None:
            event.stop()
            self._judge(event.text)

    @on(PastedAddress.Offered)
    def _offered(self, event: PastedAddress.Offered) -> None:
        self._judge(event.text)

    def _judge(self, text: str) -> None:
        if self._attempt is None or not text.strip():
            return
        refusal = self._attempt.paste(text)
        if refusal:
            self.tell(refusal, Tone.BAD)
        else:
            self._ways.pasted.value = ""
            self.set_focus(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return sign_in_keys.offered(
            action,
            running=self.running,
            listening=self._listening is not None,
            ready=self.session.ready,
            sandbox=self.session.demo is not None,
        )

    def action_open(self) -> None:
        if self._listening is not None:
            self._launch_browser()

    def action_copy_start(self) -> None:
        if self._listening is not None:
            self.program.copy(
                self._listening.start_url,
                "the start address",
                otherwise="type it as it stands above",
            )

    def action_copy_forward(self) -> None:
        if self._attempt is not None:
            line = self.session.surroundings.forward_command(self._attempt.redirect_uri.port)
            self.program.copy(line, "the ssh line", otherwise="type it as it stands above")

    def action_copy_full(self) -> None:
        if self._attempt is not None:
            self.program.copy(
                self._attempt.authorize_url,
                "the full address",
                otherwise="press w to show the address in full",
            )

    def action_print_full(self) -> None:
        if self._attempt is not None:
            self.program.show_bare("The full Webex address", self._attempt.authorize_url)

    def action_paste_field(self) -> None:
        self._ways.pasted.focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)
        self.action_clear_message()

    def action_device(self) -> None:
        if self._attempt is not None:
            if self._device_screen is None or not self._device_screen.is_current:
                self._device_screen = DeviceScreen(self.action_device)
                self.app.push_screen(self._device_screen)
            self._attempt.ask_for_device_code()
            self._ways.tell_device_asked()

    def action_extend(self) -> None:
        if self._attempt is not None:
            self._attempt.extend()
            self.on_second(self.session.now())

    def action_cancel(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()

    def interrupt(self) -> bool:
        self.action_cancel()
        return self.running

    @work(group="approve", exclusive=True)
    async def action_approve(self) -> None:
        """Acts as the user with a browser would, in the sandbox only."""
        attempt, demo = self._attempt, self.session.demo
        if demo is None or attempt is None:
            return
        if self._listening is not None:
            url = self._listening.start_url
            await in_thread(lambda: demo.approve(url))
        else:
            url = attempt.authorize_url
            self._judge(await in_thread(lambda: demo.approved_address(url)))
