"""One HTTP answer to a browser, with the headers every answer of the listener carries."""

from __future__ import annotations

from dataclasses import dataclass, field

from wtr_tui.oauth import pages

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


def page(status: int, outcome: pages.Outcome) -> Reply:
    """A page that tells ``outcome``."""
    return _reply(status, pages.render(outcome))


def redirect(location: str) -> Reply:
    """Sends the browser on with 303, which never repeats a method or a body (RFC 9700 §4.12)."""
    return _reply(303, b"", ("Location", location))


def empty(status: int) -> Reply:
    """Headers only."""
    return _reply(status, b"")


def rejection(status: int, outcome: pages.Outcome) -> Reply:
    """A page with the one more header that some refusals owe (RFC 9110 §15.5.6, §15.6.4)."""
    extra = {405: ("Allow", "GET, HEAD"), 503: ("Retry-After", "1")}.get(status)
    return _reply(status, pages.render(outcome), *([extra] if extra else []))


def _reply(status: int, body: bytes, *extra: tuple[str, str]) -> Reply:
    described = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", pages.content_security_policy()),
    )
    return Reply(status, (*_ALWAYS, *described, *extra), body)
