"""The sign-in: one attempt, its keys, and where it leads when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from wtr_tui import clock, in_flight, tokens
from wtr_tui.background import in_thread
from wtr_tui.environment import browser
from wtr_tui.errors import NotSaved, WtrError
from wtr_tui.model import StoredToken
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import Step
from wtr_tui.storage.settings_table import BROWSER, KIND, SERVICE_APP, THROUGH
from wtr_tui.tui.keys import Key, key, keys
from wtr_tui.tui.screens import sign_in_words as words
from wtr_tui.tui.screens.base import WtrScreen
from wtr_tui.tui.screens.dialogs import ConfirmScreen
from wtr_tui.tui.screens.sign_in_cards import (
    CARDS_FROM,
    Cards,
    PastedAddress,
    QrScreen,
)
from wtr_tui.tui.screens.sign_in_words import Progress
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.panel import Panel
from wtr_tui.tui.widgets.quiet import Quiet
from wtr_tui.tui.widgets.steps import Step as ShownStep
from wtr_tui.tui.widgets.steps import Steps, StepState

if TYPE_CHECKING:
    from wtr_tui.auto_refresh import AutoRefresh
    from wtr_tui.retrieval import Retrieval

_HINT_AFTER_SECONDS = 20
_ROOM_FOR_ALL = 36
"""Lines from which on a message of five hides nothing."""

_WHILE_LISTENING = {"open", "copy_start", "copy_forward"}
_WHILE_RUNNING = {"copy_full", "print_full", "paste_field", "device", "cancel", "extend"}


class SignInScreen(WtrScreen):
    """Consumes the stream of a Retrieval and shows it; the deciding is all done there."""

    NAME = "sign-in"
    HELP_NAME = "Sign in"
    HELP_TEXT = (
        "Signing in: Webex asks you in a browser whether this program may act for you. Once you"
        " agree, Webex sends the browser to the redirect URI, where this program listens. There"
        " are four ways; all are open at once, and the first that answers counts:\n\n"
        "1. A browser on this machine opens the start address ({open:o} opens it).\n"
        "2. A browser on your own machine opens it ({copy-start:c} copies it), after the ssh line"
        " has forwarded"
        " the port from there ({copy-forward:f} copies the line).\n"
        "3. Without forwarding: open the full address in any browser ({copy-full:u} copies it),"
        " agree, and"
        " paste here the address the browser ends at, although its page says that it cannot"
        " connect.\n"
        "4. With a device code ({device:d}): enter a short code at Webex, on any machine; {qr:Q}"
        " shows it for a"
        " phone's camera.\n\n"
        "Whatever else arrives at the port is counted, reported and turned away; it never ends the"
        " sign-in."
    )
    WHOLE_WIDTH = True
    KEY_LINES = 1
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (CARDS_FROM, "-cards")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-tall"), (30, "-airy")]  # noqa: RUF012
    # Those of a card stand in the card.
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys(
            Key("enter", "begin", "Sign in", "Begin to sign in"),
            Key("o", "open", "Open", "Open the start address in a browser here", show=False),
            Key("c", "copy_start", "Copy address", "Copy the start address", show=False),
            Key("f", "copy_forward", "Copy ssh line", "Copy the line that forwards the port",
                show=False),
            Key("u", "copy_full", "Copy full address", "Copy the full address at Webex",
                show=False),
            Key("w", "print_full", "Show it", "Show the full address in one piece", show=False),
            Key("p", "paste_field", "Paste", "Go to the field for the pasted address",
                show=False),
            Key("d", "device", "Device code", "Ask for a device code, or another one",
                show=False),
            Key("D", "copy_device", "Copy its address",
                "Copy the device code's address, or the redirect URIs to add", show=False),
            Key("Q", "qr", "QR code", "Show the device code as a QR code", show=False),
            Key("t", "extend", "More time", "Wait five minutes longer"),
            Key("a", "approve", "Approve (sandbox)", "Approve as a user would; sandbox only"),
            Key("x", "cancel", "Cancel", "Cancel this sign-in"),
            Key("escape", "leave_field", "Leave", "Leave the field", show=False),
            Key("q", "app.quit", "Quit", "Quit"),
        )
    ]  # fmt: skip
    DEFAULT_CSS = """
    SignInScreen #headline { height: 1; margin: 0 1; }
    SignInScreen #headline-words { width: 1fr; height: 1; text-wrap: nowrap;
        text-overflow: ellipsis; }
    SignInScreen #time-left { width: auto; height: 1; text-style: bold; margin: 0 0 0 2; }
    SignInScreen #idle-panel { width: 76; max-width: 100%; padding: 1 2; }
    SignInScreen.-idle #page { align: center middle; }
    SignInScreen.-idle Steps { width: 76; max-width: 100%; }
    SignInScreen.-airy.-cards #page { align-vertical: middle; }
    SignInScreen #idle { height: auto; width: 100%; }
    SignInScreen Steps { margin: 0 1; }
    SignInScreen #happening { width: 100%; margin: 0 1; color: $muted; }
    SignInScreen.-cards #headline { margin: 1 1; }
    SignInScreen.-cards Steps { margin: 1 1 0 1; }
    SignInScreen.-airy #headline { margin: 1 1; }
    SignInScreen.-airy Steps { margin: 1 1; }
    SignInScreen.-low #idle-panel { padding: 0 1; }
    SignInScreen.-low.-cards #headline, SignInScreen.-tall.-cards #headline { margin: 0 1; }
    SignInScreen.-low.-cards Steps, SignInScreen.-tall.-cards Steps { margin: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._attempt: Retrieval | None = None
        self._keeper: AutoRefresh | None = None
        self._progress = Progress()
        self._began: datetime | None = None
        self._hinted = False
        self._minting = False
        self._over: tuple[ShownStep, ...] = ()
        """Where the last attempt ended, if it did without a token."""
        self._port_free = asyncio.Event()
        self._port_free.set()

    @property
    def running(self) -> bool:
        """Whether an attempt waits for its answer, or exchanges it."""
        return self._attempt is not None

    @property
    def progress(self) -> Progress:
        """What is known of the attempt."""
        return self._progress

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="headline"):
            yield Quiet(id="headline-words")
            yield Quiet(id="time-left")
        yield Cards(self.session.surroundings)
        with Panel("Sign in", id="idle-panel"):
            yield Quiet(id="idle")
        yield Steps(id="steps")
        yield Quiet(id="happening")

    @property
    def _cards(self) -> Cards:
        return self.query_one(Cards)

    def on_mount(self) -> None:
        self._show()

    def on_screen_resume(self) -> None:
        if not self.running and self.session.ready and self.session.keeper.stored is None:
            self.action_begin()
        elif not self.running:
            self._show()

    def _show(self) -> None:
        """All of it: the cards while an attempt runs, else what is and what can be done."""
        if not self.query("#idle"):
            return  # not built yet, or no more
        running = self.running
        for name in ("#headline", "#cards", "#happening"):
            self.query_one(name).display = running
        self.query_one("#idle-panel").display = not running
        self.set_class(not running, "-idle")
        line = self.query_one(Steps)
        if running:
            self._cards.show(self._progress)
            self.query_one("#headline-words", Quiet).show(words.headline(self._progress))
            line.show_steps(words.line_of_steps(self._progress))
            self.query_one("#happening", Quiet).reshape(words.happening(self._progress))
        else:
            self.query_one("#idle", Quiet).reshape(words.idle(self.session))
            line.show_steps(self._mint_steps() if self._minting else self._over)
        line.display = running or self._minting or bool(self._over)
        self.refresh_bindings()

    def _mint_steps(self) -> tuple[ShownStep, ...]:
        through = self.session.settings[THROUGH]
        return (
            ShownStep(f"mint a token through the profile {through}", StepState.NOW),
            ShownStep("save the token"),
        )

    def on_token_changed(self) -> None:
        if not self.running:
            self._show()

    def on_profile_changed(self) -> None:
        self._over = ()
        super().on_profile_changed()

    def action_begin(self) -> None:
        if self.running or self._minting:
            return
        # Somebody may have mended the file in an editor since it was read.
        self.session.load_settings()
        if not self.session.ready:
            self._show()
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
        self._progress = Progress()
        self._over = ()
        self._hinted = False
        self._port_free.clear()
        warnings = (proxies.warning(session.environ), *session.settings.warnings)
        self.tell(" ".join(filter(None, warnings)), Tone.WARN)
        self._cards.begin(self._attempt)
        self._show()
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
                self._show()

    @work(group="retrieval", exclusive=True)
    async def _mint(self) -> None:
        """A service app's token, which no user has to sign in for."""
        session = self.session
        profile, settings = session.profile, session.settings
        self._minting = True
        self._over = ()
        self.tell("")
        self._show()
        try:
            with session.client() as client:
                obtained = await in_thread(
                    lambda: tokens.mint(profile, settings, client=client, now=session.now)
                )
        except NotSaved as error:
            self._take(steps.SignedInUnsaved(error, steps.Method.MINTED))
        except WtrError as error:
            if session.keeper is self._keeper:
                self._over = (replace(self._mint_steps()[0], state=StepState.FAILED),)
                self.tell(f"{error} Enter tries again.", Tone.BAD)
        else:
            self._take(steps.SignedIn(obtained.token, steps.Method.MINTED))
        finally:
            self._minting = False
            if self.is_attached:
                self._show()

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
        self._progress = self._progress.after(step)
        if isinstance(step, steps.LAST_STEPS):
            if isinstance(self.app.screen, QrScreen):
                self.app.pop_screen()
            self.program.close_bare()
        said = words.message(step)
        if isinstance(step, (steps.SignedIn, steps.SignedInUnsaved)):
            self._take_token(step)
        elif isinstance(step, steps.OtherAccount):
            if self.session.keeper is self._keeper:  # else that profile's next start asks
                self.program.ask_other_account(step.put_aside, step.account, step.before)
        elif said is not None:
            self.tell(*said)
        if isinstance(step, steps.Ended) and step.end is not steps.End.CANCELLED:
            self._over = words.line_of_steps(self._progress)
        elif isinstance(step, steps.Listening):
            self._begin_listening()
        self._show()

    def _begin_listening(self) -> None:
        session = self.session
        if session.surroundings.should_open_browser(session.settings[BROWSER]) and not session.demo:
            self._launch_browser()

    def _take_token(self, step: steps.SignedIn | steps.SignedInUnsaved) -> None:
        session = self.session
        if session.keeper is not self._keeper:
            return  # the user has gone on with another profile; what was saved is that one's
        if isinstance(step, steps.SignedIn):
            session.keeper.stopped = ""
            session.keeper.look(session.now())
        else:
            session.keeper.hold(
                StoredToken(session.settings.app_id, step.token, session.settings.base_url)
            )
        self.tell("")
        self.program.token_changed()
        self.program.go("token")
        # Also now: what was said about an earlier token is not to be seen for a moment, either.
        self.program.tell("")
        said = words.message(step)
        if said is not None:
            self.call_after_refresh(self.program.tell, *said)

    def on_second(self, now: datetime) -> None:
        attempt = self._attempt
        if attempt is None or self._began is None:
            return
        left = clock.countdown(attempt.deadline - now)
        self.query_one("#time-left", Quiet).fit(f"{left} left")
        waited = (now - self._began).total_seconds()
        if waited > _HINT_AFTER_SECONDS and self._progress.arrived and not self._hinted:
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
        if not self._progress.arrived and self.running:
            self._progress = replace(self._progress, launch=launch.message)
            self._show()

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
            self._cards.pasted.value = ""
            self.set_focus(None)

    def tell(self, sentence: str, tone: Tone = Tone.PLAIN) -> None:
        # The notes make room for a message, or the steps would be out of sight below it.
        self.set_class(bool(sentence) and self.app.size.height < _ROOM_FOR_ALL, "-telling")
        super().tell(sentence, tone)

    def on_descendant_focus(self) -> None:
        self._cards.show_keys(typing=self.focused is not None)

    def on_descendant_blur(self) -> None:
        self._cards.show_keys(typing=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return offered(
            action, self._progress, running=self.running and not self._minting,
            ready=self.session.ready and not self._minting, sandbox=self.session.demo is not None,
        )  # fmt: skip

    def action_open(self) -> None:
        if self._progress.listening is not None:
            self._launch_browser()

    def action_copy_start(self) -> None:
        if self._progress.listening is not None:
            self.program.copy(
                self._progress.listening.start_url,
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
                otherwise=f"press {key('print-full', 'w')} to show the address in full",
            )

    def action_print_full(self) -> None:
        if self._attempt is not None:
            self.program.show_bare("The full Webex address", self._attempt.authorize_url)

    def action_paste_field(self) -> None:
        self._cards.pasted.focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)
        self.action_clear_message()

    def action_device(self) -> None:
        if self._attempt is not None:
            self._attempt.ask_for_device_code()
            self._progress = replace(self._progress, device_asked=True)
            self._show()
            # Below the other cards it may be out of sight.
            self.call_after_refresh(self.query_one("#device").scroll_visible, animate=False)

    def action_copy_device(self) -> None:
        granted, uris = self._progress.device_code, self._progress.device_redirect_uris
        if granted is not None:
            address = granted.verification_uri_complete or granted.verification_uri
            self.program.copy(address, "the address", otherwise="type it as it stands")
        elif uris:
            self.program.copy(
                "\n".join(uris), "the redirect URIs", otherwise="type them as they stand"
            )

    def action_qr(self) -> None:
        granted = self._progress.device_code
        if granted is not None and granted.verification_uri_complete is not None:
            self.app.push_screen(QrScreen(granted.verification_uri_complete))

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
        if self._progress.listening is not None:
            url = self._progress.listening.start_url
            await in_thread(lambda: demo.approve(url))
        else:
            url = attempt.authorize_url
            self._judge(await in_thread(lambda: demo.approved_address(url)))


def offered(
    action: str, progress: Progress, *, running: bool, ready: bool, sandbox: bool
) -> bool | None:
    """Whether a key is offered; None: shown as one that does nothing now.

    ``ready`` says whether the settings are complete, ``running`` whether an attempt runs.
    """
    if action == "begin":
        return not running and (True if ready else None)
    if action == "approve":
        return running and sandbox
    if action in _WHILE_LISTENING:
        return (
            running
            and progress.not_listening is None
            and (True if progress.listening is not None else None)
        )
    if action == "copy_device":
        return running and bool(progress.device_code or progress.device_redirect_uris)
    if action == "qr":
        granted = progress.device_code
        return running and granted is not None and granted.verification_uri_complete is not None
    return running if action in _WHILE_RUNNING else True
