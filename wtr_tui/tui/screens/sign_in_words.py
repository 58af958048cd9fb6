"""What the sign-in says on its screen, step by step (pure)."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth import steps
from wtr_tui.oauth.steps import Step
from wtr_tui.storage.settings import Settings
from wtr_tui.storage.settings_table import THROUGH
from wtr_tui.text import cleaned
from wtr_tui.tui.widgets.message_line import Tone

WAITING, ACTIVE, DONE, OFF = "○", "●", "✓", "✗"

HELP = (
    "Signing in: Webex asks you in a browser whether this program may act for you. Once you agree,"
    " Webex sends the browser to the redirect URI, where this program listens. There are four"
    " ways; all are open at once, and the first that answers counts:\n\n"
    "1. A browser on this machine opens the start address (o opens it).\n"
    "2. A browser on your own machine opens it (c copies it), after the ssh line has forwarded"
    " the port from there (f copies the line).\n"
    "3. Without forwarding: open the full address in any browser (u copies it), agree, and paste"
    " here the address the browser ends at, although its page says that it cannot connect.\n"
    "4. With a device code (d): enter a short code at Webex, on any machine.\n\n"
    "Whatever else arrives at the port is counted, told and turned away; it never ends the"
    " sign-in."
)

_OPEN = f"{ACTIVE} Open this address in your browser and agree:"
_OPEN_THEN = f"{ACTIVE} Then open this address in your browser there and agree:"


def at_first(surroundings: Surroundings) -> dict[str, str]:
    """The lines of the screen, by their names, when an attempt begins."""
    return {
        "listening": f"{WAITING} Starting to listen",
        "forward-lead": _forward_lead(surroundings),
        "browser": _OPEN_THEN if surroundings.remote else _OPEN,
        "device": "  With no redirect at all: d gets a code to enter at Webex, on any machine.",
        "exchange": f"{WAITING} Exchange the code for the token   {WAITING} Save the token",
    }


def _forward_lead(surroundings: Surroundings) -> str:
    if surroundings.remote:
        return f"{ACTIVE} On your own machine, forward the port:"
    return "  Is your browser on another machine? Forward the port from there first:"


_FORWARDED = {"forward-lead": f"{DONE} The port is forwarded:"}
_NOT_FORWARDED = {"forward-lead": "  On your own machine, forward the port:"}
ASKING_FOR_DEVICE_CODE = f"{WAITING} Asking Webex for a device code …"


def lines(step: Step, port: int, *, remote: bool) -> dict[str, str]:
    """The lines that a step changes, by their names, each with its sign in front.

    ``port`` is the one of the redirect URI; ``remote``: the browser is on another machine.
    """
    if isinstance(step, steps.Listening):
        where = " and ".join(step.addresses)
        return {"listening": f"{DONE} Listening on port {step.port} of this machine ({where})"}
    if isinstance(step, steps.NotListening):
        if step.is_elsewhere:
            return {"listening": f"{DONE} The redirect URI is elsewhere: paste where you end"}
        return {"listening": f"{OFF} Not listening on port {port}; x, then Enter tries again"}
    if isinstance(step, steps.BrowserArrived):
        sentence = "Your browser reached us and is at Webex now: sign in there and agree."
        return {"browser": f"{ACTIVE} {sentence}"} | (_FORWARDED if remote else {})
    if isinstance(step, steps.Exchanging):
        by_redirect = remote and step.method is steps.Method.REDIRECT
        forwarding = _FORWARDED if by_redirect else _NOT_FORWARDED if remote else {}
        return forwarding | {
            "browser": f"{DONE} The answer came {step.method.value}.",
            "exchange": f"{ACTIVE} Exchanging the code for the token   {WAITING} Save the token",
        }
    if isinstance(step, steps.DeviceCodeReady):
        granted = step.authorization
        sentence = (
            f"On any machine, enter the code {granted.user_code}"
            f" (until {granted.expires_at.astimezone():%H:%M:%S}) at {granted.verification_uri}"
        )
        return {"device": f"{ACTIVE} {sentence}"}
    if isinstance(step, steps.DeviceCodeOver):
        return {"device": f"{WAITING} {step.message} d gets another one."}
    if isinstance(step, steps.DeviceCodeRefused):
        return {"device": f"{OFF} {step.message}"}
    return {}


def message(step: Step) -> tuple[str, Tone] | None:
    """What a step says in the line for messages, if anything."""
    if isinstance(step, steps.NotListening):
        tone = Tone.PLAIN if step.is_elsewhere else Tone.WARN
        return f"{step.message} {step.hint}", tone
    if isinstance(step, steps.Noticed):
        count = f" ({step.count} so far)" if step.count > 1 else ""
        return f"{step.message}{count}", Tone.WARN
    if isinstance(step, steps.StartAddressClosed):
        return (
            f"The start address is closed: {step.guesses} wrong ones were asked for, by a program"
            " that can reach this port. Sign in with the full address (u copies it), or cancel (x)"
            " and begin again.",
            Tone.WARN,
        )
    if isinstance(step, steps.LaunchAddressReused):
        return (
            "The address that the browser was started with was opened a second time. If you did"
            " not reload it, somebody else on this machine may have opened it first: cancel (x),"
            " and begin again with the address shown here.",
            Tone.WARN,
        )
    if isinstance(step, steps.SignedIn):
        kept = f" The other App ID's token is kept in {step.kept_aside}." if step.kept_aside else ""
        who = f" as {step.account.named}" if step.account.known else ""
        return (
            f"Signed in {step.method.value}{who}; the token is saved. c copies it.{kept}",
            Tone.GOOD,
        )
    if isinstance(step, steps.SignedInUnsaved):
        return (
            f"NOT SAVED: {step.error.message} {step.error.hint} s tries again; c copies it"
            " meanwhile.",
            Tone.BAD,
        )
    if isinstance(step, steps.Ended):
        tone = Tone.PLAIN if step.end is steps.End.CANCELLED else Tone.BAD
        return f"{step.message} {step.hint} Enter tries again.".replace("  ", " "), tone
    return None


def launched(outcome: str) -> dict[str, str]:
    """The line that changes when a browser was asked to open here; ``outcome`` in a sentence."""
    return {"browser": f"{ACTIVE} Sign in at Webex in your browser and agree. {outcome}"}


def idle(*, ready: bool, has_token: bool) -> str:
    """What the screen says while no attempt runs."""
    if not ready:
        return (
            "The settings are not complete yet.\n\n"
            "F4 opens them and shows, step by step, what is missing."
        )
    if has_token:
        return (
            "You have a token; F2 shows it.\n\nEnter signs in again, for example after the"
            " scopes have changed. The token you have stays until the new one is saved."
        )
    return "Enter signs in to Webex."


def minting(settings: Settings) -> str:
    """What is said while a service app's token is asked for."""
    through = settings[THROUGH]
    return f"Minting a token of the service app through the profile {through} …"


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


def start_address(url: str) -> Content:
    """The address that begins the sign-in, as a link where the terminal knows links."""
    return Content.styled(url, Style(link=url))


def forward_notes(surroundings: Surroundings, port: int) -> str:
    """What the ssh line cannot know, and the way without another ssh."""
    if not surroundings.remote:
        return ""
    within = surroundings.escape_line(port)
    # What ssh prints in between stays on the screen until something is painted over it.
    repaint = "^L then repaints this screen." if within else ""
    return " ".join(filter(None, (surroundings.forward_note(), within, repaint)))


def paste_lead(authorize_url: str, *, listening: bool = True) -> Content:
    """What stands above the field for the pasted address; the address itself is a link."""
    return Content.assemble(
        "Without forwarding: open the " if listening else "Open the ",
        Content.styled("full address", Style(link=authorize_url)),
        " anywhere (u copies it), agree, and paste where the browser ended;"
        " its “cannot connect” page is expected:",
    )
