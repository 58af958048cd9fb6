"""What the sign-in says on its screen, step by step (pure)."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from wtr_tui import steps
from wtr_tui.host.surroundings import Surroundings
from wtr_tui.steps import Step
from wtr_tui.tui.widgets.message_line import Tone

WAITING, ACTIVE, DONE, OFF = "○", "●", "✓", "✗"

HELP = (
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

AT_FIRST = {
    "listening": f"{WAITING} Starting to listen",
    "browser": f"{ACTIVE} Sign in to Webex in your browser",
    "device": "No redirect at all: d gets a device code.",
    "exchange": f"{WAITING} Exchange the code   {WAITING} Save the token",
}
"""The lines of the screen, by their names, when an attempt begins."""

ASKING_FOR_DEVICE_CODE = f"{WAITING} Asking Webex for a device code …"


def lines(step: Step, port: int) -> dict[str, str]:
    """The lines that a step changes, by their names. ``port`` is the one of the redirect URI."""
    if isinstance(step, steps.Listening):
        where = " and ".join(step.addresses)
        return {"listening": f"{DONE} Listening on port {step.port} of this machine ({where})"}
    if isinstance(step, steps.NotListening):
        return {"listening": f"{OFF} Not listening on port {port}; x and Enter try again"}
    if isinstance(step, steps.BrowserArrived):
        sentence = "Your browser reached us and was sent to Webex; waiting for its answer"
        return {"browser": f"{ACTIVE} {sentence}"}
    if isinstance(step, steps.Exchanging):
        return {
            "browser": f"{DONE} Signed in {step.way.value}",
            "exchange": f"{ACTIVE} Exchanging the code   {WAITING} Save the token",
        }
    if isinstance(step, steps.DeviceCodeReady):
        granted = step.authorization
        sentence = (
            f"Enter the code {granted.user_code} at {granted.verification_uri} on any machine"
            f" (until {granted.expires_at.astimezone():%H:%M:%S})"
        )
        return {"device": f"{ACTIVE} {sentence}"}
    if isinstance(step, steps.DeviceCodeOver):
        return {"device": f"{WAITING} {step.sentence} d gets another one."}
    if isinstance(step, steps.DeviceCodeRefused):
        return {"device": f"{OFF} {step.sentence}"}
    return {}


def message(step: Step) -> tuple[str, Tone] | None:
    """What a step says in the line for messages, if anything."""
    if isinstance(step, steps.NotListening):
        return f"{step.sentence} {step.advice}", Tone.WARN
    if isinstance(step, steps.Noticed):
        count = f" ({step.count} so far)" if step.count > 1 else ""
        return f"{step.sentence}{count}", Tone.WARN
    if isinstance(step, steps.SignedIn):
        kept = f" The other App ID's token is kept in {step.kept_aside}." if step.kept_aside else ""
        return f"Signed in {step.way.value}; the token is saved. c copies it.{kept}", Tone.GOOD
    if isinstance(step, steps.NotSaved):
        return (
            f"NOT SAVED: {step.sentence} {step.advice} s tries again; c copies it meanwhile.",
            Tone.BAD,
        )
    if isinstance(step, steps.Ended):
        tone = Tone.PLAIN if step.end is steps.End.CANCELLED else Tone.BAD
        return f"{step.sentence} {step.advice} Enter tries again.".replace("  ", " "), tone
    return None


def idle(*, ready: bool, has_token: bool) -> str:
    """What the screen says while no attempt runs."""
    if not ready:
        return "The settings are not complete yet.\n\nF4 opens them; what is missing is marked."
    if has_token:
        return (
            "You have a token (F2 shows it).\n\nEnter signs in again, for example after the"
            " scopes have changed. The token you have stays until the new one is saved."
        )
    return "Enter signs in to Webex."


def no_answer_yet(redirect_uri: str) -> str:
    """When Webex was reached, but sends nobody back: it shows its reason to the browser alone."""
    return (
        "If Webex shows an error page, check the App ID, and that the integration has"
        f" exactly this redirect URI: {redirect_uri}"
    )


def forward_lead(surroundings: Surroundings) -> str:
    """What stands above the ssh line."""
    if surroundings.remote:
        return "On your own machine, forward the port, then open the address below there:"
    return "Browser on another machine? Forward the port there, then open the address above:"


def forward_notes(surroundings: Surroundings, port: int) -> str:
    """What the ssh line cannot know, and the way without another ssh."""
    if not surroundings.remote:
        return ""
    within = surroundings.escape_line(port)
    # What ssh prints in between stays on the screen until something is painted over it.
    repaint = "^L then repaints this screen." if within else ""
    return " ".join(filter(None, (surroundings.forward_note(), within, repaint)))


def paste_lead(authorize_url: str) -> Content:
    """What stands above the field for the pasted address; the address itself is a link."""
    return Content.assemble(
        "Without forwarding: open the ",
        Content.styled("full address", Style(link=authorize_url)),
        " anywhere (u), and paste where the browser ended; its “cannot connect” page is expected:",
    )
