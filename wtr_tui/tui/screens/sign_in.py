"""The sign-in screen: one attempt at a time, its keys, and what follows its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from wtr_tui import clock, shutdown, token_state, tokens
from wtr_tui.environment import browser
from wtr_tui.errors import NoRefreshToken, NotSaved, WtrError
from wtr_tui.model import StoredToken, Token
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import Step
from wtr_tui.shutdown import in_thread
from wtr_tui.storage.settings_table import (
    ACCOUNT,
    AUTO_REFRESH,
    BROWSER,
    KIND,
    SERVICE_APP,
    THROUGH,
)
from wtr_tui.text import cleaned, printable
from wtr_tui.token_state import TokenState
from wtr_tui.tui.display import shown_state, unusable_reason
from wtr_tui.tui.keys import Key, bindings, key, with_keys
from wtr_tui.tui.screens import WtrScreen
from wtr_tui.tui.screens.sign_in_cards import (
    CARDS_MIN_WIDTH,
    Cards,
    Progress,
    StepLine,
    begin_key,
    forwarding_notes,
    headline,
    progress_sentence,
    qr_code,
    shown_steps,
)
from wtr_tui.tui.session import Session, with_tilde
from wtr_tui.tui.themes import Tone
from wtr_tui.tui.widgets import Panel, StaticText
from wtr_tui.tui.widgets.lists import Facts

if TYPE_CHECKING:
    from wtr_tui.auto_refresh import AutoRefresh
    from wtr_tui.retrieval import Retrieval
    from wtr_tui.storage.settings import Settings

_HINT_AFTER = timedelta(seconds=20)
_ROOMY_MIN_HEIGHT = 30
"""Rows. With fewer, the headline says what is happening now."""
_LARGE_FROM = (CARDS_MIN_WIDTH, 42)
"""Columns and rows for the facts of the sign-in and a QR code below the cards."""
_FACTS = ("App ID", "Redirect URI", "Scopes", "Account", "Saved to", "After that")
_AROUND_QR = 4


class SignInScreen(WtrScreen):
    """Shows the steps of a :class:`Retrieval`, which makes all decisions."""

    NAME = "sign-in"
    HELP_NAME = "Sign in"
    HELP_TEXT = (
        "Webex asks you in a browser whether this program may act for you, then sends the browser"
        " to the redirect URI, where this program listens: on this machine, or through a port that"
        " ssh forwards from yours. Without that, paste the address at which the browser ends,"
        " although its page says that it cannot connect; or enter a device code, on any machine."
        " All of them are open at once, and the first that answers counts. Whatever else arrives"
        " at the port is counted, reported and turned away."
    )
    FULL_WIDTH = True
    KEY_LINES = 1
    HORIZONTAL_BREAKPOINTS = [
        *((0, "-narrow"), (76, "-wide"), (110, "-pair"), (CARDS_MIN_WIDTH, "-cards"))
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall"), (_ROOMY_MIN_HEIGHT, "-roomy")]
    # show=False: these are shown in their card, not in the key bar.
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            Key("enter", "begin", "Sign in", "Begin to sign in"),
            Key("o", "open", "open", "Open the start address here", show=False),
            Key("c", "copy('start')", "copy the address", "Copy the start address", show=False),
            Key("f", "copy('forward')", "copy the ssh line", "Copy the forwarding ssh line",
                show=False),
            Key("u", "copy('full')", "copy the address", "Copy the full address", show=False),
            Key("w", "print_full", "show it", "Show the full address", show=False),
            Key("p", "paste_field", "paste", "Go to the field for pasting", show=False),
            Key("d", "device", "get a code", "Ask for a device code", show=False),
            Key("D", "copy('device')", "copy the address", "Copy the device code's address",
                show=False),
            Key("Q", "qr", "QR code", "Show the code as a QR code", show=False),
            Key("t", "extend", "More time", "Wait five minutes longer"),
            Key("y", "approve", "Approve (sandbox)", "Approve, in the sandbox"),
            Key("x", "cancel", "Cancel", "Cancel this sign-in"),
            Key("escape", "leave_field", "Leave the field", "Leave the field"),
            Key("q", "app.quit", "Quit", "Quit"),
        ),
        # As on every screen, where there is no field to leave.
        Binding("escape", "clear_message", "Close the message", show=False, id="clear"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    SignInScreen #headline { height: 1; margin: 0 1; }
    SignInScreen #headline-words { width: 1fr; height: 1; text-wrap: nowrap;
        text-overflow: ellipsis; }
    SignInScreen #time-left { width: auto; height: 1; text-style: bold; margin: 0 0 0 2; }
    SignInScreen #idle-panel { width: 76; max-width: 100%; padding: 1 2; }
    SignInScreen.-short #idle-panel { padding: 0 1; }
    SignInScreen #idle { width: 100%; }
    SignInScreen #below, SignInScreen #progress { height: auto; }
    SignInScreen #progress { width: 2fr; }
    SignInScreen #progress StaticText { width: 100%; margin: 0 1; color: $muted; }
    SignInScreen StepLine { margin: 0 1; }
    SignInScreen #qr { width: 1fr; height: 18; margin: 0 0 0 2; }
    SignInScreen.-idle #page { align: center middle; }
    SignInScreen.-idle #below { width: 76; max-width: 100%; }
    SignInScreen.-roomy #headline { margin: 1 1; }
    SignInScreen.-roomy #below { margin: 1 0; }
    SignInScreen.-roomy.-cards StepLine { margin: 0 1 1 1; }
    SignInScreen.-roomy.-cards #page, SignInScreen.-roomy.-pair #page { align-vertical: middle; }
    SignInScreen.-roomy.-cards #happening { margin: 0 1 1 1; }
    SignInScreen #facts-panel { margin: 1 0 0 0; padding: 0 2; }
    SignInScreen.-idle.-roomy.-cards #idle-panel, SignInScreen.-idle.-roomy.-cards #below {
        width: 100;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.progress = Progress()
        self._attempt: Retrieval | None = None
        self._begun_for: AutoRefresh | None = None
        """Identifies the profile for which the attempt was begun."""
        self._begun_with: object = None
        self._minting = False
        self._hint_at: datetime | None = None
        self._port_free = asyncio.Event()
        self._port_free.set()

    @property
    def running(self) -> bool:
        """Whether an attempt waits for a response, or exchanges the code."""
        return self._attempt is not None

    def content(self) -> Iterable[Widget]:
        with Horizontal(id="headline"):
            yield StaticText(id="headline-words")
            yield StaticText(id="time-left")
        yield Cards(self.session.surroundings)
        with Panel("Sign in", id="idle-panel"):
            yield StaticText(id="idle")
        with Horizontal(id="below"):
            with Vertical(id="progress"):
                yield StepLine(id="steps")
                yield StaticText(id="happening")
                yield StaticText(id="notes")
                yield Panel("This sign-in", Facts(_FACTS, id="facts"), id="facts-panel")
            yield StaticText(id="qr")

    @property
    def _cards(self) -> Cards:
        return self.query_one(Cards)

    def on_mount(self) -> None:
        self._show()

    def on_screen_resume(self) -> None:
        if self.session.auto_refresh.stored is None and self.session.current.is_configured:
            self.action_begin()
        self.on_token_changed()

    def on_token_changed(self) -> None:
        if not self.running:
            self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        """Show the cards while an attempt runs, else :func:`idle_text`."""
        if not self.query("#idle"):
            return  # not composed yet, or already removed
        running, progress, size = self.running, self.progress, self.app.size
        roomy = size.height >= _ROOMY_MIN_HEIGHT
        large = size.width >= _LARGE_FROM[0] and size.height >= _LARGE_FROM[1]
        signs_in = self.session.settings[KIND] != SERVICE_APP  # whose token takes no sign-in
        visible = {
            "#headline": running,
            "#cards": running,
            "#idle-panel": not running,
            "#steps": running or (progress.failed is not None and progress.has_begun),
            "#happening": running and roomy,
            "#notes": running and progress.not_listening is None,
            "#facts-panel": large and signs_in and self.session.current.is_configured,
            # Its place is reserved before there is a code; elsewhere a key shows it.
            "#qr": running and large,
        }
        for name, is_visible in visible.items():
            self.query_one(name).display = is_visible
        self.set_class(not running, "-idle")
        self.query_one(StepLine).show(shown_steps(progress))
        for name, fact in sign_in_facts(self.session).items():
            self.query_one(Facts).set_fact(name, fact)
        if running:
            self._show_attempt(progress, roomy=roomy)
        else:
            self._show_idle(progress.failed)
        self.refresh_bindings()

    def _show_attempt(self, progress: Progress, *, roomy: bool) -> None:
        self._cards.show(progress)
        happening, code = progress_sentence(progress), self.query_one("#qr", StaticText)
        self.query_one("#headline-words", StaticText).show(
            headline(progress) if roomy else happening
        )
        self.query_one("#happening", StaticText).reshape(happening)
        if code.display:
            code.reshape(Content("\n").join(qr_code(progress.qr_address)))

    def _show_idle(self, failed: steps.Ended | None) -> None:
        self.query_one("#idle", StaticText).reshape(idle_text(self.session, failed))
        ended = Content.styled(f"✗ {failed.end.value}", "bold $over") if failed else ""
        self.query_one("#idle-panel", Panel).show_right(ended)

    def _reset(self, error: WtrError | None = None) -> None:
        """Reset the progress; ``error`` is why no attempt could begin, or why it failed."""
        self.progress = Progress()
        if error is not None:
            ended = steps.Ended(steps.End.FAILED, error.message, error.hint, error.exit_code)
            self.progress = Progress(last=ended)
        self._show()

    def on_settings_changed(self) -> None:
        super().on_settings_changed()
        if self.running and _sign_in_settings(self.session.settings) != self._begun_with:
            self._begin_again()

    @work(group="again", exclusive=True)
    async def _begin_again(self) -> None:
        """Replace the attempt by one with the changed settings."""
        await self.close_attempt()
        if self.running:
            return  # it is exchanging the code, and ends by itself
        self.action_begin()
        if self.running:
            self.show_message("The settings have changed, so this sign-in has begun anew.")

    def on_profile_changed(self) -> None:
        self._reset()
        super().on_profile_changed()

    def action_begin(self) -> None:
        if self.running or self._minting:
            return
        # The file may have been corrected in an editor since it was read.
        self.session.current.load_settings()
        if not self.session.current.is_configured:
            self._show()
            return
        asked = foreign_token_question(self.session)
        if asked is None:
            self._begin()
        else:
            from wtr_tui.tui.screens.dialogs import ConfirmDialog

            self.app.push_screen(ConfirmDialog(*asked), lambda ok: self._begin() if ok else None)

    def _begin(self) -> None:
        from wtr_tui.oauth import proxies
        from wtr_tui.retrieval import Retrieval

        session = self.session
        if not self.program.fetch_secret():
            return
        if session.settings[KIND] == SERVICE_APP:
            self._begun_for = session.auto_refresh
            self._mint()
            return
        try:
            self._attempt = Retrieval(
                session.profile, session.settings, session.client(), now=session.now
            )
        except WtrError as error:
            self._reset(error)
            return
        self._begun_for = session.auto_refresh
        self._begun_with = _sign_in_settings(session.settings)
        self._hint_at = session.now() + _HINT_AFTER
        self.progress = Progress()
        self._port_free.clear()
        warnings = (proxies.warning(session.environ), *session.settings.warnings)
        self.show_message(" ".join(filter(None, warnings)), Tone.WARN)
        self._cards.begin(self._attempt)
        port = self._attempt.redirect_uri.port
        notes = _APPROVES if session.demo else forwarding_notes(session.surroundings, port)
        self.query_one("#notes", StaticText).reshape(with_keys(notes))
        self._show()
        self.set_focus(None)
        self.on_second(session.now())
        self._run_attempt(self._attempt)

    @work(group="retrieval", exclusive=True)
    async def _run_attempt(self, attempt: Retrieval) -> None:
        stream = attempt.run()
        try:
            async for step in stream:
                self._handle_step(step)
        finally:
            self._attempt = None
            await stream.aclose()
            self._port_free.set()
            if self.is_attached:
                self._show()

    @work(group="retrieval", exclusive=True)
    async def _mint(self) -> None:
        """Get the token of a service app, which takes no sign-in."""
        session = self.session
        profile, settings = session.profile, session.settings
        self._minting = True
        self._reset()
        self.show_message(f"Minting a token through the profile {settings[THROUGH]} …")
        try:
            with session.client() as client:
                obtained = await in_thread(
                    lambda: tokens.mint(profile, settings, client=client, now=session.now)
                )
        except NotSaved as error:
            self._handle_step(steps.SignedInUnsaved(error, steps.Method.MINTED))
        except WtrError as error:
            if session.auto_refresh is self._begun_for:
                self.show_message("")
                self._reset(error)
        else:
            self._handle_step(steps.SignedIn(obtained.token, steps.Method.MINTED))
        finally:
            self._minting = False
            if self.is_attached:
                self._show()

    async def close_attempt(self) -> None:
        """Cancel a running attempt and wait until its port is free."""
        if self._attempt is not None:
            self._attempt.cancel()
            try:
                # Not for an exchange in flight: it ends on its own thread.
                seconds = 0.2 if shutdown.is_deferred() else 1.0
                await asyncio.wait_for(self._port_free.wait(), seconds)
            except asyncio.TimeoutError:
                return

    def _handle_step(self, step: Step) -> None:
        session = self.session
        self.progress = self.progress.after(step)
        if isinstance(step, steps.LAST_STEPS):
            self.program.close_dialog()  # the QR code makes way
            self.program.close_plain_page()
        message = step_message(step)
        match step:
            case steps.SignedIn() | steps.SignedInUnsaved():
                self._handle_token(step)
            case steps.OtherAccount():
                from wtr_tui.tui.screens.dialogs import OtherAccountDialog

                if session.auto_refresh is self._begun_for:  # else that profile's next start asks
                    self.app.push_screen(
                        OtherAccountDialog(session, step.put_aside, step.account, step.before)
                    )
            case steps.Listening():
                opens = session.surroundings.should_open_browser(session.settings[BROWSER])
                if opens and not session.demo:
                    self.action_open()
            case _ if message is not None:
                self.show_message(*message)
        self._show()

    def _handle_token(self, step: steps.SignedIn | steps.SignedInUnsaved) -> None:
        session = self.session
        if session.auto_refresh is not self._begun_for:
            return  # the user has switched profiles; the token is saved for the former one
        if isinstance(step, steps.SignedIn):
            session.auto_refresh.stopped = ""
            session.auto_refresh.look(session.now())
        else:
            session.auto_refresh.keep_unsaved(
                StoredToken(session.settings.app_id, step.token, session.settings.base_url)
            )
        self.show_message("")
        self.program.token_changed()
        self.program.go("token")
        # At once, too: the token view may still show a message on the token before.
        self.program.show_message("")
        message = step_message(step)
        if message is not None:
            self.call_after_refresh(self.program.show_message, *message)

    def unsaved_work(self) -> str:
        is_below = self.program.full_screen is not self  # else the user sees that it waits
        return "A sign-in waits for its answer." if self.running and is_below else ""

    def defers_settings_reload(self) -> bool:
        return self.running  # changed ones would restart it while the user agrees in a browser

    def on_second(self, now: datetime) -> None:
        attempt = self._attempt
        if attempt is None:
            return
        left = clock.countdown(attempt.deadline - now)
        self.query_one("#time-left", StaticText).fit(f"{left} left")
        if self._hint_at is not None and now > self._hint_at and self.progress.arrived:
            self._hint_at = None
            self.show_message(error_page_hint(attempt.redirect_uri.text), Tone.WARN)

    @work(group="browser", exclusive=True)
    async def _open(self, url: str) -> None:
        session = self.session
        launch = await in_thread(
            lambda: browser.open_browser(url, session.environ, session.surroundings)
        )
        if not self.progress.arrived and self.running:
            self.progress = replace(self.progress, launch=launch)
            self._show()

    def on_paste(self, event: events.Paste) -> None:
        """Submit what is pasted outside the field: there is only one."""
        if self.running and self.focused is None:
            event.stop()
            self._submit_pasted(event.text)

    @on(Input.Submitted)
    def _pasted_entered(self, event: Input.Submitted) -> None:
        self._submit_pasted(event.value)

    def _submit_pasted(self, text: str) -> None:
        if self._attempt is None or not text.strip():
            return
        refusal = self._attempt.paste(text)
        if refusal:
            self.show_message(refusal, Tone.BAD)
        else:
            self._cards.pasted.value = ""
            self.set_focus(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "leave_field":
            return self.focused is not None
        return action_state(
            "-".join((action, *map(str, parameters))),
            self.progress,
            running=self.running,
            ready=self.session.current.is_configured and not self._minting,
            sandbox=self.session.demo is not None,
        )

    def action_open(self) -> None:
        if self._attempt is not None and self.progress.listening is not None:
            # Not the address that is shown: other users can read a browser's command line.
            self._open(self._attempt.launch_url())

    def action_copy(self, what: str) -> None:
        """Copy ``what``: the part behind ``copy-`` in the name of the action."""
        attempt, listening, code = self._attempt, self.progress.listening, self.progress.device_code
        if attempt is None:
            return
        ssh_line = self.session.surroundings.forward_command(attempt.redirect_uri.port)
        device = "the redirect URIs", "\n".join(self.progress.device_redirect_uris)
        if code is not None:
            device = "the address", code.verification_uri_complete or code.verification_uri
        named, text = {
            "start": ("the start address", listening.start_url if listening else ""),
            "forward": ("the ssh line", ssh_line),
            "full": ("the full address", attempt.authorize_url),
            "device": device,
        }[what]
        otherwise = "type it as it stands above"
        if what == "full":
            otherwise = f"press {key('print-full', 'w')} to show the address in full"
        self.program.copy(text, named, otherwise=otherwise)

    def action_print_full(self) -> None:
        if self._attempt is not None:
            self.program.show_plain_page("The full Webex address", self._attempt.authorize_url)

    def action_paste_field(self) -> None:
        self._cards.pasted.focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)
        self.action_clear_message()

    def action_device(self) -> None:
        if self._attempt is not None:
            self._attempt.request_device_code()
            self.progress = replace(self.progress, device=None, device_asked=True)
            self._show()
            # Stacked below the other cards it may be out of sight.
            self.call_after_refresh(self.query_one("#device").scroll_visible, animate=False)

    def action_qr(self) -> None:
        from wtr_tui.tui.screens.dialogs import ListDialog

        lines = qr_code(self.progress.qr_address)
        rows, columns = len(lines) + _AROUND_QR, len(lines[0]) + _AROUND_QR
        if rows <= self.app.size.height and columns <= self.app.size.width:
            self.app.push_screen(ListDialog("Device code", lines))
        else:  # a part of it would be useless
            self.show_message(f"The QR code needs {columns} columns and {rows} lines.", Tone.WARN)

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
        """Approve as the user would in a browser, in the sandbox only."""
        attempt, demo = self._attempt, self.session.demo
        if demo is None or attempt is None:
            return
        if self.progress.listening is not None:
            url = self.progress.listening.start_url
            await in_thread(lambda: demo.approve(url))
        else:
            url = attempt.authorize_url
            self._submit_pasted(await in_thread(lambda: demo.approved_address(url)))


def _sign_in_settings(settings: Settings) -> object:
    """Return the settings that affect a sign-in, to be compared."""
    return (
        *(settings.app_id, settings.secret, settings.scopes, settings.redirect_uri),
        *(settings.base_url, settings.ca_file, settings[KIND]),
    )


def action_state(
    action: str, progress: Progress, *, running: bool, ready: bool, sandbox: bool
) -> bool | None:
    """Return whether an action is available, as ``check_action`` does; None dims its key.

    ``ready``: the settings are complete; ``running``: an attempt runs.
    """
    if action == "begin":
        return not running and (ready or None)
    listening = progress.not_listening is None and (progress.listening is not None or None)
    of_an_attempt = {
        **dict.fromkeys(("open", "copy-start", "copy-forward"), listening),
        **dict.fromkeys(("copy-full", "print_full", "paste_field"), True),
        **dict.fromkeys(("device", "extend", "cancel"), True),
        "copy-device": bool(progress.device_code or progress.device_redirect_uris),
        "qr": bool(progress.qr_address),
        "approve": sandbox,
    }
    return action not in of_an_attempt or (running and of_an_attempt[action])


# Texts.


_MAX_SCOPES = 12


def sign_in_facts(session: Session) -> dict[str, str]:
    """Return what the sign-in requests from Webex, and what becomes of the token."""
    settings = session.settings
    kept = "auto-refresh is off"
    if settings[AUTO_REFRESH]:
        kept = "auto-refresh keeps it valid while this program is open"
    more = len(settings.scopes) - _MAX_SCOPES
    hidden = [f"{more} more, see {key('go-settings', 'f4')}"] if more > 0 else []
    return {
        "App ID": settings.app_id,
        "Redirect URI": f"{settings.redirect_uri} · the integration must have exactly this one",
        "Scopes": " · ".join([*settings.scopes[:_MAX_SCOPES], *hidden]),
        "Account": settings[ACCOUNT] and f"{settings[ACCOUNT]} · another one is asked about first",
        "Saved to": with_tilde(str(session.profile.token_path), session.environ),
        "After that": f"{kept} · wtr token prints it for scripts",
    }


def step_message(step: steps.Step) -> tuple[str, Tone] | None:
    """Return the message for a step, if any; see :func:`idle_text` for why an attempt failed."""
    match step:
        case steps.Noticed(message):
            return message, Tone.WARN
        case steps.SignedIn():
            return _signed_in_sentence(step), Tone.GOOD
        case steps.SignedInUnsaved():
            then = with_keys("{save:s} tries again; {copy:c} copies it meanwhile.")
            return f"NOT SAVED: {step.error.message} {step.error.hint} {then}", Tone.BAD
        case steps.Ended(steps.End.CANCELLED, message):
            return f"{message} {begin_key()} tries again.", Tone.PLAIN
        case steps.Ended():
            return "", Tone.PLAIN
    return None


def _signed_in_sentence(step: steps.SignedIn) -> str:
    """Return who was signed in, until when, and what to do next."""
    who = f" as {step.account.label}" if step.account.is_known else ""
    ends = step.token.expires_at
    until = f" The token is saved and good until {clock.local(ends)}" if ends else " It is saved"
    kept = f" The other App ID's token is kept in {step.kept_aside}." if step.kept_aside else ""
    copies = f"{key('copy', 'c')} copies it."
    return f"Signed in {step.method.value}{who}.{until}; {copies}{kept}"


def idle_text(session: Session, failed: steps.Ended | None = None) -> Content:
    """Return what is shown while no attempt runs: why the last one ``failed``, the state of the
    token, and what can be done."""
    used, stored = session.current, session.auto_refresh.stored
    reasons: list[Content] = []
    if used.is_configured:
        if stored is not None and failed is None:
            reasons = _sign_in_reasons(session, stored.token)
        token = _token_sentence(session, stored) if stored is not None else ""
        effect = _AGAIN if failed else _begin_effect(session, "" if reasons else _FOR_EXAMPLE)
        sentences = [token, f"{begin_key()} {effect}"]
    else:
        unusable = "" if failed else "The settings cannot be used yet."
        sentences = [unusable, "{go-settings:f4} opens them and shows what is missing or wrong."]
    if failed is not None:
        why = Content.styled(f"✗ {printable(failed.message)}", "$over")
        reasons = [why, Content(printable(failed.hint))]
    parts = [*reasons, *(Content(printable(with_keys(each))) for each in sentences)]
    return Content("\n\n").join(part for part in parts if part)


_AGAIN = "tries again. {go-settings:f4} opens the settings, {go-check:f6} checks all there is."


def _sign_in_reasons(session: Session, token: Token) -> list[Content]:
    """Return why a sign-in is needed, now or soon."""
    auto_refresh, now = session.auto_refresh, session.now()
    if auto_refresh.is_foreign or session.settings.can_mint:
        return []
    found = []
    for each in token_state.token_problems(token, auto_refresh.recorded, now):
        can_wait = isinstance(each, NoRefreshToken) and token.is_valid(now)
        found.append((each.message, Tone.WARN if can_wait else Tone.BAD))
    if soon := token_state.sign_in_soon(auto_refresh.recorded, token, session.settings, now):
        found.append((soon, Tone.WARN))
    return [Content.styled(f"{tone.sign} {printable(why)}", tone.colour) for why, tone in found]


_FOR_EXAMPLE = ", for example after the scopes have changed"
_APPROVES = "In this sandbox {approve:y} approves, as you would in a browser."


def _begin_effect(session: Session, why: str) -> str:
    """Return what Enter does."""
    if session.settings[KIND] == SERVICE_APP:
        return f"mints a token of the service app through the profile {session.settings[THROUGH]}."
    if session.demo:
        return f"signs in. {_APPROVES}"
    if session.auto_refresh.stored is None:
        return "signs in to Webex."
    return f"signs in again{why}. The token you have stays until the new one is saved."


def _token_sentence(session: Session, stored: StoredToken) -> str:
    state = shown_state(session.current, session.now())
    have = f"You have a token{f' of {stored.account.label}' if stored.account.is_known else ''}"
    how, ends = f": {state.meaning.sign} {state.word}", stored.token.expires_at
    is_valid = stored.token.is_valid(session.now())
    useless = is_valid and unusable_reason(session.current, stored.token, session.now())
    if ends is not None and not useless and state.kind is not TokenState.FOREIGN:
        how = f", {'good until' if is_valid else 'expired'} {clock.local(ends)}"
    return f"{have}{how}; {{go-token:f2}} shows it."


def foreign_token_question(session: Session) -> tuple[str, str] | None:
    """Return a notice and a question for before a sign-in that replaces a token of another App ID
    or base URL; None where there is nothing to ask."""
    auto_refresh = session.auto_refresh
    if not auto_refresh.is_foreign or auto_refresh.stored is None:
        return None
    whose = f"belongs to another App ID ({auto_refresh.stored.app_id[:12]}…)"
    if auto_refresh.other_base_url:
        if session.settings.base_url_place.startswith("$"):
            return None  # the sign-in is refused, and says why
        whose = f"came from another base URL ({cleaned(auto_refresh.other_base_url, 60)})"
    kept = "It is not lost: it is kept in a file of its own."
    return f"The stored token {whose}. {kept}", "Sign in with what the settings say?"


def error_page_hint(redirect_uri: str) -> str:
    """Return a hint for when no redirect arrives: Webex shows such errors only in the browser."""
    return (
        "Does Webex show an error page? Then check the App ID, and that exactly this redirect URI"
        f" is registered with the integration: {redirect_uri}"
    )
