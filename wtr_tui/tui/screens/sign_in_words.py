"""What is known of a sign-in, and what its screen says of it (pure).

:class:`Progress` is taken from the steps of the sign-in; what is shown is decided from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wtr_tui import clock
from wtr_tui.model import StoredToken
from wtr_tui.oauth import steps
from wtr_tui.oauth.device import DeviceAuthorization
from wtr_tui.oauth.steps import Method
from wtr_tui.storage.settings_table import KIND, SERVICE_APP, THROUGH
from wtr_tui.text import cleaned
from wtr_tui.tokens import TokenState
from wtr_tui.tui.keys import key, spelled
from wtr_tui.tui.session import Session
from wtr_tui.tui.state import state_of
from wtr_tui.tui.widgets.message_line import Tone
from wtr_tui.tui.widgets.steps import Step, StepState

DeviceStep = steps.DeviceCodeReady | steps.DeviceCodeOver | steps.DeviceCodeRefused


@dataclass(frozen=True)
class Progress:
    """What is known of an attempt: where it stands, and what each method needs to show."""

    listening: steps.Listening | None = None
    not_listening: steps.NotListening | None = None
    arrived: bool = False
    """A browser opened the start address."""
    exchanging: Method | None = None
    device_asked: bool = False
    device: DeviceStep | None = None
    launch: str = ""
    """What became of opening a browser here, in a sentence."""
    last: steps.Step | None = None
    """The step that ended the attempt."""

    def after(self, step: steps.Step) -> Progress:
        """What is known once this step has happened."""
        match step:
            case steps.Listening():
                return replace(self, listening=step)
            case steps.NotListening():
                return replace(self, not_listening=step)
            case steps.BrowserArrived():
                return replace(self, arrived=True)
            case steps.Exchanging():
                return replace(self, exchanging=step.method)
            case steps.DeviceCodeReady() | steps.DeviceCodeOver() | steps.DeviceCodeRefused():
                return replace(self, device=step, device_asked=False)
            case steps.SignedIn() | steps.SignedInUnsaved() | steps.OtherAccount() | steps.Ended():
                return replace(self, last=step)
        return self

    @property
    def device_code(self) -> DeviceAuthorization | None:
        """The code that can be entered now."""
        if self.device_asked or not isinstance(self.device, steps.DeviceCodeReady):
            return None
        return self.device.authorization

    @property
    def device_redirect_uris(self) -> tuple[str, ...]:
        """Those that the integration lacks for a device code."""
        if self.device_asked or not isinstance(self.device, steps.DeviceCodeRefused):
            return ()
        return self.device.redirect_uris


def headline(progress: Progress) -> str:
    """How many methods there are."""
    if progress.not_listening is None:
        return "Three ways to sign in, all open; the first to answer wins."
    return "Two ways to sign in, both open; the first to answer wins."


def line_of_steps(progress: Progress) -> tuple[Step, ...]:
    """The steps of a sign-in, each with where it stands."""
    method, last = progress.exchanging, progress.last
    came = {
        Method.PASTE: ("address pasted", "pasted"),
        Method.DEVICE: ("device code entered", "code entered"),
    }.get(method or Method.REDIRECT, ("browser came by", "browser"))
    if isinstance(last, steps.SignedIn | steps.OtherAccount):
        reached = 4
    elif isinstance(last, steps.SignedInUnsaved):
        reached = 3
    elif method is not None:
        reached = 2
    else:
        reached = 1 if progress.arrived else 0
    failed = isinstance(last, steps.Ended | steps.SignedInUnsaved)
    words = (
        ("waiting for you", "waiting"),
        came,
        ("exchange the code", "exchange"),
        ("save the token", "save"),
    )
    now = StepState.FAILED if failed else StepState.NOW
    states = [StepState.DONE] * reached + [now] + [StepState.TO_COME] * 4
    return tuple(
        Step(text, state, short) for (text, short), state in zip(words, states, strict=False)
    )


def happening(progress: Progress) -> str:
    """What is going on, in a sentence: what happened in the browser, what is waited for."""
    if progress.exchanging is not None:
        return (
            f"The answer came {progress.exchanging.value}. Exchanging the code for the token,"
            " then saving it."
        )
    if progress.arrived:
        return "Your browser reached us and is at Webex now: sign in there and agree."
    if progress.listening is not None:
        where = " and ".join(progress.listening.addresses)
        return f"Listening on port {progress.listening.port} of this machine only ({where})."
    if progress.not_listening is None:
        return "Starting to listen"
    if progress.not_listening.is_elsewhere:
        return "Nothing is listened for: the redirect URI is elsewhere. Paste, or a device code."
    return f"Not listening. Paste, or a device code; {_x()}, then {_enter()} tries the port again."


def _enter() -> str:
    found = key("begin", "enter")
    return "Enter" if found == spelled("enter") else found


def _x() -> str:
    return key("cancel", "x")


def _c() -> str:
    return key("copy", "c")


def _f2() -> str:
    return key("go-token", "f2")


def message(step: steps.Step) -> tuple[str, Tone] | None:
    """What a step says in the line for messages, if anything."""
    match step:
        case steps.Noticed():
            count = f" ({step.count} so far)" if step.count > 1 else ""
            return f"{step.message}{count}", Tone.WARN
        case steps.StartAddressClosed():
            return (
                f"The start address is closed: {step.guesses} wrong ones were asked for, by a"
                f" program that can reach this port. Sign in with the full address"
                f" ({key('copy-full', 'u')} copies it), or cancel ({_x()}) and begin again.",
                Tone.WARN,
            )
        case steps.LaunchAddressReused():
            return (
                "The address that the browser was started with was opened a second time. If you"
                " did not reload it, somebody else on this machine may have opened it first:"
                f" cancel ({_x()}), and begin again with the address shown here.",
                Tone.WARN,
            )
        case steps.SignedIn():
            return _signed_in(step), Tone.GOOD
        case steps.SignedInUnsaved():
            return (
                f"NOT SAVED: {step.error.message} {step.error.hint} {key('save', 's')} tries again;"
                f" {_c()} copies it meanwhile.",
                Tone.BAD,
            )
        case steps.Ended():
            tone = Tone.PLAIN if step.end is steps.End.CANCELLED else Tone.BAD
            sentences = (step.message, step.hint, f"{_enter()} tries again.")
            return " ".join(filter(None, sentences)), tone
    return None


def _signed_in(step: steps.SignedIn) -> str:
    """Who was signed in, until when, and where to go on."""
    who = f" as {step.account.named}" if step.account.known else ""
    ends = step.token.expires_at
    until = f" The token is saved and good until {clock.local(ends)}" if ends else " It is saved"
    kept = f" The other App ID's token is kept in {step.kept_aside}." if step.kept_aside else ""
    return f"Signed in {step.method.value}{who}.{until}; {_c()} copies it.{kept}"


def idle(session: Session) -> str:
    """What the screen says while no attempt runs: how it is, and what can be done."""
    if not session.ready:
        return (
            "The settings are not complete yet.\n\n"
            f"{key('go-settings', 'f4')} opens them and shows, step by step, what is missing."
        )
    stored = session.keeper.stored
    if session.settings[KIND] == SERVICE_APP:
        through = session.settings[THROUGH]
        begins = f"{_enter()} mints a token of the service app through the profile {through}."
    else:
        begins = (
            f"{_enter()} signs in to Webex."
            if stored is None
            else (
                f"{_enter()} signs in again, for example after the scopes have changed. The token"
                f" you"
                " have stays until the new one is saved."
            )
        )
    if stored is None:
        return begins
    return f"{_token_words(session, stored)}\n\n{begins}"


def _token_words(session: Session, stored: StoredToken) -> str:
    state = state_of(session, session.now())
    who = f" of {stored.account.named}" if stored.account.known else ""
    have = f"You have a token{who}"
    ends = stored.token.expires_at
    match state.kind:
        case TokenState.REFUSED:
            return f"{have}, but Webex refuses it: {state.meaning.sign} {state.word}."
        case TokenState.SIGN_IN_NEEDED:
            return f"{have} that cannot be refreshed: {state.meaning.sign} {state.word}."
        case TokenState.EXPIRED:
            return f"{have}, which has expired."
        case TokenState.VALID | TokenState.SOON if ends is not None:
            return f"{have}, good until {clock.local(ends)}; {_f2()} shows it."
    return f"{have}: {state.meaning.sign} {state.word}. {_f2()} shows it."


def another_app_id(app_id: str) -> str:
    """What is to be known before signing in beside the token of another App ID."""
    return (
        f"The stored token belongs to another App ID ({app_id[:12]}…)."
        " It is not lost: it is kept in a file of its own."
    )


def another_base_url(base_url: str) -> str:
    """What is to be known before signing in beside the token of another base URL."""
    return (
        f"The stored token came from {cleaned(base_url, 60)}, which is not the base URL of the"
        " settings. It is not lost: it is kept in a file of its own."
    )


def no_answer_yet(redirect_uri: str) -> str:
    """When Webex was reached, but sends nobody back: it shows its reason to the browser alone."""
    return (
        "Does Webex show an error page? Then check the App ID, and that exactly this redirect URI"
        f" is registered with the integration: {redirect_uri}"
    )
