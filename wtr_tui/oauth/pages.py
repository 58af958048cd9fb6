"""The listener's pages, self-contained and without scripts, and their HTTP headers."""

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

# Base64, so that the page holds no URL at all, not even SVG's namespace.
_ICON = base64.b64encode(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32"'
    f' rx="8" fill="{ACCENT_ON_LIGHT}"/><path d="m8 10 6 6-6 6M17 22h7" fill="none" stroke="#fff"'
    ' stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>'.encode()
).decode("ascii")


class Mood(Enum):
    """The look of a page: the name selects its colours, the value draws its icon."""

    CALM = '<path d="m15.5 24.5 6 6 11.5-13"/>'
    QUIET = '<path d="m17 17 14 14M31 17 17 31"/>'
    BAD = '<path d="M24 14v12.5"/><path d="M24 33.4v.1"/>'
    BUSY = '<path d="M24 14v10l6.5 4"/>'
    ASIDE = (
        '<path d="M19 19.2c.4-3 2.4-4.7 5.2-4.7 2.9 0 5 1.8 5 4.5 0 4-5 4.2-5 8"/>'
        '<path d="M24 33.4v.1"/>'
    )


@dataclass(frozen=True)
class PageContent:
    """The texts of a page; :func:`render` escapes them.

    ``prompt`` is the line in the drawn terminal, ``quoted`` what Webex said. No text may name the
    user or hold a secret: any program on the machine can fetch the last page.
    """

    mood: Mood
    title: str
    message: str
    prompt: str
    quoted: str = ""


SIGNED_IN = PageContent(
    Mood.CALM,
    "You are signed in",
    "Your token is waiting in the terminal. You can close this tab.",
    "signed in",
)
OTHER_ACCOUNT = PageContent(
    Mood.ASIDE,
    "Is this the right account?",
    "You signed in, perhaps not with the account that was expected. Nothing was replaced: look"
    " at the terminal. You can close this tab.",
    "signed in, not yet used",
)
"""The token was granted, but the terminal asks whether it is the right account's."""
PROCESSING = PageContent(
    Mood.BUSY,
    "Almost there",
    "Webex takes its time. The terminal shows how it ends; you can close this tab.",
    "exchanging the code",
)
"""The exchange takes longer than a browser should wait."""
EARLIER = PageContent(
    Mood.ASIDE,
    "This belongs to another sign-in",
    "It comes from an earlier attempt, or another answer came first. Look at the terminal:"
    " if it still waits, open the address shown there.",
    "nothing was done with it",
)
"""An answer to an attempt that has ended or has its answer already."""
OPENED_BEFORE = PageContent(
    Mood.ASIDE,
    "This address was opened before",
    "It leads to Webex once. If that was not you, somebody else on this machine was faster: cancel"
    " this sign-in, and begin again. If it was, go on in that tab, or open the address that the"
    " terminal shows.",
    "still waiting",
)
"""The launch URL was opened a second time."""


def declined(refused: Refused) -> PageContent:
    """Return the page for a refused authorization."""
    if not refused.declined:
        lead = "Webex refused the sign-in. The terminal says what to do."
        return PageContent(Mood.BAD, "That did not work", lead, "no token", error_text(refused))
    title = "You declined"
    lead = "Nothing was granted. To sign in after all, start again in the terminal."
    # An organisation's policy gives the same error code; only the description differs.
    if "administrator" in refused.description.lower():
        title = "Your administrator declined"
        lead = (
            "Nothing was granted. An administrator allows integrations in Control Hub, under Apps,"
            " Integrations. Then start again in the terminal."
        )
    return PageContent(Mood.QUIET, title, lead, "declined", refused.description)


def failed(why: str) -> PageContent:
    """Return the page for a valid answer whose exchange failed."""
    lead = f"{why} Once this is mended, start again in the terminal."
    return PageContent(Mood.BAD, "That did not work", lead, "no token")


def not_ours(answer: NotOurs) -> PageContent:
    """Return the page for a callback that does not belong to this attempt."""
    if answer.reason is Reason.NO_STATE and answer.error:
        title, lead = "The browser reported a problem", f"It said: {error_text(answer)}."
    elif answer.reason in (Reason.NO_STATE, Reason.WRONG_STATE):
        return EARLIER
    else:
        title, lead = "This answer cannot be used", answer.reason.value
    return PageContent(Mood.ASIDE, title, f"{lead} The terminal goes on waiting.", "still waiting")


def not_here(why: str) -> PageContent:
    """Return the page for any other request that the listener rejects."""
    lead = f"{why} A sign-in begins with the address shown in the terminal."
    return PageContent(Mood.ASIDE, "There is nothing here", lead, "not part of the sign-in")


def render(content: PageContent) -> bytes:
    """Render the page in UTF-8, with all texts escaped (RFC 6749 §10.14)."""
    quoted = escape(content.quoted)
    if quoted:
        caption = "<figcaption>Webex says</figcaption>"
        quoted = f"<figure>{caption}<blockquote>{quoted}</blockquote></figure>"
    return (
        Template(_file("page.html"))
        .substitute(
            mood=content.mood.name.lower(),
            title=escape(content.title),
            sentence=escape(content.message),
            prompt=escape(content.prompt),
            quoted=quoted,
            mark=MARK,
            glyph=content.mood.value,
            icon=_ICON,
            style=_style(),
        )
        # A lone surrogate cannot be encoded.
        .encode("utf-8", "replace")
    )


@cache
def content_security_policy() -> str:
    """Return a policy that forbids everything but the one style sheet, named by its hash."""
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
    # A connection kept alive would deliver the next attempt's answer to this one.
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
    """An HTTP response to a browser. The headers of a redirect hold the state."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = b""


def page(status: int, content: PageContent) -> Reply:
    """Return a page, with the header that some statuses require (RFC 9110 §15.5.6, §15.6.4)."""
    extra = {405: ("Allow", "GET, HEAD"), 503: ("Retry-After", "1")}.get(status)
    return reply(status, render(content), extra)


def redirect(location: str) -> Reply:
    """Return a 303 redirect, which never repeats method or body (RFC 9700 §4.12)."""
    return reply(303, extra=("Location", location))


def reply(status: int, body: bytes = b"", extra: tuple[str, str] | None = None) -> Reply:
    """Return a response with the common headers."""
    headers = (
        *_ALWAYS,
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", content_security_policy()),
        *([extra] if extra else []),
    )
    return Reply(status, headers, body)
