"""What the browser is shown: self-contained pages without script, and their headers."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from html import escape
from importlib import resources
from string import Template

from wtr_tui import ACCENT_ON_DARK, ACCENT_ON_LIGHT, MARK
from wtr_tui.oauth.authorization import NotOurs, Reason, Refused, error_text

# Base64, so that the page holds no address at all, not even the name of SVG.
_ICON = base64.b64encode(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32"'
    f' rx="8" fill="{ACCENT_ON_LIGHT}"/><path d="m8 10 6 6-6 6M17 22h7" fill="none" stroke="#fff"'
    ' stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>'.encode()
).decode("ascii")


class Mood(Enum):
    """How a page looks: its name is that of its colours, its value the drawing of its sign."""

    CALM = '<path d="m15.5 24.5 6 6 11.5-13"/>'
    QUIET = '<path d="m17 17 14 14M31 17 17 31"/>'
    BAD = '<path d="M24 14v12.5"/><path d="M24 33.4v.1"/>'
    BUSY = '<path d="M24 14v10l6.5 4"/>'
    ASIDE = (
        '<path d="M19 19.2c.4-3 2.4-4.7 5.2-4.7 2.9 0 5 1.8 5 4.5 0 4-5 4.2-5 8"/>'
        '<path d="M24 33.4v.1"/>'
    )


@dataclass(frozen=True)
class Outcome:
    """What a page says. All texts are plain; :func:`render` escapes them.

    ``prompt`` is the line in the little terminal, ``quoted`` what Webex said. Nothing here names
    the user or holds a secret: the last page can be fetched by any program on the machine.
    """

    mood: Mood
    title: str
    message: str
    prompt: str
    quoted: str = ""


SIGNED_IN = Outcome(
    Mood.CALM,
    "You are signed in",
    "Your token is waiting in the terminal. You can close this tab.",
    "signed in",
)
OTHER_ACCOUNT = Outcome(
    Mood.ASIDE,
    "Is this the right account?",
    "You signed in, perhaps not with the account that was expected. Nothing was replaced: look"
    " at the terminal. You can close this tab.",
    "signed in, not yet used",
)
"""The token was granted, but the terminal asks whether it is of the right account."""
PROCESSING = Outcome(
    Mood.BUSY,
    "Almost there",
    "Webex takes its time. The terminal shows how it ends; you can close this tab.",
    "exchanging the code",
)
"""The answer is being exchanged, and it takes longer than a browser should wait."""
EARLIER = Outcome(
    Mood.ASIDE,
    "This belongs to another sign-in",
    "It comes from an earlier attempt, or another answer came first. Look at the terminal:"
    " if it still waits, open the address shown there.",
    "nothing was done with it",
)
"""The answer of an attempt that is over, or has its answer already."""
OPENED_BEFORE = Outcome(
    Mood.ASIDE,
    "This address was opened before",
    "It leads to Webex once. If that was not you, somebody else on this machine was faster: cancel"
    " this sign-in, and begin again. If it was, go on in that tab, or open the address that the"
    " terminal shows.",
    "still waiting",
)
"""The address of a browser that the program started, opened once more."""


def declined(refused: Refused) -> Outcome:
    """Somebody said no at Webex, or Webex did."""
    if not refused.declined:
        lead = "Webex refused the sign-in. The terminal says what to do."
        return Outcome(Mood.BAD, "That did not work", lead, "no token", error_text(refused))
    title = "You declined"
    lead = "Nothing was granted. To sign in after all, start again in the terminal."
    # An organisation's policy arrives as the same error; only the text shows it.
    if "administrator" in refused.description.lower():
        title = "Your administrator declined"
        lead = (
            "Nothing was granted. An administrator allows integrations in Control Hub, under Apps,"
            " Integrations. Then start again in the terminal."
        )
    return Outcome(Mood.QUIET, title, lead, "declined", refused.description)


def failed(why: str) -> Outcome:
    """The answer was right, but no token came of it."""
    lead = f"{why} Once this is mended, start again in the terminal."
    return Outcome(Mood.BAD, "That did not work", lead, "no token")


def not_ours(answer: NotOurs) -> Outcome:
    """Something like an answer that does not belong to this attempt, which goes on."""
    if answer.reason is Reason.NO_STATE and answer.error:
        title, lead = "The browser reported a problem", f"It said: {error_text(answer)}."
    elif answer.reason in (Reason.NO_STATE, Reason.WRONG_STATE):
        return EARLIER
    else:
        title, lead = "This answer cannot be used", answer.reason.value
    return Outcome(Mood.ASIDE, title, f"{lead} The terminal goes on waiting.", "still waiting")


def not_here(why: str) -> Outcome:
    """A request for something that the listener does not have or do."""
    lead = f"{why} A sign-in begins with the address shown in the terminal."
    return Outcome(Mood.ASIDE, "There is nothing here", lead, "not part of the sign-in")


def render(outcome: Outcome) -> bytes:
    """The page as UTF-8. Whatever came from elsewhere is escaped (RFC 6749 §10.14)."""
    quoted = escape(outcome.quoted)
    if quoted:
        caption = "<figcaption>Webex says</figcaption>"
        quoted = f"<figure>{caption}<blockquote>{quoted}</blockquote></figure>"
    return (
        Template(_file("page.html"))
        .substitute(
            mood=outcome.mood.name.lower(),
            title=escape(outcome.title),
            sentence=escape(outcome.message),
            prompt=escape(outcome.prompt),
            quoted=quoted,
            mark=MARK,
            glyph=outcome.mood.value,
            icon=_ICON,
            style=_style(),
        )
        # A lone surrogate cannot be sent; nothing is worth failing for it.
        .encode("utf-8", "replace")
    )


@cache
def content_security_policy() -> str:
    """Nothing may be loaded, run, sent or framed; the one style is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest())
    return (
        f"default-src 'none'; style-src 'sha256-{digest.decode('ascii')}'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    return Template(_file("page.css")).substitute(
        accent_on_light=ACCENT_ON_LIGHT, accent_on_dark=ACCENT_ON_DARK
    )


@cache
def _file(name: str) -> str:
    return (resources.files("wtr_tui.oauth") / name).read_text("utf-8")


_ALWAYS = (
    # A socket that outlives its attempt would swallow the next one's answer.
    ("Connection", "close"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


@dataclass(frozen=True)
class Reply:
    """Status, headers and body. A redirect's headers hold the state."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = b""


def page(status: int, outcome: Outcome) -> Reply:
    """The page of ``outcome``, with what some refusals owe (RFC 9110 §15.5.6, §15.6.4)."""
    extra = {405: ("Allow", "GET, HEAD"), 503: ("Retry-After", "1")}.get(status)
    return reply(status, render(outcome), extra)


def redirect(location: str) -> Reply:
    """Sends the browser on with 303, which never repeats a method or a body (RFC 9700 §4.12)."""
    return reply(303, extra=("Location", location))


def reply(status: int, body: bytes = b"", extra: tuple[str, str] | None = None) -> Reply:
    """Any answer, with the headers that all of them have; by default without a body."""
    headers = (
        *_ALWAYS,
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", content_security_policy()),
        *([extra] if extra else []),
    )
    return Reply(status, headers, body)
