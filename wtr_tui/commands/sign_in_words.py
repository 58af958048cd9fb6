"""The steps of a sign-in as lines on a terminal (pure, but for the QR code)."""

from __future__ import annotations

import io

from wtr_tui.commands.output import program_name, say
from wtr_tui.environment.surroundings import Surroundings
from wtr_tui.oauth import steps
from wtr_tui.oauth.device import DeviceAuthorization
from wtr_tui.text import cleaned


def lines(
    step: steps.Step, here: Surroundings, authorize_url: str, *, can_paste: bool
) -> list[str]:
    """What to print for one step. The last steps have words of their own, but for Ended.

    ``authorize_url`` holds the state: it is only shown where a person can paste the answer.
    """
    if isinstance(step, steps.Listening):
        return _ways(step, here) + (_paste_way(authorize_url) if can_paste else [])
    if isinstance(step, steps.NotListening):
        return [
            f"{step.message} {step.hint}".rstrip(),
            *(_paste_way(authorize_url) if can_paste else []),
        ]
    if isinstance(step, steps.BrowserArrived):
        return ["A browser arrived and was sent to Webex."]
    if isinstance(step, steps.StartAddressClosed):
        advice = (
            "Sign in with the other address above, or end this with Ctrl+C and start again."
            if can_paste
            else "If no browser has been sent to Webex yet, start again; --device asks for a code"
            " that needs no address here."
        )
        return [
            f"{program_name()}: The start address is closed: {step.guesses} wrong ones were asked"
            f" for, by a program that can reach this port. {advice}"
        ]
    if isinstance(step, steps.LaunchAddressReused):
        return [_REUSED] if steps.worth_telling(step.count) else []
    if isinstance(step, steps.Noticed):
        return [step.message] if steps.worth_telling(step.count) else []
    if isinstance(step, steps.DeviceCodeReady):
        return _device_code(step.authorization)
    if isinstance(step, steps.DeviceCodeOver):
        return [step.message]
    if isinstance(step, steps.DeviceCodeRefused):
        return [f"{step.message} {step.hint}".rstrip()]
    if isinstance(step, steps.Exchanging):
        return ["The answer is here; exchanging it for a token."]
    if isinstance(step, steps.Ended):
        return [f"wtr: {step.message} {step.hint}".rstrip()]
    return []


_REUSED = (
    "wtr: The address that the browser was started with was opened a second time. If you did not"
    " reload it, somebody else on this machine may have opened it first, and may try to sign you in"
    " as himself: end this with Ctrl+C and start again, with --no-browser."
)


def _ways(step: steps.Listening, here: Surroundings) -> list[str]:
    sign_in = ["Sign in to Webex in your browser:", f"  {step.start_url}"]
    forward = [
        "Your browser is on another machine? Forward the port from there:",
        f"  {here.forward_command(step.port)}",
        f"  {here.forward_note()}",
    ]
    escape = here.escape_line(step.port)
    if escape:
        forward.append(f"  {escape}")
    if not here.remote:
        return sign_in + forward
    # The start address is of no use over there before the port is forwarded.
    return [
        f"You are {here.words()}: your browser is on another machine.",
        "Forward the port from there, then open the address in your browser:",
        *forward[1:],
        f"  {step.start_url}",
    ]


def _paste_way(authorize_url: str) -> list[str]:
    return [
        "Or, without forwarding, open this address and paste here where the browser ends",
        '(its "cannot connect" page is expected):',
        f"  {authorize_url}",
    ]


def _device_code(authorization: DeviceAuthorization) -> list[str]:
    return [
        f"Or enter the code {authorization.user_code} at {authorization.verification_uri}"
        f" on any machine, until {authorization.expires_at.astimezone():%H:%M:%S}.",
    ]


def print_qr_code(authorization: DeviceAuthorization) -> None:
    """The address with the code in it, for a phone, on standard error."""
    address = authorization.verification_uri_complete
    if address is None:
        return
    import segno

    code = segno.make(cleaned(address, 2_000), error="l", micro=False)
    drawn = io.StringIO()
    code.terminal(out=drawn, border=1, compact=True)
    say(drawn.getvalue())
