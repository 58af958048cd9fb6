"""The sign-in: every way at once, the likeliest here first, and what is happening in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style as ContentStyle
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui import instants, steps
from wtr_tui.background import in_thread
from wtr_tui.errors import WtrError
from wtr_tui.host import browser
from wtr_tui.host.surroundings import Surroundings
from wtr_tui.steps import Step
from wtr_tui.storage.token_file import StoredToken
from wtr_tui.tui.keys import Key, keys
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.confirm import ConfirmScreen
from wtr_tui.tui.screens.device import DeviceScreen, DeviceStep
from wtr_tui.tui.widgets.inputs import AddressInput
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.quiet import Quiet

if TYPE_CHECKING:
    from wtr_tui.retrieval import Retrieval

WAITING, ACTIVE, DONE, OFF = "○", "●", "✓", "✗"
_HINT_AFTER_SECONDS = 20


class RetrievalScreen(WtrScreen):
    """Consumes the stream of a Retrieval and shows it; the deciding is all done there."""

    NAME = "Sign in"
    HELP_TEXT = (
        "Signing in means: Webex asks you, in a browser, whether this program may act for you, and"
        " then sends the browser to the redirect address, where this program listens. That works"
        " in any of these ways, and the first that answers wins:\n\n"
        "1  A browser on this machine opens the start address.\n"
        "2  A browser on your own machine opens it, after you forwarded the port from there with"
        " the ssh line (f copies it).\n"
        "3  Without forwarding: open the full Webex address anywhere (u copies it) and paste the"
        " address the browser ended at, even though its page says that it cannot connect.\n"
        "4  With a device code (d): enter the short code on any machine.\n\n"
        "Requests that are not the answer are counted and told, and never end the sign-in."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("enter", "begin", "Sign in", "Begin to sign in"),
            Key("o", "open", "Open", "Open the start address in a browser on this machine"),
            Key("c", "copy_start", "Copy address", "Copy the start address"),
            Key("f", "copy_forward", "Copy ssh line", "Copy the line that forwards the port"),
            Key("u", "copy_full", "Copy full address", "Copy the full address at Webex"),
            Key("w", "print_full", "Show it", "Show the full address in one piece"),
            Key("p", "paste_field", "Paste", "Go to the field for the pasted address"),
            Key("d", "device", "Device code", "Ask for a device code, or another one"),
            Key("t", "extend", "More time", "Wait five minutes longer"),
            Key("a", "approve", "Approve (sandbox)", "Approve as a person would; sandbox only"),
            Key("x", "cancel", "Cancel", "Cancel this sign-in"),
            Key("escape", "leave_field", "Leave", "Leave the field", show=False),
            Key("q", "app.quit", "Quit", "Quit"),
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._attempt: Retrieval | None = None
        self._listening: steps.Listening | None = None
        self._device_screen: DeviceScreen | None = None
        self._began: datetime | None = None
        self._arrived = False
        self._hinted = False
        self._in_field = ""
        self._port_free = asyncio.Event()
        self._port_free.set()

    @property
    def running(self) -> bool:
        return self._attempt is not None

    def content(self) -> Iterable[Widget]:
        yield Quiet("", id="idle")
        with Vertical(id="ways"):
            with Horizontal(classes="row"):
                yield Quiet("", id="listening", classes="fill")
                yield Quiet("", id="time-left")
            yield Quiet("", id="browser", classes="wrapped")
            blocks = [self._start_block(), self._forward_block()]
            # The likeliest way first: over SSH the address works only once the port is forwarded.
            yield from reversed(blocks) if self.session.surroundings.remote else blocks
            with Vertical(classes="block"):
                yield Quiet("", id="full-address", classes="wrapped muted")
                yield AddressInput(id="pasted", placeholder="p to paste here")
            with Vertical(classes="block"):
                yield Quiet(
                    "No redirect at all: d gets a device code.", id="device", classes="wrapped"
                )
            with Vertical(classes="block"):
                yield Quiet("", id="exchange", classes="wrapped")

    def _start_block(self) -> Widget:
        return Vertical(Quiet("", id="start-url"), id="start-block", classes="block")

    def _forward_block(self) -> Widget:
        surroundings = self.session.surroundings
        port = self._port()
        lead = (
            "On your own machine, forward the port, then open the address below there:"
            if surroundings.remote
            else "Browser on another machine? Forward the port there, then open the address above:"
        )
        notes = _forward_notes(surroundings, port)
        return Vertical(
            Quiet(lead, classes="wrapped muted"),
            Quiet(surroundings.forward_command(port), id="forward", classes="address"),
            *([Quiet(notes, id="escape-line", classes="wrapped muted")] if notes else []),
            id="forward-block",
            classes="block",
        )

    def _port(self) -> int:
        return self.session.settings.redirect_port

    def on_mount(self) -> None:
        self._show_idle()

    def on_screen_resume(self) -> None:
        if not self.running and self.session.ready and self.session.keeper.stored is None:
            self.action_begin()
        elif not self.running:
            self._show_idle()

    def _show_idle(self) -> None:
        idle = self.query_one("#idle", Quiet)
        idle.display = not self.running
        self.query_one("#ways").display = self.running
        if not self.session.ready:
            idle.reshape(
                "The settings are not complete yet.\n\nF4 opens them; what is missing is marked."
            )
        elif self.session.keeper.stored is not None:
            idle.reshape(
                "You have a token (F2 shows it).\n\nEnter signs in again, for example after the"
                " scopes have changed. The token you have stays until the new one is saved."
            )
        else:
            idle.reshape("Enter signs in to Webex.")
        self.refresh_bindings()

    def on_token_changed(self) -> None:
        if not self.running:
            self._show_idle()

    def action_begin(self) -> None:
        if self.running:
            return
        # Somebody may have mended the file in an editor since it was read.
        self.session.load_settings()
        if not self.session.ready:
            self._show_idle()
            return
        keeper = self.session.keeper
        if keeper.foreign and keeper.stored is not None:
            self.app.push_screen(
                ConfirmScreen(
                    f"The stored token belongs to another App ID ({keeper.stored.app_id[:12]}…)."
                    " It is kept aside in a file of its own.",
                    "Sign in with the App ID of the settings?",
                ),
                lambda sure: self._begin() if sure else None,
            )
        else:
            self._begin()

    def _begin(self) -> None:
        from wtr_tui.retrieval import Retrieval

        session = self.session
        try:
            self._attempt = Retrieval(
                session.profile, session.settings, session.client(), now=session.now
            )
        except WtrError as error:
            self.tell(str(error), Tone.BAD)
            return
        self._began = session.now()
        self._listening = None
        self._arrived = self._hinted = False
        self._port_free.clear()
        self.tell("")
        self.query_one("#pasted", AddressInput).value = ""
        self.query_one("#exchange", Quiet).reshape(
            f"{WAITING} Exchange the code   {WAITING} Save the token"
        )
        self.query_one("#browser", Quiet).reshape(f"{ACTIVE} Sign in to Webex in your browser")
        self.query_one("#device", Quiet).reshape("No redirect at all: d gets a device code.")
        self.query_one("#forward", Quiet).reshape(
            session.surroundings.forward_command(self._attempt.redirect_uri.port)
        )
        self.query_one("#full-address", Quiet).reshape(_paste_lead(self._attempt.authorize_url))
        self.query_one("#listening", Quiet).show(f"{WAITING} Starting to listen")
        self._show_listening_ways(True)
        self._show_idle()
        self.set_focus(None)
        self.on_second(session.now())
        self._consume(self._attempt)

    def _show_listening_ways(self, shown: bool) -> None:
        """The ways that need the port; the others go on without it."""
        for block in ("#start-block", "#forward-block"):
            self.query_one(block).display = shown

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

    async def close_attempt(self) -> None:
        """Ends a running attempt and waits until its port is free."""
        if self._attempt is not None:
            self._attempt.cancel()
            try:
                await asyncio.wait_for(self._port_free.wait(), 1.0)
            except asyncio.TimeoutError:
                return

    def _take(self, step: Step) -> None:
        if isinstance(step, steps.LAST_STEPS):
            self._close_dialogs()
            self.wtr.plain_page.close()
        if isinstance(step, steps.Listening):
            self._show_listening(step)
        elif isinstance(step, steps.NotListening):
            self.query_one("#listening", Quiet).show(
                f"{OFF} Not listening on port {self._port()}; x and Enter try again"
            )
            self._show_listening_ways(False)
            self.tell(f"{step.sentence} {step.advice}", Tone.WARN)
        elif isinstance(step, steps.BrowserArrived):
            self._arrived = True
            self.query_one("#browser", Quiet).reshape(
                f"{ACTIVE} Your browser reached us and was sent to Webex; waiting for its answer"
            )
        elif isinstance(step, steps.Noticed):
            count = f" ({step.count} so far)" if step.count > 1 else ""
            self.tell(f"{step.sentence}{count}", Tone.WARN)
        elif isinstance(step, steps.Exchanging):
            self.query_one("#browser", Quiet).reshape(f"{DONE} Signed in {step.way.value}")
            self.query_one("#exchange", Quiet).reshape(
                f"{ACTIVE} Exchanging the code   {WAITING} Save the token"
            )
        elif isinstance(step, steps.SignedIn):
            self._signed_in(step)
        elif isinstance(step, steps.NotSaved):
            self._not_saved(step)
        elif isinstance(step, steps.Ended):
            tone = Tone.PLAIN if step.end is steps.End.CANCELLED else Tone.BAD
            self.tell(f"{step.sentence} {step.advice} Enter tries again.".replace("  ", " "), tone)
        else:
            self._device_step(step)
        self.refresh_bindings()

    def _close_dialogs(self) -> None:
        if self._device_screen is not None and self._device_screen.is_current:
            self.app.pop_screen()
        self._device_screen = None

    def _show_listening(self, step: steps.Listening) -> None:
        self._listening = step
        where = " and ".join(step.addresses)
        self.query_one("#listening", Quiet).show(
            f"{DONE} Listening on port {step.port} of this machine ({where})"
        )
        link = Text(f"  {step.start_url}", no_wrap=True)
        link.stylize(Style(link=step.start_url, bold=True), 2)
        self.query_one("#start-url", Quiet).update(link)
        session = self.session
        if session.surroundings.should_open_browser(session.settings.browser) and not session.demo:
            self._open(step.start_url)

    def _device_step(self, step: DeviceStep) -> None:
        if self._device_screen is not None:
            self._device_screen.take(step)
        line = self.query_one("#device", Quiet)
        if isinstance(step, steps.DeviceCodeReady):
            authorization = step.authorization
            line.reshape(
                f"{ACTIVE} Enter the code {authorization.user_code} at"
                f" {authorization.verification_uri} on any machine"
                f" (until {authorization.expires_at.astimezone():%H:%M:%S})"
            )
        elif isinstance(step, steps.DeviceCodeOver):
            line.reshape(f"{WAITING} {step.sentence} d gets another one.")
        elif isinstance(step, steps.DeviceCodeRefused):
            line.reshape(f"{OFF} {step.sentence}")

    def _signed_in(self, step: steps.SignedIn) -> None:
        session = self.session
        session.keeper.stopped = ""
        session.keeper.look(session.now())
        self.wtr.token_changed()
        kept = f" The other App ID's token is kept in {step.kept_aside}." if step.kept_aside else ""
        self.wtr.go("token")
        self.wtr.call_after_refresh(
            lambda: self.wtr.tell(
                f"Signed in {step.way.value}; the token is saved. c copies it.{kept}", Tone.GOOD
            )
        )

    def _not_saved(self, step: steps.NotSaved) -> None:
        session = self.session
        session.keeper.hold(StoredToken(session.settings.app_id, step.token))
        self.wtr.token_changed()
        self.wtr.go("token")
        self.wtr.call_after_refresh(
            lambda: self.wtr.tell(
                f"NOT SAVED: {step.sentence} {step.advice} s tries again; c copies it meanwhile.",
                Tone.BAD,
            )
        )

    def on_second(self, now: datetime) -> None:
        attempt = self._attempt
        if attempt is None or self._began is None:
            return
        left = instants.countdown(attempt.deadline - now)
        self.query_one("#time-left", Quiet).fit(f"{left} left")
        waited = (now - self._began).total_seconds()
        if waited > _HINT_AFTER_SECONDS and self._arrived and not self._hinted:
            self._hinted = True
            self.tell(
                "If Webex shows an error page, check the App ID, and that the integration has"
                f" exactly this redirect URI: {attempt.redirect_uri.text}",
                Tone.WARN,
            )

    @work(group="browser", exclusive=True)
    async def _open(self, url: str) -> None:
        session = self.session
        launch = await in_thread(
            lambda: browser.open_browser(url, session.environ, session.surroundings)
        )
        if not self._arrived and self.running:
            self.query_one("#browser", Quiet).reshape(
                f"{ACTIVE} Sign in to Webex in your browser. {launch.words}"
            )

    def on_paste(self, event: events.Paste) -> None:
        """A paste anywhere on this screen is meant for the one field there is."""
        if self.running and self.focused is None:
            event.stop()
            self._judge(event.text)

    @on(Input.Submitted, "#pasted")
    def _submitted(self, event: Input.Submitted) -> None:
        self._judge(event.value)

    @on(Input.Changed, "#pasted")
    def _pasted(self, event: Input.Changed) -> None:
        came = len(event.value) - len(self._in_field)
        self._in_field = event.value
        # A whole address needs no Enter. One that comes letter by letter, typed or from a terminal
        # without bracketed paste, does: its last parameter may be incomplete.
        whole = "code=" in event.value and "state=" in event.value and "://" in event.value
        if whole and came > 1:
            self._judge(event.value)

    def _judge(self, text: str) -> None:
        if self._attempt is None or not text.strip():
            return
        refusal = self._attempt.paste(text)
        if refusal:
            self.tell(refusal, Tone.BAD)
        else:
            self.query_one("#pasted", AddressInput).value = ""
            self.set_focus(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "begin":
            return not self.running and (True if self.session.ready else None)
        if action == "approve":
            return self.running and self.session.demo is not None
        if action in {"open", "copy_start", "copy_forward"}:
            return self.running and (True if self._listening is not None else None)
        if action in {
            *("copy_full", "print_full", "paste_field"),
            *("device", "cancel", "extend"),
        }:
            return self.running
        return True

    def action_open(self) -> None:
        if self._listening is not None:
            self._open(self._listening.start_url)

    def action_copy_start(self) -> None:
        if self._listening is not None:
            self.wtr.copy_text(self._listening.start_url, "type it as it stands above")

    def action_copy_forward(self) -> None:
        if self._attempt is not None:
            line = self.session.surroundings.forward_command(self._attempt.redirect_uri.port)
            self.wtr.copy_text(line, "type it as it stands above")

    def action_copy_full(self) -> None:
        if self._attempt is not None:
            self.wtr.copy_text(self._attempt.authorize_url, "press w to show the address in full")

    def action_print_full(self) -> None:
        if self._attempt is not None:
            self.wtr.print_plainly("The full Webex address", self._attempt.authorize_url)

    def action_paste_field(self) -> None:
        self.query_one("#pasted", AddressInput).focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)
        self.action_clear_message()

    def action_device(self) -> None:
        if self._attempt is not None:
            if self._device_screen is None or not self._device_screen.is_current:
                self._device_screen = DeviceScreen()
                self.app.push_screen(self._device_screen)
            self._attempt.ask_for_device_code()
            self.query_one("#device", Quiet).reshape(f"{WAITING} Asking Webex for a device code …")

    def action_extend(self) -> None:
        if self._attempt is not None:
            self._attempt.extend()
            self.on_second(self.session.now())

    def action_cancel(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()

    @work(group="approve", exclusive=True)
    async def action_approve(self) -> None:
        """Acts as the person with a browser would, in the sandbox only."""
        attempt = self._attempt
        if self.session.demo is None or attempt is None:
            return
        from wtr_tui.sandbox import browser as person

        if self._listening is not None:
            url = self._listening.start_url
            await in_thread(lambda: person.approve(url))
        else:
            url = attempt.authorize_url
            self._judge(await in_thread(lambda: person.approved_address(url)))


def _forward_notes(surroundings: Surroundings, port: int) -> str:
    """What the ssh line cannot know, and the way without another ssh."""
    if not surroundings.remote:
        return ""
    within = surroundings.escape_line(port)
    # What ssh prints in between stays on the screen until something is painted over it.
    repaint = "^L then repaints this screen." if within else ""
    return " ".join(filter(None, (surroundings.forward_note(), within, repaint)))


def _paste_lead(authorize_url: str) -> Content:
    return Content.assemble(
        "Without forwarding: open the ",
        Content.styled("full address", ContentStyle(link=authorize_url)),
        " anywhere (u), and paste where the browser ended; its “cannot connect” page is expected:",
    )
